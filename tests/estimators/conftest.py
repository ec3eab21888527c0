"""Quick estimators, the problems that several modules give them, and checks that they share."""

from io import BytesIO

import joblib
import pytest

from skrnn import RNNClassifier, RNNRegressor
from skrnn.network.objective import Objective
from skrnn.runtime.parameters import Layout

from ..toys import QUICK, indicated, labelled, state_of
from .validation import N_TRAIN, PROBLEMS


def classifier(**parameters):
    return RNNClassifier(**(QUICK | parameters))


def regressor(**parameters):
    return RNNRegressor(**(QUICK | parameters))


def by_joblib(estimator):
    file = BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


def fails_unchanged(estimator, method, *arguments, error=ValueError, match, **keywords):
    before = state_of(estimator)
    with pytest.raises(error, match=match):
        getattr(estimator, method)(*arguments, **keywords)
    assert state_of(estimator) == before


@pytest.fixture(params=["binary", "multiclass", "multilabel"])
def classification(request):
    """Return X and y of a problem for the classifier."""
    return {
        "binary": lambda: labelled(["no", "yes"]),
        "multiclass": lambda: labelled(["low", "mid", "top"]),
        "multilabel": indicated,
    }[request.param]()


@pytest.fixture(params=PROBLEMS)
def validated(request):
    """Return the name of a problem, its estimator, and the parts of its X and y."""
    estimator, data = PROBLEMS[request.param]
    X, y = data()
    parts = (X[:N_TRAIN], y[:N_TRAIN], X[N_TRAIN:], y[N_TRAIN:])
    return request.param, estimator, parts


@pytest.fixture
def no_work(request, monkeypatch):
    """Fail if a network is made or trained, but in tests that are marked to train."""

    def work(*_, **__):
        raise AssertionError("work was done before the error")

    if "trains" not in request.fixturenames:
        monkeypatch.setattr(Layout, "initial", work)
        monkeypatch.setattr(Objective, "__call__", work)


@pytest.fixture
def trains():
    """Let a test train."""

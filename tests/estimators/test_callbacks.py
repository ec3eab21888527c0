"""scikit-learn's callbacks, where it has them."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV

from skrnn import RNNClassifier, RNNRegressor

from ..toys import QUICK, labelled, ragged, state_of

callback = pytest.importorskip(
    "sklearn.callback", reason="scikit-learn has callbacks since its version 1.9"
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
OPTIONS = QUICK | {"max_iter": 4, "batch_size": 20}


class Recorder:
    """Notes its calls; does at the end of an epoch what it is told to."""

    def __init__(self, at_end=lambda n_epochs: False):
        self.calls, self.fitted, self.at_end = [], [], at_end

    def setup(self, estimator, context):
        self.calls.append(f"setup of {context.max_subtasks}")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.calls.append(f"{context.task_name} begins")

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        self.calls.append(f"{context.task_name} ends")
        self.fitted.append(fitted_estimator)
        return context.task_name == "epoch" and self.at_end(len(self.fitted))


def test_are_called_around_the_fit_and_every_epoch():
    recorder = Recorder()
    RNNRegressor(**OPTIONS).set_callbacks(recorder).fit(*ragged())
    epochs = ["epoch begins", "epoch ends"] * 4
    assert recorder.calls == ["setup of 4", "fit begins", *epochs, "fit ends", "teardown"]


@pytest.mark.parametrize("early_stopping", [False, True])
def test_get_the_estimator_as_if_training_had_ended(early_stopping):
    X, y = labelled([0, 1])
    options = OPTIONS | {"early_stopping": early_stopping}
    recorder = Recorder()
    fitted = RNNClassifier(**options).set_callbacks(recorder).fit(X, y)
    for n_epochs, snapshot in enumerate([*recorder.fitted[:4]], 1):
        expected = RNNClassifier(**options | {"max_iter": n_epochs}).fit(X, y)
        assert_array_equal(snapshot.predict_proba(X), expected.predict_proba(X))
        assert snapshot.loss_curve_ == expected.loss_curve_
    assert_array_equal(recorder.fitted[4].predict_proba(X), fitted.predict_proba(X))


def test_change_nothing_of_the_result():
    X, y = ragged()
    watched = RNNRegressor(**OPTIONS).set_callbacks(Recorder()).fit(X, y)
    assert_array_equal(watched.predict(X), RNNRegressor(**OPTIONS).fit(X, y).predict(X))
    assert set(vars(watched)) - {"_skl_callbacks"} == set(vars(clone(watched).fit(X, y))) - {
        "_skl_callbacks"
    }


def test_end_training_after_the_epoch(recwarn):
    X, y = ragged()
    stopped = RNNRegressor(**OPTIONS).set_callbacks(Recorder(lambda n: n == 2)).fit(X, y)
    assert stopped.n_iter_ == 2
    assert not recwarn
    expected = RNNRegressor(**OPTIONS | {"max_iter": 2}).fit(X, y)
    assert_array_equal(stopped.predict(X), expected.predict(X))


def test_an_error_leaves_the_estimator_as_it_was():
    def fail(n_epochs):
        raise RuntimeError("no more")

    X, y = ragged()
    for estimator in (RNNRegressor(**OPTIONS), RNNRegressor(**OPTIONS).fit(X, y)):
        before = state_of(estimator)
        recorder = Recorder(fail)
        with pytest.raises(RuntimeError, match="no more"):
            estimator.set_callbacks(recorder).fit(X, y)
        assert recorder.calls[-1] == "teardown"
        assert state_of(estimator.set_callbacks()) == before


@pytest.mark.parametrize("weighted", [False, True])
def test_scoring_monitor(weighted):
    X, y = labelled([0, 1])
    weight = np.linspace(0, 1, 60) if weighted else None
    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    RNNClassifier(**OPTIONS).set_callbacks(monitor).fit(X, y, weight)
    rows = monitor.get_logs().data
    scores = [row["neg_log_loss"] for row in rows if row["task_name"] == "epoch"]
    expected = []
    for n_epochs in (1, 2, 3, 4):
        fitted = RNNClassifier(**OPTIONS | {"max_iter": n_epochs}).fit(X, y, weight)
        expected.append(-log_loss(y, fitted.predict_proba(X), sample_weight=weight))
    assert_allclose(scores, expected, rtol=1e-12)


def test_progress_bar_of_scikit_learn(capsys):
    pytest.importorskip("rich", reason="scikit-learn draws its progress bars with rich")
    RNNRegressor(**OPTIONS).set_callbacks(callback.ProgressBar()).fit(*ragged())
    assert re.search("RNNRegressor.*100%", capsys.readouterr().out)


def test_in_a_grid_search():
    X, y = labelled([0, 1])
    recorder = Recorder()
    network = RNNClassifier(**OPTIONS).set_callbacks(recorder)
    GridSearchCV(network, {"cell": ["lstm", "gru"]}, cv=2).fit(X, y)
    assert recorder.calls.count("epoch ends") == (2 * 2 + 1) * 4

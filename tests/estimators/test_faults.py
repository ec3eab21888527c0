"""What fails in the middle of a call changes nothing: memory, callbacks, scorers, Ctrl-C."""

import os
import signal
from itertools import count

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skrnn.network.objective import Objective
from skrnn.runtime.arena import Arena

from ..toys import labelled, ragged, state_of
from .conftest import classifier, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

NETWORKS = {
    "plain": lambda **more: regressor(**more),
    "two layers both ways": lambda **more: classifier(
        hidden_layer_sizes=(5, 3), bidirectional=True, pooling="max", cell="gru", **more
    ),
    "dropout": lambda **more: classifier(dropout=0.4, recurrent_dropout=0.4, n_jobs=2, **more),
    "windows": lambda **more: regressor(bptt_steps=2, pooling="mean", cell="simple", **more),
    "early stopping": lambda **more: classifier(early_stopping=True, solver="adamw", **more),
}


def data_for(estimator):
    return labelled(["a", "b", "c"]) if hasattr(estimator, "class_weight") else ragged()


@pytest.fixture
def fail_at(monkeypatch):
    """Return what makes the nth block of memory that an arena asks for be refused."""
    add_block = Arena._add_block

    def fail_at(number):
        calls = count(1)

        def refused(arena, size):
            if next(calls) == number:
                raise MemoryError("no memory for the arena")
            return add_block(arena, size)

        monkeypatch.setattr(Arena, "_add_block", refused)

    return fail_at


@pytest.fixture(params=NETWORKS)
def network(request):
    """Return the maker of a network."""
    return lambda **more: NETWORKS[request.param](**{"max_iter": 3, "batch_size": 25} | more)


class TestMemory:
    def test_of_a_fit(self, network, fail_at):
        X, y = data_for(network())
        expected = network().fit(X, y).predict(X)
        estimator = network()
        before = state_of(estimator)
        for number in count(1):
            fail_at(number)
            try:
                estimator.fit(X, y)
                break
            except MemoryError:
                assert state_of(estimator) == before
        assert number > 1
        fail_at(0)  # none
        assert_array_equal(estimator.predict(X), expected)

    @pytest.mark.parametrize("call", ["warm fit", "partial_fit", "predict"])
    def test_of_a_later_call(self, network, fail_at, call):
        X, y = data_for(network())
        options = {"warm_start": True}
        expected, estimator = (network(**options).fit(X, y) for _ in range(2))

        def act(estimator):
            if call == "predict":
                return estimator.predict(X)
            method = estimator.fit if call == "warm fit" else estimator.partial_fit
            return method(X, y).predict(X)

        wanted, before = act(expected), state_of(estimator)
        for number in count(1):
            fail_at(number)
            try:
                found = act(estimator)
                break
            except MemoryError:
                if call == "predict":
                    assert state_of(estimator) == before
                elif state_of(estimator) != before:  # it was the prediction that failed
                    found = estimator.predict(X)
                    break
        assert number > 1
        assert_array_equal(found, wanted)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_stream_of_random_numbers_is_rewound(fail_at, method):
    X, y = ragged()
    estimator, twin = (regressor(random_state=np.random.RandomState(7)) for _ in range(2))
    before = state_of(estimator)
    fail_at(1)
    with pytest.raises(MemoryError):
        getattr(estimator, method)(X, y)
    assert state_of(estimator) == before
    fail_at(0)
    for one in (estimator, twin):
        getattr(one, method)(X, y)
    assert_array_equal(estimator.predict(X), twin.predict(X))


def scorer_that_fails_at(number):
    calls = count(1)

    def score(estimator, X, y):
        if next(calls) == number:
            raise RuntimeError("the scorer fails")
        return float(np.mean(estimator.predict(X) == y))

    return score


@pytest.mark.parametrize("number", [1, 2, 3])
def test_scorer_that_fails(number):
    X, y = labelled(["a", "b"])
    options = {"early_stopping": True, "max_iter": 3, "warm_start": True}
    estimator = classifier(**options).fit(X, y)
    estimator.set_params(scoring=scorer_that_fails_at(number))
    before = vars(estimator).copy()
    with pytest.raises(RuntimeError, match="the scorer fails"):
        estimator.fit(X, y)
    assert vars(estimator) == before
    twin = classifier(**options).fit(X, y)
    for one in (estimator, twin):
        one.set_params(scoring="accuracy").fit(X, y)
    assert_array_equal(estimator.predict_proba(X), twin.predict_proba(X))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("number", range(1, 8))
def test_ctrl_c_leaves_whole_updates(monkeypatch, method, number):
    """A signal in the nth minibatch: with the minibatches before it, or as it was."""
    X, y = ragged()
    estimator = regressor(max_iter=3, batch_size=20, n_jobs=1)
    before, gradient_of, calls = state_of(estimator), Objective.__call__, count(1)

    def interrupted(self, *arguments):
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGINT)
        return gradient_of(self, *arguments)

    monkeypatch.setattr(Objective, "__call__", interrupted)
    try:
        with np.errstate(all="ignore"), pytest.warns(UserWarning, match="interrupted"):
            getattr(estimator, method)(X, y)
    except KeyboardInterrupt:
        assert number == 1 or method == "partial_fit"
        assert state_of(estimator) == before
    except pytest.fail.Exception:
        assert method == "partial_fit" and number > 3  # never reached
    else:
        assert estimator.t_ == 20 * (number - 1)
    monkeypatch.undo()
    twin = regressor(max_iter=3, batch_size=20, n_jobs=1)
    assert_array_equal(estimator.fit(X, y).predict(X), twin.fit(X, y).predict(X))

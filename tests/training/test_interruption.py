"""Ctrl-C: soon, between updates, and with what training has reached until then."""

import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skrnn import RNNClassifier, RNNRegressor
from skrnn.estimators.labels import Labels
from skrnn.network.objective import Objective
from skrnn.solvers import SOLVERS
from skrnn.training.interruption import Undivided

from ..toys import QUICK, labelled, ragged

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
OPTIONS = QUICK | {"batch_size": 20, "tol": 0.0}  # three minibatches an epoch

CHILD = """
import sys, time, warnings
import numpy as np
from skrnn import RNNClassifier
from skrnn.network.objective import Objective

gradient, calls = Objective.__call__, []

def counted(*arguments):
    calls.append(None)
    if len(calls) == 5:
        print("training", flush=True)
    return gradient(*arguments)

Objective.__call__ = counted
X = np.random.default_rng(0).normal(size=(20_000, 30, 8)).astype(np.float32)
y = np.arange(20_000) % 2
network = RNNClassifier(64, random_state=0, n_jobs=2)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    network.fit(X, y)
print("stopped", flush=True)
(warning,) = caught
assert "interrupted after 0 epochs" in str(warning.message), warning
assert network.n_iter_ == 0 and network.t_ % 32 == 0 and 0 < network.t_ < 20_000, network.t_
assert network.predict_proba(X[:9]).shape == (9, 2)
network.set_params(warm_start=True, max_iter=1).fit(X[:64], y[:64])
print("usable", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to a whole console")
def test_a_real_one_in_the_middle_of_an_epoch_stops_within_a_fifth_of_a_second():
    command = [sys.executable, "-c", CHILD]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "training\n"
        time.sleep(0.05)
        sent = time.perf_counter()
        child.send_signal(signal.SIGINT)
        assert child.stdout.readline() == "stopped\n"
        assert time.perf_counter() - sent < 0.2
        assert child.stdout.readline() == "usable\n"
    assert child.returncode == 0


@pytest.fixture
def interrupt_minibatch(monkeypatch):
    """Return what interrupts the computation of a minibatch's gradient, and notes the weights."""

    def interrupt_minibatch(number):
        gradient, seen = Objective.__call__, []

        def interrupted(self, parameters, *arguments):
            seen.append(parameters.copy())
            if len(seen) == number:
                signal.raise_signal(signal.SIGINT)
            return gradient(self, parameters, *arguments)

        monkeypatch.setattr(Objective, "__call__", interrupted)
        return seen

    return interrupt_minibatch


class TestFit:
    @pytest.mark.parametrize("number", [2, 3, 4, 8])
    def test_keeps_the_weights_of_the_last_finished_minibatch(self, interrupt_minibatch, number):
        X, y = labelled([0, 1])
        seen = interrupt_minibatch(number)
        n_epochs = (number - 1) // 3
        with pytest.warns(UserWarning, match=f"after {n_epochs} epochs.*last finished minibatch"):
            fitted = RNNClassifier(**OPTIONS).fit(X, y)
        assert_array_equal(fitted._fitted.training.parameters, seen[-1])
        assert (fitted.n_iter_, len(fitted.loss_curve_)) == (n_epochs, n_epochs)
        assert fitted.t_ == 20 * (number - 1)
        assert np.isnan(fitted.loss_) == (n_epochs == 0)
        assert fitted.predict(X).shape == (60,)
        fitted.set_params(warm_start=True).fit(X, y)
        assert fitted.score(X, y) > 0.8

    def test_without_a_minibatch_changes_nothing(self, interrupt_minibatch):
        X, y = labelled([0, 1])
        fitted = RNNClassifier(**OPTIONS, warm_start=True).fit(X, y)
        before = fitted._fitted.training
        interrupt_minibatch(1)
        with pytest.raises(KeyboardInterrupt):
            fitted.fit(X, y)
        assert fitted._fitted.training is before

    def test_restores_the_best_score_so_far(self, monkeypatch):
        X, y = labelled([0, 1])
        options = OPTIONS | {"early_stopping": True, "max_iter": 5, "n_iter_no_change": np.inf}
        expected = RNNClassifier(**options).fit(X, y)
        score, n_scores = Labels.score, []

        def interrupted(self, *arguments):
            n_scores.append(None)
            if len(n_scores) == 6:
                signal.raise_signal(signal.SIGINT)
            return score(self, *arguments)

        monkeypatch.setattr(Labels, "score", interrupted)
        with pytest.warns(UserWarning, match="after 5 epochs.*best validation score"):
            fitted = RNNClassifier(**options | {"max_iter": 9}).fit(X, y)
        assert fitted.validation_scores_ == expected.validation_scores_
        assert_array_equal(fitted.predict_proba(X), expected.predict_proba(X))

    def test_before_the_first_score_keeps_the_weights_so_far(self, interrupt_minibatch):
        X, y = labelled([0, 1])
        seen = interrupt_minibatch(2)
        with pytest.warns(UserWarning, match="last finished minibatch"):
            fitted = RNNClassifier(**OPTIONS, early_stopping=True).fit(X, y)
        assert_array_equal(fitted._fitted.training.parameters, seen[-1])

    def test_does_not_cut_an_update_in_two(self, monkeypatch):
        X, y = ragged()
        adam = SOLVERS["adam"]
        update = adam.update

        def interrupted(self, parameters, gradient, rate):
            if self._n_updates == 1:
                signal.raise_signal(signal.SIGINT)
            update(self, parameters, gradient, rate)

        monkeypatch.setattr(adam, "update", interrupted)
        with pytest.warns(UserWarning, match="after 0 epochs"):
            fitted = RNNRegressor(**OPTIONS).fit(X, y)
        assert fitted.t_ == 40
        assert fitted._fitted.training.solver._n_updates == 2

    def test_gives_the_handler_back(self, interrupt_minibatch):
        interrupt_minibatch(2)
        with pytest.warns(UserWarning, match="interrupted"):
            RNNRegressor(**OPTIONS).fit(*ragged())
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_partial_fit_passes_it_on_and_changes_nothing(interrupt_minibatch):
    X, y = ragged()
    online = RNNRegressor(**OPTIONS).partial_fit(X, y)
    before = online._fitted.training
    interrupt_minibatch(2)
    with pytest.raises(KeyboardInterrupt):
        online.partial_fit(X, y)
    assert online._fitted.training is before


def test_a_handler_of_somebody_else_is_left_alone():
    seen = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    try:
        undivided = Undivided()
        with undivided.handling_ctrl_c(), undivided:
            signal.raise_signal(signal.SIGINT)
            assert seen == [1]
    finally:
        signal.signal(signal.SIGINT, before)


def test_fits_outside_the_main_thread():
    fitted = []
    thread = threading.Thread(target=lambda: fitted.append(RNNRegressor(**OPTIONS).fit(*ragged())))
    thread.start()
    thread.join()
    assert fitted[0].n_iter_ == 25

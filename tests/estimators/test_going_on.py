"""k epochs and then m are k + m epochs to the bit, however they are asked for."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skrnn import RNNClassifier, RNNRegressor
from skrnn.solvers import SOLVERS

from ..toys import QUICK, indicated, labelled, ragged
from .conftest import by_joblib

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Seven minibatches an epoch, the last one smaller.
OPTIONS = QUICK | {"batch_size": 9}


def assert_same_training(estimator, expected):
    """Assert that weights, solver, stream and curves are the same to the bit."""
    state, wanted = estimator._fitted.training.copied(), expected._fitted.training.copied()
    state.n_iter_ = wanted.n_iter_ = 0  # of the last call only
    for name, value in vars(wanted).items():
        if name == "random_state":
            assert_array_equal(state.random_state.get_state()[1], value.get_state()[1])
        elif name == "solver":
            assert pickle.dumps(state.solver) == pickle.dumps(value)
        else:
            assert_array_equal(getattr(state, name), value, err_msg=name)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
class TestEpochs:
    def options(self, solver, schedule):
        """Return options with which no fit ends early, and an adaptive rate falls."""
        falls = schedule == "adaptive" and SOLVERS[solver].follows_schedule
        patience = {"n_iter_no_change": 1, "tol": 0.5} if falls else {"n_iter_no_change": np.inf}
        return OPTIONS | {"solver": solver, "learning_rate": schedule} | patience

    def test_of_two_fits_are_those_of_one(self, solver, schedule):
        X, y = ragged()
        options = self.options(solver, schedule)
        warm = RNNRegressor(**options | {"max_iter": 3, "warm_start": True}).fit(X, y)
        warm.set_params(max_iter=4).fit(X, y)
        once = RNNRegressor(**options | {"max_iter": 7}).fit(X, y)
        assert once.n_iter_ == 7
        assert_same_training(warm, once)

    def test_of_partial_fits_are_those_of_one_fit(self, solver, schedule):
        X, y = labelled(["low", "mid", "top"])
        options = self.options(solver, schedule)
        online = RNNClassifier(**options)
        for _ in range(5):
            online.partial_fit(X, y, classes=["low", "mid", "top"])
        once = RNNClassifier(**options | {"max_iter": 5}).fit(X, y)
        assert once.n_iter_ == 5
        assert_same_training(online, once)


@pytest.mark.parametrize("random_state", [0, "RandomState"])
def test_fits_with_early_stopping_are_one(random_state):
    X, y = labelled([0, 1])

    def classifier(**changes):
        stream = np.random.RandomState(3) if random_state == "RandomState" else random_state
        options = {"early_stopping": True, "n_iter_no_change": np.inf, "random_state": stream}
        return RNNClassifier(**OPTIONS | options | changes)

    warm = classifier(max_iter=6, warm_start=True).fit(X, y)
    assert warm.validation_scores_.index(warm.best_validation_score_) < 5  # not the last one
    warm.set_params(max_iter=4).fit(X, y)
    once = classifier(max_iter=10).fit(X, y)
    assert_same_training(warm, once)
    assert_array_equal(warm.predict_proba(X), once.predict_proba(X))


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, by_joblib, lambda e: pickle.loads(pickle.dumps(e))]
)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_half_trained_copy_goes_on(copied, early_stopping):
    X, y = labelled([0, 1])
    options = OPTIONS | {"max_iter": 3, "early_stopping": early_stopping, "warm_start": True}
    halfway = RNNClassifier(**options).fit(X, y)
    twin = copied(halfway)
    assert_same_training(twin.fit(X, y), halfway.fit(X, y))
    assert_same_training(twin.partial_fit(X, y), halfway.partial_fit(X, y))


def test_the_count_without_progress_goes_on():
    X, y = labelled([0, 1])
    options = {"tol": 1.0, "n_iter_no_change": 4, "max_iter": 3, "warm_start": True}
    warm = RNNClassifier(**OPTIONS | options).fit(X, y)
    assert warm.n_iter_ == 3  # the first is an improvement on infinity, 1 and 2 are counted
    assert warm.fit(X, y).n_iter_ == 3  # 3, 4, 5
    assert warm.fit(X, y).n_iter_ == 1


def test_data_of_another_size_is_trained_on_whole():
    X, y = ragged()
    online = RNNRegressor(**OPTIONS).partial_fit(X, y).partial_fit(X[:50], y[:50])
    assert online.t_ == 110


class TestSetParams:
    @pytest.mark.parametrize("goes_on", ["fit", "partial_fit"])
    def test_a_rate_takes_effect(self, goes_on):
        X, y = ragged()
        fitted = RNNRegressor(**OPTIONS, warm_start=True).fit(X, y)
        before = fitted.weights_["output.weight"].copy()
        fitted.set_params(learning_rate_init=1e-30)
        getattr(fitted, goes_on)(X, y)
        assert_array_equal(fitted.weights_["output.weight"], before)

    def test_a_rate_begins_where_the_schedule_is(self):
        X, y = ragged()
        options = {"solver": "sgd", "learning_rate": "invscaling", "max_iter": 1}
        fitted = RNNRegressor(**OPTIONS | options, warm_start=True).fit(X, y)
        fitted.set_params(learning_rate_init=0.5).fit(X, y)
        assert fitted._fitted.training.current_learning_rate == 0.5 * 61**-0.5

    def test_the_rate_of_an_adaptive_schedule_stays_lowered_unless_set(self):
        X, y = ragged()
        options = {"solver": "sgd", "learning_rate": "adaptive", "n_iter_no_change": 1, "tol": 1e3}
        fitted = RNNRegressor(**OPTIONS | options | {"max_iter": 3}, warm_start=True).fit(X, y)
        lowered = fitted._fitted.training.current_learning_rate
        assert lowered == 0.03 / 5
        fitted.set_params(max_iter=1).fit(X, y)
        assert fitted._fitted.training.current_learning_rate == lowered
        fitted.set_params(learning_rate_init=0.5, tol=0.0, n_iter_no_change=100).fit(X, y)
        assert fitted._fitted.training.current_learning_rate == 0.5

    @pytest.mark.parametrize("goes_on", ["fit", "partial_fit"])
    def test_another_solver_starts_fresh(self, goes_on):
        X, y = ragged()
        fitted = RNNRegressor(**OPTIONS, warm_start=True).fit(X, y)
        fitted.set_params(solver="rmsprop")
        getattr(fitted, goes_on)(X, y)
        assert isinstance(fitted._fitted.training.solver, SOLVERS["rmsprop"])

    def test_a_parameter_of_the_solver_takes_effect_and_keeps_its_memory(self):
        X, y = ragged()
        fitted = RNNRegressor(**OPTIONS | {"max_iter": 2}, warm_start=True).fit(X, y)
        solver = fitted._fitted.training.solver
        fitted.set_params(beta_1=0.5).fit(X, y)
        assert solver.beta_1 == 0.9
        assert fitted._fitted.training.solver.beta_1 == 0.5
        assert fitted._fitted.training.solver._n_updates == 2 * solver._n_updates


class TestPartialFitAfterEarlyStopping:
    """It goes on from the best weights, and does not stop early."""

    @pytest.mark.parametrize("kind", ["classes", "labels", "numbers"])
    def test_goes_on(self, kind):
        estimator, (X, y) = {
            "classes": (RNNClassifier, labelled(["low", "mid", "top"])),
            "labels": (RNNClassifier, indicated()),
            "numbers": (RNNRegressor, ragged()),
        }[kind]
        options = {"early_stopping": True, "validation_fraction": 0.3, "n_iter_no_change": 2}
        fitted = estimator(**OPTIONS | options).fit(X, y)
        n_epochs, t = len(fitted.loss_curve_), fitted.t_
        losses = [fitted.partial_fit(X, y).loss_ for _ in range(8)]
        assert fitted.loss_curve_[n_epochs:] == losses
        assert min(losses) < losses[0]
        assert fitted.t_ == t + 8 * 60
        assert fitted.validation_scores_ is None
        assert fitted.predict(X).shape == np.shape(y)

    def test_from_the_best_weights(self):
        X, y = labelled([0, 1])

        def best_in_the_fifth(estimator, X, y):
            return -abs(estimator.n_iter_ - 5)

        options = {"early_stopping": True, "scoring": best_in_the_fifth}
        fitted = RNNClassifier(**OPTIONS | options).fit(X, y)
        assert (fitted._fitted.training.last_parameters != fitted._fitted.training.parameters).any()
        best = fitted.weights_["output.weight"].copy()
        fitted.set_params(learning_rate_init=1e-30).partial_fit(X, y)
        assert_array_equal(fitted.weights_["output.weight"], best)

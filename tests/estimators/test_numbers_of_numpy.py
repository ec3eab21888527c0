"""Parameters that are numbers of NumPy or too large for any; predictions that are no numbers."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skrnn import RNNClassifier, RNNRegressor
from skrnn.estimators.parameter_fields import hyperparameters_of
from skrnn.losses import REGRESSION_LOSSES
from skrnn.solvers import SOLVERS

from ..toys import QUICK, labelled, ragged
from .conftest import classifier, fails_unchanged, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Small numbers that a search over `np.arange(..., dtype=np.uint8)` and the like may give.
NUMBERS = {
    "hidden_layer_sizes": 5,
    "bidirectional": True,
    "dropout": 0.25,
    "recurrent_dropout": 0.25,
    "bptt_steps": 3,
    "max_timescale": 20,
    "standardize": False,
    "alpha": 1,
    "batch_size": 7,
    "learning_rate_init": 0.0625,
    "power_t": 1,
    "max_iter": 60,
    "tol": 0.0625,
    "n_iter_no_change": 3,
    "shuffle": False,
    "random_state": 100,
    "verbose": 0,
    "warm_start": True,
    "early_stopping": True,
    "validation_fraction": 0.25,
    "momentum": 0.5,
    "nesterovs_momentum": False,
    "beta_1": 0.5,
    "beta_2": 0.75,
    "epsilon": 0.125,
    "rho": 0.5,
    "weight_decay": 1,
    "max_grad_norm": 1,
    "n_jobs": 2,
    "delta": 2,
    "quantile": 0.25,
    "label_smoothing": 0.25,
    "embedding_size": 3,
    "train_embeddings": True,
    "character_layer_size": 3,
    "min_frequency": 1,
}
OF_CATEGORIES = ("embedding_size", "train_embeddings", "character_layer_size", "min_frequency")
KINDS = {bool: [np.bool_], int: [np.uint8, np.int8, np.int64], float: [np.float16, np.float64]}
CASES = [(name, kind) for name, value in NUMBERS.items() for kind in KINDS[type(value)]]


def options_for(name):
    """Return options with which a parameter has an effect."""
    solver = next((one for one in SOLVERS if name in SOLVERS[one].constraints), "adam")
    schedule = {"power_t": "invscaling", "max_iter": "cosine"}.get(name, "constant")
    options = {"max_iter": 4, "solver": solver, "learning_rate": schedule}
    if name == "power_t":
        options["solver"] = "sgd"
    loss = {"delta": "huber", "quantile": "quantile"}.get(name)
    return options | ({"loss": loss} if loss else {})


def estimator_with(name, value):
    make = classifier if name == "label_smoothing" else regressor
    options = options_for(name)
    if name in OF_CATEGORIES:
        options["categorical_features"] = [0]
    if name == "train_embeddings":
        options["embeddings"] = {"low": [0.0, 1.0]}
    return make(**options | {name: value})


def data_for(name):
    if name == "label_smoothing":
        return labelled([0, 1])
    X, y = ragged()
    if name in OF_CATEGORIES:
        X = [np.where(sequence[:, :1] < 0, "low", "high") for sequence in X]
    return X, y


def test_every_parameter_that_is_a_number_is_tried():
    for kind in (RNNClassifier, RNNRegressor):
        for parameter in hyperparameters_of(kind):
            number = any(parameter.metadata["constraint"].allows(value) for value in (1, 0.5, True))
            assert not number or parameter.name in NUMBERS


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_number_of_numpy_is_that_number(name, kind):
    X, y = data_for(name)
    value = NUMBERS[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fits = [estimator_with(name, one).fit(X, y) for one in (value, kind(value))]
    assert not [one for one in caught if one.category is RuntimeWarning]
    assert_array_equal(*(fitted.predict(X) for fitted in fits))
    assert fits[0].loss_curve_ == fits[1].loss_curve_


@pytest.mark.parametrize("solver", SOLVERS)
def test_number_of_numpy_in_a_solver_is_that_number(solver):
    X, y = ragged()
    kind, predictions = SOLVERS[solver], []
    for cast in (float, np.float16):
        numbers = {
            name: cast(0.25) for name in kind.constraints if kind.constraints[name].allows(0.25)
        }
        predictions.append(regressor(solver=kind(**numbers), max_iter=4).fit(X, y).predict(X))
    assert_array_equal(*predictions)


@pytest.mark.parametrize("digits", [400, 5000])
@pytest.mark.parametrize("kind", [RNNClassifier, RNNRegressor])
def test_integer_that_no_float_can_hold_is_named(kind, digits):
    X, y = labelled([0, 1])
    for parameter in hyperparameters_of(kind):
        estimator = kind(**QUICK | {parameter.name: 10**digits})
        # `state_of` writes what it compares, which Python refuses for so many digits.
        with pytest.raises(ValueError, match=f"The parameter {parameter.name} of"):
            estimator.fit(X, y)
        assert not hasattr(estimator, "n_iter_")


@pytest.mark.parametrize("solver", SOLVERS)
def test_integer_in_a_solver_that_no_float_can_hold_is_named(solver):
    for name in SOLVERS[solver].constraints:
        estimator = regressor(solver=SOLVERS[solver](**{name: 10**400}))
        fails_unchanged(estimator, "fit", *ragged(), match=f"The parameter solver__{name} of")


class TestPredictionsThatAreNoNumbers:
    @pytest.mark.parametrize("method", ["predict", "predict_proba", "predict_log_proba"])
    def test_of_rectified_units_on_longer_sequences(self, method):
        X, y = labelled([0, 1])
        options = {"cell": "simple", "activation": "relu", "max_iter": 2}
        fitted = classifier(**options).fit(X, y)
        fitted.set_weights({"layer_0.forward.recurrent": 2 * np.eye(6)})
        longer = [X[0], np.ones((3000, 2))]
        fails_unchanged(fitted, method, longer, match="The prediction of sequence 1 is not finite")
        assert np.isfinite(fitted.predict_proba(X)).all()

    @pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
    def test_of_targets_at_the_limit_of_floats(self):
        X, y = ragged()
        fitted = regressor(max_iter=2).fit(X, 1e308 * y)
        fitted.set_weights({"output.bias": [9.0]})
        fails_unchanged(fitted, "predict", X, match="The prediction of sequence 0 is not finite")

    @pytest.mark.parametrize("loss", REGRESSION_LOSSES)
    def test_targets_that_differ_by_more_than_a_float_holds(self, loss):
        X, y = ragged()
        network = regressor(loss=loss, quantile=0.5, max_iter=2)
        if REGRESSION_LOSSES[loss].non_negative:
            assert np.isfinite(network.fit(X, 1.7e308 * (y > 0)).predict(X)).all()
        else:
            fails_unchanged(
                network, "fit", X, 1.7e308 * np.sign(y), match=r"y\[\d+\] is \[.*differ"
            )

    def test_is_a_score_of_nan_in_validation(self):
        X, y = labelled([0, 1])
        options = {"cell": "simple", "activation": "relu", "early_stopping": True, "max_iter": 3}
        validation = [np.ones((3000, 2)), X[0]], [0, 1]
        network = classifier(**options, warm_start=True).fit(X, y)
        network.set_weights({"layer_0.forward.recurrent": 2 * np.eye(6)})
        with pytest.warns(UserWarning, match="No validation score was a finite number"):
            network.fit(X, y, X_val=validation[0], y_val=validation[1])
        assert np.isnan(network.validation_scores_).all()

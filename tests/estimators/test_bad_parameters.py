"""A bad parameter gives a clear error before any work and leaves the estimator as it was."""

import numpy as np
import pytest
from sklearn.base import clone

from skrnn import RNNClassifier, RNNRegressor
from skrnn.schedules import SCHEDULES
from skrnn.solvers import AdamW

from ..toys import QUICK, labelled
from .conftest import fails_unchanged

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("no_work"),
]

NUMBERS = ("nan", np.nan, "0.5", None, True, [1], np.array([0.5, 0.5]))
NOT_NEGATIVE = (-1e-9, np.inf, *NUMBERS)
POSITIVE = (0, *NOT_NEGATIVE)
BELOW_ONE = (-0.1, 1, *NUMBERS)
COUNTS = (0, -3, 2.0, "3", None, True, np.nan)
FLAGS = (1, 0, "True", None, 0.5)

BAD_PARAMETERS = {
    "hidden_layer_sizes": (0, -1, (), [], (4, 0), (4, 2.0), "64", None, 4.0, True, [[4]], {4}),
    "cell": ("LSTM", "rnn", None, 1, ["lstm"]),
    "activation": ("sigmoid", "logistic", "identity", None, np.tanh),
    "bidirectional": FLAGS,
    "pooling": ("average", "Mean", None, 1),
    "categorical_features": ("all", "0", 1, [], [1.5], [None], {0}, True, [[0]]),
    "embedding_size": (0, -1, 2.0, "8", [], [4, 0], True),
    "min_frequency": (0.5, *COUNTS),
    "embeddings": ("glove", 1, True, (1,)),
    "train_embeddings": FLAGS,
    "character_layer_size": (0, -1, 2.0, "8", [5], True),
    "dropout": BELOW_ONE,
    "recurrent_dropout": BELOW_ONE,
    "bptt_steps": (0, -1, 1.5, "10", True),
    "standardize": FLAGS,
    "max_timescale": (0, 0.5, -3, "longest", np.inf, np.nan, True, [5]),
    "solver": ("lbfgs", "Adam", None, 0),
    "alpha": NOT_NEGATIVE,
    "batch_size": ("all", *COUNTS),
    "learning_rate": ("optimal", 0.1, None),
    "learning_rate_init": POSITIVE,
    "power_t": NOT_NEGATIVE,
    "max_iter": (np.inf, *COUNTS),
    "tol": NOT_NEGATIVE,
    "n_iter_no_change": (-np.inf, *COUNTS),
    "shuffle": FLAGS,
    "random_state": (-1, 2**32, 0.5, "0", np.random.default_rng(0)),
    "verbose": (-1, 0.5, "yes", None),
    "warm_start": FLAGS,
    "early_stopping": FLAGS,
    "scoring": ("Loss", "accuracy_score", 1, True, ["accuracy"], {"a": "accuracy"}),
    "validation_fraction": (0, *BELOW_ONE),
    "momentum": (1.1, -0.1, *NUMBERS),
    "nesterovs_momentum": FLAGS,
    "beta_1": BELOW_ONE,
    "beta_2": BELOW_ONE,
    "epsilon": POSITIVE,
    "rho": BELOW_ONE,
    "weight_decay": NOT_NEGATIVE,
    "max_grad_norm": tuple(value for value in POSITIVE if value is not None),
    "dtype": ("float16", "double", np.float32, np.dtype("float32"), float, None),
    "n_jobs": (0, 1.0, "all", True),
    "class_weight": ("auto", 1, [1, 2], {0: -1}, {0: np.nan}, {0: "1"}),
    "label_smoothing": BELOW_ONE,
}
BAD_PARAMETERS_OF_THE_REGRESSOR = {
    "loss": ("squared", "mse", "softmax_cross_entropy", None, 1, ["huber"], np.square),
    "delta": POSITIVE,
    "quantile": (0, 1, -0.1, "0.5", np.nan, True, [], (0.5, 1), [None], {0.5}, [[0.1, 0.9]]),
}
CASES = [
    pytest.param(estimator, name, value, id=f"{name}={value}")
    for estimator, parameters in (
        (RNNClassifier, BAD_PARAMETERS),
        (RNNRegressor, BAD_PARAMETERS_OF_THE_REGRESSOR),
    )
    for name, values in parameters.items()
    for value in values
]


class TestParameters:
    def test_all_are_tried(self):
        names = set(RNNClassifier().get_params())
        assert set(BAD_PARAMETERS) == names
        assert set(BAD_PARAMETERS_OF_THE_REGRESSOR) == set(RNNRegressor().get_params()) - names

    @pytest.mark.parametrize(("estimator", "name", "value"), CASES)
    def test_out_of_range(self, estimator, name, value):
        X, y = labelled([0, 1], 10)
        match = rf"^The parameter {name} of {estimator.__name__} must be .+\. Got "
        for method in ("fit", "partial_fit"):
            fails_unchanged(estimator(**{name: value}), method, X, y, match=match)

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            (
                {"alpha": -1},
                "The parameter alpha of RNNRegressor must be a number in [0, inf). Got -1.",
            ),
            (
                {"solver": "lbfgs"},
                "The parameter solver of RNNRegressor must be 'adam' or 'adamw' or 'rmsprop' or "
                "'sgd' or an instance of Adam, AdamW, RMSprop or SGD. Got 'lbfgs'.",
            ),
            (
                {"batch_size": 0},
                "The parameter batch_size of RNNRegressor must be 'auto' or an integer >= 1. "
                "Got 0.",
            ),
            (
                {"cell": "gru", "activation": "relu"},
                "The parameter activation of RNNRegressor must be 'tanh' for cell='gru'. Got "
                "'relu', which needs cell to be 'simple'.",
            ),
        ],
    )
    def test_message(self, parameters, message):
        with pytest.raises(ValueError) as caught:
            RNNRegressor(**parameters).fit([[1.0], [2.0]], [1, 2])
        assert str(caught.value) == message

    @pytest.mark.parametrize("cell", ["lstm", "gru"])
    def test_relu_is_for_the_simple_cell(self, cell):
        X, y = labelled([0, 1], 10)
        estimator = RNNClassifier(cell=cell, activation="relu")
        fails_unchanged(estimator, "fit", X, y, match="activation.*'simple'")

    @pytest.mark.parametrize("schedule", [n for n, one in SCHEDULES.items() if one.is_planned])
    def test_partial_fit_has_no_planned_schedule(self, trains, schedule):
        X, y = labelled([0, 1], 10)
        fitted = RNNClassifier(**(QUICK | {"max_iter": 1, "learning_rate": schedule})).fit(X, y)
        match = rf"^The parameter learning_rate .* must be 'adaptive' or .*Got '{schedule}', which"
        for estimator in (clone(fitted), fitted):
            fails_unchanged(estimator, "partial_fit", X, y, match=match)
        fitted.set_params(learning_rate="constant").partial_fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        (
            {"solver__weight_decay": 0.1},
            r"solver is the string 'adamw'.* Set weight_decay, .*skrnn\.solvers\.AdamW\(\)",
        ),
        ({"solver__nothing": 0.1}, r"the string 'adamw'.* Set solver to an .*AdamW\(\)"),
        ({"solver": "sgd", "solver__momentum": 0.1}, r"the string 'sgd'.* Set momentum.*SGD\(\)"),
        ({"alpha": 1, "solver": "none", "solver__beta_1": 0.1}, "solver is the string 'none'"),
    ],
    ids=lambda value: "" if isinstance(value, str) else "-".join(value),
)
@pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
def test_parameter_of_a_solver_that_is_a_string(estimator, parameters, match):
    fails_unchanged(estimator(solver="adamw"), "set_params", **parameters, match=match)


def test_parameter_of_a_solver_that_takes_the_place_of_a_string():
    changed = RNNClassifier(solver="adamw").set_params(solver=AdamW(), solver__weight_decay=0.5)
    assert changed.solver.weight_decay == 0.5

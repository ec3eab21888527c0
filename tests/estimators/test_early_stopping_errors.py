"""Validation data and scorers that early stopping refuses."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from skrnn import RNNClassifier, RNNRegressor
from skrnn.network.objective import Objective

from ..toys import labelled, ragged, state_of
from .conftest import fails_unchanged
from .validation import stopping

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class BadScorer:
    """Fails in the third epoch."""

    def __init__(self):
        self.n_calls = 0

    def __call__(self, estimator, X, y):
        self.n_calls += 1
        if self.n_calls == 3:
            raise ZeroDivisionError("the third epoch")
        return 0.5


WIDER = [np.ones((3, 4))] * 10
PREFIX = r"^The validation data \(X_val, y_val, sample_weight_val\) cannot be used: "
BAD_DATA = {
    "no y": (lambda X, y: {"X_val": X}, ValueError, "^X_val was passed without y_val"),
    "no X": (lambda X, y: {"y_val": y}, ValueError, "^y_val was passed without X_val"),
    "only weights": (
        lambda X, y: {"sample_weight_val": np.ones(len(y))},
        ValueError,
        "^sample_weight_val was passed without X_val and y_val",
    ),
    "weights, no X": (
        lambda X, y: {"y_val": y, "sample_weight_val": np.ones(len(y))},
        ValueError,
        "^y_val was passed without X_val",
    ),
    "features": (
        lambda X, y: {"X_val": WIDER, "y_val": y},
        ValueError,
        PREFIX + "X has 4 features, but RNN.* is expecting 2",
    ),
    "lengths": (
        lambda X, y: {"X_val": X, "y_val": y[:-1]},
        ValueError,
        PREFIX + "X has 10 sequences, but y has 9 targets",
    ),
    "nan": (
        lambda X, y: {"X_val": [*X[:-1], X[0] * np.nan], "y_val": y},
        ValueError,
        PREFIX + "Input X contains NaN in sequence 9",
    ),
    "none": (lambda X, y: {"X_val": X, "y_val": [None] * 10}, (TypeError, ValueError), PREFIX),
    "masked": (
        lambda X, y: {"X_val": X, "y_val": np.ma.masked_array(np.zeros(10))},
        TypeError,
        PREFIX + "y is a masked array",
    ),
    "weights": (
        lambda X, y: {"X_val": X, "y_val": y, "sample_weight_val": -np.ones(10)},
        ValueError,
        PREFIX + r"sample_weight\[0\] is -1.0",
    ),
}


class TestErrors:
    @pytest.mark.parametrize(("spoil", "error", "match"), BAD_DATA.values(), ids=BAD_DATA)
    @pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
    @pytest.mark.parametrize("fitted", [False, True])
    def test_of_what_is_passed(self, estimator, spoil, error, match, fitted, monkeypatch):
        X, y = labelled([0, 1], 10)
        model = stopping(estimator, max_iter=1)
        if fitted:
            model.set_params(early_stopping=False).fit(X, y).set_params(early_stopping=True)
        monkeypatch.delattr(Objective, "__call__")  # nothing is trained before the error
        fails_unchanged(model, "fit", X, y, error=error, match=match, **spoil(X, y))

    @pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
    def test_without_early_stopping(self, estimator):
        X, y = labelled([0, 1], 10)
        model = stopping(estimator, early_stopping=False)
        match = "^X_val and y_val were passed, but early_stopping=False"
        fails_unchanged(model, "fit", X, y, X_val=X, y_val=y, match=match)

    @pytest.mark.parametrize(
        ("y", "y_val", "match"),
        [
            (["a", "b"] * 5, ["a", "c"] * 5, r"y contains classes .* not told of: \['c'\].*leave"),
            ([0, 1] * 5, np.eye(10, 3, dtype=int), r"y has shape \(10, 3\), but .* one label"),
            (np.eye(10, 3, dtype=int), [0, 1] * 5, "y has .* indicator of 3 labels"),
            (np.eye(10, 3, dtype=int), np.eye(10, 2, dtype=int), "y has .* indicator of 3 labels"),
            ([0, 1] * 5, np.linspace(0, 1, 10), "Unknown label type"),
        ],
    )
    def test_of_classes(self, y, y_val, match):
        X, _ = ragged(10)
        fails_unchanged(
            stopping(RNNClassifier), "fit", X, y, X_val=X, y_val=y_val, match=PREFIX + match
        )

    def test_of_outputs(self):
        X, y = ragged(10)
        match = PREFIX + "y has 1 outputs, but the regressor was fitted with 2"
        targets = np.column_stack([y, y])
        fails_unchanged(stopping(RNNRegressor), "fit", X, targets, X_val=X, y_val=y, match=match)

    @pytest.mark.parametrize("warm_start", [False, True])
    @pytest.mark.parametrize("passed", [False, True])
    @pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
    def test_of_a_scorer(self, estimator, warm_start, passed):
        X, y = labelled([0, 1, 2], 30)
        options = {"X_val": X, "y_val": y} if passed else {}
        model = stopping(estimator, warm_start=warm_start, scoring=BadScorer())
        with pytest.raises(ZeroDivisionError, match="third epoch"):
            model.fit(X, y, **options)
        assert set(vars(model)) == set(model.get_params())
        model.set_params(scoring=None).fit(X, y, **options).set_params(scoring=BadScorer())
        before = {name: value for name, value in state_of(model).items() if name != "scoring"}
        with pytest.raises(ZeroDivisionError, match="third epoch"):
            model.fit(X, y, **options)
        after = {name: value for name, value in state_of(model).items() if name != "scoring"}
        assert after == before

    @pytest.mark.parametrize("score", [None, "high", {"a": 1.0}, [0.5, 0.7]], ids=str)
    def test_of_a_score_that_is_no_number(self, score):
        X, y = labelled([0, 1])
        model = stopping(RNNClassifier, scoring=lambda *_: score)
        with pytest.raises(ValueError, match="callable scoring must return one number"):
            model.fit(X, y)
        assert set(vars(model)) == set(model.get_params())

    def test_of_a_metric_in_place_of_a_scorer(self):
        X, y = labelled([0, 1])
        model = stopping(RNNClassifier, scoring=accuracy_score)
        fails_unchanged(model, "fit", X, y, match="metric function rather than a scorer")

    def test_of_scores_that_are_all_nan(self):
        X, y = labelled([0, 1])
        with pytest.warns(UserWarning, match="No validation score was a finite number"):
            stopping(RNNClassifier, scoring=lambda *_: np.nan).fit(X, y)

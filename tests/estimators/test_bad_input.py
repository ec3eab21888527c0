"""Bad input gives a clear error before any work and leaves the estimator as it was."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array

from skrnn import RNNClassifier, RNNRegressor
from skrnn.network.objective import Objective

from ..toys import QUICK, indicated, labelled, ragged
from .conftest import fails_unchanged

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("no_work"),
]


def changed(X, i, value, step=0):
    """Return a copy of X with one value changed."""
    X = [sequence.copy() for sequence in X]
    X[i][step, 1] = value
    return X


def padded_in_the_middle(X):
    cube = np.zeros((len(X), 6, 2))
    cube[4, 2] = np.nan
    return cube


MULTI_INDEX = pd.MultiIndex.from_product([range(10), range(6)])
BAD_X = {
    "nan": (lambda X: changed(X, 3, np.nan, 1), ValueError, "NaN.*sequence 3.*step 1"),
    "infinity": (lambda X: changed(X, 7, -np.inf), ValueError, "infinity.*sequence 7.*step 0"),
    "padding inside": (padded_in_the_middle, ValueError, "sequence 4.*step 2"),
    "empty": (lambda X: [*X[:-1], X[0][:0]], ValueError, "[Ss]equence 9 is empty"),
    "features": (lambda X: [*X[:-1], X[0][:, :1]], ValueError, "(?s)9.*1 feature.*2"),
    "complex": (lambda X: np.zeros((10, 3), complex), ValueError, "Complex data not supported"),
    "sparse": (lambda X: csr_array(np.eye(10)), TypeError, "Sparse"),
    "masked": (lambda X: np.ma.masked_array(np.eye(10)), TypeError, "[Mm]asked"),
    "strings": (lambda X: [["a"]] * 10, ValueError, "strings"),
    "multi-index": (lambda X: pd.DataFrame({"x": 1.0}, MULTI_INDEX), ValueError, "MultiIndex"),
    "1-D": (lambda X: np.arange(10.0), ValueError, "1D array"),
    "no samples": (lambda X: np.empty((0, 3)), ValueError, "0 sample"),
    "none": (lambda X: None, ValueError, "X is None"),
    "lengths": (lambda X: X[:-1], ValueError, "X has 9 sequences, but y has 10 targets"),
}


class TestX:
    @pytest.mark.parametrize(("spoil", "error", "match"), BAD_X.values(), ids=BAD_X)
    @pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
    def test_of_an_unfitted_estimator(self, estimator, spoil, error, match):
        X, y = labelled([0, 1], 10)
        fails_unchanged(estimator(), "fit", spoil(X), y, error=error, match=match)

    @pytest.mark.parametrize(
        ("spoilt", "method"),
        [
            (spoilt, method)
            for spoilt in BAD_X
            for method in ("fit", "partial_fit", "predict", "predict_proba")
            # Without y there is nothing to disagree with.
            if spoilt != "lengths" or "fit" in method
        ],
    )
    def test_of_a_fitted_estimator(self, trains, spoilt, method):
        spoil, error, match = BAD_X[spoilt]
        X, y = labelled([0, 1], 10)
        fitted = RNNClassifier(**(QUICK | {"max_iter": 1})).fit(X, y)
        expected = fitted.predict_proba(X)
        arguments = (spoil(X),) if method.startswith("predict") else (spoil(X), y)
        fails_unchanged(fitted, method, *arguments, error=error, match=match)
        np.testing.assert_array_equal(fitted.predict_proba(X), expected)

    def test_too_large_for_float32(self, trains):
        X, y = labelled([0, 1], 10)
        match, wrong = "too large.*float32.*sequence 2", changed(X, 2, 1e39)
        fails_unchanged(RNNClassifier(standardize=False), "fit", wrong, y, match=match)
        # In units of its own it is as large as any other.
        fitted = RNNClassifier(**(QUICK | {"max_iter": 1})).fit(wrong, y)
        fitted.fit(X, y)
        fails_unchanged(fitted, "partial_fit", wrong, y, match=match)
        fails_unchanged(fitted, "predict", wrong, match=match)

    @pytest.mark.parametrize("method", ["partial_fit", "predict"])
    def test_of_another_number_of_features(self, trains, method):
        X, y = labelled([0, 1], 10)
        fitted = RNNClassifier(**(QUICK | {"max_iter": 1})).fit(X, y)
        wider = [np.hstack([sequence, sequence]) for sequence in X]
        arguments = (wider, y) if method == "partial_fit" else (wider,)
        fails_unchanged(fitted, method, *arguments, match="(?s)4 features.*2 features")


class TestY:
    @pytest.mark.parametrize(
        ("y", "error", "match"),
        [
            (None, ValueError, "requires y to be passed"),
            (["a"] * 10, ValueError, "only one class, 'a'"),
            ([0] * 10, ValueError, "only one class, 0"),
            ([0, 1] * 4, ValueError, "X has 10 sequences, but y has 8 targets"),
            ([0.0, np.nan] * 5, ValueError, "Input y contains NaN"),
            ([0.0, np.inf] * 5, ValueError, "Input y contains infinity"),
            (np.array(["a", np.nan] * 5, dtype=object), ValueError, "contains NaN"),
            (np.array(["a", None] * 5, dtype=object), ValueError, r"None in y\[1\]"),
            (np.array(["a", 1] * 5, dtype=object), ValueError, "y must hold labels of one type"),
            (np.array([1, "a"] * 5, dtype=object), ValueError, "label"),
            (np.linspace(0, 1, 10), ValueError, "Unknown label type: continuous"),
            (np.array([1j, 2] * 5), ValueError, "Complex data not supported"),
            (np.arange(20).reshape(10, 2), ValueError, r"y has shape \(10, 2\).*indicator"),
            (np.eye(10) * 2, ValueError, r"indicator of 0 and 1, but it holds \[0. 2.\]"),
            (np.zeros((10, 2, 2)), ValueError, "dim 3"),
            (np.ma.masked_array([0, 1] * 5, mask=[0, 1] * 5), TypeError, "y is a masked array"),
            (csr_array(np.eye(10)), TypeError, "Sparse data was passed for y"),
            ([[0, 1], [1]] * 5, ValueError, "inhomogeneous"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_of_the_classifier(self, y, error, match):
        X, _ = ragged(10)
        fails_unchanged(RNNClassifier(), "fit", X, y, error=error, match=match)

    @pytest.mark.parametrize(
        ("y", "error", "match"),
        [
            (None, ValueError, "requires y to be passed"),
            ([0, 1] * 4, ValueError, "X has 10 sequences, but y has 8 targets"),
            ([0.0, np.nan] * 5, ValueError, "Input y contains NaN"),
            ([0.0, -np.inf] * 5, ValueError, "Input y contains infinity"),
            ([[0.0, 1.0], [np.nan, 1.0]] * 5, ValueError, "Input y contains NaN"),
            (["a", "b"] * 5, ValueError, "could not convert"),
            (np.array([1j, 2] * 5), ValueError, "Complex data not supported"),
            (np.zeros((10, 2, 2)), ValueError, "dim 3"),
            (3.0, (ValueError, TypeError), None),
            (np.ma.masked_array(np.arange(10.0)), TypeError, "y is a masked array"),
            (csr_array(np.eye(10)), TypeError, "Sparse data was passed for y"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_of_the_regressor(self, y, error, match):
        X, _ = ragged(10)
        fails_unchanged(RNNRegressor(), "fit", X, y, error=error, match=match)

    @pytest.mark.parametrize(
        ("parameters", "y", "match"),
        [
            ({"loss": "poisson"}, [1, 2, 0, -0.5, 3] * 2, r"y\[3\] is -0.5.*'poisson'.*negative"),
            ({"loss": "poisson"}, np.zeros(10), "positive sum, but output 0 of y is 0"),
            ({"loss": "poisson"}, np.eye(10)[:, :2] - np.eye(10)[:, 4:6], r"y\[4\] is -1"),
            ({"loss": "quantile"}, np.arange(10), "parameter quantile .* must be set for loss="),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_that_the_loss_cannot_have(self, method, parameters, y, match):
        X, _ = ragged(10)
        fails_unchanged(RNNRegressor(**parameters), method, X, y, match=match)

    def test_negative_after_the_first_call(self, trains):
        X, y = ragged(10)
        fitted = RNNRegressor(**QUICK, loss="poisson").fit(X, np.exp(y))
        fails_unchanged(fitted, "partial_fit", X, y, match="loss='poisson'.*not negative")
        fitted.set_params(early_stopping=True)
        match = "The validation data .* cannot be used: y.*not negative"
        fails_unchanged(fitted, "fit", X, np.exp(y), X_val=X, y_val=y, match=match)

    def test_unseen_class_in_partial_fit(self, trains):
        X, y = labelled(["a", "b"], 10)
        fitted = RNNClassifier(**QUICK).partial_fit(X, y, classes=["a", "b"])
        expected = fitted.predict_proba(X)
        spoilt = np.where(y == "b", "c", y)
        fails_unchanged(fitted, "partial_fit", X, spoilt, match=r"not told of: \['c'\]")
        np.testing.assert_array_equal(fitted.predict_proba(X), expected)

    def test_other_kind_in_partial_fit(self, trains):
        X, Y = indicated(10)
        fitted = RNNClassifier(**QUICK).partial_fit(X, Y)
        fails_unchanged(fitted, "partial_fit", X, Y[:, :2], match=r"y has shape \(10, 2\)")
        fails_unchanged(fitted, "partial_fit", X, Y[:, 0], match="indicator of 3 labels")


class TestSampleWeight:
    @pytest.mark.parametrize(
        ("weight", "error", "match"),
        [
            ([1] * 9 + [-0.5], ValueError, r"sample_weight\[9\] is -0.5.*must not be negative"),
            (np.zeros(10), ValueError, "sample_weight is zero for every sample"),
            ([1] * 9, ValueError, r"sample_weight has shape \(9,\)"),
            (2.0, (ValueError, TypeError), None),
            (np.ones((10, 1)), ValueError, r"sample_weight has shape \(10, 1\)"),
            ([1] * 9 + [np.nan], ValueError, "sample_weight contains NaN"),
            ([1] * 9 + [np.inf], ValueError, "sample_weight contains infinity"),
            (np.full(10, 1e308), ValueError, r"sample_weight.*summed"),
            (["a"] * 10, ValueError, "could not convert"),
            (np.ma.masked_array(np.ones(10)), TypeError, "sample_weight is a masked array"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_that_cannot_be(self, method, weight, error, match):
        X, y = ragged(10)
        arguments = {"sample_weight": weight, "error": error, "match": match}
        fails_unchanged(RNNRegressor(), method, X, y, **arguments)


class TestDivergence:
    def test_says_what_to_lower(self, trains):
        X, y = ragged(10)
        estimator = RNNRegressor(
            4, solver="sgd", learning_rate_init=1e30, max_grad_norm=None, random_state=0
        )
        with np.errstate(all="ignore"):
            match = r"learning_rate_init.*max_grad_norm.*scale"
            fails_unchanged(estimator, "fit", X, y, match=match)

    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_leaves_a_fitted_model_usable(self, trains, method):
        X, y = ragged(10)
        fitted = RNNRegressor(**QUICK, warm_start=True).fit(X, y)
        expected = fitted.predict(X)
        fitted.set_params(solver="sgd", max_grad_norm=None)
        if method == "fit":
            fitted.set_params(learning_rate_init=1e30)
            y = 1e30 * y
        else:
            y = 1e200 * y
        with np.errstate(all="ignore"):
            fails_unchanged(fitted, method, X, y, match="infinit|non-finite|NaN")
        np.testing.assert_array_equal(fitted.predict(X), expected)

    def test_interruption_before_the_first_epoch_changes_nothing(self, trains, monkeypatch):
        def interrupt(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(Objective, "__call__", interrupt)
        X, y = ragged(10)
        estimator = RNNRegressor(**QUICK)
        fails_unchanged(estimator, "fit", X, y, error=KeyboardInterrupt, match=None)

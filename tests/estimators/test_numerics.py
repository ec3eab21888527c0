"""Numbers that are hard for floating point: huge, tiny, constant, saturating, or very many."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import r2_score

from skrnn.cells import CELLS
from skrnn.losses import REGRESSION_LOSSES

from ..toys import CELL_ACTIVATIONS, labelled, ragged
from .conftest import classifier, regressor

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    # Saturated gates are what some of these tests are about.
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
# Where gates are saturated, the first steps lead to and fro: it takes longer than QUICK gives.
LONG = {"max_iter": 200, "tol": 0, "n_iter_no_change": np.inf}
DTYPES = ["float32", "float64"]


def outputs_of(estimator, X):
    """Return what an estimator predicts, after a look at it and at the course of its training."""
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    outputs = getattr(estimator, method)(X)
    assert np.isfinite(outputs).all()
    assert np.isfinite(estimator.loss_curve_).all()
    assert np.isfinite(estimator.gradient_norm_curve_).all()
    assert all(np.isfinite(array).all() for array in estimator.weights_.values())
    if method == "predict_proba":
        assert_allclose(outputs.sum(axis=1), 1, rtol=1e-12)
    return outputs


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("cell", "activation"), CELL_ACTIVATIONS)
def test_saturated_gates(cell, activation, dtype):
    X, y = labelled(["a", "b", "c"])
    X = [3000 * sequence for sequence in X]
    options = {"cell": cell, "activation": activation, "dtype": dtype}
    assert outputs_of(classifier(**options).fit(X, y), X).shape == (60, 3)
    levels = ragged()[1]
    assert outputs_of(regressor(**options).fit(X, levels), X).shape == (60,)


@pytest.mark.parametrize("value", [0.0, 1.0, -1e6])
@pytest.mark.parametrize("cell", CELLS)
class TestConstantFeatures:
    def test_beside_another_one(self, cell, value):
        X, y = ragged(n_features=1)
        X = [np.column_stack([sequence, np.full(len(sequence), value)]) for sequence in X]
        outputs = outputs_of(regressor(cell=cell, **LONG).fit(X, y), X)
        # A constant that saturates every unit leaves nothing of the other feature but the mean.
        assert r2_score(y, outputs) > (0.8 if abs(value) <= 1 else -0.01)

    def test_alone(self, cell, value):
        X, y = np.full((60, 5, 2), value), ragged()[1]
        outputs = outputs_of(regressor(cell=cell, **LONG).fit(X, y), X)
        assert np.ptp(outputs) == 0
        assert abs(outputs[0] - y.mean()) < 0.1 * y.std()


@pytest.mark.parametrize("scale", [1e12, 1e-12])
@pytest.mark.parametrize("loss", REGRESSION_LOSSES)
def test_units_of_the_targets_do_not_matter(loss, scale):
    X, levels = ragged()
    y = np.exp(levels)
    options = {"loss": loss, "quantile": 0.5 if loss == "quantile" else None}
    expected = r2_score(y, regressor(**options).fit(X, y).predict(X))
    outputs = outputs_of(regressor(**options).fit(X, scale * y), X)
    assert expected > 0.8
    assert r2_score(scale * y, outputs) == pytest.approx(expected, abs=1e-3)
    if loss == "poisson":
        assert (outputs >= 0).all()


@pytest.mark.parametrize("cell", CELLS)
def test_tiny_features(cell):
    X, y = ragged()
    tiny = [2.0**-900 * sequence for sequence in X]
    outputs = outputs_of(regressor(cell=cell, dtype="float64").fit(tiny, y), tiny)
    assert_array_equal(outputs, outputs_of(regressor(cell=cell, dtype="float64").fit(X, y), X))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.filterwarnings("ignore:Feature 0 of X has a mean of")
def test_tiny_features_as_they_are(cell):
    X, y = ragged()
    X = [1e-12 * sequence for sequence in X]
    options = {"cell": cell, "dtype": "float64", "standardize": False}
    outputs = outputs_of(regressor(**options).fit(X, y), X)
    assert np.ptp(outputs) > 0  # they have not become zeros
    assert np.abs(outputs - y.mean()).max() < y.std()


@pytest.mark.parametrize("bptt_steps", [None, 100])
@pytest.mark.parametrize("cell", CELLS)
def test_ten_thousand_steps(cell, bptt_steps):
    X = np.random.default_rng(0).normal(size=(3, 10_000, 1))
    options = {"cell": cell, "bptt_steps": bptt_steps, "max_iter": 3, "pooling": "mean"}
    assert outputs_of(regressor(**options).fit(X, np.arange(3.0)), X).shape == (3,)
    options["pooling"] = "last"
    assert outputs_of(classifier(**options).fit(X, [0, 1, 1]), X).shape == (3, 2)


class TestFew:
    @pytest.mark.parametrize("cell", CELLS)
    def test_one_sample(self, cell):
        X = np.random.default_rng(0).normal(size=(1, 5, 2))
        for y in (7.0, 0.0, 1e12):
            outputs = outputs_of(regressor(cell=cell).fit(X, [y]), X)
            assert_allclose(outputs, [y], rtol=0)

    @pytest.mark.parametrize("cell", CELLS)
    def test_one_step(self, cell):
        y = np.linspace(-1, 1, 60)
        X = y.reshape(60, 1, 1)
        outputs = outputs_of(regressor(cell=cell, max_iter=60).fit(X, y), X)
        assert r2_score(y, outputs) > 0.9

    @pytest.mark.parametrize("class_weight", [None, "balanced"])
    def test_one_sample_of_a_class(self, class_weight):
        X, y = ragged()[0], np.repeat(["often", "often too", "once"], [30, 29, 1])
        options = {"class_weight": class_weight, "early_stopping": False}
        fitted = classifier(**options).fit(X, y)
        probabilities = outputs_of(fitted, X)
        assert (probabilities > 0).all()
        assert set(fitted.predict(X)) <= set(y)


class TestWeightsOfSamples:
    """They count relative to each other."""

    @pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e300])
    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_of_any_scale(self, scale, early_stopping):
        weights = np.random.default_rng(0).uniform(0.5, 2, 60)
        options = {"alpha": 0, "early_stopping": early_stopping}
        for estimator, data in (
            (classifier(**options), labelled(["a", "b", "c"])),
            (regressor(**options), ragged()),
        ):
            X = data[0]
            expected = outputs_of(estimator.fit(*data, sample_weight=weights), X)
            outputs = outputs_of(estimator.fit(*data, sample_weight=scale * weights), X)
            assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)

    @pytest.mark.parametrize("tiny", [1e-300, 1e-30])
    def test_those_of_next_to_none_count_for_nothing(self, tiny):
        weights = np.where(np.arange(60) < 30, 1.0, tiny)
        options = {"alpha": 0, "batch_size": 60, "dtype": "float64"}
        for estimator, (X, y) in (
            (classifier(**options), labelled(["a", "b", "c"])),
            (regressor(**options), ragged()),
        ):
            outputs = outputs_of(estimator.fit(X, y, sample_weight=weights), X)
            expected = estimator.fit(X, y, sample_weight=weights * (weights == 1))
            assert_allclose(outputs, outputs_of(expected, X), rtol=1e-9, atol=1e-9)

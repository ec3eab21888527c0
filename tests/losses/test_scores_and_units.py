"""The scores of the regression losses, and the units in which they see the targets."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.losses import LOSSES, REGRESSION_LOSSES
from skrnn.losses._units import mean_and_deviation, median_and_deviation

from .instances import make_problem, mean_and_gradient, parametrize_regression_loss


@parametrize_regression_loss
class TestScore:
    def test_is_one_for_perfect_predictions_and_less_for_worse(self, loss, rng):
        _, targets, weights = make_problem(loss, rng, (50, 3))
        perfect = np.repeat(targets, np.prod(loss.prediction_shape, dtype=int), axis=1)
        predictions = perfect, perfect + 0.1, perfect + 0.2
        scores = [loss.score(p, targets, weights) for p in predictions]
        assert scores[0] == 1
        assert 1 > scores[1] > scores[2] > 0

    def test_is_about_zero_for_the_best_constant(self, loss, rng):
        raw, targets, _ = make_problem(loss, rng, (101, 3))
        raw[:] = 0.0
        for step in 0.5 ** np.arange(12):  # subgradient descent on the constants
            for _ in range(50):
                _, gradient = mean_and_gradient(loss, raw, targets)
                raw -= step * np.sign(gradient.sum(axis=0)) * 0.1
        # Quantiles between two targets are as good as each other for the loss, and Huber's loss
        # is compared with that of the median.
        assert abs(loss.score(loss.predict(raw), targets, None)) < 0.05

    def test_counts_weight_two_as_two_samples(self, loss, rng):
        raw, targets, _ = make_problem(loss, rng, (30, 3))
        predictions, repeats = loss.predict(0.1 * raw), rng.integers(0, 3, 30)
        weighted = loss.score(predictions, targets, repeats.astype(float))
        repeated = [np.repeat(array, repeats, axis=0) for array in (predictions, targets)]
        expected = loss.score(*repeated, np.ones(repeats.sum()))
        assert_allclose(weighted, expected, rtol=1e-12)


@pytest.mark.parametrize("cls", REGRESSION_LOSSES.values(), ids=REGRESSION_LOSSES)
class TestUnits:
    def test_count_weight_two_as_two_samples(self, cls, rng):
        y, weight = rng.uniform(1, 2, size=(21, 2)), rng.integers(0, 4, 21)
        units = cls().location_and_scale(y, weight.astype(float))
        assert_allclose(units, cls().location_and_scale(np.repeat(y, weight, axis=0), None))

    @pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e9, 1e300])
    def test_grow_with_the_targets(self, cls, scale, rng):
        y = rng.uniform(1, 2, size=(20, 2))
        units = cls().location_and_scale(y, None)
        assert_allclose(
            np.divide(cls().location_and_scale(y * scale, None), scale), units, rtol=1e-12
        )


def test_units_of_a_constant_are_exact():
    for units in (mean_and_deviation, median_and_deviation):
        location, scale = units(np.full((7, 1), 0.1), None)
        assert_array_equal(location, 0.1)
        assert_array_equal(scale, 0)


def test_units_of_median_and_deviation():
    y = np.array([[0.0], [1.0], [2.0], [3.0], [100.0]])
    location, scale = median_and_deviation(y, None)
    assert_array_equal(location, 2)
    assert_allclose(scale, (2 + 1 + 0 + 1 + 98) / 5)


def test_poisson_has_no_scale_without_a_positive_target():
    y = np.array([[0.0, 0.0], [1.0, 2.0]])
    with pytest.raises(ValueError, match="output 1 of y is 0 for every sample"):
        LOSSES["poisson"]().location_and_scale(y * [1, 0], None)
    with pytest.raises(ValueError, match="output 0 of y is 0"):
        LOSSES["poisson"]().location_and_scale(y, np.array([1.0, 0.0]))

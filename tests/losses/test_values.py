"""The values of each loss: those of scikit-learn, of extremes, of quantiles, of smoothed labels."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import huber
from sklearn.metrics import (
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

from skrnn.losses import LOSSES

from .instances import (
    DTYPES,
    SEVERAL_QUANTILES,
    losses_and_gradient,
    make_problem,
    mean_and_gradient,
)


def sum_of_log_losses(targets, probabilities, weights):
    return sum(
        log_loss(target, probability, sample_weight=weights, labels=[0, 1])
        for target, probability in zip(targets.T, probabilities.T, strict=True)
    )


# The value, in terms of predictions, by scikit-learn; of Huber's loss by SciPy.
SCIKIT_LEARN_VALUES = {
    "softmax_cross_entropy": lambda targets, predictions, weights: log_loss(
        targets, predictions, sample_weight=weights, labels=[0, 1, 2]
    ),
    "logistic_cross_entropy": sum_of_log_losses,
    "squared_error": lambda targets, predictions, weights: (
        0.5 * mean_squared_error(targets, predictions, sample_weight=weights)
    ),
    "absolute_error": lambda targets, predictions, weights: mean_absolute_error(
        targets, predictions, sample_weight=weights
    ),
    "huber": lambda targets, predictions, weights: np.average(
        huber(1.0, targets - predictions).mean(axis=1), weights=weights
    ),
    "poisson": lambda targets, predictions, weights: np.mean(
        [
            0.5 * mean_poisson_deviance(target, prediction, sample_weight=weights)
            for target, prediction in zip(targets.T, predictions.T, strict=True)
        ]
    ),
    "quantile": lambda targets, predictions, weights: mean_pinball_loss(
        targets, predictions, sample_weight=weights, alpha=0.5
    ),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", SCIKIT_LEARN_VALUES)
def test_value_is_that_of_scikit_learn(name, weighted, rng):
    loss = LOSSES[name]()
    raw, targets, weights = make_problem(loss, rng)
    weights = weights if weighted else None
    value, _ = mean_and_gradient(loss, raw, targets, weights)
    expected = SCIKIT_LEARN_VALUES[name](targets, loss.predict(raw), weights)
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_of_extremes(dtype):
    loss = LOSSES["softmax_cross_entropy"]()
    raw, targets = np.array([[1e4, -1e4]], dtype), np.array([1])
    losses, gradient = losses_and_gradient(loss, raw, targets, np.ones(1))
    assert_array_equal(losses, [2e4])
    assert_array_equal(gradient, [[1, -1]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_logistic_of_extremes(dtype):
    loss = LOSSES["logistic_cross_entropy"]()
    raw, targets = np.array([[1e4], [-1e4], [-1e4]], dtype), np.array([[0], [1], [0]], np.uint8)
    weights = np.array([1.0, 3.0, 4.0])
    losses, gradient = losses_and_gradient(loss, raw, targets, weights / 8)
    assert_array_equal(losses, [1e4, 1e4, 0])
    assert_array_equal(gradient, [[1 / 8], [-3 / 8], [0]])


def test_small_probabilities_keep_their_digits():
    probability = LOSSES["logistic_cross_entropy"]().predict(np.float32([[-80.0]]))
    assert_allclose(probability, np.exp(-80.0), rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_poisson_of_extremes(dtype):
    loss = LOSSES["poisson"]()
    raw, targets = np.array([[-1e4], [31.0], [1e4]], dtype), np.array([[2], [0], [0]], dtype)
    predictions = loss.predict(raw)
    assert (predictions > 0).all()
    assert_allclose(predictions, np.exp([[-30], [30], [30]]), rtol=1e-6)
    _, gradient = mean_and_gradient(loss, raw, targets)
    assert_allclose(gradient, np.array([[-2], [np.exp(30)], [np.exp(30)]]) / 3, rtol=1e-6)


def test_poisson_goes_on_as_its_tangent():
    loss = LOSSES["poisson"]()
    losses = loss.losses(np.array([[30.0], [31.0]]), np.zeros((2, 1)), np.ones(2))
    assert_allclose(losses, [np.exp(30), 2 * np.exp(30)], rtol=1e-14)


def test_several_quantiles_are_those_of_one_each(rng):
    raw, targets, weights = make_problem(SEVERAL_QUANTILES, rng)
    losses, gradient = losses_and_gradient(SEVERAL_QUANTILES, raw, targets, weights)
    alone = [
        losses_and_gradient(LOSSES["quantile"](level), raw[:, [i]], targets, weights)
        for i, level in enumerate(SEVERAL_QUANTILES.quantile)
    ]
    assert_allclose(losses, np.mean([losses for losses, _ in alone], axis=0), rtol=1e-14)
    assert_allclose(gradient, np.hstack([gradient for _, gradient in alone]) / 3, rtol=1e-14)


def test_several_quantiles_of_several_targets_are_those_of_each_target(rng):
    raw, targets, weights = make_problem(SEVERAL_QUANTILES, rng, (7, 6))
    assert targets.shape == (7, 2)
    losses, gradient = losses_and_gradient(SEVERAL_QUANTILES, raw, targets, weights)
    halves = raw[:, :3], raw[:, 3:]
    alone = [
        losses_and_gradient(SEVERAL_QUANTILES, half, targets[:, [i]], weights)
        for i, half in enumerate(halves)
    ]
    assert_allclose(losses, np.mean([losses for losses, _ in alone], axis=0), rtol=1e-14)
    assert_allclose(gradient, np.hstack([gradient for _, gradient in alone]) / 2, rtol=1e-14)
    predictions = [SEVERAL_QUANTILES.predict(half) for half in halves]
    assert_array_equal(SEVERAL_QUANTILES.predict(raw), np.hstack(predictions))
    scores = [
        SEVERAL_QUANTILES.score(prediction, targets[:, [i]], weights)
        for i, prediction in enumerate(predictions)
    ]
    score = SEVERAL_QUANTILES.score(np.hstack(predictions), targets, weights)
    assert_allclose(score, np.mean(scores), rtol=1e-14)


def test_quantiles_do_not_cross_and_sorting_does_not_cost(rng):
    raw, targets, weights = make_problem(SEVERAL_QUANTILES, rng)
    predictions = SEVERAL_QUANTILES.predict(raw)
    assert (predictions[:, 1] <= predictions[:, 2]).all()
    assert (predictions[:, 2] <= predictions[:, 0]).all()
    assert_array_equal(np.sort(predictions, axis=1), np.sort(raw, axis=1))
    before, after = (
        mean_and_gradient(SEVERAL_QUANTILES, outputs, targets, weights)[0]
        for outputs in (raw, predictions)
    )
    assert after < before


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "logistic_cross_entropy"])
def test_smoothing_is_of_the_targets(name, rng):
    plain, smoothed = LOSSES[name](), LOSSES[name](label_smoothing=0.3)
    raw, targets, weights = make_problem(plain, rng)
    weights /= weights.sum()
    losses, gradient = losses_and_gradient(smoothed, raw, targets, weights)
    # The losses are linear in the shares of a target: 0.7 of the true one, 0.3 evenly of all.
    expected_losses, expected_gradient = np.zeros_like(losses), np.zeros_like(raw)
    shares = [(0.7, targets)]
    codes = range(3 if name.startswith("softmax") else 2)
    shares += [(0.3 / len(codes), np.full_like(targets, code)) for code in codes]
    for share, some_targets in shares:
        some_losses, some_gradient = losses_and_gradient(plain, raw, some_targets, weights)
        expected_losses += share * some_losses
        expected_gradient += share * some_gradient
    assert_allclose(losses, expected_losses, rtol=1e-14)
    assert_allclose(gradient, expected_gradient, rtol=1e-14, atol=1e-16)

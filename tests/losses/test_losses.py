"""Every loss of the registry: gradient, weights, extremes, rows that ignore their neighbours."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.losses import LOSSES, REGRESSION_LOSSES

from .. import naive
from .instances import (
    DTYPES,
    in_dtype,
    losses_and_gradient,
    make_problem,
    mean_and_gradient,
    parametrize_loss,
    parametrize_loss_of_three,
    parametrize_regression_loss,
)


def test_registry_is_keyed_by_name():
    assert set(LOSSES) >= {"softmax_cross_entropy", "logistic_cross_entropy", "squared_error"}
    assert all(loss.name == name for name, loss in LOSSES.items())
    assert set(REGRESSION_LOSSES) >= {"squared_error", "absolute_error", "huber", "poisson"}
    assert all(loss.task == "regression" for loss in REGRESSION_LOSSES.values())
    assert not {"softmax_cross_entropy", "logistic_cross_entropy"} & set(REGRESSION_LOSSES)


@pytest.mark.parametrize("weighted", [False, True])
@parametrize_loss_of_three
def test_gradient_is_that_of_the_value(loss, weighted, rng):
    raw, targets, weights = make_problem(loss, rng)
    weights = weights if weighted else None
    _, gradient = mean_and_gradient(loss, raw, targets, weights)
    step = 1e-6
    differences = np.empty_like(raw)
    for place in np.ndindex(raw.shape):
        beside = [raw.copy(), raw.copy()]
        beside[0][place] += step
        beside[1][place] -= step
        above, below = (mean_and_gradient(loss, r, targets, weights)[0] for r in beside)
        differences[place] = (above - below) / (2 * step)
    assert_allclose(gradient, differences, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@parametrize_loss_of_three
def test_results_have_their_dtypes_and_arguments_are_left_alone(loss, dtype, rng):
    arguments = make_problem(loss, rng, dtype=dtype)
    before = [argument.copy() for argument in arguments]
    losses, gradient = losses_and_gradient(loss, *arguments)
    predictions = loss.predict(arguments[0])
    assert losses.dtype == "float64"
    assert losses.shape == (7,)
    assert gradient.dtype == predictions.dtype == dtype
    assert gradient.shape == predictions.shape == arguments[0].shape
    assert not np.shares_memory(predictions, arguments[0])
    for argument, copy in zip(arguments, before, strict=True):
        assert_array_equal(argument, copy)


@parametrize_loss_of_three
def test_float32_agrees_with_float64(loss, rng):
    raw, targets, weights = make_problem(loss, rng, dtype="float32")
    value, gradient = mean_and_gradient(loss, raw, targets, weights)
    exact_value, exact_gradient = mean_and_gradient(
        loss, raw.astype(float), in_dtype(targets, float), weights
    )
    assert_allclose(value, exact_value, rtol=1e-6)
    assert_allclose(gradient, exact_gradient, rtol=1e-5, atol=1e-7)


@parametrize_loss_of_three
def test_weights_are_repetitions(loss, rng):
    raw, targets, _ = make_problem(loss, rng)
    repeats = np.array([0, 1, 2, 3, 1, 0, 4])
    value, gradient = mean_and_gradient(loss, raw, targets, repeats.astype(float))
    repeated = [np.repeat(array, repeats, axis=0) for array in (raw, targets)]
    expected_value, expected_gradient = mean_and_gradient(loss, *repeated)
    assert_allclose(value, expected_value, rtol=1e-13)
    rows = np.repeat(np.arange(7), repeats)
    sums = np.zeros_like(gradient)
    np.add.at(sums, rows, expected_gradient)
    assert_allclose(gradient, sums, rtol=1e-13)
    assert not gradient[repeats == 0].any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [1e300, 1e-300])
@parametrize_loss_of_three
def test_normalised_weights_may_be_of_any_size(loss, scale, dtype, rng):
    raw, targets, weights = make_problem(loss, rng, dtype=dtype)
    value, gradient = mean_and_gradient(loss, raw, targets, weights * scale)
    expected_value, expected_gradient = mean_and_gradient(loss, raw, targets, weights)
    assert_allclose(value, expected_value, rtol=1e-14)
    assert_allclose(gradient, expected_gradient, rtol=1e-6 if dtype == "float32" else 1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
@parametrize_loss_of_three
def test_a_huge_weight_leaves_nothing_of_tiny_ones(loss, dtype, rng):
    raw, targets, weights = make_problem(loss, rng, dtype=dtype)
    weights *= 1e-300
    weights[3] = 1e300
    value, gradient = mean_and_gradient(loss, raw, targets, weights)
    alone, alone_gradient = mean_and_gradient(loss, raw[[3]], targets[[3]])
    assert value == alone
    assert_array_equal(gradient[[3]], alone_gradient)
    assert not np.delete(gradient, 3, axis=0).any()


@pytest.mark.parametrize("dtype", DTYPES)
@parametrize_loss_of_three
def test_losses_are_the_same_without_a_gradient(loss, dtype, rng):
    raw, targets, weights = make_problem(loss, rng, (101, 3), dtype)
    losses, _ = losses_and_gradient(loss, raw, targets, weights)
    assert_array_equal(loss.losses(raw, targets, weights), losses)
    assert_array_equal(loss.losses(raw, targets, np.ones(101)), losses)


@parametrize_regression_loss
def test_targets_of_a_regression_are_never_smoothed(loss):
    assert loss.of_true_targets() is loss


@pytest.mark.parametrize("dtype", DTYPES)
@parametrize_loss_of_three
def test_extremes_stay_finite(loss, dtype, rng):
    extremes = np.array([-1e4, -100.0, -1e-4, 0.0, 100.0, 1e4], dtype=dtype)
    raw = np.stack([a.ravel() for a in np.meshgrid(extremes, extremes, extremes)], axis=1)
    targets = in_dtype(naive.random_targets(rng, loss, raw.shape), dtype)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        losses, gradient = losses_and_gradient(loss, raw, targets, np.ones(len(raw)))
        predictions = loss.predict(raw)
    assert np.isfinite(losses).all()
    assert np.isfinite(gradient).all()
    assert np.isfinite(predictions).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 8, 10, 17, 130])
@parametrize_loss
def test_predictions_of_rows_ignore_their_neighbours(loss, n_outputs, dtype, rng):
    raw = rng.normal(size=(37, n_outputs), scale=5.0).astype(dtype)
    together = loss.predict(raw)
    alone = np.concatenate([loss.predict(raw[i : i + 1]) for i in range(len(raw))])
    assert_array_equal(together, alone)
    assert_array_equal(loss.predict(raw[::-1])[::-1], together)
    assert_array_equal(loss.predict(np.asfortranarray(raw)), together)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_outputs", [3, 18, 129])
@parametrize_loss_of_three
def test_losses_of_rows_ignore_their_neighbours(loss, n_outputs, dtype, rng):
    raw, targets, weights = make_problem(loss, rng, (137, n_outputs), dtype)
    losses, gradient = losses_and_gradient(loss, raw, targets, weights)
    rows = [slice(i, i + 1) for i in range(len(raw))]
    alone = [losses_and_gradient(loss, raw[i], targets[i], weights[i]) for i in rows]
    assert_array_equal(losses, np.concatenate([losses for losses, _ in alone]))
    assert_array_equal(gradient, np.concatenate([gradient for _, gradient in alone]))
    # The outputs of a network are the first columns of wider rows.
    padded = np.zeros((137, n_outputs + 5), dtype)[:, :n_outputs]
    padded[...] = raw
    for array in (padded, np.asfortranarray(raw)):
        same_losses, same_gradient = losses_and_gradient(loss, array, targets, weights)
        assert_array_equal(same_losses, losses)
        assert_array_equal(same_gradient, gradient)

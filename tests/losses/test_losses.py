"""Every loss of the registry: gradient, weights, extremes, rows that ignore their neighbours."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.losses import LOSSES, REGRESSION_LOSSES

from .. import naive
from .instances import DTYPES, make_problem, parametrize_loss, parametrize_loss_of_three


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
    _, gradient = loss.value_and_gradient(raw, targets, weights)
    step = 1e-6
    differences = np.empty_like(raw)
    for place in np.ndindex(raw.shape):
        beside = [raw.copy(), raw.copy()]
        beside[0][place] += step
        beside[1][place] -= step
        above, below = (loss.value_and_gradient(r, targets, weights)[0] for r in beside)
        differences[place] = (above - below) / (2 * step)
    assert_allclose(gradient, differences, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@parametrize_loss_of_three
def test_results_have_the_dtype_of_raw_and_arguments_are_left_alone(loss, dtype, rng):
    arguments = make_problem(loss, rng, dtype=dtype)
    before = [argument.copy() for argument in arguments]
    value, gradient = loss.value_and_gradient(*arguments)
    predictions = loss.predict(arguments[0])
    assert type(value) is float
    assert gradient.dtype == predictions.dtype == dtype
    assert gradient.shape == predictions.shape == arguments[0].shape
    assert not np.shares_memory(predictions, arguments[0])
    for argument, copy in zip(arguments, before, strict=True):
        assert_array_equal(argument, copy)


@parametrize_loss_of_three
def test_float32_agrees_with_float64(loss, rng):
    raw, targets, weights = make_problem(loss, rng, dtype="float32")
    value, gradient = loss.value_and_gradient(raw, targets, weights)
    exact_value, exact_gradient = loss.value_and_gradient(
        raw.astype(float), targets.astype(float), weights
    )
    assert_allclose(value, exact_value, rtol=1e-6)
    assert_allclose(gradient, exact_gradient, rtol=1e-5, atol=1e-7)


@parametrize_loss_of_three
def test_weights_are_repetitions(loss, rng):
    raw, targets, _ = make_problem(loss, rng)
    repeats = np.array([0, 1, 2, 3, 1, 0, 4])
    value, gradient = loss.value_and_gradient(raw, targets, repeats.astype(float))
    repeated = [np.repeat(array, repeats, axis=0) for array in (raw, targets)]
    expected_value, expected_gradient = loss.value_and_gradient(*repeated, None)
    assert_allclose(value, expected_value, rtol=1e-13)
    rows = np.repeat(np.arange(7), repeats)
    sums = np.zeros_like(gradient)
    np.add.at(sums, rows, expected_gradient)
    assert_allclose(gradient, sums, rtol=1e-13)
    assert not gradient[repeats == 0].any()


@pytest.mark.parametrize("dtype", DTYPES)
@parametrize_loss_of_three
def test_extremes_stay_finite(loss, dtype, rng):
    extremes = np.array([-1e4, -100.0, -1e-4, 0.0, 100.0, 1e4], dtype=dtype)
    raw = np.stack([a.ravel() for a in np.meshgrid(extremes, extremes, extremes)], axis=1)
    targets = naive.random_targets(rng, loss, raw.shape).astype(dtype)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        value, gradient = loss.value_and_gradient(raw, targets, None)
        predictions = loss.predict(raw)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert np.isfinite(predictions).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 8, 10, 17, 130])
@parametrize_loss
def test_rows_ignore_their_neighbours(loss, n_outputs, dtype, rng):
    raw = rng.normal(size=(37, n_outputs), scale=5.0).astype(dtype)
    together = loss.predict(raw)
    alone = np.concatenate([loss.predict(raw[i : i + 1]) for i in range(len(raw))])
    assert_array_equal(together, alone)
    assert_array_equal(loss.predict(raw[::-1])[::-1], together)
    assert_array_equal(loss.predict(np.asfortranarray(raw)), together)

"""The error of the vectorised activations, over the whole range, in units in the last place."""

import numba
import numpy as np
import pytest

from skrnn.kernels.activations import relu, sigmoid, tanh
from skrnn.kernels.vectors import lanes_of, load, store


def _over_matrix(activation):
    """Return a function that applies an activation of vectors to a matrix."""

    @numba.njit
    def apply(x, result):
        for i in range(x.shape[0]):
            for j in range(0, x.shape[1], lanes_of(x)):
                store(result, i, j, activation(load(x, i, j)))

    def call(values):
        x = np.resize(values, (-(-len(values) // 64), 64))
        result = np.empty_like(x)
        apply(x, result)
        return result.ravel()[: len(values)]

    return call


VECTORISED = {"sigmoid": _over_matrix(sigmoid), "tanh": _over_matrix(tanh)}
EXACT = {  # in extended precision
    "sigmoid": lambda x: 1 / (1 + np.exp(-x.astype(np.longdouble))),
    "tanh": lambda x: np.tanh(x.astype(np.longdouble)),
}


def _arguments(dtype):
    """Every binade down to the smallest normal numbers, and dense grids where the curves bend."""
    tiny = np.geomspace(np.finfo(dtype).tiny, 1000, 40_000)
    return np.concatenate([np.linspace(-30, 30, 300_000), tiny, -tiny]).astype(dtype)


@pytest.mark.skipif(
    np.finfo(np.longdouble).nmant <= 52, reason="nothing more exact than float64 to compare with"
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", VECTORISED)
def test_error_is_below_three_units_in_the_last_place(name, dtype):
    x = _arguments(dtype)
    if name == "sigmoid":  # below, the result is no normal number: see the next test
        x = x[x > -np.log(np.finfo(dtype).max) + 1.5]
    expected = EXACT[name](x)
    unit = np.spacing(np.abs(expected).astype(dtype))
    assert (np.abs(VECTORISED[name](x) - expected) / unit).max() < 3


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_of_very_negative_numbers_is_next_to_zero(dtype):
    result = VECTORISED["sigmoid"](np.array([-89, -750, -1e30, -np.inf], dtype))
    assert (result >= 0).all()
    assert (result[1:] < np.finfo(dtype).tiny).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", VECTORISED)
def test_limits_and_nan(name, dtype):
    result = VECTORISED[name](np.array([np.inf, 1e30, np.nan, 0.0], dtype))
    assert result[0] == result[1] == 1
    assert np.isnan(result[2])
    assert result[3] == EXACT[name](np.zeros(1))[0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_relu(dtype):
    x = np.array([-np.inf, -1.5, -0.0, 0.0, 1e-40, 2.5, np.inf], dtype)
    rectified = _over_matrix(relu)
    np.testing.assert_array_equal(rectified(x), np.maximum(x, 0))
    assert np.isnan(rectified(np.array([np.nan], dtype)))[0]

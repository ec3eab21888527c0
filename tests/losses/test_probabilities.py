"""What the losses of classification predict: logarithms of probabilities, and true targets."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.losses import LOSSES

from .instances import DTYPES

CLASSIFICATION = [name for name, loss in LOSSES.items() if loss.task == "classification"]
parametrize_name = pytest.mark.parametrize("name", CLASSIFICATION)
parametrize_dtype = pytest.mark.parametrize("dtype", DTYPES)


@parametrize_dtype
@parametrize_name
def test_logarithms_are_those_of_the_probabilities(name, dtype, rng):
    loss = LOSSES[name]()
    raw = rng.normal(size=(50, 3), scale=5.0).astype(dtype)
    logarithms = loss.predict_log(raw)
    assert logarithms.dtype == dtype
    assert not np.shares_memory(logarithms, raw)
    tolerance = {"float32": 1e-6, "float64": 1e-14}[dtype]
    probabilities = loss.predict(raw)
    assert_allclose(logarithms, np.log(probabilities), rtol=10 * tolerance, atol=tolerance)


@parametrize_dtype
@parametrize_name
def test_logarithms_of_extremes_are_finite(name, dtype):
    extremes = np.array([-1e4, -2000.0, -100.0, 0.0, 100.0, 2000.0, 1e4], dtype=dtype)
    raw = np.stack([a.ravel() for a in np.meshgrid(extremes, extremes)], axis=1)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        logarithms = LOSSES[name]().predict_log(raw)
    assert np.isfinite(logarithms).all()
    assert (logarithms <= 0).all()


@parametrize_dtype
def test_logarithms_of_vanishing_probabilities_keep_their_digits(dtype):
    logistic, softmax = LOSSES["logistic_cross_entropy"](), LOSSES["softmax_cross_entropy"]()
    assert_array_equal(logistic.predict_log(np.array([[-2000.0, 2000.0]], dtype)), [[-2000, 0]])
    assert_array_equal(softmax.predict_log(np.array([[-1000.0, 1000.0]], dtype)), [[-2000, 0]])


@parametrize_dtype
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 8, 10, 17, 130])
@parametrize_name
def test_logarithms_of_rows_ignore_their_neighbours(name, n_outputs, dtype, rng):
    loss = LOSSES[name]()
    raw = rng.normal(size=(137, n_outputs), scale=5.0).astype(dtype)
    together = loss.predict_log(raw)
    alone = np.concatenate([loss.predict_log(raw[i : i + 1]) for i in range(len(raw))])
    assert_array_equal(together, alone)
    assert_array_equal(loss.predict_log(raw[::-1])[::-1], together)
    assert_array_equal(loss.predict_log(np.asfortranarray(raw)), together)


@parametrize_name
def test_true_targets_are_not_smoothed(name):
    assert LOSSES[name](label_smoothing=0.3).of_true_targets() == LOSSES[name]()
    assert LOSSES[name]().of_true_targets() == LOSSES[name]()

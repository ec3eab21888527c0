"""The cross-entropy of a softmax in the place of the raw outputs: against the loss in float64."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.kernels.processor import lanes, round_up
from skrnn.kernels.softmax import cross_entropy
from skrnn.kernels.team import new_mailbox
from skrnn.losses import LOSSES


def in_place(raw, targets, weights, dtype, rows_of_shard):
    """Return losses and gradient (n_rows, n_outputs), whatever the padding was."""
    n_rows, n_outputs = raw.shape
    vector = lanes(np.dtype(dtype))
    padded = np.full((n_rows, round_up(n_outputs, vector)), np.nan, dtype)
    padded[:, :n_outputs] = raw
    losses, memory = np.empty(n_rows), np.empty((-(-n_rows // rows_of_shard), vector), dtype)
    answers = targets, weights
    cross_entropy(new_mailbox(), rows_of_shard, padded, n_outputs, answers, losses, memory)
    return losses, padded[:, :n_outputs]


def problem(rng, n_outputs, n_rows=30):
    raw = rng.normal(scale=10, size=(n_rows, n_outputs)).astype(np.float32)
    raw[0], raw[1], raw[2] = -3e4, 3e4, 0  # as float32 has them
    raw[1, 0] = -3e4
    return raw, rng.integers(0, n_outputs, n_rows), rng.uniform(0, 2, n_rows)


@pytest.mark.parametrize("n_outputs", [1, 2, 15, 16, 17, 102, 1000])
@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1e-6), ("float64", 1e-14)])
def test_loss_and_gradient(rng, n_outputs, dtype, bound):
    raw, targets, weights = problem(rng, n_outputs)
    exact = np.empty(raw.shape)
    loss = LOSSES["softmax_cross_entropy"]()
    expected = loss.losses(raw.astype(np.float64), targets, weights, exact)
    losses, gradient = in_place(raw, targets, weights, dtype, 8)
    assert_allclose(losses, expected, rtol=bound, atol=3 * bound)
    assert_allclose(gradient, exact, rtol=0, atol=2 * bound)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_does_not_depend_on_the_others(rng, dtype):
    raw, targets, weights = problem(rng, 37)
    losses, gradient = in_place(raw, targets, weights, dtype, 8)
    for row in range(len(raw)):
        some = slice(row, row + 1)
        alone = in_place(raw[some], targets[some], weights[some], dtype, 1)
        assert_array_equal(alone[0], losses[some])
        assert_array_equal(alone[1], gradient[some])


def test_what_is_not_finite_stays_so(rng):
    raw, targets, weights = problem(rng, 20, 4)
    raw[3, 5] = np.nan
    losses, _ = in_place(raw, targets, weights, "float32", 4)
    assert np.isfinite(losses[:3]).all()
    assert not np.isfinite(losses[3])


def softmax(raw):
    """Return probabilities, by NumPy."""
    exponentials = np.exp(raw - raw.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("n_outputs", [1, 2, 3, 8, 10, 17, 300])
@pytest.mark.parametrize(("dtype", "bound"), [("float32", 5e-6), ("float64", 1e-14)])
def test_probabilities(rng, n_outputs, dtype, bound):
    raw, _, _ = problem(rng, n_outputs)
    predict = LOSSES["softmax_cross_entropy"]().predict
    probabilities = predict(raw.astype(dtype))
    assert probabilities.dtype == dtype
    assert_allclose(probabilities, softmax(raw.astype(np.float64)), rtol=bound, atol=1e-37)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=bound)
    for row in range(len(raw)):
        alone = predict(raw[row : row + 1].astype(dtype))
        assert_array_equal(alone[0], probabilities[row])
    in_columns = np.asfortranarray(raw.astype(dtype))
    assert_array_equal(predict(in_columns), probabilities)


def test_probabilities_go_on_to_zero():
    raw = np.array([[0, -79.9], [0, -80.1], [0, -720], [0, -800], [-np.inf, 0], [-1e4, 1e4]])
    probabilities = LOSSES["softmax_cross_entropy"]().predict(raw)
    assert_allclose(probabilities[:, 0], [1, 1, 1, 1, 0, 0])
    assert_allclose(probabilities[:3, 1], np.exp(raw[:3, 1]), rtol=1e-14)
    assert_array_equal(probabilities[3:, 1], [0, 1, 1])

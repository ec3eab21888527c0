"""Pooling over windows: the same bits as over all steps at once, and one gradient for a maximum."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.network.pooling import POOLINGS
from skrnn.runtime.arena import Arena
from skrnn.runtime.rows import Columns, Plan, Rows

LENGTHS = np.array([3, 7, 1, 7, 4])
COLUMNS = Columns(1, 5, 5)
every_pooling = pytest.mark.parametrize("name", [name for name in POOLINGS if POOLINGS[name]])


@pytest.fixture
def rows(rng):
    plan = Plan.of(LENGTHS)
    values = rng.normal(size=(plan.n_rows, 5)).astype(np.float32)
    return Rows(values, plan, plan.first, COLUMNS)


def window_of(rows, window):
    """Return the rows of a window on their own, as the layers hand them on."""
    first = rows.in_window(window).first
    values = [rows.values[i : i + n] for i, n in zip(first, window.lengths, strict=True)]
    return Rows(np.concatenate(values), window, window.first, COLUMNS)


def folded(name, rows, n_steps):
    pooling, windows = POOLINGS[name], rows.plan.windows(n_steps)
    fold = pooling.start(Arena(rows.values.dtype), rows.plan.n_sequences, 5)
    parts = [window_of(rows, window) for window in windows]
    for part in parts:
        pooling.add(fold, part)
    pooling.finish(fold, rows.plan.lengths)
    return fold, parts


@every_pooling
def test_bits_do_not_depend_on_windows(name, rows):
    whole, _ = folded(name, rows, None)
    for n_steps in (1, 2, 3, 6):
        assert_array_equal(folded(name, rows, n_steps)[0].pooled, whole.pooled)


@every_pooling
@pytest.mark.parametrize("n_steps", [None, 1, 2, 3])
def test_the_gradients_of_equal_steps_sum_to_that_of_the_result(name, rows, n_steps):
    rows.values[...] = 0.25  # a state that has converged
    fold, parts = folded(name, rows, n_steps)
    d_pooled = np.arange(25, dtype=np.float32).reshape(5, 5) + 1
    sums = np.zeros_like(d_pooled)
    for part in parts:
        d_values = POOLINGS[name].gradient(fold, d_pooled, rows.plan.lengths, part)
        for s, (first, n) in enumerate(zip(part.first, part.plan.lengths, strict=True)):
            sums[s] += d_values[first : first + n].sum(axis=0)
    assert_allclose(sums, d_pooled, rtol=1e-6)

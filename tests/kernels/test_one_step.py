"""What is done before and after the layers of one step: against NumPy."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skrnn.kernels.one_step import begin_step, end_step


def some(rng, *shapes, dtype):
    return tuple(rng.normal(size=shape).astype(dtype) for shape in shapes)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_rows", [1, 3])
def test_steps_are_put_into_units_and_states_kept(rng, dtype, n_rows):
    steps = 1e9 + rng.normal(size=(n_rows, 5))  # a time in seconds: float32 has no digit of it left
    units = np.stack([np.full(5, 1e9), rng.uniform(1, 2, 5)])
    values = np.empty((n_rows, 5), dtype)
    states = some(rng, (n_rows, 8), (n_rows, 16), dtype=dtype)
    kept = tuple(np.empty_like(state) for state in states)
    begin_step(steps, units, values, states, kept)
    assert_array_equal(values, ((steps - units[0]) * units[1]).astype(dtype))
    for state, copy in zip(states, kept, strict=True):
        assert_array_equal(copy, state)
    begin_step(steps, np.empty((0, 0)), values, states, kept)
    assert_array_equal(values, steps.astype(dtype))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_outputs", [1, 10])
def test_a_finite_step_is_counted_and_its_outputs_kept(rng, dtype, n_outputs):
    values, padded = some(rng, (2, 5), (2, 16), dtype=dtype)
    padded[:, n_outputs:] = np.nan
    raw, n_steps, last_raw = (
        padded[:, :n_outputs],
        np.array([0, 7]),
        np.zeros((2, n_outputs), dtype),
    )
    assert end_step(values, raw, n_steps, last_raw)
    assert_array_equal(n_steps, [1, 8])
    assert_array_equal(last_raw, raw)


@pytest.mark.parametrize("what", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["values", "raw"])
def test_a_step_that_is_not_finite_changes_nothing(rng, what, where):
    values, raw = some(rng, (2, 5), (2, 3), dtype="float32")
    {"values": values, "raw": raw}[where][1, 2] = what
    n_steps, last_raw = np.array([4, 7]), np.zeros((2, 3), np.float32)
    assert not end_step(values, raw, n_steps, last_raw)
    assert_array_equal(n_steps, [4, 7])
    assert not last_raw.any()


def test_large_numbers_are_finite():
    values, raw = np.full((1, 40), 3e38, np.float32), np.full((1, 40), -3e38, np.float32)
    assert end_step(values, raw, np.zeros(1, np.int64), np.empty_like(raw))

"""Sums of the bottom layer that are looked up: a step has the bits that it has without them."""

import numba
import numpy as np
import pytest

from skrnn.cells import CELLS
from skrnn.network.direction import Kind
from skrnn.network.embedded_stack import EmbeddedStack
from skrnn.network.embedding import Categories, Embedding
from skrnn.network.looked_up import LookedUp
from skrnn.runtime.parameters import Layout
from skrnn.runtime.rows import Columns

from ..passes import rows_of_arrays, run_of

DTYPES = ["float32", "float64"]
INPUTS_FIRST = [("simple", "tanh"), ("simple", "relu"), ("lstm", "tanh")]
CODES = np.array([3, 0, 4, 4, 1, 2])[:, np.newaxis]


def _stack(cell, activation, dtype, n_codes=5, n_features=1):
    kind = Kind(CELLS[cell], activation, np.dtype(dtype))
    embedding = Embedding(n_features, [Categories(0, n_codes, 7)])
    return EmbeddedStack(embedding, kind, (19, 6))


def _rows(codes):
    return rows_of_arrays([codes], Columns(1, 1, 1), wants_gradient=False)


def _run_of(stack, dtype):
    layout = Layout(stack.parameters)
    parameters = np.random.default_rng(0).normal(size=layout.n_parameters).astype(dtype)
    return run_of(layout, parameters)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is looked up without the compiler")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("cell", "activation"), INPUTS_FIRST)
def test_steps_that_look_up_have_the_bits_of_the_whole(cell, activation, dtype):
    stack = _stack(cell, activation, dtype)
    assert isinstance(stack._looked_up, LookedUp)
    run = _run_of(stack, dtype)
    whole, states, _ = stack.forward(run, _rows(CODES.astype(dtype)))
    step = _rows(CODES[:1].astype(dtype))
    after = stack.zeros(run.arena, 1)
    calls, outputs = stack.bound(run, step, after)
    for code, expected in zip(CODES, whole.values, strict=True):
        step.values[0] = code
        for call in calls:
            call()
        np.testing.assert_array_equal(outputs.values[0], expected)
    for layer, layer_of_whole in zip(after, states, strict=True):
        np.testing.assert_array_equal(layer[0].hidden, layer_of_whole[0].hidden)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"cell": "gru"}, "its candidate's sum begins with the state"),
        ({"n_codes": 20_000}, "their sums take more than four MiB"),
        ({"n_features": 2}, "a number stands beside the code"),
    ],
)
def test_nothing_is_looked_up_where_it_does_not_pay(options, why):
    stack = _stack(**{"cell": "lstm", "activation": "tanh", "dtype": "float32"} | options)
    assert stack._looked_up is None, why

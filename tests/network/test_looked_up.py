"""Sums of the bottom layer that are looked up: what they change, and where they are."""

import numba
import numpy as np
import pytest

from skrnn.cells import CELLS
from skrnn.network import embedding as embedding_module
from skrnn.network.direction import Kind
from skrnn.network.dropout import Dropout
from skrnn.network.embedded_stack import EmbeddedStack
from skrnn.network.embedding import Categories, Embedding
from skrnn.runtime.parameters import Layout
from skrnn.runtime.rows import Columns
from skrnn.runtime.threads import team_of

from ..passes import rows_of_arrays, run_of

DTYPES = ["float32", "float64"]
INPUTS_FIRST = [("simple", "tanh"), ("simple", "relu"), ("lstm", "tanh")]
KINDS = [*INPUTS_FIRST, ("gru", "tanh")]
CODES = np.array([3, 0, 4, 4, 1, 2, 4, 3, 3, 1, 0, 2, 4])[:, np.newaxis]
N_CODES = 5
TEXTS = [CODES, CODES[2:9], CODES[::-1][:7], CODES[5:8]]
needs_compiler = pytest.mark.skipif(
    numba.config.DISABLE_JIT, reason="what is predicted is not looked up without the compiler"
)


def _stack(cell, activation, dtype, n_codes=N_CODES, n_features=1, n_kept=0, **options):
    kind = Kind(CELLS[cell], activation, np.dtype(dtype))
    categories = [Categories(0, n_codes, 7, n_kept)]
    embedding = Embedding(n_features, categories, dropout_rate=options.pop("of_vectors", 0.0))
    return EmbeddedStack(embedding, kind, (19, 6), **options)


def _rows(*texts, dtype="float64"):
    arrays = [text.astype(dtype) for text in texts]
    return rows_of_arrays(arrays, Columns(1, 1, 1), wants_gradient=False)


def _parameters(stack, dtype):
    n_parameters = Layout(stack.parameters).n_parameters
    return np.random.default_rng(0).normal(scale=0.5, size=n_parameters).astype(dtype)


def _learnt(stack, *, seed=None, team=None):
    """Return outputs, first states' gradient and gradient of a pass, and whether it looked up."""
    layout, parameters = Layout(stack.parameters), _parameters(stack, "float64")
    gradient = np.zeros_like(parameters)
    run = run_of(layout, parameters, gradient, seed=seed, team=team)
    outputs, _, tape = stack.forward(run, _rows(*TEXTS))
    columns = [place for _, padded in stack.columns.blocks for place in range(100)[padded]]
    values = outputs.values[:, columns]
    d_outputs = np.zeros_like(outputs.values)
    d_outputs[:, columns] = np.random.default_rng(1).normal(size=values.shape)
    _, d_states = stack.backward(run, tape, d_outputs)
    return (values.copy(), d_states[0][0].hidden.copy(), gradient), tape.layers is stack._on_codes


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bidirectional": True},
        {"of_vectors": 0.4},
        {"n_kept": 2},
        {"dropout": Dropout(rate=0.3, recurrent_rate=0.2, weight_rate=0.3)},
    ],
    ids=["plain", "both ways", "codes dropped", "vectors kept", "dropout"],
)
@pytest.mark.parametrize(("cell", "activation"), KINDS)
def test_learning_is_the_same(cell, activation, options, monkeypatch):
    stack = _stack(cell, activation, "float64", **options)
    results, looked_up = _learnt(stack, seed=3)
    assert looked_up
    monkeypatch.setattr(embedding_module, "_MOST_OF_ROWS", 0.0)
    expected, looked_up = _learnt(stack, seed=3)
    assert not looked_up
    for result, what_is_expected in zip(results, expected, strict=True):
        # A small number is the sum of some that are not.
        atol = 1e-12 * np.abs(what_is_expected).max()
        np.testing.assert_allclose(result, what_is_expected, rtol=0, atol=atol)


@pytest.mark.parametrize(("cell", "activation"), KINDS)
def test_no_bit_depends_on_the_number_of_threads(cell, activation):
    stack = _stack(cell, activation, "float64", bidirectional=True)
    alone, _ = _learnt(stack)
    with team_of(3) as team:
        together, _ = _learnt(stack, team=team)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"n_codes": 200}, "most rows have a code of their own"),
        ({"n_features": 2}, "a number stands beside the code"),
        ({"dropout": Dropout(input_rate=0.1)}, "each row drops other numbers of its vector"),
    ],
)
def test_nothing_is_looked_up_where_it_does_not_pay(options, why):
    stack = _stack("lstm", "tanh", "float64", **options)
    parameters = _parameters(stack, "float64")
    run = run_of(Layout(stack.parameters), parameters, np.zeros_like(parameters), seed=1)
    distinct = np.arange(60.0) if options.get("n_codes") else np.repeat([0.0, 1.0], 30)
    n_features = options.get("n_features", 1)
    text = np.column_stack([distinct] * n_features)
    rows = rows_of_arrays([text], Columns(1, n_features, n_features), wants_gradient=False)
    _, _, tape = stack.forward(run, rows)
    assert tape.layers is stack._layers, why


@needs_compiler
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("cell", "activation"), KINDS)
def test_predictions_have_the_same_bits(cell, activation, dtype, monkeypatch):
    stack = _stack(cell, activation, dtype)
    run = run_of(Layout(stack.parameters), _parameters(stack, dtype))
    rows = _rows(*TEXTS, dtype=dtype)
    outputs, _, tape = stack.forward(run, rows)
    # The sum of a GRU's candidate begins with the state.
    assert (tape.layers is stack._on_codes) == (cell != "gru")
    values = outputs.values.copy()
    monkeypatch.setattr(embedding_module, "_MOST_OF_ROWS", 0.0)
    expected, _, tape = stack.forward(run, rows)
    assert tape.layers is stack._layers
    np.testing.assert_array_equal(values, expected.values)


@needs_compiler
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("cell", "activation"), INPUTS_FIRST)
def test_steps_have_the_bits_of_the_whole(cell, activation, dtype):
    stack = _stack(cell, activation, dtype)
    run = run_of(Layout(stack.parameters), _parameters(stack, dtype))
    whole, states, _ = stack.forward(run, _rows(CODES, dtype=dtype))
    step = _rows(CODES[:1], dtype=dtype)
    assert stack._bound_code(run, step) is not None
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
def test_steps_that_look_nothing_up(options, why):
    stack = _stack(**{"cell": "lstm", "activation": "tanh", "dtype": "float32"} | options)
    run = run_of(Layout(stack.parameters), _parameters(stack, "float32"))
    n_features = options.get("n_features", 1)
    columns = Columns(1, n_features, n_features)
    step = rows_of_arrays([np.ones((1, n_features), "float32")], columns)
    assert stack._bound_code(run, step) is None, why

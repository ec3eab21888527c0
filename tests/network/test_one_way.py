"""Parts put together in other ways than the estimators do: windows, ties, states handed on."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.cells import CELLS
from skrnn.network.direction import Kind
from skrnn.network.head import Head
from skrnn.network.stack import Stack
from skrnn.runtime.parameters import Layout, Parameter, zeros
from skrnn.runtime.rows import Columns, Plan, Rows

from .. import naive
from ..passes import run_of

FLOAT = np.dtype(np.float64)
LENGTHS = np.array([2, 5, 3])
N_CODES, WIDTH, N_HIDDEN = 6, 4, 4


class Embedding:
    """A part that is not in the package: a vector for each code."""

    columns = Columns(1, WIDTH, WIDTH)
    parameters = (Parameter("embedding", (N_CODES, WIDTH), zeros((N_CODES, WIDTH))),)

    def forward(self, run, rows):
        values = run.arena.empty(rows.plan.n_rows, WIDTH)
        for s, (first, length) in enumerate(zip(rows.first, rows.plan.lengths, strict=True)):
            there = rows.plan.first[s]
            codes = rows.values[first : first + length, 0]
            values[there : there + length] = run.weights["embedding"][codes]
        return Rows(values, rows.plan, rows.plan.first, self.columns), rows

    def backward(self, run, rows, d_values):
        for s, (first, length) in enumerate(zip(rows.first, rows.plan.lengths, strict=True)):
            there = rows.plan.first[s]
            codes = rows.values[first : first + length, 0]
            np.add.at(run.gradient["embedding"], codes, d_values[there : there + length])


class Translator:
    """An encoder's last states start a decoder, which answers at every step, window by window.

    Both read codes through one embedding, and the head's weights are that embedding's transpose.
    """

    def __init__(self, n_steps, cell="lstm"):
        kind = Kind(CELLS[cell], "tanh", FLOAT)
        self.n_steps, self.embedding = n_steps, Embedding()
        self.encoder = Stack(kind, WIDTH, (N_HIDDEN,), prefix="encoder.")
        self.decoder = Stack(kind, WIDTH, (N_HIDDEN,), prefix="decoder.")
        self.head = Head(self.decoder.columns, N_CODES, FLOAT, tied_to="embedding")
        parts = (self.embedding, self.encoder, self.decoder, self.head)
        self.layout = Layout([one for part in parts for one in part.parameters])
        rng = np.random.default_rng(0)
        self.parameters = 0.5 * rng.normal(size=self.layout.n_parameters)
        plan = Plan.of(LENGTHS)
        codes = rng.integers(N_CODES, size=(2, plan.n_rows, 1))
        self.source, self.target = (Rows(c, plan, plan.first, Columns(1, 1, 1)) for c in codes)
        self.d_raw = rng.normal(size=(plan.n_rows, N_CODES))

    def windows(self, run, way):
        """Run everything there and, if the run has a gradient, back; return the sum of losses."""
        read, of_source = self.embedding.forward(run, self.source)
        _, states, of_encoder = self.encoder.forward(run, read, every_step=False)
        total, tapes = 0.0, []
        for window in self.target.plan.windows(self.n_steps):
            codes = self.target.in_window(window)
            embedded, of_codes = self.embedding.forward(run, codes)
            hidden, states, of_decoder = self.decoder.forward(run, embedded, states)
            raw, of_head = self.head.forward(run, hidden)
            d_raw = np.zeros_like(raw.values)
            for s in range(window.n_sequences):
                ours = slice(window.first[s], window.first[s] + window.lengths[s])
                theirs = slice(codes.first[s], codes.first[s] + window.lengths[s])
                d_raw[ours, :N_CODES] = self.d_raw[theirs]
                way.setdefault("raw", np.empty_like(self.d_raw))[theirs] = raw.values[
                    ours, :N_CODES
                ]
            total += np.sum(raw.values[:, :N_CODES] * d_raw[:, :N_CODES])
            tapes.append((of_codes, of_decoder, of_head, d_raw))
        if run.gradient is None:
            return total
        d_states = None
        for of_codes, of_decoder, of_head, d_raw in reversed(tapes):
            d_hidden = self.head.backward(run, of_head, d_raw)
            d_embedded, d_states = self.decoder.backward(run, of_decoder, d_hidden, d_states)
            self.embedding.backward(run, of_codes, d_embedded)
        d_read, _ = self.encoder.backward(run, of_encoder, d_states=d_states)
        self.embedding.backward(run, of_source, d_read)
        return total

    def gradient(self, way=None):
        gradient = np.zeros_like(self.parameters)
        self.windows(run_of(self.layout, self.parameters, gradient), {} if way is None else way)
        return gradient


def test_the_gradient_is_that_of_central_differences():
    translator = Translator(n_steps=2)
    slopes = naive.central_differences(
        lambda: translator.windows(run_of(translator.layout, translator.parameters), {}),
        translator.parameters,
    )
    assert_allclose(translator.gradient(), slopes, rtol=1e-6, atol=1e-8)


def test_windows_change_no_bit_on_the_way_there_and_rounding_only_on_the_way_back():
    ways, gradients = [], []
    for n_steps in (None, 1, 2, 3):
        translator = Translator(n_steps)
        translator.parameters = np.sin(np.arange(translator.layout.n_parameters))
        for rows in (translator.source, translator.target):
            rows.values[:, 0] = np.arange(len(rows.values)) % N_CODES
        translator.d_raw = np.cos(np.arange(translator.d_raw.size)).reshape(-1, N_CODES)
        ways.append({})
        gradients.append(translator.gradient(ways[-1]))
    for way, gradient in zip(ways[1:], gradients[1:], strict=True):
        assert_array_equal(way["raw"], ways[0]["raw"])
        assert_allclose(gradient, gradients[0], rtol=1e-9, atol=1e-11)


def test_states_are_taken_by_index_and_minus_one_begins_anew():
    stack = Stack(Kind(CELLS["lstm"], "tanh", FLOAT), 2, (3, 2))
    layout = Layout(stack.parameters)
    rng = np.random.default_rng(0)
    run = run_of(layout, rng.normal(size=layout.n_parameters))
    plan = Plan.of(np.array([4, 4, 4]))
    rows = Rows(rng.normal(size=(12, 2)), plan, plan.first, Columns(1, 2, 2))
    _, states, _ = stack.forward(run, rows)
    taken = states.take(np.array([2, -1, 0, 2]))
    for layer, taken_layer in zip(states, taken, strict=True):
        for array, some in zip(layer[0], taken_layer[0], strict=True):
            assert_array_equal(some, [array[2], np.zeros(array.shape[1]), array[0], array[2]])

"""Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000)."""

from __future__ import annotations

from ..kernels.activations import sigmoid, tanh
from ..kernels.product import multiply
from ..kernels.recurrence import backward_step, forward_step, mask_gradient
from ..kernels.vectors import fma, lanes_of, load, store
from ._definition import Cell, CellShape, single_stage


class LSTM(CellShape):
    """Sizes of a layer of LSTM cells; its gates are input, forget, cell (candidate), output."""


CELL = Cell(
    name="lstm",
    gates=("input", "forget", "cell", "output"),
    kernels={"tanh": LSTM},
    stages=single_stage(n_gates=4),
    has_memory=True,
    n_saved=2,  # the cell state before the step, and tanh of the one after it
    initial_bias={"forget": 1.0},  # Jozefowicz et al. 2015: remember until told otherwise
    remembering={"forget": 1.0, "input": -1.0},
    gate_activations={"input": "sigmoid", "forget": "sigmoid", "output": "sigmoid"},
)


@forward_step.register(LSTM)
def _forward(cell, panels, tape, state, row, first, rows):
    """C = f * c + i * g; h = o * tanh(c)."""
    depth, width = cell.n_inputs + cell.n_hidden, cell.width
    multiply(rows, depth, tape.operand, row, 0, panels[0], tape.gates, row, 0)
    for n in range(rows):
        for j in range(0, width, lanes_of(tape.gates)):
            i = sigmoid(load(tape.gates, row + n, j))
            f = sigmoid(load(tape.gates, row + n, width + j))
            g = tanh(load(tape.gates, row + n, 2 * width + j))
            o = sigmoid(load(tape.gates, row + n, 3 * width + j))
            c_before = load(state.memory, first + n, j)
            c = fma(f, c_before, i * g)
            tanh_c = tanh(c)
            store(state.memory, first + n, j, c)
            store(state.hidden, first + n, j, o * tanh_c)
            store(tape.gates, row + n, j, i)
            store(tape.gates, row + n, width + j, f)
            store(tape.gates, row + n, 2 * width + j, g)
            store(tape.gates, row + n, 3 * width + j, o)
            store(tape.saved, row + n, j, c_before)
            store(tape.saved, row + n, width + j, tanh_c)


@backward_step.register(LSTM)
def _backward(cell, panels, tape, d_state, row, first, rows):
    """Chain rule through h and c, then through the gates' product."""
    width = cell.width
    for n in range(rows):
        for j in range(0, width, lanes_of(tape.gates)):
            i = load(tape.gates, row + n, j)
            f = load(tape.gates, row + n, width + j)
            g = load(tape.gates, row + n, 2 * width + j)
            o = load(tape.gates, row + n, 3 * width + j)
            c_before = load(tape.saved, row + n, j)
            tanh_c = load(tape.saved, row + n, width + j)
            d_h = load(d_state.hidden, first + n, j)
            d_c = load(d_state.memory, first + n, j) + d_h * o * (1.0 - tanh_c * tanh_c)
            store(tape.gates, row + n, j, d_c * g * i * (1.0 - i))
            store(tape.gates, row + n, width + j, d_c * c_before * f * (1.0 - f))
            store(tape.gates, row + n, 2 * width + j, d_c * i * (1.0 - g * g))
            store(tape.gates, row + n, 3 * width + j, d_h * tanh_c * o * (1.0 - o))
            store(d_state.memory, first + n, j, d_c * f)
    multiply(rows, 4 * width, tape.gates, row, 0, panels[0], d_state.hidden, first, 0)
    mask_gradient(cell, d_state.mask, d_state.hidden, first, rows)

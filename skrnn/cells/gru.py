"""The gated recurrent unit (Cho et al. 2014), the reset gate before the product."""

from __future__ import annotations

from ..kernels.activations import sigmoid, tanh
from ..kernels.product import multiply
from ..kernels.recurrence import add_through_mask, backward_step, forward_step
from ..kernels.vectors import fma, lanes_of, load, store
from ._definition import Cell, CellShape, Stage


class GRU(CellShape):
    """Sizes of a layer of GRU cells; its gates are reset, update, new (candidate).

    The operand is ``[r * h, x, h]``: reset and update see its last two parts, the candidate its
    first two. In it h is masked; what the update gate lets pass is not, and is saved beside it.
    """


def _stages(shape: CellShape) -> tuple[Stage, ...]:
    n_inputs, n_hidden, width = shape.n_inputs, shape.n_hidden, shape.width
    gates = Stage(0, 2, width, n_inputs + n_hidden, recurrent_at=n_inputs, inputs_at=0)
    candidate = Stage(2, 1, 0, width + n_inputs, recurrent_at=0, inputs_at=width)
    return gates, candidate


CELL = Cell(
    name="gru",
    gates=("reset", "update", "new"),
    kernels={"tanh": GRU},
    stages=_stages,
    own_operand=True,
    remembering={"update": -1.0},
    gate_activations={"reset": "sigmoid", "update": "sigmoid"},
    n_saved=1,  # the hidden state before the step, if what the operand holds of it is masked
)


@forward_step.register(GRU)
def _forward(cell, panels, tape, state, row, first, rows):
    """H = (1 - z) * h + z * candidate(r * h, x)."""
    width, n_inputs, hidden_at = cell.width, cell.n_inputs, cell.inputs_at + cell.n_inputs
    depth = n_inputs + cell.n_hidden
    multiply(rows, depth, tape.operand, row, width, panels[0], tape.gates, row, 0)
    for n in range(rows):
        for j in range(0, width, lanes_of(tape.gates)):
            r = sigmoid(load(tape.gates, row + n, j))
            store(tape.gates, row + n, j, r)
            store(tape.operand, row + n, j, r * load(tape.operand, row + n, hidden_at + j))
            z = sigmoid(load(tape.gates, row + n, width + j))
            store(tape.gates, row + n, width + j, z)
    multiply(rows, width + n_inputs, tape.operand, row, 0, panels[1], tape.gates, row, 2 * width)
    for n in range(rows):
        for j in range(0, width, lanes_of(tape.gates)):
            z = load(tape.gates, row + n, width + j)
            candidate = tanh(load(tape.gates, row + n, 2 * width + j))
            h = load(state.hidden, first + n, j)
            if state.mask.shape[0] > 0:
                store(tape.saved, row + n, j, h)
            store(tape.gates, row + n, 2 * width + j, candidate)
            store(state.hidden, first + n, j, fma(z, candidate - h, h))


@backward_step.register(GRU)
def _backward(cell, panels, tape, d_state, row, first, rows):
    """Chain rule through the mixture, the candidate's product, then the gates' product."""
    width, hidden_at = cell.width, cell.inputs_at + cell.n_inputs
    masked = d_state.mask.shape[0] > 0
    for n in range(rows):
        for j in range(0, width, lanes_of(tape.gates)):
            z = load(tape.gates, row + n, width + j)
            candidate = load(tape.gates, row + n, 2 * width + j)
            h = load(tape.operand, row + n, hidden_at + j)
            if masked:
                h = load(tape.saved, row + n, j)
            d_h = load(d_state.hidden, first + n, j)
            store(tape.gates, row + n, width + j, d_h * (candidate - h) * z * (1.0 - z))
            store(tape.gates, row + n, 2 * width + j, d_h * z * (1.0 - candidate * candidate))
            store(d_state.hidden, first + n, j, d_h * (1.0 - z))
    # The gradient of r * h; the memory is free for it, a GRU carries nothing besides h.
    multiply(rows, width, tape.gates, row, 2 * width, panels[1], d_state.memory, first, 0)
    for n in range(rows):
        for j in range(0, width, lanes_of(tape.gates)):
            r = load(tape.gates, row + n, j)
            h = load(tape.operand, row + n, hidden_at + j)
            d_rh = load(d_state.memory, first + n, j)
            store(tape.gates, row + n, j, d_rh * h * r * (1.0 - r))
            d_h = load(d_state.hidden, first + n, j)
            if masked:
                d_h = fma(d_rh * r, load(d_state.mask, first + n, j), d_h)
            else:
                d_h = fma(d_rh, r, d_h)
            store(d_state.hidden, first + n, j, d_h)
    add_through_mask(cell, 2 * width, tape, row, panels[0], d_state, first, rows)

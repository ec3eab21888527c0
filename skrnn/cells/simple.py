"""The simple recurrent cell (Elman 1990), with tanh or the rectifier (Le, Jaitly, Hinton 2015)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..kernels.activations import relu, tanh
from ..kernels.compilation import device
from ..kernels.product import multiply
from ..kernels.recurrence import backward_step, forward_step, mask_gradient
from ..kernels.vectors import lanes_of, load, store, where_positive
from ._definition import Cell, CellShape, single_stage


class SimpleTanh(CellShape):
    """Sizes of a layer of simple cells with tanh."""


class SimpleRelu(CellShape):
    """Sizes of a layer of simple cells with the rectifier."""


CELL = Cell(
    name="simple",
    gates=("hidden",),
    kernels={"tanh": SimpleTanh, "relu": SimpleRelu},
    stages=single_stage(n_gates=1),
)


@device
def _through_tanh(h, d_h):
    return d_h * (1.0 - h * h)


@device
def _through_relu(h, d_h):
    return where_positive(h, d_h)


def _register(shape: type, activation: Callable[..., Any], through: Callable[..., Any]) -> None:
    """Register the two steps of one activation; `through` is its chain rule, given its value."""

    @forward_step.register(shape)
    def _forward(cell, panels, tape, state, row, first, rows):
        depth = cell.n_inputs + cell.n_hidden
        multiply(rows, depth, tape.operand, row, 0, panels[0], tape.gates, row, 0)
        for n in range(rows):
            for j in range(0, cell.width, lanes_of(tape.gates)):
                h = activation(load(tape.gates, row + n, j))
                store(tape.gates, row + n, j, h)
                store(state.hidden, first + n, j, h)

    @backward_step.register(shape)
    def _backward(cell, panels, tape, d_state, row, first, rows):
        for n in range(rows):
            for j in range(0, cell.width, lanes_of(tape.gates)):
                h = load(tape.gates, row + n, j)
                store(tape.gates, row + n, j, through(h, load(d_state.hidden, first + n, j)))
        multiply(rows, cell.width, tape.gates, row, 0, panels[0], d_state.hidden, first, 0)
        mask_gradient(cell, d_state.mask, d_state.hidden, first, rows)


_register(SimpleTanh, tanh, _through_tanh)
_register(SimpleRelu, relu, _through_relu)

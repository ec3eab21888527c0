"""The loop over time, once forward and once backward, for every cell.

A minibatch is sorted by length, longest first, and lies time-major without padding: the rows of
step t are its `n_active[t]` sequences, so the sequences of a shard are a range of rows at every
step and no step waits for another shard. A reverse direction walks the same rows from the last
step; a sequence joins at its own end, with a state of zeros.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload

from .compilation import NO_WRAPPERS, device, inlined, kernel
from .product import multiply, multiply_add
from .team import launch
from .vectors import lanes_of, load, load_in_units, store


class Timetable(NamedTuple):
    """Which rows each step has."""

    n_active: np.ndarray  # (n_steps,) int64, sequences longer than t
    first_row: np.ndarray  # (n_steps,) int64, row of the tape where step t begins
    shards: np.ndarray  # (n_shards + 1,) int64, bounds of each shard's sequences


class Inputs(NamedTuple):
    """Where a layer finds its inputs: blocks of columns in rows of `values`."""

    values: np.ndarray  # (n_rows, n_blocks * block_stride)
    first: np.ndarray  # (n_sequences,) int64, row of each sequence's step 0; the next step follows
    n_blocks: int
    block_width: int
    block_stride: int
    # What is subtracted from each column of the one block, and what it is multiplied by then;
    # (2, block_width) float64, or no rows if the values are taken as they are.
    units: np.ndarray
    # If not empty: which row of `values` each row is, (n_rows,) int64. The values are then no
    # inputs, but what the sums of the gates begin with.
    codes: np.ndarray


class Outputs(NamedTuple):
    """Where a layer leaves its hidden states for the layer above; no rows if there is none."""

    values: np.ndarray  # (n_rows or 0, n_directions * width)
    first: np.ndarray  # (n_sequences,) int64, as in Inputs
    column: int  # where this direction's block begins


class Tape(NamedTuple):
    """What the forward pass leaves for the backward pass, a row for each step of each sequence."""

    operand: np.ndarray  # (n_rows, operand_width), what the weights multiply
    gates: np.ndarray  # (n_rows, gates_width), gates, later their gradients
    saved: np.ndarray  # (n_rows, n_saved * width), what else a cell wants back


class State(NamedTuple):
    """What a sequence carries from step to step, or its gradient.

    The mask, if it has rows, multiplies the hidden state before the weights see it.
    """

    hidden: np.ndarray  # (n_sequences, padded width)
    memory: np.ndarray  # (n_sequences, padded width), what a cell carries besides
    mask: np.ndarray  # (n_sequences or 0, width)


@singledispatch
def forward_step(cell: Any, panels, tape, state, row, first, rows):
    """One step of `rows` sequences: from ``tape.operand[row:]`` to ``state[first:]``."""
    raise NotImplementedError(type(cell))


@singledispatch
def backward_step(cell: Any, panels, tape, d_state, row, first, rows):
    """One step back: from the gradient of the state after the step to that before it."""
    raise NotImplementedError(type(cell))


# Numba chooses the cell by the type of its named tuple: unlike a function that is passed as an
# argument, a type keeps the kernel in the disk cache.
@overload(forward_step, jit_options=NO_WRAPPERS)
def _overload_forward_step(cell, panels, tape, state, row, first, rows):
    return forward_step.dispatch(cell.instance_class)


@overload(backward_step, jit_options=NO_WRAPPERS)
def _overload_backward_step(cell, panels, tape, d_state, row, first, rows):
    return backward_step.dispatch(cell.instance_class)


@inlined
def mask_gradient(cell, mask, gradient, first, rows):
    """Multiply the gradient of what the weights saw of the hidden states by their mask, if any."""
    if mask.shape[0] > 0:
        for i in range(rows):
            for j in range(0, cell.width, lanes_of(gradient)):
                store(
                    gradient, first + i, j, load(gradient, first + i, j) * load(mask, first + i, j)
                )


@inlined
def add_through_mask(cell, depth, tape, row, panel, d_state, first, rows):
    """d_state.hidden += mask * (tape.gates[row:, :depth] . panel); the memory is overwritten."""
    if d_state.mask.shape[0] > 0:
        multiply(rows, depth, tape.gates, row, 0, panel, d_state.memory, first, 0)
        mask_gradient(cell, d_state.mask, d_state.memory, first, rows)
        for i in range(rows):
            for j in range(0, cell.width, lanes_of(d_state.hidden)):
                total = load(d_state.hidden, first + i, j) + load(d_state.memory, first + i, j)
                store(d_state.hidden, first + i, j, total)
    else:
        multiply_add(rows, depth, tape.gates, row, 0, panel, d_state.hidden, first, 0)


@inlined
def _gather_operand(cell, inputs, tape, state, t, row, first, rows):
    """Copy the inputs of step t and the hidden states, masked, into rows of the tape."""
    operand, hidden_at = tape.operand, cell.inputs_at + cell.n_inputs
    for i in range(rows):
        source = inputs.first[first + i] + t
        if inputs.codes.size > 0:
            code = inputs.codes[source]
            for j in range(0, inputs.values.shape[1], lanes_of(operand)):
                store(tape.gates, row + i, j, load(inputs.values, code, j))
        for block in range(inputs.n_blocks):
            column, target = (
                block * inputs.block_stride,
                cell.inputs_at + block * inputs.block_width,
            )
            whole = inputs.block_width - inputs.block_width % lanes_of(operand)
            if inputs.units.shape[0] > 0:
                for j in range(0, whole, lanes_of(operand)):
                    store(
                        operand, row + i, target + j,
                        load_in_units(inputs.values, source, j, inputs.units),
                    )  # fmt: skip
                for j in range(whole, inputs.block_width):
                    value = np.float64(inputs.values[source, j]) - inputs.units[0, j]
                    operand[row + i, target + j] = value * inputs.units[1, j]
            else:
                for j in range(0, whole, lanes_of(operand)):
                    store(operand, row + i, target + j, load(inputs.values, source, column + j))
                for j in range(whole, inputs.block_width):
                    operand[row + i, target + j] = inputs.values[source, column + j]
        for j in range(0, cell.width, lanes_of(operand)):
            store(operand, row + i, hidden_at + j, load(state.hidden, first + i, j))
        if state.mask.shape[0] > 0:
            for j in range(0, cell.width, lanes_of(operand)):
                hidden = load(state.hidden, first + i, j) * load(state.mask, first + i, j)
                store(operand, row + i, hidden_at + j, hidden)


@inlined
def _copy_outputs(cell, hidden, outputs, t, first, rows):
    """Copy the hidden states after step t into rows of `outputs`."""
    for i in range(rows):
        target = outputs.first[first + i] + t
        for j in range(0, cell.width, lanes_of(hidden)):
            store(outputs.values, target, outputs.column + j, load(hidden, first + i, j))


@inlined
def _add_gradient_of_outputs(cell, d_hidden, d_outputs, t, first, rows):
    """Add what the layer above says of the hidden states after step t."""
    for i in range(rows):
        source = d_outputs.first[first + i] + t
        for j in range(0, cell.width, lanes_of(d_hidden)):
            gradient = load(d_outputs.values, source, d_outputs.column + j)
            store(d_hidden, first + i, j, load(d_hidden, first + i, j) + gradient)


@inlined
def _scatter_gradient_of_inputs(inputs, d_operand, d_values, t, first, rows):
    """Add the gradient of the inputs of step t to rows of `d_values`."""
    for i in range(rows):
        target = inputs.first[first + i] + t
        for block in range(inputs.n_blocks):
            for j in range(inputs.block_width):
                d_values[target, block * inputs.block_stride + j] += d_operand[
                    first + i, block * inputs.block_width + j
                ]


@device
def _forward_shard(shard, cell, reverse, timetable, panels, inputs, tape, state, outputs):
    """All steps of one shard's sequences."""
    first, last = timetable.shards[shard], timetable.shards[shard + 1]
    n_steps = timetable.n_active.size
    for step in range(n_steps):
        t = n_steps - 1 - step if reverse else step
        rows = min(timetable.n_active[t], last) - first
        if rows > 0:
            row = timetable.first_row[t] + first
            _gather_operand(cell, inputs, tape, state, t, row, first, rows)
            forward_step(cell, panels, tape, state, row, first, rows)
            if outputs.values.shape[0] > 0:
                _copy_outputs(cell, state.hidden, outputs, t, first, rows)


@device
def _backward_shard(
    shard, cell, reverse, timetable, panels, inputs, tape, d_state, d_outputs, input_panels,
    d_operand, d_values,
):  # fmt: skip
    """All steps of one shard's sequences, back from the last one taken."""
    first, last = timetable.shards[shard], timetable.shards[shard + 1]
    n_steps = timetable.n_active.size
    for step in range(n_steps):
        t = step if reverse else n_steps - 1 - step
        rows = min(timetable.n_active[t], last) - first
        if rows > 0:
            row = timetable.first_row[t] + first
            if d_outputs.values.shape[0] > 0:
                _add_gradient_of_outputs(cell, d_state.hidden, d_outputs, t, first, rows)
            backward_step(cell, panels, tape, d_state, row, first, rows)
            if d_values.shape[0] > 0:
                depth = input_panels.panels.shape[1] - 1
                multiply(rows, depth, tape.gates, row, 0, input_panels, d_operand, first, 0)
                _scatter_gradient_of_inputs(inputs, d_operand, d_values, t, first, rows)


@kernel
def forward(mailbox, cell, reverse, timetable, panels, inputs, tape, state, outputs):
    """Run one direction of a layer over a minibatch; `state` holds the last states after it."""
    arguments = (cell, reverse, timetable, panels, inputs, tape, state, outputs)
    launch(_forward_shard, mailbox, timetable.shards.size - 1, arguments)


@kernel
def backward(
    mailbox, cell, reverse, timetable, panels, inputs, tape, d_state, d_outputs, input_panels,
    d_operand, d_values,
):  # fmt: skip
    """Turn the gates on the tape into their gradients; add the inputs' gradient to `d_values`."""
    arguments = (
        cell, reverse, timetable, panels, inputs, tape, d_state, d_outputs, input_panels, d_operand,
        d_values,
    )  # fmt: skip
    launch(_backward_shard, mailbox, timetable.shards.size - 1, arguments)

"""The gradient of the weights: one product over all rows of the tape, by tiles of the result.

Each element of the result is summed by one task, over the rows in their order, so it has the same
bits for any number of threads. A sum per thread and a reduction would not, and would need a buffer
for each thread.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .compilation import device, inlined, kernel
from .product import multiply_transposed, tile_columns_of
from .team import launch
from .vectors import lanes_of, load, store

# Rows of the tape packed at a time: a panel of them (32 KiB) fits the first-level cache.
CHUNK = 256


class Scratch(NamedTuple):
    """Working memory, a part for each task."""

    packed: np.ndarray  # (n_tasks * CHUNK, tile columns)
    product: np.ndarray  # (n_tasks * part_depth, tile columns)
    sums: np.ndarray  # (n_tasks, tile columns)


@inlined
def _clear(matrix, first, last):
    """Zero rows first to last of a matrix."""
    for i in range(first, last):
        for j in range(matrix.shape[1]):
            matrix[i, j] = 0


@inlined
def _pack_rows(gates, row, n_rows, column, scratch, task):
    """Copy a panel's columns of some rows of `gates` to the scratch; add them to its sums."""
    packed, sums = scratch.packed, scratch.sums
    for j in range(0, packed.shape[1], lanes_of(packed)):
        total = load(sums, task, j)
        for i in range(n_rows):
            value = load(gates, row + i, column + j)
            store(packed, task * CHUNK + i, j, value)
            total = total + value
        store(sums, task, j, total)


@inlined
def _write_panel(cell, stage, panel, part, depth, scratch, product_row, task, gradient):
    """Write one task's product (depth, tile columns) into the gradients of the weights."""
    columns = scratch.product.shape[1]
    for column in range(columns):
        packed = panel * columns + column
        gate, j = packed // cell.width, packed % cell.width
        if gate < stage.n_gates and j < cell.n_hidden:
            target = (stage.first_gate + gate) * cell.n_hidden + j
            if part == 0:
                gradient.bias[0, target] = scratch.sums[task, column]
            for m in range(depth):
                value = scratch.product[product_row + m, column]
                of_inputs = part + m - stage.inputs_at
                of_recurrent = part + m - stage.recurrent_at
                if 0 <= of_inputs < cell.n_inputs:
                    gradient.input[of_inputs, target] = value
                elif 0 <= of_recurrent < cell.n_hidden:
                    gradient.recurrent[of_recurrent, target] = value


@device
def _gradient_task(task, cell, stage, part_depth, tape, scratch, gradient):
    """One panel of gates times `part_depth` of the operand's columns."""
    columns = tile_columns_of(tape.gates)
    n_rows = tape.operand.shape[0]
    n_parts = (stage.depth + part_depth - 1) // part_depth
    panel, part = task // n_parts, task % n_parts * part_depth
    depth = min(part_depth, stage.depth - part)
    gates_at = stage.first_gate * cell.width + panel * columns
    product_row = task * part_depth
    _clear(scratch.product, product_row, product_row + depth)
    _clear(scratch.sums, task, task + 1)
    for row in range(0, n_rows, CHUNK):
        rows = min(CHUNK, n_rows - row)
        _pack_rows(tape.gates, row, rows, gates_at, scratch, task)
        multiply_transposed(
            depth, rows, tape.operand, row, stage.operand_at + part,
            scratch.packed, task * CHUNK, scratch.product, product_row,
        )  # fmt: skip
    _write_panel(cell, stage, panel, part, depth, scratch, product_row, task, gradient)


@kernel
def weight_gradient(mailbox, n_tasks, cell, stage, part_depth, tape, scratch, gradient):
    """``operand.T . d gates`` over the tape, for one stage, written to `gradient`."""
    arguments = (cell, stage, part_depth, tape, scratch, gradient)
    launch(_gradient_task, mailbox, n_tasks, arguments)

"""The gradient of the weights: one product over all rows of the tape, by tiles of the result.

Each element of the result is summed by one task, over the rows in their order, so it has the same
bits for any number of threads. A sum per thread and a reduction would not, and would need a buffer
for each thread.
"""

from __future__ import annotations

import numpy as np

from .compilation import device, kernel
from .launch import launch
from .processor import TILE_ROWS
from .product import multiply_transposed, tile_columns_of
from .vectors import lanes_of, load, store

# Rows of the tape packed at a time: a panel of them (32 KiB) fits the first-level cache.
_CHUNK = 256


@device
def _pack_rows(gates, row, n_rows, column, packed, sums):
    """Rows of a panel's columns of `gates`, side by side in `packed`; their sum added to `sums`."""
    for j in range(0, packed.shape[1], lanes_of(packed)):
        total = load(sums, 0, j)
        for i in range(n_rows):
            value = load(gates, row + i, column + j)
            store(packed, i, j, value)
            total = total + value
        store(sums, 0, j, total)


@device
def _write_panel(cell, stage, panel, part, product, sums, gradient):
    """One task's product (depth of the part, tile columns) into the gradients of the weights."""
    columns = product.shape[1]
    for column in range(columns):
        packed = panel * columns + column
        gate, j = packed // cell.width, packed % cell.width
        if gate < stage.n_gates and j < cell.n_hidden:
            target = (stage.first_gate + gate) * cell.n_hidden + j
            if part == 0:
                gradient.bias[0, target] = sums[0, column]
            for m in range(product.shape[0]):
                position = part + m
                if 0 <= position - stage.inputs_at < cell.n_inputs:
                    gradient.input[position - stage.inputs_at, target] = product[m, column]
                elif 0 <= position - stage.recurrent_at < cell.n_hidden:
                    gradient.recurrent[position - stage.recurrent_at, target] = product[m, column]


@device
def _gradient_shard(shard, n_shards, cell, stage, n_panels, part_depth, tape, gradient):
    """Every n_shards-th task; a task is a panel of gates times a part of the operand's columns."""
    columns = tile_columns_of(tape.gates)
    n_rows = tape.operand.shape[0]
    packed = np.empty((_CHUNK, columns), tape.gates.dtype)
    sums = np.empty((1, columns), tape.gates.dtype)
    n_parts = (stage.depth + part_depth - 1) // part_depth
    for task in range(shard, n_panels * n_parts, n_shards):
        panel, part = task // n_parts, task % n_parts * part_depth
        depth = min(part_depth, stage.depth - part)
        product = np.zeros((depth, columns), tape.gates.dtype)
        sums[:] = 0
        gates_at = stage.first_gate * cell.width + panel * columns
        for row in range(0, n_rows, _CHUNK):
            rows = min(_CHUNK, n_rows - row)
            _pack_rows(tape.gates, row, rows, gates_at, packed, sums)
            multiply_transposed(
                depth, rows, tape.operand, row, stage.operand_at + part, packed, product
            )
        _write_panel(cell, stage, panel, part, product, sums, gradient)


@kernel
def weight_gradient(driver, cell, stage, tape, gradient):
    """``operand.T . d gates`` over the tape, for one stage, written to `gradient`."""
    n_shards = driver.n_threads
    columns = tile_columns_of(tape.gates)
    n_panels = (stage.n_gates * cell.width + columns - 1) // columns
    # Two tasks a thread at least, so that an odd number of panels leaves no thread idle for long.
    n_parts = max(1, (2 * n_shards + n_panels - 1) // n_panels)
    part_depth = (stage.depth + n_parts - 1) // n_parts
    part_depth = max(TILE_ROWS, (part_depth + TILE_ROWS - 1) // TILE_ROWS * TILE_ROWS)
    arguments = (n_shards, cell, stage, n_panels, part_depth, tape, gradient)
    launch(_gradient_shard, driver, n_shards, arguments)

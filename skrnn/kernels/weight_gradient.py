"""The gradient of the weights: one product over all rows of the tape, by blocks of the result.

Each element of the result is summed by one task, over the rows in their order, so it has the same
bits for any number of threads. A sum per thread and a reduction would not, and would need a buffer
for each thread.

A task copies a chunk of rows of both sides into working memory in the order in which the tile reads
them (Goto and van de Geijn 2008): read in place, each tile took half a cache line from every row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .compilation import device, inlined, kernel
from .product import panel_product, tile_columns_of
from .team import launch
from .tile import Strided
from .vectors import lanes_of, load, store

# Rows of the tape that are copied at a time: a panel of them (24 KiB) fits the first-level cache.
# From 128 to 256 rows are equally fast.
CHUNK = 192
# From one strip or panel to the next. Without the one more, all would begin on the same set of the
# first-level cache and drive each other out while a row is copied to them.
STRIDE = CHUNK + 1


class Blocks(NamedTuple):
    """How the result is cut into tasks: `n_parts` x `n_groups` blocks."""

    n_parts: int
    part_depth: int  # columns of the operand a task, a multiple of a vector
    n_groups: int
    group_panels: int  # panels of gates a task


class Workspace(NamedTuple):
    """Working memory, a part for each task, and what multiplies in it."""

    strips: np.ndarray  # (n_tasks * strips of a part * STRIDE, lanes), a chunk of the operand
    panels: np.ndarray  # (n_tasks * group_panels * STRIDE, tile columns), a chunk of the gates
    product: int  # address_of_product of their dtype


@inlined
def _pack_operand(operand, row, n_rows, column, n_strips, strips, first):
    """Copy some rows of the operand from a column on into strips (n_strips, STRIDE, lanes).

    Row by row, as the processor fetches ahead along a row, but not from page to page.
    """
    for i in range(n_rows):
        for strip in range(n_strips):
            value = load(operand, row + i, column + strip * lanes_of(operand))
            store(strips, first + strip * STRIDE + i, 0, value)


@inlined
def _pack_gates(gates, row, n_rows, column, n_panels, panels, first):
    """Copy some rows of the gates from a column on into panels (n_panels, STRIDE, columns)."""
    columns = panels.shape[1]
    for i in range(n_rows):
        for p in range(n_panels):
            for j in range(0, columns, lanes_of(panels)):
                value = load(gates, row + i, column + p * columns + j)
                store(panels, first + p * STRIDE + i, j, value)


@inlined
def _add_rows(panel, first, n_rows, sums, p):
    """Add some rows of `panel` to row p of `sums`."""
    for j in range(0, panel.shape[1], lanes_of(panel)):
        total = load(sums, p, j)
        for i in range(n_rows):
            total = total + load(panel, first + i, j)
        store(sums, p, j, total)


@device
def _gradient_task(task, cell, stage, blocks, tape, scratch, result):
    """One block: a group of panels of gates times a part of the operand's columns."""
    columns, lanes = tile_columns_of(tape.gates), lanes_of(tape.gates)
    n_rows, height = tape.operand.shape[0], 1 + stage.depth
    part = task % blocks.n_parts * blocks.part_depth
    depth = min(blocks.part_depth, stage.depth - part)
    n_strips = (depth + lanes - 1) // lanes
    strips_at = task * (blocks.part_depth // lanes) * STRIDE
    panels_at = task * blocks.group_panels * STRIDE
    first_panel = task // blocks.n_parts * blocks.group_panels
    last_panel = min(first_panel + blocks.group_panels, result.shape[0] // height)
    for row in range(0, n_rows, CHUNK):
        rows = min(CHUNK, n_rows - row)
        operand_at = stage.operand_at + part
        _pack_operand(tape.operand, row, rows, operand_at, n_strips, scratch.strips, strips_at)
        gates_at = stage.first_gate * cell.width + first_panel * columns
        n_panels = last_panel - first_panel
        _pack_gates(tape.gates, row, rows, gates_at, n_panels, scratch.panels, panels_at)
        for p in range(first_panel, last_panel):
            panel_at = panels_at + (p - first_panel) * STRIDE
            right = Strided(scratch.panels, panel_at * columns, columns, 1)
            if part == 0:
                _add_rows(scratch.panels, panel_at, rows, result, p * height)
            for strip in range(n_strips):
                left = Strided(scratch.strips, (strips_at + strip * STRIDE) * lanes, 1, lanes)
                result_at = p * height + 1 + part + strip * lanes
                target = Strided(result, result_at * columns, columns, 1)
                n = min(lanes, depth - strip * lanes)
                panel_product(scratch.product, n, rows, left, right, target, target)


@kernel
def weight_gradient(mailbox, cell, stage, blocks, tape, scratch, result):
    """``operand.T . d gates`` over the tape, for one stage, added to `result`.

    `result` (n_panels * (1 + depth), tile columns) is laid out as the packed weights are: row 0 of
    a panel is the gradient of the bias.
    """
    arguments = (cell, stage, blocks, tape, scratch, result)
    launch(_gradient_task, mailbox, blocks.n_parts * blocks.n_groups, arguments)

"""How the gradient of weights is cut up for the threads, by blocks of the result; its memory."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from ..kernels.processor import lanes, round_up, tile_columns
from ..kernels.weight_gradient import STRIDE, Blocks, Workspace
from ..runtime.arena import Arena

# Columns of the operand in a block of the weight gradient: a chunk of more would fill half of the
# second-level cache.
_DEEPEST_PART = 1024


class GradientTask(NamedTuple):
    """How the gradient of a stage's weights is cut up, and the memory for it."""

    blocks: Blocks
    workspace: Workspace
    result: np.ndarray  # (n_panels * (1 + depth), tile columns)
    panels: np.ndarray  # the result as (n_panels, 1 + depth, tile columns)


@cache
def blocks_of(depth: int, n_panels: int, panel_columns: int, vector: int, n_wanted: int) -> Blocks:
    """Cut a weight gradient into about `n_wanted` blocks, as square as can be: they copy least."""
    n_parts, n_groups = -(-depth // _DEEPEST_PART), 1
    while n_parts * n_groups < n_wanted:
        if n_groups < n_panels and n_panels * panel_columns * n_parts >= depth * n_groups:
            n_groups *= 2
        elif depth > n_parts * vector:
            n_parts *= 2
        else:
            break
    part_depth = round_up(-(-depth // n_parts), vector)
    group_panels = -(-n_panels // min(n_groups, n_panels))
    return Blocks(-(-depth // part_depth), part_depth, -(-n_panels // group_panels), group_panels)


def gradient_task(
    arena: Arena, depth: int, n_columns: int, n_threads: int, product: int
) -> GradientTask:
    """Return how the gradient of weights (depth, n_columns) is cut up, and the memory for it."""
    columns, vector = tile_columns(arena.dtype), lanes(arena.dtype)
    n_panels = -(-n_columns // columns)
    # One for each thread: with four, which would leave a late thread less to do, each side is
    # copied more often, and the whole took 1.2 to 1.4 times as long.
    blocks = blocks_of(depth, n_panels, columns, vector, n_threads)
    n_tasks = blocks.n_parts * blocks.n_groups
    n_strips = n_tasks * blocks.part_depth // vector
    workspace = Workspace(
        arena.empty(n_strips * STRIDE, vector),
        arena.empty(n_tasks * blocks.group_panels * STRIDE, columns),
        product,
    )
    result = arena.empty(n_panels * (1 + depth), columns)
    return GradientTask(blocks, workspace, result, result.reshape(n_panels, 1 + depth, columns))

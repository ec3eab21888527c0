"""How the gradient of weights is cut up for the threads: by blocks of the result."""

from __future__ import annotations

from functools import cache

from ..kernels.processor import round_up
from ..kernels.weight_gradient import Blocks

# Columns of the operand in a block of the weight gradient: a chunk of more would fill half of the
# second-level cache.
_DEEPEST_PART = 1024


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

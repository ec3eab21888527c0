"""The product on packed weights for whole arrays: what the dense head needs.

Not BLAS, whose rounding of a row may depend on the rows beside it and on its number of threads.
"""

from __future__ import annotations

import numpy as np

from .compilation import device, kernel
from .product import panel_product, row_product
from .team import launch
from .tile import Strided


def pack_columns(matrix: np.ndarray, panels: np.ndarray) -> None:
    """Copy a matrix (depth, n_columns) to panels (n_panels, depth, tile columns).

    Only what is not padding is written.
    """
    columns = panels.shape[2]
    if matrix.shape[1] <= columns:  # as in most heads; a minibatch packs four of them
        panels[0, :, : matrix.shape[1]] = matrix
        return
    for panel, first in zip(panels, range(0, matrix.shape[1], columns), strict=False):
        block = matrix[:, first : first + columns]
        panel[:, : block.shape[1]] = block


@device
def _multiply_shard(shard, rows_of_shard, a, a_row, a_step, packed, c):
    """Write some rows of the product, all of its columns."""
    panels = packed.panels
    n_panels, height, columns = panels.shape
    row = shard * rows_of_shard
    rows = min(rows_of_shard, c.shape[0] - row)
    for p in range(n_panels):
        start = p * height * columns
        panel_product(
            packed.product,
            rows,
            height - 1,
            Strided(a, row * a_row, a_row, a_step),
            Strided(panels, start + columns, columns, 1),
            Strided(panels, start, 0, 1),
            Strided(c, row * c.shape[1] + p * columns, c.shape[1], 1),
        )


@kernel
def multiply_strided(mailbox, rows_of_shard, a, a_row, a_step, packed, c):
    """Write panels[:, 0] + a (rows, depth) . panels[:, 1:] to c (rows, n_panels * tile columns).

    Element (i, k) of the left-hand side is ``a.flat[i * a_row + k * a_step]``, so that it may be a
    transpose without a second compiled version.
    """
    n_shards = -(-c.shape[0] // rows_of_shard)
    launch(_multiply_shard, mailbox, n_shards, (rows_of_shard, a, a_row, a_step, packed, c))


@device
def _multiply_row_shard(shard, panels_of_shard, a, packed, c):
    """Write some columns of the product."""
    panels = packed.panels
    n_panels, height, columns = panels.shape
    panel, stride = shard * panels_of_shard, height * columns
    row_product(
        packed.row_product,
        min(panels_of_shard, n_panels - panel),
        height - 1,
        Strided(a, 0, 0, 1),
        Strided(panels, panel * stride + columns, stride, 1),
        Strided(panels, panel * stride, stride, 1),
        Strided(c, panel * columns, columns, 1),
    )


@kernel
def multiply_row(mailbox, panels_of_shard, a, packed, c):
    """Write panels[:, 0] + a (1, depth) . panels[:, 1:] to c (1, n_panels * tile columns).

    What `multiply_strided` writes of one row, to the bit; threads share the columns.
    """
    n_shards = -(-packed.panels.shape[0] // panels_of_shard)
    launch(_multiply_row_shard, mailbox, n_shards, (panels_of_shard, a, packed, c))

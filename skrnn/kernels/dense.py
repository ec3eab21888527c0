"""The product on packed weights for whole arrays: what the dense head needs.

Not BLAS, whose rounding of a row may depend on the rows beside it and on its number of threads.
"""

from __future__ import annotations

import numpy as np

from .compilation import kernel
from .product import panel_product
from .tile import Strided


def pack_columns(matrix: np.ndarray, panels: np.ndarray) -> None:
    """Copy a matrix (depth, n_columns) to panels (n_panels, depth, tile columns).

    Only what is not padding is written.
    """
    columns = panels.shape[2]
    if matrix.shape[1] <= columns:  # as in most heads; a minibatch packs four of them
        panels[0, :, : matrix.shape[1]] = matrix
        return
    for panel, first in zip(panels, range(0, matrix.shape[1], columns), strict=True):
        block = matrix[:, first : first + columns]
        panel[:, : block.shape[1]] = block


@kernel
def multiply_strided(a, a_row, a_step, packed, c):
    """Write panels[:, 0] + a (rows, depth) . panels[:, 1:] to c (rows, n_panels * tile columns).

    Element (i, k) of the left-hand side is ``a.flat[i * a_row + k * a_step]``, so that it may be a
    transpose without a second compiled version.
    """
    panels = packed.panels
    n_panels, height, columns = panels.shape
    for p in range(n_panels):
        start = p * height * columns
        panel_product(
            packed.product,
            c.shape[0],
            height - 1,
            Strided(a, 0, a_row, a_step),
            Strided(panels, start + columns, columns, 1),
            Strided(panels, start, 0, 1),
            Strided(c, p * columns, c.shape[1], 1),
        )

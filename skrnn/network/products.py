"""Products of whole matrices, shared by the threads of a team."""

from __future__ import annotations

import numpy as np

from ..kernels.compilation import Bound
from ..kernels.dense import multiply_strided, pack_columns
from ..kernels.processor import TILE_ROWS, round_up, tile_columns
from ..kernels.product import Packed, address_of_product
from ..runtime.run import Run

# Multiply-adds that are worth a shard of their own: some tens of microseconds.
_WORK_OF_SHARD = 1_000_000
# Of a transpose that is read column by column, what stays in the second-level cache.
_BYTES_OF_TRANSPOSE = 1 << 18


class Products:
    """Products of matrices of one dtype; their bits do not depend on the number of threads."""

    def __init__(self, dtype: np.dtype) -> None:
        self._address, self._tile_columns = address_of_product(dtype), tile_columns(dtype)
        self._kernel = Bound(multiply_strided)

    def packed(self, panels: np.ndarray) -> Packed:
        """Return panels (n_panels, 1 + depth, tile columns) as what a product takes."""
        return Packed(panels, self._address)

    def of(self, run: Run, left: np.ndarray, packed: Packed) -> np.ndarray:
        """Return ``panels[:, 0] + left . panels[:, 1:]``, (n_rows, whole panels).

        `left` (n_rows, depth or more) is in C order.
        """
        return self._strided(run, left, (left.shape[1], 1), packed, len(left))

    def of_transpose(self, run: Run, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Return ``left.T . right`` of arrays (n_rows, ..), whose columns are whole panels."""
        n_rows, n_columns = right.shape
        n_panels = -(-n_columns // self._tile_columns)
        panels = run.arena.zeros(n_panels, 1 + n_rows, self._tile_columns)
        pack_columns(right, panels[:, 1:])
        width = left.shape[1]
        # Row and column change places.
        return self._strided(run, left, (1, width), self.packed(panels), width)

    def _strided(
        self, run: Run, a: np.ndarray, strides: tuple[int, int], packed: Packed, n_rows: int
    ) -> np.ndarray:
        n_panels, height, columns = packed.panels.shape
        result = run.arena.empty(n_rows, n_panels * columns)
        n_shards = min(run.team.n_threads, 1 + n_rows * packed.panels.size // _WORK_OF_SHARD)
        # Whole tiles a shard: a row's bits do not depend on it, but its time does.
        rows_of_shard = max(1, -(-n_rows // n_shards))
        if strides[0] == 1:
            rows_of_shard = min(rows_of_shard, _BYTES_OF_TRANSPOSE // (height * a.itemsize))
        rows_of_shard = round_up(max(1, rows_of_shard), TILE_ROWS)
        self._kernel.call(run.team.mailbox, rows_of_shard, a, *strides, packed, result)
        return result

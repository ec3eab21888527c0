"""What the kernels know of the processor: the vector width and the shape of the tile."""

from __future__ import annotations

import llvmlite.binding as llvm
import numba
import numpy as np


def _features() -> set[str]:
    """Names of the features that Numba compiles for."""
    override = numba.config.CPU_FEATURES
    if override is None and numba.config.CPU_NAME is None:
        return {name for name, present in llvm.get_host_cpu_features().items() if present}
    return {name[1:] for name in (override or "").split(",") if name.startswith("+")}


def _shape_of_tile(features: set[str]) -> tuple[int, int, int]:
    """Bytes a vector, rows a tile, vectors a tile row.

    A tile of rows x vectors sums lives in registers, beside one row of the panel. More sums than
    the latency of a fused multiply-add (4 cycles) times the units keep them all busy; a second
    limit is that a step loads rows + vectors values for rows * vectors multiply-adds.
    """
    if "avx512f" in features:
        return 64, 8, 2  # 16 of 32 registers
    if "avx" in features:
        return 32, 4, 3  # 12 of 16 registers
    return 16, 4, 2  # SSE2 has 16 registers, NEON 32


VECTOR_BYTES, TILE_ROWS, TILE_VECTORS = _shape_of_tile(_features())


def lanes(dtype: np.dtype | type | str) -> int:
    """Numbers of `dtype` in one vector."""
    return VECTOR_BYTES // np.dtype(dtype).itemsize


def tile_columns(dtype: np.dtype | type | str) -> int:
    """Width of a tile, which is the width of a packed panel."""
    return TILE_VECTORS * lanes(dtype)


def round_up(number: int, multiple: int) -> int:
    """Return the smallest multiple of `multiple` that is not below `number`."""
    return -(-number // multiple) * multiple

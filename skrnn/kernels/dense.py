"""The product on packed weights for whole arrays, called from Python: what the dense head needs.

Not BLAS, whose rounding of a row may depend on the rows beside it and on its number of threads; nor
a kernel, since the product is compiled already and can be called by its address.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numba
import numpy as np

from .product import address_of_product, panel_product
from .tile import Strided

_SIZE, _POINTER = ctypes.c_int64, ctypes.c_void_p
_PRODUCT = ctypes.CFUNCTYPE(
    None, _SIZE, _SIZE, _POINTER, _SIZE, _SIZE, _POINTER, _POINTER, _SIZE, _POINTER, _SIZE
)


@cache
def _product(dtype: np.dtype) -> Any:
    return _PRODUCT(address_of_product(dtype))


def pack_columns(matrix: np.ndarray, panels: np.ndarray) -> None:
    """Copy a matrix (depth, n_columns) to panels (n_panels, depth, tile columns).

    Only what is not padding is written.
    """
    columns = panels.shape[2]
    for panel, first in zip(panels, range(0, matrix.shape[1], columns), strict=True):
        block = matrix[:, first : first + columns]
        panel[:, : block.shape[1]] = block


def multiply_arrays(a: np.ndarray, panels: np.ndarray, c: np.ndarray) -> None:
    """Write panels[:, 0] + a (rows, depth) . panels[:, 1:] to c (rows, n_panels * tile columns).

    `a` may be a transpose; `panels` and `c` are C-contiguous.
    """
    if numba.config.DISABLE_JIT:
        _multiply_without_compiler(a, panels, c)
        return
    (rows, depth), size = a.shape, a.itemsize
    product, (a_row, a_step) = _product(a.dtype), (stride // size for stride in a.strides)
    row, c_row = panels.shape[2] * size, c.shape[1]
    first, panel, target = a.ctypes.data, panels.ctypes.data, c.ctypes.data
    for _ in range(len(panels)):
        product(rows, depth, first, a_row, a_step, panel + row, panel, 0, target, c_row)
        panel += (1 + depth) * row
        target += row


def _multiply_without_compiler(a: np.ndarray, panels: np.ndarray, c: np.ndarray) -> None:
    (rows, depth), columns = a.shape, panels.shape[2]
    left = Strided(np.ascontiguousarray(a), 0, depth, 1)
    for p in range(len(panels)):
        start, target = p * (1 + depth) * columns, Strided(c, p * columns, c.shape[1], 1)
        panel, init = Strided(panels, start + columns, columns, 1), Strided(panels, start, 0, 1)
        panel_product(0, rows, depth, left, panel, init, target)

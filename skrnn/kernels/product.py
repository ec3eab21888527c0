"""Matrix products on packed weights.

The right-hand matrix is packed into panels as wide as the tile: ``panels[p, 1 + k, j]``, where
row 0 is what the sums start from (the bias, or zeros). Every sum runs over k in ascending order
with fused multiply-adds whatever the number of rows in the tile, so the bits of a row do not depend
on its place in the batch.
"""

from __future__ import annotations

from numba import types
from numba.extending import lower_builtin, type_callable

from . import processor
from .compilation import device, inlined
from .tile import Strided, tile

TILE_ROWS = processor.TILE_ROWS
_HALF = max(TILE_ROWS // 2, 1)
_QUARTER = max(TILE_ROWS // 4, 1)


def tile_columns_of(array):
    """Width of a panel of the array's type."""
    return processor.tile_columns(array.dtype)


@type_callable(tile_columns_of)
def _type_tile_columns_of(context):
    return lambda array: types.intp


@lower_builtin(tile_columns_of, types.Array)
def _lower_tile_columns_of(context, builder, sig, args):
    columns = processor.tile_columns(f"f{sig.args[0].dtype.bitwidth // 8}")
    return context.get_constant(types.intp, columns)


@inlined
def _from_row(matrix, i):
    """Return the Strided `matrix` without its first i rows."""
    return Strided(matrix.array, matrix.start + i * matrix.row, matrix.row, matrix.step)


@device
def _panel_product(rows, depth, a, panel, init, c):
    """Init + a (rows, depth) . panel (depth, tile columns) -> c, all Strided, by tiles of rows."""
    i = 0
    while rows - i >= TILE_ROWS:
        tile(TILE_ROWS, depth, _from_row(a, i), panel, _from_row(init, i), _from_row(c, i))
        i += TILE_ROWS
    if rows - i >= _HALF:
        tile(_HALF, depth, _from_row(a, i), panel, _from_row(init, i), _from_row(c, i))
        i += _HALF
    if rows - i >= _QUARTER:
        tile(_QUARTER, depth, _from_row(a, i), panel, _from_row(init, i), _from_row(c, i))
        i += _QUARTER
    while rows - i >= 1:
        tile(1, depth, _from_row(a, i), panel, _from_row(init, i), _from_row(c, i))
        i += 1


@inlined
def _submatrix(array, row, column):
    """Return the part of a matrix from an element on, as Strided."""
    return Strided(array, row * array.shape[1] + column, array.shape[1], 1)


@inlined
def _panel(panels, p, row):
    """Return panel p (.., tile columns) from one of its rows on, as Strided."""
    columns = panels.shape[2]
    return Strided(panels, (p * panels.shape[1] + row) * columns, columns, 1)


@device
def multiply(rows, depth, a, a_row, a_column, panels, c, c_row, c_column):
    """c[c_row:, c_column:] = panels[:, 0] + a[a_row:, a_column:] (rows, depth) . panels[:, 1:]."""
    left = _submatrix(a, a_row, a_column)
    for p in range(panels.shape[0]):
        start = _panel(panels, p, 0)
        same_for_all_rows = Strided(start.array, start.start, 0, 1)
        target = _submatrix(c, c_row, c_column + p * panels.shape[2])
        _panel_product(rows, depth, left, _panel(panels, p, 1), same_for_all_rows, target)


@device
def multiply_add(rows, depth, a, a_row, a_column, panels, c, c_row, c_column):
    """c[c_row:, c_column:] += a[a_row:, a_column:] (rows, depth) . panels[:, 1:]."""
    left = _submatrix(a, a_row, a_column)
    for p in range(panels.shape[0]):
        target = _submatrix(c, c_row, c_column + p * panels.shape[2])
        _panel_product(rows, depth, left, _panel(panels, p, 1), target, target)


@inlined
def multiply_transposed(rows, depth, a, a_row, a_column, panel, panel_row, c, c_row):
    """c[c_row:] += a[a_row:, a_column:].T (rows, depth) . panel[panel_row:] (depth, columns)."""
    left = Strided(a, a_row * a.shape[1] + a_column, 1, a.shape[1])
    target = _submatrix(c, c_row, 0)
    _panel_product(rows, depth, left, _submatrix(panel, panel_row, 0), target, target)

"""Matrix products on packed weights.

The right-hand matrix is packed into panels as wide as the tile: ``panels[p, 1 + k, j]``, where
row 0 is what the sums start from (the bias, or zeros). Every sum runs over k in ascending order
with fused multiply-adds whatever the number of rows in the tile, so the bits of a row do not depend
on its place in the batch.

The tiles are compiled once for each type and called by their address. As part of every kernel that
multiplies they were most of what a first fit had to compile.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba import carray, types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, type_callable

from . import processor
from .compilation import c_function, device, inlined
from .tile import Strided, tile

TILE_ROWS = processor.TILE_ROWS
_HALF = max(TILE_ROWS // 2, 1)
_QUARTER = max(TILE_ROWS // 4, 1)


class Packed(NamedTuple):
    """Packed weights, and what multiplies with them."""

    panels: np.ndarray  # (n_panels, 1 + depth, tile columns)
    product: int  # address_of_product of their dtype


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


@inlined
def _by_tiles(rows, depth, a, panel, init, c):
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


def _on_pointers(rows, depth, a, a_row, a_step, panel, init, init_row, c, c_row):
    """`panel_product` as a C function of pointers to the first elements."""
    _by_tiles(
        rows,
        depth,
        Strided(carray(a, (1,)), 0, a_row, a_step),
        Strided(carray(panel, (1,)), 0, 0, 1),
        Strided(carray(init, (1,)), 0, init_row, 1),
        Strided(carray(c, (1,)), 0, c_row, 1),
    )


@cache
def _compiled(dtype: np.dtype) -> Any:
    size, pointer = types.int64, types.CPointer(numba.from_dtype(dtype))
    operands = [pointer, size, size, pointer, pointer, size, pointer, size]
    return c_function(_on_pointers, types.void(size, size, *operands))


def address_of_product(dtype: np.dtype) -> int:
    """Return the address of the compiled product, or 0 if the compiler is switched off."""
    return 0 if numba.config.DISABLE_JIT else _compiled(np.dtype(dtype)).address


def panel_product(address, rows, depth, a, panel, init, c):
    """Init + a (rows, depth) . panel (depth, tile columns) -> c, all Strided.

    Along a row, `panel`, `init` and `c` have a step of one; the rows of `panel` follow each other.
    """
    _by_tiles(rows, depth, a, panel, init, c)


@infer_global(panel_product)
class _TypeOfPanelProduct(AbstractTemplate):
    def generic(self, args, kws):
        return signature(types.void, *[types.int64] * 3, *args[3:])


@lower_builtin(panel_product, *[types.Integer] * 3, *[types.NamedTuple] * 4)
def _lower_panel_product(context, builder, sig, args):
    address, rows, depth, *operands = args

    def unpack(operand_type, operand):
        array, start, row, step = cgutils.unpack_tuple(builder, operand)
        fields = context.make_array(operand_type.types[0])(context, builder, array)
        return builder.gep(fields.data, [start]), row, step

    (a, a_row, a_step), (panel, _, _), (init, init_row, _), (c, c_row, _) = (
        unpack(*pair) for pair in zip(sig.args[3:], operands, strict=True)
    )
    arguments = [rows, depth, a, a_row, a_step, panel, init, init_row, c, c_row]
    shape = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments])
    builder.call(builder.inttoptr(address, shape.as_pointer()), arguments)
    return context.get_dummy_value()


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
def multiply(rows, depth, a, a_row, a_column, packed, c, c_row, c_column):
    """c[c_row:, c_column:] = panels[:, 0] + a[a_row:, a_column:] (rows, depth) . panels[:, 1:]."""
    panels = packed.panels
    left = _submatrix(a, a_row, a_column)
    for p in range(panels.shape[0]):
        start = _panel(panels, p, 0)
        same_for_all_rows = Strided(start.array, start.start, 0, 1)
        target = _submatrix(c, c_row, c_column + p * panels.shape[2])
        panel = _panel(panels, p, 1)
        panel_product(packed.product, rows, depth, left, panel, same_for_all_rows, target)


@device
def multiply_add(rows, depth, a, a_row, a_column, packed, c, c_row, c_column):
    """c[c_row:, c_column:] += a[a_row:, a_column:] (rows, depth) . panels[:, 1:]."""
    panels = packed.panels
    left = _submatrix(a, a_row, a_column)
    for p in range(panels.shape[0]):
        target = _submatrix(c, c_row, c_column + p * panels.shape[2])
        panel = _panel(panels, p, 1)
        panel_product(packed.product, rows, depth, left, panel, target, target)

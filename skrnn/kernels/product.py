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
from .vectors import refuse_other_orders

TILE_ROWS = processor.TILE_ROWS
_HALF = max(TILE_ROWS // 2, 1)
_QUARTER = max(TILE_ROWS // 4, 1)


class Packed(NamedTuple):
    """Packed weights, and what multiplies with them."""

    # (n_panels, 1 + depth, tile columns). Without row 0, the product is added to the result.
    panels: np.ndarray
    product: int  # address_of_product of their dtype
    row_product: int = 0  # address_of_row_product, or 0: one row is then as others are


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
def _from(matrix, i):
    """Return the Strided `matrix` without its first i rows."""
    return Strided(matrix.array, matrix.start + i * matrix.row, matrix.row, matrix.step)


@inlined
def _by_tiles(rows, depth, a, panel, init, c):
    """Init + a (rows, depth) . panel (depth, tile columns) -> c, all Strided, by tiles of rows."""
    i = 0
    while rows - i >= TILE_ROWS:
        tile(TILE_ROWS, depth, _from(a, i), _from(panel, i), _from(init, i), _from(c, i))
        i += TILE_ROWS
    if rows - i >= _HALF:
        tile(_HALF, depth, _from(a, i), _from(panel, i), _from(init, i), _from(c, i))
        i += _HALF
    if rows - i >= _QUARTER:
        tile(_QUARTER, depth, _from(a, i), _from(panel, i), _from(init, i), _from(c, i))
        i += _QUARTER
    while rows - i >= 1:
        tile(1, depth, _from(a, i), _from(panel, i), _from(init, i), _from(c, i))
        i += 1


def _rows_on_pointers(rows, depth, a, a_row, a_step, panel, init, init_row, c, c_row):
    """Multiply many rows by one panel; a C function of pointers to the first elements."""
    _by_tiles(
        rows,
        depth,
        Strided(carray(a, (1,)), 0, a_row, a_step),
        Strided(carray(panel, (1,)), 0, 0, 1),
        Strided(carray(init, (1,)), 0, init_row, 1),
        Strided(carray(c, (1,)), 0, c_row, 1),
    )


def _panels_on_pointers(n_panels, depth, a, panel, panel_row, init, init_row, c, c_row):
    """Multiply one row by many panels: for the tile, the panels are rows of their own."""
    _by_tiles(
        n_panels,
        depth,
        Strided(carray(a, (1,)), 0, 0, 1),
        Strided(carray(panel, (1,)), 0, panel_row, 1),
        Strided(carray(init, (1,)), 0, init_row, 1),
        Strided(carray(c, (1,)), 0, c_row, 1),
    )


@cache
def _compiled_for_rows(dtype: np.dtype) -> Any:
    size, pointer = types.int64, types.CPointer(numba.from_dtype(dtype))
    operands = [pointer, size, size, pointer, pointer, size, pointer, size]
    return c_function(_rows_on_pointers, types.void(size, size, *operands))


@cache
def _compiled_for_panels(dtype: np.dtype) -> Any:
    size, pointer = types.int64, types.CPointer(numba.from_dtype(dtype))
    operands = [pointer, pointer, size, pointer, size, pointer, size]
    return c_function(_panels_on_pointers, types.void(size, size, *operands))


def address_of_product(dtype: np.dtype) -> int:
    """Return the address of the compiled product, or 0 if the compiler is switched off."""
    return 0 if numba.config.DISABLE_JIT else _compiled_for_rows(np.dtype(dtype)).address


def address_of_row_product(dtype: np.dtype) -> int:
    """Return the address of the compiled product for one row, or 0 if there is no compiler."""
    return 0 if numba.config.DISABLE_JIT else _compiled_for_panels(np.dtype(dtype)).address


def panel_product(address, rows, depth, a, panel, init, c):
    """Init + a (rows, depth) . panel (depth, tile columns) -> c, all Strided.

    Along a row, `panel`, `init` and `c` have a step of one; the rows of `panel` follow each other.
    """
    _by_tiles(rows, depth, a, Strided(panel.array, panel.start, 0, 1), init, c)


def row_product(address, n_panels, depth, a, panel, init, c):
    """`panel_product` of one row and many panels; the strides of rows are those of panels."""
    _by_tiles(n_panels, depth, Strided(a.array, a.start, 0, 1), panel, init, c)


@infer_global(panel_product)
@infer_global(row_product)
class _TypeOfProduct(AbstractTemplate):
    def generic(self, args, kws):
        for operand in args[3:]:
            refuse_other_orders("a product", operand.types[0])
        return signature(types.void, *[types.int64] * 3, *args[3:])


def _unpack(context, builder, operand_type, operand, extent):
    """Return pointer to the first element, stride of rows, stride of columns.

    With NUMBA_BOUNDSCHECK=1 the first and the last element of (rows, columns) are looked at.
    """
    array, start, row, step = cgutils.unpack_tuple(builder, operand)
    fields = context.make_array(operand_type.types[0])(context, builder, array)
    if context.enable_boundscheck:
        rows, columns = extent
        one = rows.type(1)
        last = builder.add(start, builder.mul(builder.sub(rows, one), row))
        last = builder.add(last, builder.mul(builder.sub(columns, one), step))
        both = builder.and_(*(builder.icmp_signed(">=", n, one) for n in extent))
        with builder.if_then(both):
            for place in (start, last):
                cgutils.do_boundscheck(context, builder, place, fields.nitems)
    return builder.gep(fields.data, [start]), row, step


def _call(builder, address, arguments):
    shape = ir.FunctionType(ir.VoidType(), [argument.type for argument in arguments])
    builder.call(builder.inttoptr(address, shape.as_pointer()), arguments)


def _columns(context, sig):
    """Return the tile's columns as a constant."""
    columns = processor.tile_columns(f"f{sig.args[3].types[0].dtype.bitwidth // 8}")
    return context.get_constant(types.int64, columns)


@lower_builtin(panel_product, *[types.Integer] * 3, *[types.NamedTuple] * 4)
def _lower_panel_product(context, builder, sig, args):
    address, rows, depth, *operands = args
    columns = _columns(context, sig)
    extents = (rows, depth), (depth, columns), (rows, columns), (rows, columns)
    (a, a_row, a_step), (panel, _, _), (init, init_row, _), (c, c_row, _) = (
        _unpack(context, builder, *each)
        for each in zip(sig.args[3:], operands, extents, strict=True)
    )
    _call(builder, address, [rows, depth, a, a_row, a_step, panel, init, init_row, c, c_row])
    return context.get_dummy_value()


@lower_builtin(row_product, *[types.Integer] * 3, *[types.NamedTuple] * 4)
def _lower_row_product(context, builder, sig, args):
    address, n_panels, depth, *operands = args
    columns, one = _columns(context, sig), context.get_constant(types.int64, 1)
    extents = (
        (one, depth),
        (n_panels, builder.mul(depth, columns)),
        (n_panels, columns),
        (n_panels, columns),
    )
    (a, _, _), (panel, panel_row, _), (init, init_row, _), (c, c_row, _) = (
        _unpack(context, builder, *each)
        for each in zip(sig.args[3:], operands, extents, strict=True)
    )
    _call(builder, address, [n_panels, depth, a, panel, panel_row, init, init_row, c, c_row])
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


@inlined
def _rows_before(panels, depth):
    """Return 1 if the panels have the row that sums start from, else 0."""
    return min(1, panels.shape[1] - depth)


@inlined
def _multiply_one_row(depth, left, packed, target):
    """Do as `multiply` for one row, panels side by side."""
    panels = packed.panels
    n_panels, height, columns = panels.shape
    stride, before = height * columns, _rows_before(panels, depth)
    panel = Strided(panels, before * columns, stride, 1)
    result = Strided(target.array, target.start, columns, 1)
    if before == 1:
        start = Strided(panels, 0, stride, 1)
        row_product(packed.row_product, n_panels, depth, left, panel, start, result)
    else:
        row_product(packed.row_product, n_panels, depth, left, panel, result, result)


@device
def multiply(rows, depth, a, a_row, a_column, packed, c, c_row, c_column):
    """c[c_row:, c_column:] = panels[:, 0] + a[a_row:, a_column:] (rows, depth) . panels[:, 1:].

    Without row 0 of the panels, the product is added to c.
    """
    panels, left = packed.panels, _submatrix(a, a_row, a_column)
    if rows == 1 and packed.row_product != 0:
        _multiply_one_row(depth, left, packed, _submatrix(c, c_row, c_column))
        return
    before = _rows_before(panels, depth)
    for p in range(panels.shape[0]):
        target = _submatrix(c, c_row, c_column + p * panels.shape[2])
        panel, start = _panel(panels, p, before), _panel(panels, p, 0)
        if before == 0:
            panel_product(packed.product, rows, depth, left, panel, target, target)
        else:
            same_for_all_rows = Strided(start.array, start.start, 0, 1)
            panel_product(packed.product, rows, depth, left, panel, same_for_all_rows, target)


@device
def multiply_add(rows, depth, a, a_row, a_column, packed, c, c_row, c_column):
    """c[c_row:, c_column:] += a[a_row:, a_column:] (rows, depth) . panels[:, 1:]."""
    panels, left = packed.panels, _submatrix(a, a_row, a_column)
    for p in range(panels.shape[0]):
        target = _submatrix(c, c_row, c_column + p * panels.shape[2])
        panel = _panel(panels, p, _rows_before(panels, depth))
        panel_product(packed.product, rows, depth, left, panel, target, target)

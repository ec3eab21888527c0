"""The register tile: the one inner loop behind every matrix product of the package.

``c[i, j] = init[i, j] + sum over k of a[i, k] * b[k, j]`` for a few rows i and one panel's width of
columns j. The sums stay in registers; every operand but the packed `b` is given by an array, the
place of its first element and strides, so that the same tile serves the forward product, the
backward product and (reading `a` down its columns) the weight gradient.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from . import processor
from .vectors import Vector, fused_multiply_add, refuse_other_orders, splat


class _TileBuilder:
    """Emits the LLVM instructions of a tile with a fixed number of rows."""

    def __init__(self, context, builder, vector: Vector, rows: int) -> None:
        self.context = context
        self.builder = builder
        self.vector = vector
        self.shape = context.get_value_type(vector)
        self.rows = rows
        self.columns = range(processor.TILE_VECTORS)

    def pointer(self, array_type, array, start):
        """Pointer to element `start` of a C-contiguous array of any dimension."""
        fields = self.context.make_array(array_type)(self.context, self.builder, array)
        return self.builder.gep(fields.data, [start])

    def row_pointers(self, base, stride):
        """Pointers to the first elements of the tile's rows."""
        return [
            self.builder.gep(base, [self.builder.mul(ir.Constant(stride.type, i), stride)])
            for i in range(self.rows)
        ]

    def _vector_pointer(self, row, position):
        address = self.builder.gep(row, [ir.IntType(64)(position * self.vector.lanes)])
        return self.builder.bitcast(address, self.shape.as_pointer())

    def load_row(self, row):
        """Load the vectors of one row of the tile, or of the panel."""
        values = [self.builder.load(self._vector_pointer(row, v)) for v in self.columns]
        for value in values:
            value.align = self.vector.dtype.bitwidth // 8
        return values

    def store_row(self, row, values) -> None:
        """Store the vectors of one row of the tile."""
        for v in self.columns:
            instruction = self.builder.store(values[v], self._vector_pointer(row, v))
            instruction.align = self.vector.dtype.bitwidth // 8

    def accumulate(self, sums, depth, a_rows, a_step, panels):
        """Emit the loop over k; return the sums after it."""
        builder = self.builder
        zero, one, width = (
            ir.Constant(depth.type, n) for n in (0, 1, len(self.columns) * self.vector.lanes)
        )
        before = builder.block
        body, after = builder.append_basic_block(), builder.append_basic_block()
        builder.cbranch(builder.icmp_signed(">", depth, zero), body, after)

        builder.position_at_end(body)
        k = self._phi(depth.type, (zero, before))
        running = [self._phi(self.shape, (value, before)) for value in sums]
        place, step = builder.mul(k, width), builder.mul(k, a_step)
        added = []
        # Of rows that are one and the same, LLVM loads one.
        for i, (row, panel) in enumerate(zip(a_rows, panels, strict=True)):
            b = self.load_row(builder.gep(panel, [place]))
            a = splat(builder, builder.load(builder.gep(row, [step])), self.vector.lanes)
            for v in self.columns:
                term = running[i * len(self.columns) + v]
                added.append(fused_multiply_add(builder, a, b[v], term))
        following = builder.add(k, one)
        k.add_incoming(following, body)
        for value, result in zip(running, added, strict=True):
            value.add_incoming(result, body)
        builder.cbranch(builder.icmp_signed("<", following, depth), body, after)

        builder.position_at_end(after)
        return [
            self._phi(self.shape, (start, before), (end, body))
            for start, end in zip(sums, added, strict=True)
        ]

    def _phi(self, shape, *incoming):
        phi = self.builder.phi(shape)
        for value, block in incoming:
            phi.add_incoming(value, block)
        return phi


class Strided(NamedTuple):
    """A matrix inside an array: element (i, j) is ``array.flat[start + i * row + j * step]``."""

    array: np.ndarray
    start: int
    row: int
    step: int


def tile(rows, depth, a, panel, init, c):
    """Write ``init + a . panel`` to `c`: a (rows, depth), panel (depth, tile columns), all Strided.

    `rows` is a constant. Along a row, `init` and `c` have a step of one. Each row's panel begins
    ``panel.row`` after that of the row before, so all rows have the same if that is zero; the rows
    of a panel itself follow each other.
    """
    width = processor.tile_columns(c.array.dtype)
    i, k, j = np.arange(rows)[:, None], np.arange(depth), np.arange(width)

    def elements(operand, rows, columns):
        return operand.start + rows * operand.row + columns * operand.step

    left = a.array.reshape(-1)[elements(a, i, k)]
    panels = panel.start + i[:, :, None] * panel.row + k[:, None] * width + j
    right = panel.array.reshape(-1)[panels]
    start = init.array.reshape(-1)[elements(init, i, j)]
    # Row by row: BLAS would let a row's bits depend on how many rows there are.
    total = start + (left[:, :, None] * right).sum(axis=1)
    c.array.reshape(-1)[elements(c, i, j)] = total


@infer_global(tile)
class _TypeOfTile(AbstractTemplate):
    prefer_literal = True

    def generic(self, args, kws):
        rows, _, *operands = args
        if isinstance(rows, types.IntegerLiteral):
            for operand in operands:
                refuse_other_orders("tile", operand.types[0])
            return signature(types.void, rows, types.intp, *operands)
        return None


@lower_builtin(tile, types.IntegerLiteral, types.Integer, *[types.NamedTuple] * 4)
def _lower_tile(context, builder, sig, args):
    rows, _, *operand_types = sig.args
    _, depth, *operands = args
    dtype = operand_types[0].types[0].dtype
    tile = _TileBuilder(context, builder, Vector(dtype), rows.literal_value)

    def unpack(operand_type, operand):
        array, start, row, step = cgutils.unpack_tuple(builder, operand)
        base = tile.pointer(operand_type.types[0], array, start)
        return base, tile.row_pointers(base, row), step

    (_, a_rows, a_step), (_, panels, _), (_, init_rows, _), (_, c_rows, _) = (
        unpack(*pair) for pair in zip(operand_types, operands, strict=True)
    )
    sums = [value for row in init_rows for value in tile.load_row(row)]
    sums = tile.accumulate(sums, depth, a_rows, a_step, panels)
    for i, row in enumerate(c_rows):
        first = i * len(tile.columns)
        tile.store_row(row, sums[first : first + len(tile.columns)])
    return context.get_dummy_value()

"""Products and packing on arrays that lie beside pages nobody may touch.

For a process of its own, which dies where a kernel leaves its arrays.
"""

import itertools
import sys
from types import SimpleNamespace

import numpy as np

from skrnn.cells import CELLS
from skrnn.kernels import processor
from skrnn.kernels.compilation import kernel
from skrnn.kernels.dense import multiply_row, multiply_strided, pack_columns
from skrnn.kernels.packing import Weights, add_unpacked, pack_stage, pack_transposed
from skrnn.kernels.product import (
    Packed,
    address_of_product,
    address_of_row_product,
    multiply,
    multiply_add,
)
from skrnn.kernels.units import write_in_units
from skrnn.kernels.weight_gradient import CHUNK, weight_gradient
from skrnn.network.direction import Direction, Kind
from skrnn.network.gradient_blocks import gradient_task
from skrnn.runtime.threads import team_of

from ..guarded import PLACES, guarded, guarded_copy

ROWS = range(1, processor.TILE_ROWS + 2)


@kernel
def _multiply(rows, depth, a, packed, c):
    multiply(rows, depth, a, 0, 0, packed, c, 0, 0)


@kernel
def _multiply_add(rows, depth, a, packed, c):
    multiply_add(rows, depth, a, 0, 0, packed, c, 0, 0)


class _Maker:
    """Makes guarded arrays of one dtype, random ones and (as an arena does) unwritten ones."""

    def __init__(self, dtype, place):
        self.dtype, self.place = np.dtype(dtype), place
        self._rng = np.random.default_rng(0)

    def random(self, *shape):
        return guarded_copy(self._rng.normal(size=shape).astype(self.dtype), self.place)

    def empty(self, *shape):
        return guarded(shape, self.dtype, self.place)

    def zeros(self, *shape):
        array = self.empty(*shape)
        array.fill(0)
        return array

    def close(self, computed, expected, n_terms):
        atol = 8 * np.finfo(self.dtype).eps * (n_terms + 1)
        np.testing.assert_allclose(computed, expected, rtol=0, atol=atol)


def _wide(array):
    return array.astype(np.longdouble)


def _side_by_side(panels):
    """(n_panels, depth, columns) -> (depth, n_panels * columns), in more than double precision."""
    return np.concatenate(list(_wide(panels)), axis=1)


def _check_multiply(make, rows, depth, n_panels):
    panels = make.random(n_panels, 1 + depth, processor.tile_columns(make.dtype))
    a, product = make.random(rows, depth), address_of_product(make.dtype)
    right = _side_by_side(panels)
    expected = right[0] + _wide(a) @ right[1:]
    for of_row in (0, address_of_row_product(make.dtype)):
        c = make.empty(rows, right.shape[1])
        _multiply(rows, depth, a, Packed(panels, product, of_row), c)
        make.close(c, expected, depth)
    added = expected - right[0]
    _multiply_add(rows, depth, a, Packed(panels, product), c)
    make.close(c, expected + added, 2 * depth)
    without_start = guarded_copy(np.ascontiguousarray(panels[:, 1:]), make.place)
    for number, of_row in enumerate((0, address_of_row_product(make.dtype))):
        _multiply(rows, depth, a, Packed(without_start, product, of_row), c)
        make.close(c, expected + (2 + number) * added, (3 + number) * depth)


def _check_dense(make, rows, depth, n_columns):
    tile_columns = processor.tile_columns(make.dtype)
    weights = make.random(1 + depth, n_columns)
    panels = make.zeros(-(-n_columns // tile_columns), 1 + depth, tile_columns)
    pack_columns(weights, panels)
    packed = Packed(panels, address_of_product(make.dtype))
    a = make.random(rows, depth)
    expected = _wide(weights[0]) + _wide(a) @ _wide(weights[1:])
    for left, strides in ((a, (depth, 1)), (guarded_copy(a.T, make.place), (1, rows))):
        c = make.empty(rows, panels.shape[0] * tile_columns)
        with team_of(2) as team:
            multiply_strided(team.mailbox, processor.TILE_ROWS, left, *strides, packed, c)
        make.close(c[:, :n_columns], expected, depth)
    c = make.empty(1, panels.shape[0] * tile_columns)
    packed = packed._replace(row_product=address_of_row_product(make.dtype))
    with team_of(2) as team:
        multiply_row(team.mailbox, 1, guarded_copy(a[:1], make.place), packed, c)
    make.close(c[:, :n_columns], expected[:1], depth)


def _check_packing(make, direction):
    shape, n_gates = direction.shape, len(CELLS["gru"].gates)
    columns, n = processor.tile_columns(make.dtype), n_gates * shape.n_hidden
    weights = Weights(
        make.random(shape.n_inputs, n), make.random(shape.n_hidden, n), make.random(n)
    )
    doubled = Weights(*(guarded_copy(part, make.place) for part in weights))
    for stage in direction.stages:
        n_columns = stage.n_gates * shape.width
        panels = make.zeros(-(-n_columns // columns), 1 + stage.depth, columns)
        pack_stage(shape, stage, weights, panels)
        add_unpacked(shape, stage, panels, doubled)
    for part, twice in zip(weights, doubled, strict=True):
        np.testing.assert_array_equal(twice, 2 * part)
    panels = make.zeros(-(-shape.n_hidden // columns), 1 + n_gates * shape.width, columns)
    pack_transposed(shape, range(n_gates), weights.recurrent, panels)
    gates = _side_by_side(panels)[1:].reshape(n_gates, shape.width, -1)
    transposed = gates[:, : shape.n_hidden, : shape.n_hidden].reshape(n, -1)
    np.testing.assert_array_equal(transposed, weights.recurrent.T)


def _check_units(make, n_rows, n_features):
    x = np.random.default_rng(0).normal(size=(2, n_rows, n_features))
    source = guarded_copy(x[0], make.place)
    units = guarded_copy(np.stack([x[1].mean(axis=0), x[1].std(axis=0) + 1]), make.place)
    target = make.empty(n_rows, n_features)
    write_in_units(source, units, target)
    np.testing.assert_array_equal(target, ((x[0] - units[0]) * units[1]).astype(make.dtype))


def _check_weight_gradient(make, direction, n_rows, n_threads):
    """With the arrays that a direction asks for: `make` is its arena."""
    shape, columns = direction.shape, processor.tile_columns(make.dtype)
    tape = direction._new_tape(make, n_rows)
    tape.operand[...] = make.random(*tape.operand.shape)
    tape.gates[...] = make.random(*tape.gates.shape)
    for stage in direction.stages:
        n_columns, product = stage.n_gates * shape.width, address_of_product(make.dtype)
        task = gradient_task(make, stage.depth, n_columns, n_threads, product)
        task.result.fill(1)
        blocks, workspace = task.blocks, task.workspace
        with team_of(n_threads) as team:
            weight_gradient(team.mailbox, shape, stage, blocks, tape, workspace, task.result)
        first = stage.operand_at
        left = np.insert(_wide(tape.operand[:, first : first + stage.depth]), 0, 1, axis=1)
        first = stage.first_gate * shape.width
        right = _wide(tape.gates[:, first : first + len(task.panels) * columns])
        make.close(_side_by_side(task.panels), 1 + left.T @ right, n_rows)


def _direction(dtype, n_inputs, n_hidden):
    # The GRU has two stages, and columns of its own in the operand.
    kind = Kind(CELLS["gru"], "tanh", np.dtype(dtype))
    return Direction(kind, n_inputs, n_hidden, "layer", reverse=False)


def check_products(dtype):
    """Multiply for every remainder of rows, columns and depth; return how many shapes."""
    lanes, columns = processor.lanes(dtype), processor.tile_columns(dtype)
    depths = range(lanes + 2)
    cases = SimpleNamespace(
        multiply=itertools.product(ROWS, depths, (1, 2, 3)),
        dense=itertools.product(ROWS, (0, 1, lanes - 1, lanes + 1), range(1, columns + 2)),
        # Rows are put side by side until they are 256 values wide.
        units=itertools.product((1, 2, 84, 85, 86, 171, 257), (1, 3, 255, 256, 257)),
    )
    checks = {"multiply": _check_multiply, "dense": _check_dense, "units": _check_units}
    n_tried = 0
    for name, check in checks.items():
        for case, place in itertools.product(getattr(cases, name), PLACES):
            # What is said last before the process dies.
            print(name, dtype, *case, place, file=sys.stderr, flush=True)
            check(_Maker(dtype, place), *case)
            n_tried += 1
    return n_tried


def check_gradients(dtype):
    """Pack, unpack and add weight gradients for every remainder; return how many shapes."""
    lanes, columns = processor.lanes(dtype), processor.tile_columns(dtype)
    many_rows = itertools.cycle([*ROWS, CHUNK - 1, CHUNK, CHUNK + 1])
    n_tried = 0
    for n_hidden in range(1, columns + 2):
        for n_inputs in range(1, lanes + 2):
            direction, n_rows = _direction(dtype, n_inputs, n_hidden), next(many_rows)
            for place in PLACES:
                print(dtype, n_hidden, n_inputs, n_rows, place, file=sys.stderr, flush=True)
                make = _Maker(dtype, place)
                _check_packing(make, direction)
                for n_threads in (1, 2):
                    _check_weight_gradient(make, direction, n_rows, n_threads)
                n_tried += 1
    return n_tried

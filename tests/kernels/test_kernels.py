"""The matrix products on packed panels, and how threads share the shards of a kernel."""

import numba
import numpy as np
import pytest

from skrnn.cells._definition import CellShape, Stage
from skrnn.kernels import processor
from skrnn.kernels.compilation import device, kernel
from skrnn.kernels.dense import multiply_row, multiply_strided, pack_columns
from skrnn.kernels.packing import Weights, add_unpacked, pack_stage, pack_transposed
from skrnn.kernels.product import (
    Packed,
    address_of_product,
    address_of_row_product,
    multiply,
    multiply_add,
)
from skrnn.kernels.recurrence import Tape
from skrnn.kernels.team import MOST_SHARDS, launch
from skrnn.kernels.weight_gradient import CHUNK, STRIDE, Blocks, Workspace, weight_gradient
from skrnn.runtime.threads import team_of

CANARY = 12345.0
DTYPES = [np.float32, np.float64]
ROWS = [*range(1, 2 * processor.TILE_ROWS + 2), 37]


@kernel
def _multiply(rows, depth, a, panels, c):
    multiply(rows, depth, a, 1, 2, panels, c, 2, 0)


@kernel
def _multiply_add(rows, depth, a, panels, c):
    multiply_add(rows, depth, a, 1, 2, panels, c, 2, 0)


def _panels(rng, dtype, n_panels, depth):
    panels = rng.normal(size=(n_panels, 1 + depth, processor.tile_columns(dtype))).astype(dtype)
    return Packed(panels, address_of_product(dtype))


def _as_matrix(panels):
    """(n_panels, depth, columns) -> (depth, n_panels * columns)."""
    return np.concatenate(list(panels.astype(np.longdouble)), axis=1)


def _close(dtype, depth):
    return {"rtol": 0, "atol": 8 * np.finfo(dtype).eps * depth}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("depth", [0, 1, 2, 33])
def test_products_for_every_remainder_of_rows(rows, depth, dtype):
    rng = np.random.default_rng(rows)
    a = rng.normal(size=(rows + 2, depth + 3)).astype(dtype)
    packed = _panels(rng, dtype, 2, depth)
    columns = 2 * processor.tile_columns(dtype)
    c = np.full((rows + 4, columns), CANARY, dtype)
    _multiply(rows, depth, a, packed, c)
    product = a[1 : rows + 1, 2 : depth + 2] @ _as_matrix(packed.panels[:, 1:])
    expected = product + _as_matrix(packed.panels[:, :1])
    np.testing.assert_allclose(c[2:-2], expected, **_close(dtype, depth + 1))
    before = c.copy()
    _multiply_add(rows, depth, a, packed, c)
    np.testing.assert_allclose(c[2:-2], before[2:-2] + product, **_close(dtype, 2 * depth + 2))
    assert (c[:2] == CANARY).all()
    assert (c[-2:] == CANARY).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("rows_of_shard", [8, 100])
@pytest.mark.parametrize(("rows", "depth", "n_columns"), [(1, 1, 1), (5, 40, 3), (21, 7, 100)])
def test_products_of_whole_arrays(rows, depth, n_columns, rows_of_shard, transposed, dtype):
    rng = np.random.default_rng(rows)
    a = rng.normal(size=(depth, rows) if transposed else (rows, depth)).astype(dtype)
    weights = rng.normal(size=(1 + depth, n_columns)).astype(dtype)
    columns = processor.tile_columns(dtype)
    panels = np.zeros((-(-n_columns // columns), 1 + depth, columns), dtype)
    pack_columns(weights, panels)
    c = np.full((rows + 2, panels.shape[0] * columns), CANARY, dtype)
    strides = (1, rows) if transposed else (depth, 1)
    packed = Packed(panels, address_of_product(dtype))
    with team_of(2) as team:
        multiply_strided(team.mailbox, rows_of_shard, a, *strides, packed, c[1:-1])
    exact = weights.astype(np.longdouble)
    expected = exact[0] + (a.T if transposed else a) @ exact[1:]
    np.testing.assert_allclose(c[1:-1, :n_columns], expected, **_close(dtype, depth + 1))
    assert (c[[0, -1]] == CANARY).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_panels", [1, 2, 3, 2 * processor.TILE_ROWS + 1])
def test_row_whose_columns_are_shared_is_one_of_many_to_the_bit(n_panels, dtype):
    rng = np.random.default_rng(n_panels)
    packed = _panels(rng, dtype, n_panels, depth=50)
    a = rng.normal(size=(3, 50)).astype(dtype)
    width = n_panels * packed.panels.shape[2]
    rows, alone = np.empty((3, width), dtype), np.full((3, width), CANARY, dtype)
    with team_of(1) as team:
        multiply_strided(team.mailbox, 8, a, 50, 1, packed, rows)
    packed = packed._replace(row_product=address_of_row_product(dtype))
    for panels_of_shard in (1, 2, processor.TILE_ROWS, n_panels, n_panels + 1):
        with team_of(2) as team:
            multiply_row(team.mailbox, panels_of_shard, a[1:2], packed, alone[1:2])
        np.testing.assert_array_equal(alone[1], rows[1])
        assert (alone[[0, 2]] == CANARY).all()
        alone[1] = CANARY


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_blocks", [(1, 1), (2, 1), (1, 2), (3, 3)])
@pytest.mark.parametrize("n_rows", [1, CHUNK - 1, 2 * CHUNK + 3])
def test_weight_gradient_for_every_division_into_blocks(n_rows, n_blocks, dtype):
    rng = np.random.default_rng(n_rows)
    vector, columns = processor.lanes(dtype), processor.tile_columns(dtype)
    width, n_panels, depth = 3 * vector, 3, 3 * vector - 1
    cell = CellShape(n_inputs=1, n_hidden=width, width=width, inputs_at=0)
    stage = Stage(1, 2, vector, depth, recurrent_at=1, inputs_at=0)
    part_depth = -(-3 // n_blocks[0]) * vector
    group_panels = -(-n_panels // n_blocks[1])
    blocks = Blocks(-(-depth // part_depth), part_depth, -(-n_panels // group_panels), group_panels)
    n_tasks = blocks.n_parts * blocks.n_groups
    operand = rng.normal(size=(n_rows, 4 * vector)).astype(dtype)
    gates = rng.normal(size=(n_rows, width + n_panels * columns)).astype(dtype)
    result = np.full((n_panels * (1 + depth) + 2, columns), CANARY, dtype)
    result[1:-1] = 1
    scratch = Workspace(
        np.empty((n_tasks * part_depth // vector * STRIDE, vector), dtype),
        np.empty((n_tasks * blocks.group_panels * STRIDE, columns), dtype),
        address_of_product(dtype),
    )
    tape = Tape(operand, gates, gates[:0])
    with team_of(2) as team:
        weight_gradient(team.mailbox, cell, stage, blocks, tape, scratch, result[1:-1])
    left = np.insert(operand[:, vector : vector + depth], 0, 1, axis=1).astype(np.longdouble)
    expected = 1 + left.T @ gates[:, width:]
    computed = np.concatenate(list(result[1:-1].reshape(n_panels, 1 + depth, columns)), axis=1)
    np.testing.assert_allclose(computed, expected, **_close(dtype, n_rows))
    assert (result[[0, -1]] == CANARY).all()


@pytest.mark.parametrize("n_hidden", [1, 5, 16, 24, 40, 64, 96])
def test_packing_and_unpacking(n_hidden):
    dtype, n_inputs, n_gates = np.float32, 3, 2
    rng = np.random.default_rng(n_hidden)
    width = processor.round_up(n_hidden, processor.lanes(dtype))
    columns = processor.tile_columns(dtype)
    cell = CellShape(n_inputs, n_hidden, width, 0)
    stage = Stage(1, n_gates, 0, n_inputs + n_hidden, recurrent_at=n_inputs, inputs_at=0)
    shapes = (n_inputs, 3 * n_hidden), (n_hidden, 3 * n_hidden), (3 * n_hidden,)
    weights = Weights(*(rng.normal(size=shape) for shape in shapes))
    panels = np.zeros((-(-n_gates * width // columns), 1 + stage.depth, columns), dtype)
    pack_stage(cell, stage, weights, panels)
    expected = np.zeros((1 + stage.depth, panels.shape[0] * columns), dtype)
    transposed = np.zeros((-(-n_hidden // columns), 1 + n_gates * width, columns), dtype)
    pack_transposed(cell, stage.gates, weights.recurrent, transposed)
    for index, gate in enumerate((1, 2)):
        source = slice(gate * n_hidden, (gate + 1) * n_hidden)
        target = slice(index * width, index * width + n_hidden)
        parts = (weights.bias, weights.input, weights.recurrent)
        expected[:, target] = np.vstack(parts)[:, source]
        np.testing.assert_array_equal(
            np.concatenate(list(transposed), axis=1)[1:][target, :n_hidden],
            weights.recurrent[:, source].T.astype(dtype),
        )
    np.testing.assert_array_equal(np.concatenate(list(panels), axis=1), expected)
    assert np.count_nonzero(transposed) == n_gates * n_hidden**2
    back = Weights(*(np.full_like(part, CANARY) for part in weights))
    add_unpacked(cell, stage, panels, back)
    for part, original in zip(back, weights, strict=True):
        assert (part[..., :n_hidden] == CANARY).all()  # a gate of another stage
        added = part[..., n_hidden:] - CANARY
        np.testing.assert_allclose(added, original[..., n_hidden:].astype(dtype), atol=1e-11)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_of_a_row_do_not_depend_on_its_place(dtype):
    rng = np.random.default_rng(0)
    rows, depth, n_panels = 3 * processor.TILE_ROWS - 1, 50, 2 * processor.TILE_ROWS - 1
    a = rng.normal(size=(rows + 1, depth + 2)).astype(dtype)
    packed = _panels(rng, dtype, n_panels, depth)
    together = np.empty((rows + 2, n_panels * packed.panels.shape[2]), dtype)
    _multiply(rows, depth, a, packed, together)
    by_panels = packed._replace(row_product=address_of_row_product(dtype))
    for i in range(rows):
        for how in (packed, by_panels):
            alone = np.full((4, together.shape[1]), CANARY, dtype)
            _multiply(1, depth, np.ascontiguousarray(a[i : i + 2]), how, alone)
            np.testing.assert_array_equal(alone[2], together[2 + i])
            assert (alone[[0, 1, 3]] == CANARY).all()


@device
def _count_visit(shard, n_shards, visits, amount):
    visits[shard] += amount * n_shards


@kernel
def _count_visits(mailbox, n_shards, visits, amount):
    launch(_count_visit, mailbox, n_shards, (n_shards, visits, amount))


@pytest.mark.parametrize("n_threads", [1, 2, 3, 8])
@pytest.mark.parametrize("n_shards", [0, 1, 2, 7, 100, 5000])
def test_launch_runs_every_shard_once(n_shards, n_threads):
    visits = np.zeros(n_shards + 1)
    for round_number in range(1, 101):
        with team_of(n_threads) as team:
            # Plain Python, with the compiler switched off, does not profit from threads.
            assert team.n_threads == (1 if numba.config.DISABLE_JIT else n_threads)
            _count_visits(team.mailbox, n_shards, visits, 0.5)
        assert (visits[:-1] == round_number * 0.5 * n_shards).all()
    assert visits[-1] == 0


def test_call_after_call_leaves_no_shard_to_the_next():
    """Calls of other sizes with other arrays, so that a shard of an old call would be seen."""
    rng = np.random.default_rng(0)
    with team_of(4) as team:
        for n_shards in rng.integers(0, 40, size=3000):
            visits = np.zeros(n_shards + 1)
            _count_visits(team.mailbox, n_shards, visits, 1.0)
            assert (visits[:-1] == n_shards).all()
            assert visits[-1] == 0


def test_call_numbers_may_run_over():
    with team_of(1) as team:
        team.mailbox[0] = np.iinfo(np.int64).max  # the last number, all shards taken
        for _ in range(3):
            visits = np.zeros(6)
            _count_visits(team.mailbox, 5, visits, 1.0)
            np.testing.assert_array_equal(visits, [5, 5, 5, 5, 5, 0])


def test_as_many_shards_as_the_mailbox_can_count():
    visits = np.zeros(MOST_SHARDS)
    with team_of(2) as team:
        _count_visits(team.mailbox, MOST_SHARDS, visits, 1 / MOST_SHARDS)
    assert (visits == 1).all()

"""The matrix products on packed panels, and how threads share the shards of a kernel."""

import numba
import numpy as np
import pytest

from skrnn._parallel import team_of
from skrnn.kernels import processor
from skrnn.kernels.compilation import device, kernel
from skrnn.kernels.product import multiply, multiply_add, multiply_transposed
from skrnn.kernels.team import MOST_SHARDS, launch

CANARY = 12345.0
DTYPES = [np.float32, np.float64]
ROWS = [*range(1, 2 * processor.TILE_ROWS + 2), 37]


@kernel
def _multiply(rows, depth, a, panels, c):
    multiply(rows, depth, a, 1, 2, panels, c, 2, 0)


@kernel
def _multiply_add(rows, depth, a, panels, c):
    multiply_add(rows, depth, a, 1, 2, panels, c, 2, 0)


@kernel
def _multiply_transposed(rows, depth, a, panel, c):
    multiply_transposed(rows, depth, a, 1, 2, panel, 3, c, 2)


def _panels(rng, dtype, n_panels, depth):
    return rng.normal(size=(n_panels, 1 + depth, processor.tile_columns(dtype))).astype(dtype)


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
    panels = _panels(rng, dtype, 2, depth)
    columns = 2 * processor.tile_columns(dtype)
    c = np.full((rows + 4, columns), CANARY, dtype)
    _multiply(rows, depth, a, panels, c)
    product = a[1 : rows + 1, 2 : depth + 2] @ _as_matrix(panels[:, 1:])
    expected = product + _as_matrix(panels[:, :1])
    np.testing.assert_allclose(c[2:-2], expected, **_close(dtype, depth + 1))
    before = c.copy()
    _multiply_add(rows, depth, a, panels, c)
    np.testing.assert_allclose(c[2:-2], before[2:-2] + product, **_close(dtype, 2 * depth + 2))
    assert (c[:2] == CANARY).all()
    assert (c[-2:] == CANARY).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rows", ROWS)
def test_transposed_product_for_every_remainder_of_rows(rows, dtype):
    rng = np.random.default_rng(rows)
    depth = 21
    a = rng.normal(size=(depth + 2, rows + 3)).astype(dtype)
    panel = rng.normal(size=(depth + 5, processor.tile_columns(dtype))).astype(dtype)
    c = np.full((rows + 4, panel.shape[1]), CANARY, dtype)
    c[2:-2] = 1
    _multiply_transposed(rows, depth, a, panel, c)
    expected = 1 + a[1 : depth + 1, 2 : rows + 2].T.astype(np.longdouble) @ panel[3 : depth + 3]
    np.testing.assert_allclose(c[2:-2], expected, **_close(dtype, depth))
    assert (c[:2] == CANARY).all()
    assert (c[-2:] == CANARY).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_of_a_row_do_not_depend_on_its_place(dtype):
    rng = np.random.default_rng(0)
    rows, depth = 3 * processor.TILE_ROWS - 1, 50
    a = rng.normal(size=(rows + 1, depth + 2)).astype(dtype)
    panels = _panels(rng, dtype, 1, depth)
    together = np.empty((rows + 2, panels.shape[2]), dtype)
    _multiply(rows, depth, a, panels, together)
    for i in range(rows):
        alone = np.empty((3, panels.shape[2]), dtype)
        _multiply(1, depth, np.ascontiguousarray(a[i : i + 2]), panels, alone)
        np.testing.assert_array_equal(alone[2], together[2 + i])


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

"""What kernels refuse: arrays in another order, and with NUMBA_BOUNDSCHECK=1 places beside them."""

import numba
import numpy as np
import pytest
from numba.core.errors import TypingError

from skrnn.kernels.compilation import device, kernel
from skrnn.kernels.product import Packed, address_of_product, multiply
from skrnn.kernels.team import launch
from skrnn.kernels.tile import Strided, tile
from skrnn.kernels.vectors import load, store
from skrnn.runtime.threads import team_of

from ..child import run_child

needs_compiler = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="only the compiler checks")

PROGRAM = """
import numpy as np
from skrnn import RNNRegressor
from skrnn.kernels.compilation import device, kernel
from skrnn.kernels.processor import lanes
from skrnn.kernels.product import Packed, address_of_product, multiply
from skrnn.kernels.team import launch
from skrnn.kernels.vectors import load, store
from skrnn.runtime.threads import team_of

@kernel
def load_at(array, row, column, result):
    store(result, 0, 0, load(array, row, column))

@kernel
def store_at(array, row, column, source):
    store(array, row, column, load(source, 0, 0))

@device
def shard_at(shard, array, row, column, result):
    array[row + shard, column] = 1.0

@kernel
def in_shards(mailbox, n_shards, array, row, column, result):
    launch(shard_at, mailbox, n_shards, (array, row, column, result))

def shards_at(array, row, column, result):
    with team_of(2) as team:
        in_shards(team.mailbox, 1, array, row, column, result)

def fails(call, *arguments):
    try:
        call(*arguments)
    except IndexError:
        return True
    return False

dtype = np.dtype({dtype!r})
vector = np.zeros((1, lanes(dtype)), dtype)
array = np.zeros((2, 3 * lanes(dtype)), dtype)
width, last = array.shape[1], array.shape[1] - lanes(dtype)
for call, past, least in ((load_at, last + 1, 0), (store_at, last + 1, 0), (shards_at, width, -3)):
    for row, column in ((0, 0), (1, 0), (0, last), (1, last)):
        assert not fails(call, array, row, column, vector), (call, row, column)
    for row, column in ((0, past), (1, past), (2, 0), (least - 1, 0), (0, -width - 1)):
        assert fails(call, array, row, column, vector), (call, row, column)
print("seen")
"""

PRODUCT = """
import numpy as np
from skrnn.kernels.compilation import kernel
from skrnn.kernels.processor import tile_columns
from skrnn.kernels.product import Packed, address_of_product, address_of_row_product, multiply

@kernel
def product(rows, depth, a, a_at, packed, c, c_at):
    multiply(rows, depth, a, a_at[0], a_at[1], packed, c, c_at[0], c_at[1])

dtype = np.dtype({dtype!r})
columns, depth = tile_columns(dtype), 5
panels = np.zeros((2, 1 + depth, columns), dtype)
addresses = address_of_product(dtype), address_of_row_product(dtype)

def fails(rows, a_at, c_at, depth=depth):
    a, c = np.zeros((8, 6), dtype), np.zeros((8, 2 * columns), dtype)
    try:
        product(rows, depth, a, a_at, Packed(panels, *addresses), c, c_at)
    except IndexError:
        return True
    return False

for rows in (1, 3, 8):
    last = 8 - rows
    assert not fails(rows, (0, 0), (0, 0)), rows
    assert not fails(rows, (last, 1), (last, 0)), rows
    assert not fails(rows, (last, 1), (last, 0), depth=0), rows
    for a_at, c_at in (((last, 2), (0, 0)), ((0, 0), (last, 1)), ((-1, 0), (0, 0))):
        assert fails(rows, a_at, c_at), (rows, a_at, c_at)
    assert fails(rows, (0, 0), (0, 0), depth=2 * depth + 2), rows
print("seen")
"""

FIT = """
import numpy as np
from skrnn import RNNClassifier
X = np.random.default_rng(0).normal(size=(40, 30, 3))
options = dict(max_iter=2, n_jobs=2, dropout=0.5, recurrent_dropout=0.5, bidirectional=True)
model = RNNClassifier((20, 7), cell={cell!r}, **options).fit(X, X.sum(axis=(1, 2)) > 0)
model.predict(X)
print("seen")
"""


def run_with_boundscheck(program, folder):
    switches = {"NUMBA_BOUNDSCHECK": 1, "NUMBA_CACHE_DIR": folder}
    assert run_child(program, timeout=120, **switches) == "seen\n"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("program", [PROGRAM, PRODUCT], ids=["vectors", "products"])
def test_one_past_the_end_is_an_index_error(program, dtype, tmp_path):
    run_with_boundscheck(program.format(dtype=dtype), tmp_path)


@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_fit_stays_inside_its_arrays(cell, tmp_path):
    run_with_boundscheck(FIT.format(cell=cell), tmp_path)


@device
def _refuse(shard, refused, visits):
    visits[shard] += 1
    if shard == refused:
        raise ValueError("this shard")


@kernel
def _launch(mailbox, n_shards, refused, visits):
    launch(_refuse, mailbox, n_shards, (refused, visits))


@pytest.mark.parametrize("n_threads", [1, 2])
@needs_compiler
def test_exception_in_a_shard_is_raised(n_threads):
    for refused in (0, 3, 6, 7, 0):
        visits = np.zeros(7, np.int64)
        with team_of(n_threads) as team:
            if refused < 7:
                with pytest.raises(ValueError, match="this shard"):
                    _launch(team.mailbox, 7, refused, visits)
            else:
                _launch(team.mailbox, 7, refused, visits)
        assert (visits == 1).all()  # the other shards run all the same


@kernel
def _copy(source, target):
    store(target, 0, 0, load(source, 0, 0))


@kernel
def _multiply(a, packed, c):
    multiply(1, 1, a, 0, 0, packed, c, 0, 0)


@kernel
def _tile(a, c):
    tile(1, 1, Strided(a, 0, 0, 1), Strided(a, 0, 0, 1), Strided(a, 0, 0, 1), Strided(c, 0, 0, 1))


@needs_compiler
@pytest.mark.parametrize("which", ["source", "target"])
@pytest.mark.parametrize("call", ["copy", "multiply", "tile"])
@pytest.mark.parametrize("order", ["F", "A"])
def test_array_in_another_order_is_refused(order, call, which):
    whole = np.zeros((256, 256))
    arrays = {"source": whole, "target": whole.copy()}
    arrays[which] = np.asfortranarray(whole) if order == "F" else whole[:, ::2]
    source, target = arrays["source"], arrays["target"]
    packed = Packed(np.zeros((1, 2, 64)), address_of_product(np.float64))
    with pytest.raises(TypingError, match="C order"):
        if call == "copy":
            _copy(source, target)
        elif call == "multiply":
            _multiply(source, packed, target)
        else:
            _tile(source, target)

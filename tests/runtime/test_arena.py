"""Memory for a pass: taken, given back, and taken again."""

import numpy as np
import pytest

from skrnn.runtime.arena import Arena


@pytest.fixture(params=["float32", "float64"])
def arena(request):
    arena = Arena(np.dtype(request.param))
    arena.empty(1000)  # one block for all that a test takes
    arena.release(0)
    return arena


def test_arrays_do_not_overlap_and_begin_on_a_cache_line(arena):
    arrays = [arena.empty(n, m) for n in range(5) for m in range(1, 40, 7)]
    for number, array in enumerate(arrays):
        assert array.ctypes.data % 64 == 0
        assert array.flags.c_contiguous
        array.fill(number)
    for number, array in enumerate(arrays):
        assert (array == number).all()


def test_what_is_released_is_taken_again(arena):
    kept = arena.zeros(3, 4)
    mark = arena.mark()
    first = arena.empty(5, 2)
    arena.release(mark)
    assert arena.empty(5, 2) is first
    arena.release(mark)
    other = arena.empty(2, 2)
    assert np.shares_memory(other, first)
    assert not np.shares_memory(other, kept)


def test_memory_settles_for_passes_of_one_size(arena):
    for n_passes in range(4):
        for n in (3, 50, 700, 2):
            arena.empty(n, 11)
        arena.release(0)
        if n_passes == 0:
            n_bytes = arena.n_bytes
    assert arena.n_bytes == n_bytes


def test_what_was_made_of_it_is_made_once_a_place_and_key(arena):
    calls = []

    def make(n):
        calls.append(n)
        return arena.empty(n), arena.empty(n)

    pair = arena.made("pair", make, 4)
    after = arena.empty(1)
    assert not any(np.shares_memory(after, one) for one in pair)
    arena.release(0)
    assert arena.made("pair", make, 4) is pair
    assert arena.empty(1) is after
    arena.release(0)
    assert arena.made("another", make, 4) is not pair
    assert arena.made("pair", make, 4) is not pair  # elsewhere now
    assert calls == [4, 4, 4]

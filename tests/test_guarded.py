"""Guarded arrays themselves: the last number is there, and one past it kills."""

import signal

import pytest

from .child import run_child
from .guarded import needs_guard_pages

PROGRAM = """
import ctypes, faulthandler, gc, os, sys
import numpy as np
from tests.guarded import guarded

faulthandler.disable()  # nothing went wrong here
place, shape, dtype, what = sys.argv[1], (3, 7), np.dtype(sys.argv[2]), sys.argv[3]
whole = guarded(shape, dtype, place)
array = whole[1:] if place == "ends" else whole[:1]
del whole
gc.collect()  # the view keeps the memory
array[...] = 1

def touch(at):
    byte = ctypes.c_char.from_address(array.ctypes.data + at)
    if what == "read":
        return byte.value
    byte.value = b"x"

def end_of_child_that_touches(at):
    child = os.fork()
    if child == 0:
        touch(at)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

at_guard = (array.nbytes, array.nbytes - 1) if place == "ends" else (-1, 0)
print(*map(end_of_child_that_touches, at_guard))
"""


@needs_guard_pages
@pytest.mark.parametrize("what", ["read", "write"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("place", ["ends", "begins"])
def test_one_byte_beside_the_array_kills(place, dtype, what):
    beside, inside = map(int, run_child(PROGRAM, place, dtype, what).split())
    assert beside in (-signal.SIGSEGV, -signal.SIGBUS)  # macOS says the latter
    assert inside == 0

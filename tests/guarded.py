"""Arrays beside pages that may not be touched: whoever reads or writes past them dies of it.

NUMBA_BOUNDSCHECK=1 looks at indices; these arrays are also seen by the tiles, which take pointers.
"""

import ctypes
import math
import mmap
import os
import sys
from functools import cache

import numpy as np
import pytest

PLACES = ("ends", "begins")
# Windows has no mprotect.
SUPPORTED = os.name == "posix" and (sys.platform == "darwin" or sys.platform.startswith("linux"))
needs_guard_pages = pytest.mark.skipif(not SUPPORTED, reason="guard pages need mmap and mprotect")
_PAGE = mmap.PAGESIZE
_NO_ACCESS = 0  # PROT_NONE


@cache
def _mprotect():
    function = ctypes.CDLL(None, use_errno=True).mprotect
    function.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    return function


def _forbid(address, n_bytes):
    if _mprotect()(address, n_bytes, _NO_ACCESS) != 0:
        raise OSError(ctypes.get_errno(), "mprotect failed")


def guarded(shape, dtype, place):
    """Return an array in C order that "ends" at a page nobody may touch, or "begins" after one.

    The memory lives as long as the array or a view of it. Numbers lie as aligned as their own size,
    not as a cache line. They are NaN, integers zero, so that what is read before it is written
    shows too.
    """
    shape, dtype = tuple(map(int, shape)), np.dtype(dtype)
    n_bytes = math.prod(shape) * dtype.itemsize
    n_usable = max(-(-n_bytes // _PAGE), 1) * _PAGE
    memory = mmap.mmap(-1, n_usable + 2 * _PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    address = np.ndarray((1,), np.uint8, memory).ctypes.data
    for guard in (address, address + _PAGE + n_usable):
        _forbid(guard, _PAGE)
    first = {"ends": _PAGE + n_usable - n_bytes, "begins": _PAGE}[place]
    array = np.ndarray(shape, dtype, memory, first)
    if dtype.kind == "f":
        array.fill(np.nan)
    return array


def guarded_copy(array, place):
    """Return a guarded array with the same content."""
    copy = guarded(array.shape, array.dtype, place)
    copy[...] = array
    return copy

"""A fork waits until no thread compiles: a child could never compile again.

A lock comes along into a forked child as it is. If another thread holds it, nobody there will ever
release it. That thread may well be in its first `fit`, where Numba compiles or reads its cache.
"""

from __future__ import annotations

import threading
from operator import methodcaller
from typing import Any

from llvmlite.binding import ffi
from numba.core.compiler_lock import global_compiler_lock

# Numba's lock, and that of each call into LLVM: garbage is thrown away there without Numba's. This
# order is theirs. The bare locks are taken, and not through what is wrapped around them, because of
# `take_locks`; a version that names them otherwise forks as it would without this module.
_WRAPPED = (global_compiler_lock, getattr(ffi.lib, "_lock", None))
_LOCKS: list[Any] = [lock for w in _WRAPPED if (lock := getattr(w, "_lock", None)) is not None]


class _Taken(threading.local):
    """The locks that this thread has taken for its fork."""

    def __init__(self) -> None:
        self.locks: list[Any] = []


_taken = _Taken()


def take_locks() -> None:
    """Wait for the locks, before a fork; other threads run, as waiting gives up Python's own lock.

    Who compiles waits for nothing that a forking thread could have: Numba writes to the log, but
    `logging` is imported before this module, and so is locked after it.
    """
    # One call without a step of Python inside: Ctrl-C, which ends the waiting, comes between no
    # lock and the note that it was taken.
    _taken.locks.extend(filter(methodcaller("acquire"), _LOCKS))


def give_locks_back() -> None:
    """Release what was taken, after a fork: in the child, too, the forking thread is the owner."""
    while _taken.locks:
        _taken.locks.pop().release()

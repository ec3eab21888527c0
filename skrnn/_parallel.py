"""How many threads the kernels use, and when they stay serial."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import joblib
import numba
from joblib.parallel import get_active_backend

from .kernels.launch import Driver, make_driver, most_threads

_parallel_region = threading.Lock()


class _Process:
    """What must be remembered of this process across a fork."""

    launched_threads = False  # a threading layer has been started here
    forked_after_launch = False  # ... or in the parent, whose threads did not come along


def _forget_threads_of_parent() -> None:
    # GNU OpenMP kills or hangs a forked child that launches after its parent did.
    _Process.forked_after_launch |= _Process.launched_threads
    # The lock may have been held by a thread that does not exist in the child.
    global _parallel_region
    _parallel_region = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads_of_parent)


def _limit_from_environment(name: str) -> int | None:
    """Return the first number of a thread variable such as ``OMP_NUM_THREADS=4,2``, if any."""
    first = os.environ.get(name, "").split(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else None


def _available_threads() -> int:
    """Return the number of threads that this process may use."""
    limits = [_limit_from_environment(name) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")]
    return min([joblib.cpu_count(), *(limit for limit in limits if limit is not None)])


def effective_n_threads(n_jobs: int | None) -> int:
    """Return the number of threads that `n_jobs` asks for.

    Parameters
    ----------
    n_jobs : int or None
        A positive number is taken as it is. None means every core that the process may use, the
        smallest of ``OMP_NUM_THREADS``, ``NUMBA_NUM_THREADS`` and joblib's count of cores, but one
        inside a joblib worker, where the cores are shared out already. -1 means every core, -2
        every core but one, and so on.

    Returns
    -------
    int
        At least 1.
    """
    if n_jobs is None:
        backend, _ = get_active_backend()
        return 1 if getattr(backend, "nesting_level", 0) else _available_threads()
    if n_jobs < 0:
        return max(1, _available_threads() + 1 + n_jobs)
    return n_jobs


def _may_launch() -> bool:
    """Return whether a parallel launch is safe in this thread of this process."""
    if _Process.forked_after_launch:
        return False
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread:
        return True
    # Numba's own "workqueue" layer aborts the process when two threads launch at once, and others
    # than ours may launch too. Which layer it is, is known only after a first launch.
    try:
        return numba.threading_layer() != "workqueue"
    except ValueError:
        return False


@contextmanager
def parallel_driver(n_threads: int) -> Iterator[Driver]:
    """Give the driver for `n_threads` threads, or the serial one where threads are not safe.

    Results do not depend on which of the two it is.
    """
    region = _parallel_region
    n_threads = min(n_threads, most_threads())
    if n_threads > 1 and _may_launch() and region.acquire(blocking=False):
        try:
            _Process.launched_threads = True
            yield make_driver(n_threads)
        finally:
            region.release()
    else:
        yield make_driver(1)

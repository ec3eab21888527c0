"""How many threads the kernels use, and the threads themselves."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import joblib
import numba
import numpy as np
from joblib.parallel import get_active_backend

from ..kernels.team import WORKERS, new_mailbox, serve
from .forks import give_locks_back, take_locks

# How a worker waits for work. At first it keeps its core: between the kernels of a minibatch Python
# takes a fifth of a millisecond or so, and waking a thread takes as long on a virtual machine. Then
# it naps in machine code, for some tens of milliseconds, and only then in Python: a thread that
# comes and goes competes for Python's lock, and while it holds that and is not given a core,
# everybody waits.
_LOOKS = 50_000
_NAPS = 500


def _limit_from_environment(name: str) -> int | None:
    """Return the first number of a thread variable such as ``OMP_NUM_THREADS=4,2``, if any."""
    first = os.environ.get(name, "").split(",")[0].strip()
    return int(first) if first.isdecimal() and int(first) > 0 else None


@cache
def _n_cores() -> int:
    """Return joblib's count of the cores that this process may use; it reads files to find out."""
    return joblib.cpu_count()


def _available_threads() -> int:
    """Return the number of threads that this process may use."""
    limits = [_limit_from_environment(name) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS")]
    return min([_n_cores(), *(limit for limit in limits if limit is not None)])


def effective_n_threads(n_jobs: int | None) -> int:
    """Return the number of threads that `n_jobs` asks for.

    Parameters
    ----------
    n_jobs : int or None
        None means every core that the process may use, the smallest of ``OMP_NUM_THREADS``,
        ``NUMBA_NUM_THREADS`` and joblib's count of cores, but one inside a joblib worker, where
        the cores are shared out already. -1 means every core, -2 every core but one, and so on. A
        positive number is taken as it is, up to the number of cores.

    Returns
    -------
    int
        At least 1.
    """
    if n_jobs is None:
        backend, _ = get_active_backend()
        return 1 if getattr(backend, "nesting_level", 0) else _available_threads()
    if n_jobs < 0:
        return max(1, _available_threads() + 1 + int(n_jobs))
    return min(int(n_jobs), _n_cores())


class Team(NamedTuple):
    """Some threads that share the work of kernels."""

    mailbox: np.ndarray  # what kernels take, and through which the others find their work
    n_threads: int


class _Turn:
    """A team's turn to have the workers, which lasts until its lock is opened."""

    def __init__(self, lock: threading.Lock) -> None:
        self.lock = lock
        self.after: dict[str, _Turn] = {}  # the next turn, if it has begun


class _Workers:
    """The threads of this process besides those of the user; one team at a time has them."""

    def __init__(self) -> None:
        self.turn = _Turn(threading.Lock())  # the last one, or one that is over before it
        self.mailbox = new_mailbox()
        self._asleep: list[threading.Lock] = []

    def wake(self, n_workers: int) -> int:
        """Let so many threads look into the mailbox, or those that there are; return their number.

        They are started when they are first wanted.
        """
        if not self._asleep:
            # Compile it now. A worker that did would hold Numba's lock, and a fork at that moment
            # would leave the lock taken in the child for good.
            serve(self.mailbox, 0, 0, 0)
        while len(self._asleep) < n_workers:
            # A lock that another thread opens is the cheapest signal that wakes a thread.
            asleep = threading.Lock()
            arguments = (self.mailbox, len(self._asleep), asleep)
            try:
                threading.Thread(target=_serve, args=arguments, name="skrnn", daemon=True).start()
            except RuntimeError:  # the system gives no more threads at the moment
                break
            self._asleep.append(asleep)
        n_workers = min(n_workers, len(self._asleep))
        self.mailbox[WORKERS] = n_workers
        for asleep in self._asleep[:n_workers]:
            if asleep.locked():
                asleep.release()
        return n_workers


def _serve(mailbox: np.ndarray, worker: int, asleep: threading.Lock) -> None:
    """Work on what comes into the mailbox, and sleep when nothing has come for a while."""
    while True:
        asleep.acquire()
        serve(mailbox, worker, _LOOKS, _NAPS)


_workers = _Workers()


def _forget_workers() -> None:
    """After a fork: threads, and who held a lock, did not come along into the child."""
    global _workers
    _workers = _Workers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)
    os.register_at_fork(
        before=take_locks, after_in_parent=give_locks_back, after_in_child=give_locks_back
    )


class _Lease:
    """What `team_of` returns.

    In the main thread Ctrl-C raises KeyboardInterrupt between any two steps of Python. A lock taken
    in one step and noted in the next would stay locked for good if it came in between. So each
    lease closes a lock of its own beforehand, takes its turn in one indivisible step, and gives it
    back without a step of Python: what the `with` statement calls at its end is the lock's method.
    """

    def __init__(self, n_threads: int) -> None:
        self._n_threads = n_threads
        self._lock = threading.Lock()
        self._lock.acquire()

    @property
    def __exit__(self) -> Callable[..., None]:
        return self._lock.__exit__

    def __enter__(self) -> Team:
        turn: _Turn | None = None
        try:
            # Without the compiler, kernels are plain Python, and threads would not help.
            if self._n_threads > 1 and not numba.config.DISABLE_JIT:
                workers, turn = _workers, _Turn(self._lock)
                if _begin(turn, workers):
                    return Team(workers.mailbox, 1 + workers.wake(self._n_threads - 1))
            return Team(new_mailbox(), 1)
        except BaseException:
            self._lock.release()
            turn = None  # the traceback would keep it, and all turns after it
            raise


def _begin(turn: _Turn, workers: _Workers) -> bool:
    """Begin a turn if the last one is over; return whether it has begun."""
    last = workers.turn
    while not last.lock.locked():
        following = last.after.setdefault("turn", turn)  # indivisible
        if following is turn:
            workers.turn = turn
            return True
        last = following  # another thread was faster, or was interrupted before it said so
    return False


def team_of(n_threads: int) -> _Lease:
    """Give a team of `n_threads` threads, or of one while another thread has the workers.

    For a `with` statement. The team is smaller where the system gives no more threads. Results do
    not depend on its size.
    """
    return _Lease(n_threads)

"""A child can use networks whatever another thread of its parent was doing at the fork."""

import os
import threading

import pytest

from skrnn.runtime import forks

from ..child import run_child

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")

USE = """
import os, signal, sys, threading, time
import numpy as np
from skrnn import RNNRegressor

X = np.sin(np.arange(60.0).reshape(6, 10))

def use():
    model = RNNRegressor(4, max_iter=1, random_state=0, n_jobs=2)
    line = model.fit(X, X[:, 0]).predict(X).tobytes().hex() + "\\n"
    os.write(1, line.encode())  # whole: a print of the other process could come between

"""
FORK = """
delay, limit = float(sys.argv[1]), int(sys.argv[2])
other = threading.Thread(target=use)
other.start()
time.sleep(delay)
child = os.fork()
if child == 0:
    signal.alarm(limit)  # ends it
    use()
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
other.join()
"""


def check(delay, limit, **environment):
    printed = run_child(USE + FORK, delay, limit, timeout=limit + 5, **environment).split()
    assert len(printed) == 2
    assert printed[0] == printed[1]


@pytest.fixture(scope="module")
def cached():
    """Have in the cache what the program needs; if it is not, it must be compiled first."""
    run_child(USE + "use()", timeout=100)


@needs_fork
@pytest.mark.parametrize("delay", [0.005, 0.01, 0.02, 0.03, 0.05, 0.08])
def test_while_a_thread_reads_the_cache(cached, delay):
    check(delay, 25)


@needs_fork
@pytest.mark.slow
def test_while_a_thread_compiles(tmp_path):
    # Parent and child compile, each on its own, all that a fit needs: some twenty seconds.
    check(1, 100, NUMBA_CACHE_DIR=tmp_path)


LOCKED = """
import os, signal, threading, time
from llvmlite.binding import ffi
from numba.core.compiler_lock import global_compiler_lock
import skrnn

def hold():
    with {lock}:
        held.set()
        time.sleep(0.3)

held = threading.Event()
threading.Thread(target=hold).start()
held.wait()
child = os.fork()
signal.alarm(20)  # ends either
other = threading.Thread(target=hold)  # the forking thread does not keep it
other.start()
other.join()
if child == 0:
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@needs_fork
@pytest.mark.parametrize("lock", ["global_compiler_lock", "ffi.lib._lock"])
def test_while_a_thread_has_the_lock(lock):
    assert run_child(LOCKED.format(lock=lock)).split() == ["0"]


def test_ctrl_c_while_waiting_leaves_no_lock_taken(monkeypatch):
    class Interrupted:
        def acquire(self):
            raise KeyboardInterrupt

    first, seen = threading.RLock(), []
    monkeypatch.setattr(forks, "_LOCKS", [first, Interrupted()])
    with pytest.raises(KeyboardInterrupt):
        forks.take_locks()
    forks.give_locks_back()
    other = threading.Thread(target=lambda: seen.append(first.acquire(blocking=False)))
    other.start()
    other.join()
    assert seen == [True]

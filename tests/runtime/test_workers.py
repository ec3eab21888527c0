"""Workers are started, and given back, whatever comes in between."""

import os
import subprocess
import sys

import pytest

FORK = """
import os, signal, time
import numba
from skrnn.kernels.team import new_mailbox, serve
from skrnn.runtime.threads import team_of

with team_of(2):
    pass
time.sleep({pause})
child = os.fork()
if child == 0:
    signal.alarm(20)  # ends it
    serve(new_mailbox(), 0, 0, 0)
    numba.njit(lambda x: x + 1)(1)
    os._exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def run(program, folder, timeout=30):
    """Run a program that may hang, and return what it prints."""
    environment = {
        **os.environ,
        "NUMBA_CACHE_DIR": str(folder),
        "NUMBA_DISABLE_JIT": "0",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONWARNINGS": "ignore",
    }
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.parametrize("pause", [0, 0.1])
def test_fork_right_after_the_first_worker_started(tmp_path, pause):
    assert run(FORK.format(pause=pause), tmp_path) == ["0"]


NO_THREADS = """
import threading
import numpy as np
from skrnn import RNNRegressor
from skrnn.runtime.threads import team_of

start, allowed = threading.Thread.start, 0

def start_if_allowed(thread):
    global allowed
    if allowed == 0:
        raise RuntimeError("can't start new thread")
    allowed -= 1
    start(thread)

threading.Thread.start = start_if_allowed

def size():
    with team_of(4) as team:
        return team.n_threads

def prediction():
    X = np.random.default_rng(0).normal(size=(64, 50, 3))
    model = RNNRegressor(16, max_iter=2, tol=0, random_state=0, n_jobs={n_jobs})
    return model.fit(X, X.sum(axis=(1, 2))).predict(X).tobytes()

alone, size_of_team = prediction(), [size()]
for allowed_now in (0, 2, 0, 9):
    allowed = allowed_now
    size_of_team.append(size())
print(*size_of_team, prediction() == alone)
"""


def test_team_of_those_that_can_be_started(tmp_path):
    program = NO_THREADS.format(n_jobs=4)
    assert run(program, tmp_path) == ["1", "1", "3", "3", "4", "True"]

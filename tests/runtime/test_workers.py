"""Workers are started, and given back, whatever comes in between."""

import os
import threading
import time

import numba
import pytest

from skrnn.runtime.threads import team_of

from ..child import run_child

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


def run(program, folder):
    return run_child(program, NUMBA_CACHE_DIR=folder).split()


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


INTERRUPTED = """
import dis, sys, threading
from skrnn.runtime import threads
from skrnn.runtime.threads import team_of

def sizes():
    \"\"\"Of a team of this thread, and of one of another thread.\"\"\"
    found = []

    def ask():
        with team_of(2) as team:
            found.append(team.n_threads)

    other = threading.Thread(target=ask)
    other.start()
    other.join(10)
    ask()
    return found

def interrupt_at(step):
    \"\"\"Raise KeyboardInterrupt before one of the steps of a team; return what was raised.\"\"\"
    left = step

    def trace(frame, event, argument):
        nonlocal left
        frame.f_trace_opcodes = True
        instruction = dis.opname[frame.f_code.co_code[frame.f_lasti]]
        # Nothing can come between the last call and the return: Python looks for signals at calls
        # and at jumps back.
        if event == "opcode" and not instruction.startswith("RETURN"):
            left -= 1
            if left < 0:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    def start_to_trace(frame, event, argument):
        ours = frame.f_code.co_filename == threads.__file__
        return trace(frame, event, argument) if ours else None

    sys.settrace(start_to_trace)
    try:
        use()
    except KeyboardInterrupt as interrupt:
        return interrupt  # its traceback keeps the frames
    finally:
        sys.settrace(None)

def use():
    with team_of(2) as team:
        assert team.n_threads == 2

assert sizes() == [2, 2]
kept, step = [], 0
while (interrupt := interrupt_at(step)) is not None:
    kept.append(interrupt)
    assert sizes() == [2, 2], (step, sizes())
    step += 1
assert step > 50, step
print("whole")
"""


def test_team_has_its_threads_again_wherever_ctrl_c_lands(tmp_path):
    assert run(INTERRUPTED, tmp_path) == ["whole"]


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="plain Python never starts workers")
def test_one_team_at_a_time_has_the_workers():
    n_teams, most = 0, 0
    lock = threading.Lock()

    def use():
        nonlocal n_teams, most
        for _ in range(300):
            with team_of(2) as team:
                if team.n_threads == 2:
                    with lock:
                        n_teams += 1
                        most = max(most, n_teams)
                    time.sleep(0)
                    with lock:
                        n_teams -= 1

    users = [threading.Thread(target=use) for _ in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    assert most == 1
    with team_of(2) as team:
        assert team.n_threads == 2

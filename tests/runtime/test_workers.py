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

"""Programs that may hang, abort or starve: each runs in a process of its own, with a limit."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


def run_child(program, *arguments, timeout=30, **environment):
    """Run a program, its text or its file, and return what it prints.

    Fail, with what it said, if it does not end well. The limit in seconds is for its children too.
    `environment` holds what differs from this process.
    """
    how = [str(program)] if isinstance(program, Path) else ["-c", program]
    command = [sys.executable, *how, *map(str, arguments)]
    settings = {
        "NUMBA_DISABLE_JIT": "0",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONWARNINGS": "ignore",
    }
    child = subprocess.Popen(
        command,
        env=os.environ | settings | {name: str(value) for name, value in environment.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that its own children can be ended with it
    )
    try:
        printed, said = child.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        _end(child)
        printed, said = child.communicate()
        pytest.fail(f"The program did not end within {timeout} s.\n{printed}\n{said}")
    if child.returncode != 0:
        pytest.fail(f"The program ended with {child.returncode}.\n{printed}\n{said}")
    return printed


def _end(child):
    if hasattr(os, "killpg"):
        os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()

"""What a fresh process pays: its first fit with and without a compiled cache, a worker, memory."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_DATA = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.standard_normal((100, 20, 3)).astype(np.float32)
y = rng.integers(0, 2, 100)
"""
_FIT_SKRNN = """
import warnings
warnings.simplefilter("ignore")
from skrnn import RNNClassifier
RNNClassifier(max_iter=1).fit(X, y)
"""
_FIT_SKORCH = """
import torch
from skorch import NeuralNetClassifier
class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.LSTM(3, 64, batch_first=True)
        self.head = torch.nn.Linear(64, 2)
    def forward(self, X):
        return self.head(self.layer(X)[0][:, -1])
NeuralNetClassifier(
    Network, criterion=torch.nn.CrossEntropyLoss, optimizer=torch.optim.Adam, max_epochs=1,
    batch_size=32, train_split=None, verbose=0,
).fit(X, y)
"""
# Prints what it takes from asking a new pool for one task to its end.
_WORKER = """
import time
from joblib.externals.loky import get_reusable_executor
def task():
    exec({task!r}, {{}})
start = time.perf_counter()
executor = get_reusable_executor(max_workers=1)
executor.submit(task).result()
print(time.perf_counter() - start)
executor.shutdown()
"""
# Prints by how many bytes an epoch at S4 grows the resident memory at its peak, after a small one.
_MEMORY = """
import sys
sys.path.insert(0, {folder!r})
from fresh_process import peak_growth
from workloads import BATCHES_OF_EPOCH, SIZES, fit, make_data
size, n_threads = SIZES["S4"], {n_threads}
X, y = make_data(size)
"""
_MEMORY_OF_SKRNN = """
options = dict(cell="lstm", n_hidden=size.hidden, n_threads=n_threads)
print(peak_growth(
    lambda: fit(X[:20, :3], y[:20], 1, batch_size=4, **options),
    lambda: fit(X, y, 1, batch_size=size.batch, **options),
))
"""
_MEMORY_OF_TORCH = """
from peers import Torch
def train(X, y, batch):
    Torch("lstm", size.features, size.hidden, n_threads).training_epoch(X, y, batch)()
print(peak_growth(
    lambda: train(X[:20, :3].copy(), y[:20], 4),
    lambda: train(X, y, size.batch),
))
"""


def run(program, cache):
    """Run a program with Numba's cache in a folder; return its seconds and what it printed."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
    start = time.perf_counter()
    finished = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    return time.perf_counter() - start, finished.stdout


def first_fit_timers(filled_cache):
    """Return functions that time a fresh process each, by what it does."""

    def cold():
        with tempfile.TemporaryDirectory() as empty:
            return run(_DATA + _FIT_SKRNN, empty)[0]

    return {
        "cold": cold,
        "warm": lambda: run(_DATA + _FIT_SKRNN, filled_cache)[0],
        "skorch": lambda: run(_DATA + _FIT_SKORCH, filled_cache)[0],
        "import sklearn": lambda: run("import sklearn", filled_cache)[0],
    }


def worker_timers(filled_cache):
    """Return functions that time the first task of a fresh loky worker, by what it does."""

    def timer(task):
        return lambda: float(run(_WORKER.format(task=task), filled_cache)[1])

    return {
        "warm": timer(_DATA + _FIT_SKRNN),
        "skorch": timer(_DATA + _FIT_SKORCH),
        "import sklearn": timer("import sklearn"),
    }


def memory_of_training(n_threads, cache):
    """Return the peak growth in bytes of training an LSTM at S4, in skrnn and in PyTorch."""
    common = _MEMORY.format(folder=str(Path(__file__).parent), n_threads=n_threads)
    programs = {"skrnn": _MEMORY_OF_SKRNN, "PyTorch": _MEMORY_OF_TORCH}
    return {name: int(run(common + program, cache)[1]) for name, program in programs.items()}


def peak_growth(train_a_little, train):
    """Return by how many bytes `train` grows the resident memory at its peak (Linux only)."""
    train_a_little()  # what is loaded and compiled at the first use is not training's memory
    before = _resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    train()
    return _resident("VmHWM") - before


def _resident(name):
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) * 1024

"""What a benchmark runs on, and how it takes times: by turns, in one process, medians."""

import importlib.metadata
import platform
import statistics
import time
from pathlib import Path

import numpy as np

# Between two turns: long enough for the threads of the one before to stop spinning.
PAUSE = 0.05


def processor_name():
    """Name the processor: Linux tells it in /proc/cpuinfo, elsewhere the platform module may."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def print_versions(packages):
    """Print the version of each of the packages that is installed."""
    versions = []
    for package in packages:
        try:
            versions.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{package} not installed")
    print(f"Python {platform.python_version()}, {', '.join(versions)}")


def seconds_of(function):
    """Return how long a call takes."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def by_turns(timers, rounds):
    """Return the median of what each timer returns, the timers taking turns.

    Parameters
    ----------
    timers : dict of str to callable
        Each returns the seconds of what it stands for.
    rounds : int
        How many turns each has, after one that compiles and warms up.
    """
    seconds = {name: [] for name in timers}
    for round_number in range(rounds + 1):
        for name, timer in timers.items():
            time.sleep(PAUSE)
            taken = timer()
            if round_number > 0:
                seconds[name].append(taken)
    return {name: statistics.median(times) for name, times in seconds.items()}


def large_matrix_rate(dtype=np.float32, size=1024, repeats=25):
    """Return the flops a second of a square matrix product in NumPy and PyTorch, the better."""
    a = np.random.default_rng(0).standard_normal((size, size)).astype(dtype)
    products = [lambda: a @ a]
    try:
        import torch
    except ImportError:
        pass
    else:
        tensor = torch.from_numpy(a)
        products.append(lambda: tensor @ tensor)
    medians = [
        statistics.median(seconds_of(product) for _ in range(repeats)) for product in products
    ]
    return 2 * size**3 / min(medians)

"""Where the time of a training minibatch goes, stage by stage, beside a large matrix product.

    python examples/benchmarks/stages.py --threads 1

Prints a line for each size and cell of compare.py: the time of a minibatch, and for each product
its share of that and its rate in GFLOP/s; for the rest the share alone. "Python" is what is left.
Rates count the flops of products only, as if gates and copies were free.
"""

import argparse
import time
from collections import defaultdict

from machine import large_matrix_rate, processor_name
from workloads import CELLS, SIZES, fit, make_data

from skrnn import solvers
from skrnn.network import direction, head
from skrnn.runtime.threads import effective_n_threads

PRODUCTS = ("forward", "backward", "weight_gradient")
STAGES = {
    "forward": [(direction, "forward")],
    "backward": [(direction, "backward")],
    "weight_gradient": [(direction, "weight_gradient")],
    "packing": [(direction, name) for name in ("pack_stage", "pack_transposed", "add_unpacked")],
    "head": [(head.Head, "forward"), (head.Head, "backward")],
    "solver": [(solvers.SOLVERS["adam"], "update")],
}


class Timed:
    """Calls a kernel through the stopwatch; in place of ``skrnn.kernels.compilation.Bound``."""

    def __init__(self, function):
        self.call = function


class Stopwatch:
    """Adds up the time of calls, by stage, while it is in place of the functions."""

    def __init__(self):
        self.seconds = defaultdict(float)
        # What calls a kernel would otherwise call its machine code, which nobody can stand before.
        direction.Bound = Timed
        for stage, functions in STAGES.items():
            for owner, name in functions:
                setattr(owner, name, self._timed(stage, getattr(owner, name)))

    def _timed(self, stage, function):
        def timed(*arguments):
            start = time.perf_counter()
            result = function(*arguments)
            self.seconds[stage] += time.perf_counter() - start
            return result

        return timed


def time_stages(stopwatch, size, cell, n_threads):
    """Return the seconds of an epoch, and of its stages: what a longer fit takes more."""
    X, y = make_data(size)
    options = {"cell": cell, "n_hidden": size.hidden, "batch_size": size.batch}
    fit(X, y, 1, n_threads=n_threads, **options)
    n_epochs = max(1, round(2e10 / (8 * size.training_flops(cell))))
    taken = []
    for n in (1, 1 + n_epochs):
        stopwatch.seconds.clear()
        start = time.perf_counter()
        fit(X, y, n, n_threads=n_threads, **options)
        taken.append({**stopwatch.seconds, "total": time.perf_counter() - start})
    short, long = taken
    return {stage: (long[stage] - short[stage]) / n_epochs for stage in long}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument("--threads", type=int, default=effective_n_threads(None))
    options = parser.parse_args()
    rate = large_matrix_rate() / 1e9
    print(f"{processor_name()}, threads: {options.threads}; a large product on all: {rate:.0f}\n")
    print("| | minibatch | " + " | ".join([*STAGES, "Python"]) + " |")
    print("|---" * (len(STAGES) + 3) + "|")
    stopwatch = Stopwatch()
    for name in options.sizes:
        for cell in options.cells:
            size = SIZES[name]
            seconds = time_stages(stopwatch, size, cell, options.threads)
            total = seconds.pop("total")
            forward, training = size.forward_flops(cell), size.training_flops(cell)
            flops = dict(zip(PRODUCTS, (forward, training - 2 * forward, forward), strict=True))
            cells = [f"{cell} {name}", f"{1e3 * total / 8:.3g} ms"]
            for stage in STAGES:
                share = f"{seconds[stage] / total:.0%}"
                of_product = stage in PRODUCTS
                rate = f", {8 * flops[stage] / seconds[stage] / 1e9:.0f}" if of_product else ""
                cells.append(share + rate)
            cells.append(f"{1 - sum(seconds.values()) / total:.0%}")
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()

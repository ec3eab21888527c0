"""The table that the benchmarks print, and how they time what it compares."""

import statistics

import numpy as np
from machine import seconds_of


def print_row(what, ours, theirs, ratio):
    """Print a row of the table."""
    print(f"| {what} | {ours} | {theirs} | {ratio} |", flush=True)


def milliseconds(seconds):
    """Format a time."""
    return f"{1e3 * seconds:.3g} ms"


def print_geometric_mean(what, ratios):
    """Print the row that sums up others."""
    if len(ratios) > 1:
        mean = statistics.geometric_mean(ratios)
        print_row(f"{what}: geometric mean, least", "", "", f"{mean:.2f}, {min(ratios):.2f}")


def print_beside(what, medians, peer, flops, n_minibatches, options):
    """Print times of a minibatch, the rate of ours in flops, and the ratio to a peer's."""
    rate = n_minibatches * flops / medians["skrnn"]
    share = f"{rate / 1e9:.0f} GFLOP/s, {rate / options.large_matrix_rate:.0%}"
    times = {name: milliseconds(median / n_minibatches) for name, median in medians.items()}
    ours = f"{times.pop('skrnn')} ({share})"
    others = ", ".join(f"{name} {taken}" for name, taken in times.items())
    print_row(what, ours, others, f"{medians[peer] / medians['skrnn']:.2f}")


def repeated(functions):
    """Return timers of functions, each called for about 50 ms a turn."""

    def timer(function):
        function()
        n_calls = int(np.clip(0.05 / seconds_of(function), 1, 100))
        return lambda: statistics.median(seconds_of(function) for _ in range(n_calls))

    return {name: timer(function) for name, function in functions.items()}

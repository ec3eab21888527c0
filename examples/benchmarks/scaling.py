"""skrnn beside itself: on more threads, with more work, with dropout, on a busy machine."""

import subprocess
import sys
import time
from functools import partial

from machine import by_turns
from table import milliseconds, print_row, repeated
from workloads import (
    BATCHES_OF_EPOCH,
    SIZES,
    Size,
    epoch_timer,
    epochs_worth_timing,
    fit,
    make_data,
)


def two_cores(options):
    """Time all threads beside one, training and prediction of an LSTM at S3 and S4."""
    for name in ("S3", "S4"):
        size = SIZES[name]
        X, y = make_data(size)
        shape = {"cell": "lstm", "n_hidden": size.hidden, "batch_size": size.batch}
        n_epochs = epochs_worth_timing(size, "lstm")
        timers = {
            n: epoch_timer(X, y, n_epochs, n_threads=n, **shape) for n in (1, options.threads)
        }
        print_threads(f"training, lstm {name}", by_turns(timers, options.rounds), options)
        networks = {n: fit(X, y, 1, n_threads=n, **shape) for n in timers}
        functions = {
            n: partial(network.predict_proba, X[: size.batch]) for n, network in networks.items()
        }
        medians = by_turns(repeated(functions), options.rounds)
        print_threads(f"prediction, lstm {name}", medians, options)


def print_threads(what, medians, options):
    """Print the row of one workload on all threads and on one."""
    ours, alone = milliseconds(medians[options.threads]), milliseconds(medians[1])
    ratio = medians[1] / medians[options.threads]
    what = f"{options.threads} threads over one: {what}"
    print_row(what, ours, f"one thread {alone}", f"{ratio:.2f}")


def growth(options):
    """Time training against batch, steps and hidden units, an LSTM, beside a straight line."""
    base = Size(64, 100, 32, 128)
    for field, values in (
        ("batch", (8, 16, 32, 64, 128, 256, 512, 1024)),
        ("steps", (10, 20, 50, 100, 200, 500, 1000)),
        ("hidden", (16, 32, 64, 128, 256, 512, 1024)),
    ):
        sizes = [base._replace(**{field: value}) for value in values]
        timers = {}
        for size in sizes:
            X, y = make_data(size, n_batches=2)
            # Enough epochs that what else differs between two fits does not count.
            n_epochs = max(3, 4 * epochs_worth_timing(size, "lstm"))
            shape = {"cell": "lstm", "n_hidden": size.hidden, "batch_size": size.batch}
            timers[size] = epoch_timer(X, y, n_epochs, n_threads=options.threads, **shape)
        medians = by_turns(timers, options.rounds)
        for size in sizes:
            seconds = medians[size] / 2
            flops = size.training_flops("lstm")
            ours = f"{milliseconds(seconds)} ({flops / seconds / 1e9:.0f} GFLOP/s)"
            # The line through nothing and the largest of the sizes.
            line = getattr(size, field) / values[-1] * medians[sizes[-1]] / 2
            ratio = "" if field == "hidden" else f"{seconds / line:.2f} of a straight line"
            print_row(f"training, lstm, {field} {getattr(size, field)}", ours, "", ratio)


def dropout(options):
    """Time training of two layers with dropout and recurrent dropout, beside none."""
    drops = {"none": {}, "both": {"dropout": 0.3, "recurrent_dropout": 0.3}}
    drops |= {name: {name: 0.3} for name in drops["both"]}
    for name in ("S1", "S2", "S3"):
        size = SIZES[name]
        X, y = make_data(size)
        for cell in options.cells:
            shape = {"cell": cell, "n_hidden": (size.hidden,) * 2, "batch_size": size.batch}
            shape["n_threads"] = options.threads
            n_epochs = epochs_worth_timing(size, cell)
            timers = {
                what: epoch_timer(X, y, n_epochs, **shape, **rates) for what, rates in drops.items()
            }
            medians = by_turns(timers, options.rounds)
            none = medians.pop("none")
            for what, seconds in medians.items():
                ours, plain = (milliseconds(s / BATCHES_OF_EPOCH) for s in (seconds, none))
                described = f"training, 2 x {cell} {name}, dropout: {what}"
                print_row(described, ours, f"without {plain}", f"{seconds / none:.2f} times")


def busy(options):
    """Time training an LSTM at S3 while another process spins on one core, beside itself idle."""
    size = SIZES["S3"]
    X, y = make_data(size)
    shape = {"cell": "lstm", "n_hidden": size.hidden, "batch_size": size.batch}
    timer = epoch_timer(X, y, 3, n_threads=options.threads, **shape)

    def beside_a_spinning_process():
        with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as spinning:
            try:
                time.sleep(0.2)
                return timer()
            finally:
                spinning.kill()

    medians = by_turns({"idle": timer, "busy": beside_a_spinning_process}, options.rounds)
    ours, idle = (milliseconds(medians[name] / BATCHES_OF_EPOCH) for name in ("busy", "idle"))
    ratio = medians["busy"] / medians["idle"]
    what = "training, lstm S3, a core busy"
    print_row(what, ours, f"itself, idle {idle}", f"{ratio:.2f} times slower")

"""How fast skrnn is beside PyTorch, ONNX Runtime, JAX and skorch, in one table.

    pip install torch==2.13.0 && pip install ".[benchmark]" && python examples/benchmarks/compare.py

Everything is float32 unless it says otherwise. The sides take turns in one process, and medians
are compared; another process on the machine spoils them. The network is one recurrent layer and a
linear head on its last state; sizes are (batch, steps, features, hidden):

    S1 (32, 50, 1, 32)  S2 (32, 100, 16, 64)  S3 (64, 100, 32, 128)
    S4 (128, 100, 64, 256)  S5 (64, 200, 128, 512)

Training is an epoch of 8 minibatches with Adam and clipping. Of skrnn it is the difference of two
fits, so that what happens once drops out; of the others a loop over ready arrays. Prediction is
`predict_proba` on a ready array, all checks included, of skrnn, and the bare network of the others.
"""

import argparse
import tempfile
from functools import partial

import numpy as np
from fresh_process import first_fit_timers, memory_of_training, worker_timers
from machine import by_turns, large_matrix_rate, print_versions, processor_name, seconds_of
from peers import Jax, Torch, onnx_prediction
from scaling import busy, dropout, growth, two_cores
from table import milliseconds, print_beside, print_geometric_mean, print_row, repeated
from workloads import (
    BATCHES_OF_EPOCH,
    CELLS,
    SIZES,
    Size,
    epoch_timer,
    epochs_worth_timing,
    fit,
    make_data,
    make_unequal_data,
)

from skrnn.runtime.threads import effective_n_threads

PACKAGES = ["skrnn", "numba", "numpy", "scikit-learn", "torch", "onnxruntime", "jax", "skorch"]


def chosen(options):
    """Yield the sizes and cells to time."""
    for name in options.sizes:
        for cell in options.cells:
            yield name, SIZES[name], cell


def training(options):
    """Time an epoch of training, beside PyTorch's and JAX's."""
    ratios = []
    for name, size, cell in chosen(options):
        X, y = make_data(size)
        shape = {"cell": cell, "n_hidden": size.hidden, "batch_size": size.batch}
        n_epochs = epochs_worth_timing(size, cell)
        torch_epoch = Torch(cell, size.features, size.hidden, options.threads).training_epoch(
            X, y, size.batch
        )
        jax_epoch = Jax(cell, size.features, size.hidden).training_epoch(X, y, size.batch)
        medians = by_turns(
            {
                "skrnn": epoch_timer(X, y, n_epochs, n_threads=options.threads, **shape),
                "PyTorch": partial(seconds_of, torch_epoch),
                "JAX": partial(seconds_of, jax_epoch),
            },
            options.rounds,
        )
        ratios.append(medians["PyTorch"] / medians["skrnn"])
        flops = size.training_flops(cell)
        what = f"training, {cell} {name}"
        print_beside(what, medians, "PyTorch", flops, BATCHES_OF_EPOCH, options)
    print_geometric_mean("training", ratios)


def prediction(options):
    """Time `predict_proba`, beside the faster of PyTorch and ONNX Runtime; JAX is shown."""
    ratios = []
    for name, size, cell in chosen(options):
        X, y = make_data(size)
        network = fit(
            X[:20], y[:20], 1, cell=cell, n_hidden=size.hidden, batch_size=20,
            n_threads=options.threads,
        )  # fmt: skip
        X = X[: size.batch]
        peers = {
            "PyTorch": Torch(cell, size.features, size.hidden, options.threads).prediction(X),
            "ONNX Runtime": onnx_prediction(cell, X, size.hidden, options.threads),
            "JAX": Jax(cell, size.features, size.hidden).prediction(X),
        }
        medians = by_turns(
            repeated({"skrnn": partial(network.predict_proba, X), **peers}), options.rounds
        )
        fastest = min(("PyTorch", "ONNX Runtime"), key=medians.__getitem__)
        ratios.append(medians[fastest] / medians["skrnn"])
        what, flops = f"prediction, {cell} {name}", size.forward_flops(cell)
        print_beside(what, medians, fastest, flops, 1, options)
    print_geometric_mean("prediction", ratios)


def unequal(options):
    """Time an epoch on sequences of 6 to 92 steps, LSTM of 128 hidden units, minibatches of 64."""
    X, y = make_unequal_data()
    torch = Torch("lstm", 13, 128, options.threads)
    packed, padded = torch.packed_epoch(X, y, 64), torch.padded_epoch(X, y, 64)
    shape = {"cell": "lstm", "n_hidden": 128, "batch_size": 64, "n_threads": options.threads}
    medians = by_turns(
        {
            "skrnn": epoch_timer(X, y, 5, **shape),
            "packed": lambda: seconds_of(packed),
            "padded": lambda: seconds_of(padded),
        },
        options.rounds,
    )
    fastest = min(medians["packed"], medians["padded"])
    others = ", ".join(f"PyTorch {name} {milliseconds(medians[name])}" for name in
                       ("packed", "padded"))  # fmt: skip
    ratio = fastest / medians["skrnn"]
    print_row("unequal lengths, an epoch", milliseconds(medians["skrnn"]), others, f"{ratio:.2f}")


def one_sequence(options):
    """Time `predict_proba` of one sequence: 1000 steps of 8 features, and one step of 32."""
    sizes = {"one sequence": Size(1, 1000, 8, 64), "one step": Size(1, 1, 32, 128)}
    for what, size in sizes.items():
        X, y = make_data(size, n_batches=2)
        for cell in options.cells:
            shape = {"cell": cell, "n_hidden": size.hidden, "batch_size": 2}
            network = fit(X, y, 1, n_threads=options.threads, **shape)
            functions = {
                "skrnn": partial(network.predict_proba, X[:1]),
                "ONNX Runtime": onnx_prediction(cell, X[:1], size.hidden, options.threads),
            }
            medians = by_turns(repeated(functions), options.rounds)
            ratio = medians["ONNX Runtime"] / medians["skrnn"]
            ours, theirs = (milliseconds(medians[name]) for name in functions)
            print_row(f"{what}, {cell}", ours, f"ONNX Runtime {theirs}", f"{ratio:.2f}")


def first_fit(options):
    """Time import and fit in a fresh process, and in a fresh loky worker."""
    with tempfile.TemporaryDirectory() as cache:
        medians = by_turns(first_fit_timers(cache), options.rounds)
        skorch, sklearn = medians["skorch"], medians["import sklearn"]
        for name in ("cold", "warm"):
            above = f"{medians[name]:.2f} s, {medians[name] - sklearn:.2f} above `import sklearn`"
            ratio = skorch / medians[name]
            print_row(f"first fit, {name}", above, f"skorch {skorch:.2f} s", f"{ratio:.2f}")
        medians = by_turns(worker_timers(cache), options.rounds)
    above = f"{medians['warm']:.2f} s, {medians['warm'] - medians['import sklearn']:.2f} above"
    theirs, ratio = f"skorch {medians['skorch']:.2f} s", medians["skorch"] / medians["warm"]
    print_row("first fit in a loky worker, warm", above, theirs, f"{ratio:.2f}")


def memory(options):
    """Measure the peak growth of resident memory in an epoch of LSTM training at S4."""
    with tempfile.TemporaryDirectory() as cache:
        grown = memory_of_training(options.threads, cache)
    ours, theirs = (f"{grown[name] / 2**20:.0f} MiB" for name in ("skrnn", "PyTorch"))
    ratio = grown["PyTorch"] / grown["skrnn"]
    print_row("memory of training, lstm S4", ours, f"PyTorch {theirs}", f"{ratio:.2f}")


def float64(options):
    """Time training and prediction of an LSTM at S3 in float64, beside PyTorch's."""
    size = SIZES["S3"]
    X, y = make_data(size)
    shape = {"cell": "lstm", "n_hidden": size.hidden, "batch_size": size.batch, "dtype": "float64"}
    torch = Torch("lstm", size.features, size.hidden, options.threads, np.float64)
    torch_epoch = torch.training_epoch(X, y, size.batch)
    timers = {
        "skrnn": epoch_timer(X, y, 3, n_threads=options.threads, **shape),
        "PyTorch": lambda: seconds_of(torch_epoch),
    }
    options = argparse.Namespace(**vars(options))
    options.large_matrix_rate = large_matrix_rate(np.float64)
    medians = by_turns(timers, options.rounds)
    flops = size.training_flops("lstm")
    what = "training, lstm S3, float64"
    print_beside(what, medians, "PyTorch", flops, BATCHES_OF_EPOCH, options)
    network = fit(X, y, 1, n_threads=options.threads, **shape)
    X = X[: size.batch].astype(np.float64)
    functions = {"skrnn": lambda: network.predict_proba(X), "PyTorch": torch.prediction(X)}
    medians = by_turns(repeated(functions), options.rounds)
    flops = size.forward_flops("lstm")
    print_beside("prediction, lstm S3, float64", medians, "PyTorch", flops, 1, options)


ROWS = {
    "training": training,
    "prediction": prediction,
    "unequal": unequal,
    "one-sequence": one_sequence,
    "first-fit": first_fit,
    "memory": memory,
    "two-cores": two_cores,
    "growth": growth,
    "dropout": dropout,
    "busy": busy,
    "float64": float64,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(ROWS)}; all if none is given")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS))
    parser.add_argument("--threads", type=int, default=effective_n_threads(None))
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    unknown = set(options.rows) - set(ROWS)
    if unknown:
        parser.error(f"unknown rows {sorted(unknown)}; choose from {list(ROWS)}")
    print_versions(PACKAGES)
    options.large_matrix_rate = large_matrix_rate()
    print(
        f"{processor_name()}, {options.threads} threads, a 1024 x 1024 product of NumPy or "
        f"PyTorch: {options.large_matrix_rate / 1e9:.0f} GFLOP/s; medians of "
        f"{options.rounds} rounds\n"
    )
    print("| what | skrnn (of the large-matrix rate) | others | ratio |")
    print("|---|---|---|---|")
    for name in options.rows or ROWS:
        ROWS[name](options)


if __name__ == "__main__":
    main()

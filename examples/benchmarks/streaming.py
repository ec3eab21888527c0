"""One step of a stream: skrnn beside ONNX Runtime with states in and out, and PyTorch.

    python examples/benchmarks/streaming.py

A step of 32 features arrives, and the probabilities of ten classes leave; each goes on from the
states that the step before has left. Times are of a whole call, in microseconds: the median and the
99th percentile, the packages by turns, 200 calls a turn.
"""

import argparse
import time
import warnings

import numpy as np
from machine import print_versions, processor_name
from peers import GATES, N_CLASSES, ONNX_NODES, onnx_constants, onnx_session
from sklearn.exceptions import ConvergenceWarning

from skrnn import RNNTagger

N_FEATURES, CALLS = 32, 200


def our_step(cell, n_hidden):
    """Return a function that reads a step, and says what the classes' probabilities are."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((20, 8, N_FEATURES)).astype(np.float32)
    y = np.arange(160).reshape(20, 8) % N_CLASSES
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        tagger = RNNTagger(n_hidden, cell=cell, bidirectional=False, max_iter=1, random_state=0)
        return tagger.fit(X, y).stream().predict_proba


def torch_step(cell, n_hidden):
    """Return the same for PyTorch."""
    import torch

    torch.set_num_threads(1)
    modules = {"simple": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    layer, head = modules[cell](N_FEATURES, n_hidden), torch.nn.Linear(n_hidden, N_CLASSES)
    state = None

    def step(x):
        nonlocal state
        with torch.inference_mode():
            outputs, state = layer(torch.from_numpy(x), state)
            return torch.softmax(head(outputs), dim=1).numpy()

    return step


def onnx_step(cell, n_hidden):
    """Return the same for ONNX Runtime."""
    from onnx import TensorProto, helper

    states = ["h", "c"] if cell == "lstm" else ["h"]
    nodes = [
        helper.make_node(
            ONNX_NODES[cell],
            ["X", "W", "R", "B", "", *states],
            ["", *(f"{name}_next" for name in states)],
            hidden_size=n_hidden,
        ),
        helper.make_node("Flatten", ["h_next"], ["state"]),
        helper.make_node("Gemm", ["state", "weight", "bias"], ["raw"]),
        helper.make_node("Softmax", ["raw"], ["probabilities"]),
    ]

    def tensor(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        nodes,
        "step",
        [tensor("X", 1, 1, N_FEATURES), *(tensor(name, 1, 1, n_hidden) for name in states)],
        [
            tensor("probabilities", 1, N_CLASSES),
            *(tensor(f"{name}_next", 1, 1, n_hidden) for name in states),
        ],
        onnx_constants(cell, N_FEATURES, n_hidden),
    )
    session = onnx_session(graph, n_threads=1)
    carried = {name: np.zeros((1, 1, n_hidden), np.float32) for name in states}

    def step(x):
        nonlocal carried
        probabilities, *following = session.run(None, {"X": x[np.newaxis], **carried})
        carried = dict(zip(states, following, strict=True))
        return probabilities

    return step


PACKAGES = {"skrnn": our_step, "ONNX Runtime": onnx_step, "PyTorch": torch_step}


def microseconds(step, steps):
    """Return what each of the calls takes."""
    taken = []
    for x in steps:
        start = time.perf_counter()
        step(x)
        taken.append(1e6 * (time.perf_counter() - start))
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", nargs="+", choices=GATES, default=["lstm", "gru"])
    parser.add_argument("--units", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--rounds", type=int, default=25)
    arguments = parser.parse_args()
    print(processor_name())
    print_versions(["numpy", "numba", "onnxruntime", "torch"])
    print("| cell, units | package | median | 99th percentile | median over skrnn's |")
    print("|---|---|---|---|---|")
    steps = np.random.default_rng(1).standard_normal((CALLS, 1, N_FEATURES)).astype(np.float32)
    for cell in arguments.cells:
        for n_hidden in arguments.units:
            made = {name: make(cell, n_hidden) for name, make in PACKAGES.items()}
            taken = {name: [] for name in made}
            for round_number in range(arguments.rounds + 1):
                for name, step in made.items():
                    times = microseconds(step, steps)
                    taken[name] += times if round_number > 0 else []
            ours = np.median(taken["skrnn"])
            for name, times in taken.items():
                median, late = np.median(times), np.percentile(times, 99)
                ratio = f"{median / ours:.2f}"
                print(f"| {cell}, {n_hidden} | {name} | {median:.1f} | {late:.1f} | {ratio} |")


if __name__ == "__main__":
    main()

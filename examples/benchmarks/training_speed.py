"""How long training an LSTM takes a minibatch, in skrnn and in PyTorch, on the same threads.

    pip install torch
    python examples/benchmarks/training_speed.py --threads 2

Both train 10 classes on sequences of 100 steps x 32 features, 128 hidden units, minibatches of
64, float32, with Adam and gradients clipped to norm 1. PyTorch runs nn.LSTM, a linear head,
cross-entropy, clip_grad_norm_ and optim.Adam. The two alternate
in one process, and the medians over the rounds are compared.

Of skrnn the whole `fit` is timed, a short one subtracted from a long one: what is left is the
time of the extra epochs, without validation of the input, initial weights and start-up.
"""

import argparse
import platform
import statistics
import time
import warnings
from pathlib import Path

import numba
import numpy as np
import sklearn
import torch
from sklearn.exceptions import ConvergenceWarning

import skrnn
from skrnn import RNNClassifier

BATCH_SIZE, N_STEPS, N_FEATURES, N_HIDDEN, N_CLASSES = 64, 100, 32, 128, 10
BATCHES_AN_EPOCH = 8
SHORT_FIT, LONG_FIT = 1, 9  # epochs
LEARNING_RATE, MAX_GRAD_NORM = 1e-3, 1.0


def make_data():
    """Make normal noise and random labels: the time does not depend on what can be learned."""
    rng = np.random.default_rng(0)
    n_sequences = BATCHES_AN_EPOCH * BATCH_SIZE
    X = rng.standard_normal((n_sequences, N_STEPS, N_FEATURES), dtype=np.float32)
    return X, rng.permutation(n_sequences) % N_CLASSES


def time_skrnn(X, y, n_threads):
    """Return the seconds that a minibatch takes skrnn."""

    def time_fit(n_epochs):
        classifier = RNNClassifier(
            N_HIDDEN,
            cell="lstm",
            solver="adam",
            alpha=0.0,
            batch_size=BATCH_SIZE,
            learning_rate_init=LEARNING_RATE,
            max_grad_norm=MAX_GRAD_NORM,
            max_iter=n_epochs,
            n_iter_no_change=LONG_FIT,
            random_state=0,
            n_jobs=n_threads,
        )
        start = time.perf_counter()
        classifier.fit(X, y)
        return time.perf_counter() - start

    short = time_fit(SHORT_FIT)
    return (time_fit(LONG_FIT) - short) / ((LONG_FIT - SHORT_FIT) * BATCHES_AN_EPOCH)


class TorchClassifier(torch.nn.Module):
    """The same network: the last hidden state of one LSTM layer into a linear head."""

    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(N_FEATURES, N_HIDDEN)
        self.head = torch.nn.Linear(N_HIDDEN, N_CLASSES)

    def forward(self, X):
        """Map (n_steps, batch, n_features) to logits (batch, n_classes)."""
        _, (last_hidden, _) = self.lstm(X)
        return self.head(last_hidden[0])


def time_torch(X, y, n_threads):
    """Return the seconds that a minibatch takes PyTorch."""
    torch.set_num_threads(n_threads)
    # Time first is the layout that nn.LSTM computes in: no transposition is counted against it.
    X, y = torch.from_numpy(X).transpose(0, 1).contiguous(), torch.from_numpy(y)
    network = TorchClassifier()
    parameters = list(network.parameters())
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE)

    def train_epochs(n_epochs):
        for _ in range(n_epochs):
            for batch in torch.randperm(len(y)).split(BATCH_SIZE):
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(network(X[:, batch]), y[batch])
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, MAX_GRAD_NORM)
                optimizer.step()

    train_epochs(SHORT_FIT)
    start = time.perf_counter()
    train_epochs(LONG_FIT - SHORT_FIT)
    return (time.perf_counter() - start) / ((LONG_FIT - SHORT_FIT) * BATCHES_AN_EPOCH)


def processor_name():
    """Name the processor: Linux tells it in /proc/cpuinfo, elsewhere the platform module may."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()

    print(
        f"skrnn {skrnn.__version__}, numba {numba.__version__}, numpy {np.__version__}, "
        f"scikit-learn {sklearn.__version__}, torch {torch.__version__}"
    )
    print(f"{processor_name()}, threads: {arguments.threads}")
    print(
        f"LSTM training, {N_STEPS} steps x {N_FEATURES} features, {N_HIDDEN} hidden, "
        f"{N_CLASSES} classes, minibatches of {BATCH_SIZE}, median of {arguments.rounds} rounds"
    )

    X, y = make_data()
    timers = {"skrnn": time_skrnn, "PyTorch": time_torch}
    seconds = {name: [] for name in timers}
    with warnings.catch_warnings():
        # The number of epochs is chosen, not found by convergence.
        warnings.simplefilter("ignore", ConvergenceWarning)
        for round_number in range(arguments.rounds + 1):
            for name, timer in timers.items():
                a_minibatch = timer(X, y, arguments.threads)
                if round_number > 0:  # the first round compiles and warms up
                    seconds[name].append(a_minibatch)

    medians = {name: statistics.median(times) for name, times in seconds.items()}
    for name, times in seconds.items():
        print(
            f"{name:8} {1e3 * medians[name]:7.2f} ms a minibatch "
            f"({1e3 * min(times):.2f} to {1e3 * max(times):.2f})"
        )
    print(f"PyTorch takes {medians['PyTorch'] / medians['skrnn']:.2f} times as long as skrnn")


if __name__ == "__main__":
    main()

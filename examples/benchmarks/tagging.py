"""A tagger beside PyTorch with packed sequences: training and prediction at every time step.

    python examples/benchmarks/tagging.py

One layer in both directions, of sequences of half to all of a size's steps, ten classes at every
step; float32, Adam, clipping, minibatches as large as the size's. The sides take turns in one
process. Of skrnn an epoch is the difference of two fits, so that what happens once drops out.
"""

import argparse
import itertools
import warnings

import numpy as np
from machine import by_turns, print_versions, processor_name, seconds_of
from peers import LEARNING_RATE, MAX_GRAD_NORM, N_CLASSES
from sklearn.exceptions import ConvergenceWarning
from table import milliseconds, print_row, repeated
from workloads import BATCHES_OF_EPOCH, SIZES

from skrnn import RNNTagger
from skrnn.runtime.threads import effective_n_threads


def make_data(size):
    """Make noise of unequal lengths, and a random label for every step."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(size.steps // 2, size.steps + 1, BATCHES_OF_EPOCH * size.batch)
    X = [rng.standard_normal((n, size.features), dtype=np.float32) for n in lengths]
    return X, [rng.integers(N_CLASSES, size=n) for n in lengths]


class TorchTagger:
    """The same network in PyTorch."""

    def __init__(self, cell, size, n_threads):
        import torch

        torch.set_num_threads(n_threads)
        self.torch, self.batch = torch, size.batch
        modules = {"simple": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
        self.layer = modules[cell](size.features, size.hidden, bidirectional=True)
        self.head = torch.nn.Linear(2 * size.hidden, N_CLASSES)
        self.parameters = [*self.layer.parameters(), *self.head.parameters()]
        self.optimizer = torch.optim.Adam(self.parameters, lr=LEARNING_RATE)

    def packed(self, sequences):
        """Return arrays as one packed sequence."""
        tensors = [self.torch.from_numpy(sequence) for sequence in sequences]
        return self.torch.nn.utils.rnn.pack_sequence(tensors, enforce_sorted=False)

    def epoch(self, X, y):
        """Return a function that trains for an epoch."""
        torch, rng = self.torch, np.random.default_rng(0)

        def train():
            order = rng.permutation(len(X))
            for first in range(0, len(X), self.batch):
                chosen = order[first : first + self.batch]
                hidden, _ = self.layer(self.packed([X[i] for i in chosen]))
                targets = self.packed([y[i] for i in chosen]).data
                self.optimizer.zero_grad()
                torch.nn.functional.cross_entropy(self.head(hidden.data), targets).backward()
                torch.nn.utils.clip_grad_norm_(self.parameters, MAX_GRAD_NORM)
                self.optimizer.step()

        return train

    def prediction(self, X):
        """Return a function that predicts the labels of all steps."""
        torch = self.torch

        def predict():
            with torch.inference_mode():
                hidden, _ = self.layer(self.packed(X))
                labels = hidden._replace(data=self.head(hidden.data).argmax(dim=1))
                return torch.nn.utils.rnn.unpack_sequence(labels)

        return predict


def tagger_of(cell, size, n_threads):
    """Return an unfitted tagger like PyTorch's."""
    return RNNTagger(
        size.hidden,
        cell=cell,
        alpha=0.0,
        batch_size=size.batch,
        n_iter_no_change=np.inf,
        random_state=0,
        n_jobs=n_threads,
    )


def time_training(tagger, torch, X, y, rounds):
    """Return the median seconds of an epoch."""
    theirs = torch.epoch(X, y)

    def seconds_of_epoch():
        short = seconds_of(lambda: tagger.set_params(max_iter=1).fit(X, y))
        return (seconds_of(lambda: tagger.set_params(max_iter=4).fit(X, y)) - short) / 3

    timers = {"skrnn": seconds_of_epoch, "PyTorch": lambda: seconds_of(theirs)}
    return by_turns(timers, rounds)


def time_prediction(tagger, torch, X, rounds):
    """Return the median seconds of predicting the labels of a fitted tagger's X."""
    functions = {"skrnn": lambda: tagger.predict(X), "PyTorch": torch.prediction(X)}
    return by_turns(repeated(functions), rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["S2", "S3"])
    parser.add_argument("--cells", nargs="+", default=["lstm", "gru"])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=effective_n_threads(None))
    options = parser.parse_args()
    print(f"{processor_name()}, {options.threads} threads")
    print_versions(["skrnn", "numba", "numpy", "torch"])
    print_row("what", "skrnn", "PyTorch, packed", "ratio")
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name, cell in itertools.product(options.sizes, options.cells):
        size = SIZES[name]
        X, y = make_data(size)
        tagger = tagger_of(cell, size, options.threads)
        torch = TorchTagger(cell, size, options.threads)
        training = time_training(tagger, torch, X, y, options.rounds)
        prediction = time_prediction(tagger, torch, X[: size.batch], options.rounds)
        for what, medians in (("training", training), ("prediction", prediction)):
            ours, theirs = medians["skrnn"], medians["PyTorch"]
            times = milliseconds(ours), milliseconds(theirs)
            print_row(f"{what}, {cell} {name}", *times, f"{theirs / ours:.2f}")


if __name__ == "__main__":
    main()

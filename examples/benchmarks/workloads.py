"""The workloads of the benchmarks, and skrnn's side of them."""

import warnings
from typing import NamedTuple

import numpy as np
from machine import seconds_of
from peers import GATES, LEARNING_RATE, MAX_GRAD_NORM, N_CLASSES
from sklearn.exceptions import ConvergenceWarning

from skrnn import RNNClassifier

CELLS = ("simple", "lstm", "gru")
BATCHES_OF_EPOCH = 8


class Size(NamedTuple):
    """A minibatch and a network."""

    batch: int
    steps: int
    features: int
    hidden: int

    def forward_flops(self, cell):
        """Flops of the products of a forward pass; the same again for the weights' gradient."""
        n_columns = GATES[cell] * self.hidden
        return 2 * self.batch * self.steps * (self.features + self.hidden) * n_columns

    def training_flops(self, cell):
        """Flops of the products of a minibatch; the data's own gradient is not computed."""
        backward = 2 * self.batch * self.steps * GATES[cell] * self.hidden**2
        return 2 * self.forward_flops(cell) + backward


SIZES = {
    "S1": Size(32, 50, 1, 32),
    "S2": Size(32, 100, 16, 64),
    "S3": Size(64, 100, 32, 128),
    "S4": Size(128, 100, 64, 256),
    "S5": Size(64, 200, 128, 512),
}


def make_data(size, n_batches=BATCHES_OF_EPOCH):
    """Make normal noise and random labels: the time does not depend on what can be learned."""
    rng = np.random.default_rng(0)
    n_sequences = n_batches * size.batch
    X = rng.standard_normal((n_sequences, size.steps, size.features), dtype=np.float32)
    return X, rng.permutation(n_sequences) % N_CLASSES


def make_unequal_data():
    """Make 512 sequences of 6 to 92 steps x 13 features, as long as spoken digits are."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(6, 93, 64 * BATCHES_OF_EPOCH)
    X = [rng.standard_normal((length, 13), dtype=np.float32) for length in lengths]
    return X, rng.permutation(len(X)) % N_CLASSES


def fit(X, y, n_epochs, *, cell, n_hidden, batch_size, n_threads, dtype="float32", **dropout):
    """Fit for exactly so many epochs and return the classifier."""
    classifier = RNNClassifier(
        n_hidden,
        cell=cell,
        solver="adam",
        alpha=0.0,
        batch_size=batch_size,
        learning_rate_init=LEARNING_RATE,
        max_grad_norm=MAX_GRAD_NORM,
        max_iter=n_epochs,
        n_iter_no_change=n_epochs + 1,
        random_state=0,
        n_jobs=n_threads,
        dtype=dtype,
        **dropout,
    )
    with warnings.catch_warnings():
        # The number of epochs is chosen, not found by convergence.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return classifier.fit(X, y)


def epoch_timer(X, y, n_epochs, **options):
    """Return a function that times an epoch: the difference of two fits, start-up drops out."""

    def seconds_of_epoch():
        short = seconds_of(lambda: fit(X, y, 1, **options))
        return (seconds_of(lambda: fit(X, y, 1 + n_epochs, **options)) - short) / n_epochs

    return seconds_of_epoch


def epochs_worth_timing(size, cell):
    """Return how many epochs take some tenths of a second."""
    flops = BATCHES_OF_EPOCH * size.training_flops(cell)
    return int(np.clip(3e10 / flops, 1, 50))

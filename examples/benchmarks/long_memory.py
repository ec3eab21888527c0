"""Tasks in which what counts lies many time steps back, made from a seed."""

import numpy as np
from datasets import Split

N_SYMBOLS = 8  # that are recognised, and as many others that say nothing
N_TRAINING, N_TEST = 5_000, 1_000


def first_symbol(n_steps):
    """Return a loader of sequences of 1 + `n_steps` symbols of 16, one-hot, 5,000 and 1,000.

    The class is the first symbol, of eight; all others are drawn from the other eight.
    """

    def load(seed):
        random = np.random.default_rng(seed)
        n = N_TRAINING + N_TEST
        symbols = random.integers(N_SYMBOLS, 2 * N_SYMBOLS, size=(n, 1 + n_steps))
        symbols[:, 0] = random.integers(N_SYMBOLS, size=n)
        X = np.eye(2 * N_SYMBOLS, dtype=np.float32)[symbols]
        return _split(X, symbols[:, 0])

    return load


def adding(n_steps):
    """Return a loader of the adding problem (Hochreiter and Schmidhuber 1997), 5,000 and 1,000.

    A step is a number from 0 to 1 and a mark. Two steps are marked, one in the first half and one
    in the second; the target is the sum of their numbers.
    """

    def load(seed):
        random = np.random.default_rng(seed)
        n, middle = N_TRAINING + N_TEST, n_steps // 2
        X = np.zeros((n, n_steps, 2), dtype=np.float32)
        X[:, :, 0] = random.random((n, n_steps))
        rows = np.arange(n)
        first, second = random.integers(middle, size=n), random.integers(middle, n_steps, size=n)
        X[rows, first, 1] = X[rows, second, 1] = 1
        return _split(X, X[rows, first, 0] + X[rows, second, 0])

    return load


def _split(X, y):
    return Split(X[:N_TRAINING], y[:N_TRAINING], X[N_TRAINING:], y[N_TRAINING:])

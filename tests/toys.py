"""Small problems that an estimator of few units learns within a second, and forms of them."""

import pickle

import numpy as np

from skrnn.cells import CELLS

CELL_ACTIVATIONS = [(name, f) for name, cell in sorted(CELLS.items()) for f in sorted(cell.kernels)]
QUICK = {"hidden_layer_sizes": 6, "learning_rate_init": 0.03, "max_iter": 25, "random_state": 0}


def ragged(n_samples=60, n_features=2, seed=0):
    """Return noise around a level of its own for each sequence, and the levels (n_samples,)."""
    rng = np.random.default_rng(seed)
    levels = rng.uniform(-1, 1, n_samples)
    lengths = rng.integers(3, 9, n_samples)
    X = [
        level + 0.3 * rng.standard_normal((length, n_features))
        for level, length in zip(levels, lengths, strict=True)
    ]
    return X, levels


def labelled(labels, n_samples=60, seed=0):
    """Return ragged sequences, and for each the label of its level, all equally frequent."""
    X, levels = ragged(n_samples, seed=seed)
    ranks = levels.argsort().argsort()
    return X, np.asarray(labels)[ranks * len(labels) // n_samples]


def indicated(n_samples=60, seed=0):
    """Return ragged sequences and an indicator (n_samples, 3) of labels, some with none or all."""
    X, levels = ragged(n_samples, seed=seed)
    return X, (levels[:, np.newaxis] > [-0.5, 0.0, 0.5]).astype(int)


def object_array(items):
    """Return a 1-D array of the items, even if they are of one length."""
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array


def padded(arrays):
    """Return (length, n_features) arrays as one 3-D array with trailing NaN."""
    cube = np.full((len(arrays), max(map(len, arrays)), arrays[0].shape[1]), np.nan)
    for row, array in zip(cube, arrays, strict=True):
        row[: len(array)] = array
    return cube


def state_of(estimator):
    """Return the attributes of an estimator, arrays and nested state as comparable bytes."""
    attributes = vars(estimator) | estimator.__getstate__()
    return {name: pickle.dumps(value) for name, value in attributes.items()}

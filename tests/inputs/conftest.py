"""Sequences, cubes and tables to convert, and what a conversion has to hold."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skrnn.inputs.sequences import read_sequences

LENGTHS = [4, 1, 7]
N_FEATURES = 3


class Estimator(BaseEstimator):
    """Carries what `read_sequences` learns."""


def fitted(X, dtype=np.float64):
    estimator = Estimator()
    return estimator, read_sequences(estimator, X, reset=True).packed(np.dtype(dtype))


def predicted(estimator, X):
    return read_sequences(estimator, X, reset=False).packed(np.dtype(np.float64))


def converted(X, dtype=np.float64):
    return fitted(X, dtype)[1]


def expected_of(arrays, dtype=np.float64):
    """Return values and offsets of (length, n_features) arrays, the slow and obvious way."""
    steps, offsets = [], [0]
    for array in arrays:
        steps.extend(list(step) for step in array)
        offsets.append(len(steps))
    return np.array(steps, dtype=dtype), np.array(offsets)


def assert_holds(sequences, arrays, dtype=np.float64):
    values, offsets = expected_of(arrays, dtype)
    np.testing.assert_array_equal(sequences.values, values, strict=True)
    np.testing.assert_array_equal(sequences.offsets, offsets)
    assert sequences.offsets.dtype == np.int64
    assert sequences.values.flags.c_contiguous
    assert sequences.values.flags.writeable
    assert sequences.values.flags.aligned
    assert sequences.values.dtype.isnative


@pytest.fixture
def arrays(rng):
    """Return sequences of unequal length whose values every dtype can hold."""
    return [rng.integers(0, 100, size=(length, N_FEATURES)).astype(float) for length in LENGTHS]


@pytest.fixture
def cube(rng):
    return rng.integers(0, 100, size=(3, 4, N_FEATURES)).astype(float)


@pytest.fixture
def table(rng):
    return rng.integers(0, 100, size=(3, 4)).astype(float)

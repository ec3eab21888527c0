"""X as sequences, with the form in which what is made of them is returned."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from ..inputs.containers import read_input
from ..inputs.foreign import to_numpy
from ..inputs.sequences import read_sequences
from ..runtime.rows import Sequences


class Given(NamedTuple):
    """What was passed as X.

    Parameters
    ----------
    arrays : list of n_samples ndarrays of shape (length, n_features)
        The sequences, in float32 if all that was passed is, else in float64. They may share memory
        with X: read them only.
    is_one_array : bool
        Whether X is a table or a 3-D array, without padding.
    """

    arrays: list[np.ndarray]
    is_one_array: bool

    def alike(self, arrays: list[np.ndarray]) -> np.ndarray:
        """Return other sequences as one 3-D array if X is one array, else as array of arrays.

        In the first case all are of one length, since those of X are.
        """
        if self.is_one_array:
            return np.stack(arrays)
        return array_of_arrays(arrays)


def array_of_arrays(arrays: list[np.ndarray]) -> np.ndarray:
    """Return an object array (n,) of arrays, also of such as are of one length."""
    alone = np.empty(len(arrays), dtype=object)
    for i, array in enumerate(arrays):  # as a whole, arrays of one length would be unpacked
        alone[i] = array
    return alone


def given(estimator: BaseEstimator, X: Any, *, reset: bool) -> Given:
    """Read any X that the networks take; with `reset`, note its features on the estimator.

    Raises
    ------
    ValueError, TypeError
        As the networks do.
    """
    content = read_input(X)
    sequences = _packed(estimator, X, _dtype_of(content), reset)
    arrays = np.split(sequences.values, sequences.offsets[1:-1])
    is_one_array = not isinstance(content, list)
    return Given(arrays, is_one_array and len(arrays[0]) == content.shape[1] == _shortest(arrays))


def _packed(estimator: BaseEstimator, X: Any, dtype: np.dtype, reset: bool) -> Sequences:
    return read_sequences(estimator, X, reset=reset).packed(dtype)


def _dtype_of(content: Any) -> np.dtype:
    """Return float32 if an array, a frame or all sequences of a list are, else float64."""
    if isinstance(content, list):
        single = all(_is_single(item, f"sequence {i}") for i, item in enumerate(content))
    else:
        single = _is_single(content, "X")
    return np.dtype(np.float32 if single else np.float64)


def _is_single(value: Any, where: str) -> bool:
    # Numbers in lists are Python's, and to make an array of them takes long.
    return hasattr(value, "__array__") and to_numpy(value, where).dtype == np.float32


def _shortest(arrays: list[np.ndarray]) -> int:
    return min(map(len, arrays))

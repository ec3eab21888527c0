"""Reading what a user may pass as X: numeric arrays, data frames, or lists of sequences."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

import numpy as np
from scipy.sparse import issparse

from .foreign import reject_foreign, to_numpy


def read_input(X: Any) -> Any:
    """Return X as numeric array, as data frame of numbers, or as list of sequences.

    An array may have any number of dimensions; a list has array-likes to be read one by one.
    """
    check_container(X)
    if isinstance(X, (list, tuple)):
        return _read_list(X)
    if hasattr(X, "iloc") and X.ndim == 2:
        return _read_pandas_frame(X)
    array = to_numpy(X, "X")
    column = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if _has_sequences(column):
        return list(column)
    numbers = _as_numbers(array, "X")
    # A frame of another library stays one, for the names of its columns.
    return X if hasattr(X, "columns") else numbers


def check_container(X: Any) -> None:
    """Raise TypeError or ValueError for an X that could not be read, or not as it is meant."""
    if X is None:
        raise ValueError("X is None, but an array, data frame or list of sequences is expected.")
    reject_lossy(X, "X")
    reject_foreign(X, "X")
    # Lists have a method `index`, which has no levels.
    if getattr(getattr(X, "index", None), "nlevels", 1) > 1:
        raise ValueError(
            "X has a MultiIndex, whose rows scikit-learn would take for samples. Convert it to "
            "one array a sequence: `[g.to_numpy() for _, g in X.groupby(level=0)]`; or, if every "
            "row is a sequence of its own, `X.reset_index(drop=True)`."
        )


def read_sequence(item: Any, where: str) -> np.ndarray:
    """Return one sequence as numeric array (length, n_features) of any dtype, length > 0."""
    reject_lossy(item, where)
    if not _is_sequence(item):
        raise TypeError(
            f"{where} is {item!r} of type {type(item).__name__}, but an array of shape "
            "(length, n_features) or (length,) is expected."
        )
    try:
        array = to_numpy(item, where)
        if _has_sequences(array):  # of arrays, one a time step, as lists in a Series of polars are
            array = to_numpy(list(array), where)
    except ValueError as error:
        raise ValueError(
            f"{where} is not rectangular: its time steps must all have the same number of features."
        ) from error
    if array.shape[:1] == (0,):
        raise empty_sequence_error(where)
    array = _as_numbers(array, where)
    if array.ndim not in (1, 2):
        raise ValueError(
            f"{where} has shape {array.shape}, but (length, n_features) or (length,) is expected."
        )
    return array[:, np.newaxis] if array.ndim == 1 else array


def empty_sequence_error(where: str) -> ValueError:
    """Return the error for a sequence without time steps."""
    return ValueError(
        f"{where} is empty, but at least one time step is expected. Drop the sequence and its "
        "target. (In a 3-D array, time steps that are all NaN at the end are padding.)"
    )


def _is_sequence(value: Any) -> bool:
    """Whether `value` has elements that may be time steps, as opposed to being one number."""
    return (
        hasattr(value, "__len__")
        and not isinstance(value, (str, bytes, Mapping, Set))
        and getattr(value, "ndim", 1) > 0
    )


def _has_sequences(column: np.ndarray) -> bool:
    """Whether an array of any kind is an object array (n,) of sequences."""
    return column.dtype == object and column.ndim == 1 and any(map(_is_sequence, column))


def _read_pandas_frame(X: Any) -> Any:
    """Return a frame as it is if it holds numbers, or its only column of sequences as list."""
    for i, dtype in enumerate(X.dtypes):
        if dtype.kind not in "fiub":
            column = X.iloc[:, i].to_numpy()
            if X.shape[1] == 1 and _has_sequences(column):
                return list(column)
            _as_numbers(column, f"column {X.columns[i]!r} of X")
    return X


def _read_list(X: list | tuple) -> Any:
    """Return rectangular nested lists, and flat ones, as numeric array; else a list of sequences.

    A list of arrays stays a list of sequences also where all happen to be of one length.
    """
    rows_are_lists = all(isinstance(row, (list, tuple)) for row in X)
    if rows_are_lists and len({len(row) for row in X}) == 1 and len(X[0]) > 0:
        try:
            array = np.asarray(X)
        except ValueError:  # ragged further down
            return list(X)
        return _as_numbers(array, "X")
    if any(map(_is_sequence, X)):
        return list(X)
    return _as_numbers(np.asarray(X), "X")


def reject_lossy(value: Any, where: str) -> None:
    """Raise TypeError for containers whose meaning `numpy.asarray` would lose."""
    if issparse(value) or hasattr(value, "sparse"):  # pandas' accessor, where all is sparse
        raise TypeError(
            f"Sparse data was passed for {where}, but dense data is required. "
            "Use '.toarray()' to convert to a dense numpy array ('.sparse.to_dense()' for pandas)."
        )
    if np.ma.isMaskedArray(value):
        raise TypeError(
            f"A masked array was passed for {where}, but its mask would be ignored. Cut or "
            "impute the masked values and pass a plain array; masked trailing time steps of a "
            "3-D float array become padding with `X.filled(np.nan)`."
        )


def _as_numbers(array: np.ndarray, where: str) -> np.ndarray:
    """Return `array` if it is of real numbers, objects as float64, or raise for what it is."""
    if array.dtype.kind in "fiub":
        return array
    if array.dtype.kind == "O":
        return _objects_as_floats(array, where)
    if array.dtype.kind == "c":
        raise _complex_error(where)
    kind = "strings" if array.dtype.kind in "UST" else "data"
    raise _not_numeric_error(where, f"{kind} of dtype {array.dtype}")


def _objects_as_floats(array: np.ndarray, where: str) -> np.ndarray:
    """Return objects that are numbers as float64; None and pandas' NA become NaN."""
    # One example of each type that occurs: questioning every value would be slow.
    for example in {type(value): value for value in array.flat}.values():
        if isinstance(example, (str, bytes)):
            # float() would parse digits, and hide that labels or codes were passed.
            raise _not_numeric_error(where, f"strings such as {example!r}")
        if isinstance(example, (complex, np.complexfloating)):
            raise _complex_error(where)
        if _is_sequence(example):
            raise TypeError(
                f"{where} holds sequences where numbers are expected. A sequence of several "
                "features is one array of shape (length, n_features), and X a list, an object "
                "array or one column of them."
            )
        if type(example).__name__ == "NAType":
            from pandas import isna  # costs start-up time: imported only where it is in use

            array = np.where(isna(array), np.nan, array)
    try:
        return array.astype(np.float64)
    except TypeError as error:
        raise TypeError(f"A value of {where} is not a number: {error}") from error
    except (ValueError, OverflowError) as error:
        raise ValueError(f"A value of {where} is not a float64 number: {error}") from error


def _complex_error(where: str) -> ValueError:
    return ValueError(
        f"Complex data not supported: {where} holds complex numbers. Pass the real and the "
        "imaginary part as two features."
    )


def _not_numeric_error(where: str, found: str) -> ValueError:
    return ValueError(
        f"{where} holds {found}, but numbers are expected. Convert or encode them, or name their "
        "feature in categorical_features of a network."
    )

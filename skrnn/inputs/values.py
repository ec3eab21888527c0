"""What comes beside X, as plain arrays: of numbers, or of labels as the user means them."""

from __future__ import annotations

from datetime import date, time, timedelta
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array

from .foreign import to_numpy

_DATES = (date, time, timedelta, np.datetime64, np.timedelta64)
_MAY_BE_NAN = (float, np.floating, np.datetime64, np.timedelta64)
_EXACT_AS_FLOAT = 2**53  # beyond it float64 does not tell all integers from their neighbours
# What is said besides where y has several values for a sequence.
_AT_STEPS = " A label or number for each time step is for RNNTagger or RNNStepRegressor."
_EXPECTED = {"classes": "all the labels that y will ever hold"}


def as_numbers(values: Any, name: str) -> np.ndarray:
    """Return what was passed as `name` as finite float64; an error names it and the first place."""
    array = _as_plain(values, name)
    _refuse_dates(array, name)
    _refuse_missing(array, name)
    if array.dtype.kind not in "fiub":
        array = _as_floats(array, name)
    return check_array(array, ensure_2d=False, dtype=np.float64, input_name=name)


def as_labels(values: Any, name: str) -> np.ndarray:
    """Return what was passed as `name` as labels of one type, none of which is missing.

    Whole numbers and booleans that are objects, as a nullable column of pandas may have them,
    become integers and booleans. As floats, which scikit-learn makes of them, large ones would be
    equal.
    """
    array = _as_plain(values, name)
    if isinstance(values, list | tuple) and _differs_from_list(array):
        objects = np.asarray(values, dtype=object)
        _refuse_missing(objects, name)
        if array.dtype.kind == "f":
            array = objects
    if array.dtype.kind == "T":  # which scikit-learn's checks do not know
        array = array.astype(object)
    _refuse_missing(array, name)
    if array.dtype.kind in "OS":
        array = _of_one_type(array, name)
    return check_array(array, ensure_2d=False, dtype=None, input_name=name)


def as_objects(values: list) -> np.ndarray:
    """Return an array (n,) of the objects themselves, whatever NumPy would make of them."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _as_plain(values: Any, name: str) -> np.ndarray:
    """Return an array of whatever dtype NumPy finds, of at least one dimension and not empty."""
    if np.ma.isMaskedArray(values):
        raise TypeError(
            f"{name} is a masked array, but its mask would be ignored. Drop the masked samples "
            "from X and y, and pass plain arrays."
        )
    if issparse(values):
        raise TypeError(
            f"Sparse data was passed for {name}, but dense data is required. Use '.toarray()' to "
            "convert to a dense numpy array."
        )
    try:
        array = to_numpy(values, name)
    except ValueError as error:
        raise ValueError(
            f"{name} is not rectangular, but an array of one or two dimensions is expected: "
            f"{error}.{_AT_STEPS if name == 'y' else ''}"
        ) from error
    expected = _EXPECTED.get(name, "one value for each sequence")
    if array.ndim == 0:
        raise TypeError(
            f"{name} is {values!r:.80} of type {type(values).__name__}, but an array-like is "
            f"expected. Pass {expected}."
        )
    if len(array) == 0:
        raise ValueError(
            f"{name} is empty: Found array with 0 sample(s) (shape={array.shape}) while a minimum "
            f"of 1 is required. Pass {expected}."
        )
    if array.dtype.kind == "c":
        raise ValueError(
            f"Complex data not supported: {name} holds complex numbers. Pass real ones, or strings."
        )
    return array


def _differs_from_list(array: np.ndarray) -> bool:
    """Whether NumPy may have turned NaN of a list into a string, or large integers into floats."""
    kind = array.dtype.kind
    return kind in "US" or (kind == "f" and bool((np.abs(array) >= _EXACT_AS_FLOAT).any()))


def _types_in(array: np.ndarray) -> set[type]:
    """Return the types of objects: to question every value would be slow."""
    return set(map(type, array.flat)) if array.dtype.kind == "O" else set()


def _refuse_dates(array: np.ndarray, name: str) -> None:
    """Raise ValueError for dates and durations, which NumPy would count from 1970 on."""
    dates = tuple(
        kind
        for kind in _types_in(array)
        if (issubclass(kind, _DATES) and kind.__name__ != "NaTType") or kind.__name__ == "Period"
    )
    if array.dtype.kind in "mM":
        example = array.flat[0]
    elif dates:
        example = next(value for value in array.flat if isinstance(value, dates))
    else:
        return
    raise ValueError(
        f"{name} holds dates or durations, such as {example}, but numbers are expected. Convert "
        f"durations by `{name} / np.timedelta64(1, 's')`, and dates by the time since the first, "
        f"`({name} - {name}.min()) / np.timedelta64(1, 's')`; or with another unit."
    )


def _refuse_missing(array: np.ndarray, name: str) -> None:
    """Raise ValueError for the first sample with NaN, NaT, None or pandas' NA."""
    kind = array.dtype.kind
    if kind == "f":
        missing = np.isnan(array)
    elif kind in "mM":
        missing = np.isnat(array)
    else:
        suspects = {one for one in _types_in(array) if _may_be_missing(one)}
        if not suspects:
            return
        # What is equal to itself is no NaN; None and pandas' NA are not asked.
        found = [
            type(value) in suspects and (not isinstance(value, _MAY_BE_NAN) or value != value)
            for value in array.flat
        ]
        missing = np.array(found).reshape(array.shape)
    if missing.any():
        sample = int(np.argwhere(missing)[0, 0])
        value = array[missing][0]
        raise ValueError(
            f"Input {name} contains NaN or another missing value, the first of which is {value} "
            f"in {name}[{sample}]. Drop or replace what is missing."
        )


def _may_be_missing(kind: type) -> bool:
    """Whether a type has a missing value; those of pandas, which may be absent, go by name."""
    return (
        kind is type(None)
        or issubclass(kind, _MAY_BE_NAN)
        or kind.__name__ in ("NAType", "NaTType")
    )


def _as_floats(array: np.ndarray, name: str) -> np.ndarray:
    """Return objects and strings as float64, or raise for the first that is no number."""
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        found, reason = _first_that_is_no_number(array, name) or (
            f"its dtype is {array.dtype}",
            error,
        )
        kind = TypeError if isinstance(reason, TypeError) else ValueError
        message = f"{name} must hold numbers, but {found}: {reason}. Convert or encode it."
        raise kind(message) from error


def _first_that_is_no_number(array: np.ndarray, name: str) -> tuple[str, Exception] | None:
    """Return the first value and its place, and why it is no number."""
    for place in np.ndindex(array.shape):
        value = array[place]
        if isinstance(value, np.generic):
            value = value.item()
        try:
            float(value)
        except (TypeError, ValueError, OverflowError) as error:
            return f"{name}[{', '.join(map(str, place))}] is {value!r:.80}", error
    return None


def _of_one_type(array: np.ndarray, name: str) -> np.ndarray:
    """Return objects as booleans, integers, floats, or objects that are strings."""
    types = _types_in(array) or {bytes}
    if all(issubclass(kind, bool | np.bool_) for kind in types):
        return array.astype(bool)
    if all(issubclass(kind, Integral | np.bool_) for kind in types):
        return _as_integers(array, name)
    if all(issubclass(kind, Real | np.bool_) for kind in types):
        return array.astype(np.float64)
    if all(issubclass(kind, str) for kind in types):
        return array
    if all(issubclass(kind, bytes) for kind in types):
        example = bytes(array.flat[0])
        raise ValueError(
            f"{name} holds labels that are bytes, such as {example!r:.80}, but numbers "
            f"or strings are expected. Decode them: `[label.decode() for label in {name}]`."
        )
    others = [v for v in array.flat if not isinstance(v, str | Real | np.bool_)]
    found = f"{others[0]!r:.80}" if others else "numbers beside strings"
    raise ValueError(
        f"{name} must hold labels of one type, numbers or strings, but it holds {found}. "
        f"Convert all of them to strings, for example: `[str(label) for label in {name}]`."
        f"{_AT_STEPS if name == 'y' and others and np.ndim(others[0]) > 0 else ''}"
    )


def _as_integers(array: np.ndarray, name: str) -> np.ndarray:
    """Return objects that are whole numbers as int64, or as uint64 if they are too large."""
    low, high = int(min(array.flat)), int(max(array.flat))
    for dtype in (np.int64, np.uint64):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return array.astype(dtype)
    raise ValueError(
        f"{name} holds whole numbers from {low} to {high}, which neither int64 nor uint64 can "
        f"hold. Pass them as strings: `[str(label) for label in {name}]`."
    )

"""The names of the features of sequences that are data frames: they say which column is which."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ..runtime.callers import user_level

Names = tuple[str, ...]

_MOST_LISTED = 5  # names in a message


def match_names(
    items: list[Any], fitted_names: Names | None
) -> tuple[list[Names | None], dict[int, np.ndarray]]:
    """Return the names of each sequence's features, and how columns are put in one order.

    Parameters
    ----------
    items : list of n sequences
        Data frames have names if all of their columns' names are strings, as in scikit-learn.
    fitted_names : tuple of str or None
        What all frames must have, in any order; None is what the first of them has.

    Returns
    -------
    names : list of n tuples of str or None
        None for a sequence without names, which is read by position. The list is empty if no
        sequence has names.
    orders : dict of int to ndarray of shape (n_features,)
        By the index of a sequence, the positions of its columns in the order that is wanted.
        Those that are in order have no entry.

    Raises
    ------
    TypeError
        If some names of a frame are strings and others not.
    ValueError
        If a frame has other names.
    """
    names = _names_of_all(items)
    first = _first_with_names(names)
    if first is None:
        return [], {}
    source, expected = f"of sequence {first[0]}", first[1]
    if fitted_names is not None:
        source, expected = "that were passed during fit", fitted_names
    orders: dict[int, np.ndarray] = {}
    known: dict[Names, np.ndarray | None] = {expected: None}
    for i, names_of_one in enumerate(names):
        if names_of_one is None:
            continue
        if names_of_one not in known:
            _check_same_names(names_of_one, expected, f"of sequence {i}", source)
            place = {name: column for column, name in enumerate(names_of_one)}
            known[names_of_one] = np.array([place[name] for name in expected])
        order = known[names_of_one]
        if order is not None:
            orders[i] = order
    return names, orders


def learn_names(estimator: BaseEstimator, names: list[Names | None]) -> None:
    """Set ``feature_names_in_`` if sequences have names, and warn if others have none."""
    first = _first_with_names(names)
    if first is None:
        return
    estimator.feature_names_in_ = np.array(first[1], dtype=object)
    if None in names:
        nameless = names.index(None)
        warnings.warn(
            f"Sequence {first[0]} of X has feature names, but sequence {nameless} has none: it is "
            "read by position.",
            stacklevel=user_level(),
        )


def fitted_names(estimator: BaseEstimator) -> Names | None:
    """Return the names of a time step's features in fit, if there were any."""
    # The names of a table are those of its time steps.
    if estimator._fitted_on_table or "feature_names_in_" not in vars(estimator):
        return None
    return tuple(estimator.feature_names_in_)


def warn_of_names(estimator: BaseEstimator, names: Sequence[Names | None]) -> None:
    """Warn, in scikit-learn's words, if X has names and fit had not, or the other way round."""
    if estimator._fitted_on_table:
        return
    who, has_names = type(estimator).__name__, _first_with_names(names) is not None
    if fitted_names(estimator) is None:
        if has_names:
            warnings.warn(
                f"X has feature names, but {who} was fitted without feature names",
                stacklevel=user_level(),
            )
    elif not has_names or None in names:
        where = f": sequence {names.index(None)} is read by position" if has_names else ""
        warnings.warn(
            f"X does not have valid feature names, but {who} was fitted with feature names{where}",
            stacklevel=user_level(),
        )


def _names_of_all(items: list[Any]) -> list[Names | None]:
    # Few types occur: to ask each of thousands of arrays would take longer.
    frames = {kind for kind in set(map(type, items)) if hasattr(kind, "columns")}
    if not frames:
        return []
    last: Any = None
    names: list[Names | None] = []
    for i, item in enumerate(items):
        columns = item.columns if type(item) in frames else None
        if columns is None:
            names.append(None)
        elif columns is last:  # made with the index of the frame before
            names.append(names[-1])
        else:
            names.append(_names_of(columns, i))
        last = columns
    return names


def _names_of(columns: Any, i: int) -> Names | None:
    """Return the columns of sequence i if all are strings, None if none is."""
    if hasattr(columns, "tolist"):
        columns = columns.tolist()  # a pandas index, over which to iterate takes five times as long
    names = tuple(columns) if isinstance(columns, Iterable) else ()
    kinds = set(map(type, names))
    if kinds == {str}:
        return names
    if str in kinds:
        raise TypeError(
            "Feature names are only supported if all input features have string names, but "
            f"sequence {i} has {sorted(kind.__qualname__ for kind in kinds)} as column name types. "
            "Convert all names to strings, by `frame.columns = frame.columns.astype(str)` for "
            "example, or none."
        )
    return None


def _first_with_names(names: Sequence[Names | None]) -> tuple[int, Names] | None:
    return next(((i, one) for i, one in enumerate(names) if one is not None), None)


def _check_same_names(names: Names, expected: Names, of: str, source: str) -> None:
    """Raise ValueError unless two tuples of names differ in their order only."""
    has, wanted = set(names), set(expected)
    missing = [name for name in expected if name not in has]
    unexpected = [name for name in names if name not in wanted]
    if missing or unexpected:
        parts = [("missing", missing), ("unexpected", unexpected)]
        listed = "; ".join(f"{what}: {_listed(some)}" for what, some in parts if some)
        raise ValueError(
            f"The feature names {of} should match those {source}, in any order, but are not the "
            f"same ({listed}). Select the columns by name, or pass arrays to have them read by "
            "position."
        )
    if len(has) < len(names) or len(wanted) < len(expected):
        repeated = [name for name in wanted if max(names.count(name), expected.count(name)) > 1]
        raise ValueError(
            f"The feature names {of} are not in the order of those {source}, and cannot be put in "
            f"it, since names occur more than once: {_listed(sorted(repeated))}. Give every "
            "column a name of its own."
        )


def _listed(names: list[str]) -> str:
    return ", ".join([*map(repr, names[:_MOST_LISTED]), *["..."] * (len(names) > _MOST_LISTED)])

"""Which features of a time step are asked for: by number, by name, by a mask or by their dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .mixed import Mixed

FROM_DTYPE = "from_dtype"


def places_in(X: Mixed, asked: Any) -> tuple[int, ...]:
    """Return which features of a time step are asked for."""
    if isinstance(asked, str):
        return _places_by_dtype(X)
    if X.n_features == 0:  # for which there is a message of its own
        return ()
    return places_of(asked, X.n_features, X.pieces[0].names)


def places_of(asked: Any, n_features: int, names: Sequence[str] | None) -> tuple[int, ...]:
    """Return which features are asked for by number, by name or by a mask, in order.

    Raises
    ------
    ValueError
        If there is no such feature, or if one is asked for twice.
    """
    wanted = list(asked)
    are_flags = [isinstance(one, bool | np.bool_) for one in wanted]
    if all(are_flags):
        if len(wanted) != n_features:
            raise ValueError(
                f"categorical_features is a mask of {len(wanted)} features, but a time step of X "
                f"has {n_features}. Pass True or False for each."
            )
        return tuple(np.flatnonzero(wanted).tolist())
    if any(are_flags):
        raise ValueError(
            f"categorical_features={wanted} has both flags and features. Pass a mask of True and "
            "False only, or numbers and names only."
        )
    places = [_place(one, n_features, names) for one in wanted]
    if len(set(places)) < len(places):
        raise ValueError(f"categorical_features={wanted} has a feature twice. Name each once.")
    return tuple(sorted(places))


def _place(one: Any, n_features: int, names: Sequence[str] | None) -> int:
    if isinstance(one, str):
        if names is None or one not in names:
            known = "features without names" if names is None else f"the features {list(names)}"
            raise ValueError(
                f"categorical_features has {one!r}, but the first sequence of X has {known}."
            )
        return list(names).index(one)
    if not -n_features <= one < n_features:
        raise ValueError(
            f"categorical_features has {one}, but a time step of X has {n_features} features, "
            f"numbered from 0 to {n_features - 1}."
        )
    return int(one) % n_features


def _places_by_dtype(X: Mixed) -> tuple[int, ...]:
    """Return which columns of the first frame are categorical by their dtype."""
    # pandas' dtype is named "category"; those of polars are Categorical(...) and Enum(...).
    by_column = [dtype.startswith(("category", "Categorical", "Enum")) for dtype in X.dtypes]
    if not X.items:  # a table: its columns are time steps, of one feature
        return (0,) if by_column and all(by_column) else ()
    return tuple(np.flatnonzero(by_column).tolist())

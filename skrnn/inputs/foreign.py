"""Objects that other libraries make of data, as arrays, or the error that says what to pass."""

from __future__ import annotations

from typing import Any

import numpy as np


def reject_foreign(value: Any, where: str) -> None:
    """Raise TypeError for what only looks like an array, or which NumPy cannot read as one."""
    if isinstance(value, np.ndarray):
        return
    kind = type(value).__name__
    if kind.endswith("GroupBy"):  # of pandas or polars, which need not be installed
        raise TypeError(
            f"{where} is a {kind} object, but one array for each group is expected. Pass "
            "`[group.to_numpy() for _, group in grouped]`, with the columns that are features "
            "only, and targets in the order of the groups."
        )
    if getattr(value, "is_nested", False) is True:
        raise TypeError(
            f"{where} is a nested tensor, which NumPy cannot read. Pass a list of the arrays in "
            "it: `[part.detach().cpu().numpy() for part in tensor.unbind()]`."
        )


def to_numpy(value: Any, where: str) -> np.ndarray:
    """Return `numpy.asarray` of a value, whose errors then say which argument it was."""
    reject_foreign(value, where)
    try:
        return np.asarray(value)
    except RuntimeError as error:  # of a tensor with a gradient, or in another memory
        raise TypeError(
            f"{where} is of type {type(value).__name__}, which NumPy cannot read: {error} Convert "
            "it to a NumPy array."
        ) from error

"""X whose features may be categories: read before anything is cast, and put together again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from .containers import check_container, reject_lossy
from .foreign import to_numpy
from .steps import is_missing, read_sequences


class Piece(NamedTuple):
    """Some time steps, one after the other."""

    values: np.ndarray  # (n_rows, n_features) of any dtype
    names: tuple[str, ...] | None  # of the features
    where: str  # what messages call it


Encode = Callable[[Piece], np.ndarray]  # to float64 of the same shape


class Mixed:
    """X in the arrays in which it was passed.

    Parameters
    ----------
    X : array-like
        A table (n_samples, n_timesteps), an array (n_samples, n_timesteps, n_features), or
        sequences, also of strings: a text is one token a character.
    """

    def __init__(self, X: Any) -> None:
        self._X = X
        self._shape: tuple[int, ...] | None = None
        self.items: Sequence[Any] = ()
        check_container(X)
        if not isinstance(X, list | tuple):
            array = to_numpy(X, "X")
            if array.ndim == 2 and array.shape[1] == 1 and _holds_items(array[:, 0]):
                array = array[:, 0]
            if array.ndim == 1 and array.dtype.kind in "fiub":
                raise ValueError(
                    f"X has shape {array.shape}, but (n_samples, n_timesteps) or (n_samples, "
                    "n_timesteps, n_features) is expected. Reshape your data: X.reshape(1, -1) if "
                    "it is one sequence, X.reshape(-1, 1) if each value is one."
                )
            if array.ndim > 1:
                self._shape = array.shape
                n_features = array.shape[2] if array.ndim == 3 else 1
                n_rows = math.prod(array.shape) // max(1, n_features)
                self.pieces = [Piece(array.reshape(n_rows, n_features), None, "X")]
                return
            X = list(array) if array.ndim == 1 else X
        self.items = X
        for i, item in enumerate(X):
            reject_lossy(item, f"X[{i}]")
        arrays = read_sequences(X, "X", "features")
        self.pieces = [
            Piece(array if array.ndim == 2 else array[:, np.newaxis], _names_of(item), f"X[{i}]")
            for i, (array, item) in enumerate(zip(arrays, self.items, strict=True))
        ]

    @property
    def n_features(self) -> int:
        """Features of a time step."""
        return int(self.pieces[0].values.shape[1])

    @property
    def dtypes(self) -> list[str]:
        """Names of the dtypes of the first sequence, or of a table, if it is a data frame."""
        frame = self.items[0] if self.items else self._X
        return [str(dtype) for dtype in frame.dtypes] if hasattr(frame, "columns") else []

    def encoded(self, encode: Encode) -> Any:
        """Return X in the same form, in float64 as `encode` makes it of each piece."""
        if self._shape is None:
            arrays = [encode(piece) for piece in self.pieces]
            named = zip(self.pieces, arrays, strict=True)
            return [_as_frame(array, piece.names) for piece, array in named]
        (piece,) = self.pieces
        if len(self._shape) == 3:
            values = encode(piece).reshape(self._shape)
            # Steps at the end that have nothing are padding, which is told by NaN.
            missing = np.all(is_missing(piece.values), axis=1).reshape(self._shape[:2])
            values[np.logical_and.accumulate(missing[:, ::-1], axis=1)[:, ::-1]] = np.nan
            return values
        return _as_frame(encode(piece).reshape(self._shape), getattr(self._X, "columns", None))


def holds_tokens(X: Any) -> bool:
    """Whether X has texts or sequences of strings, as judged by the first step of the first."""
    is_numeric = isinstance(X, np.ndarray) and X.dtype.kind in "fiub"
    if (
        is_numeric
        or issparse(X)
        or hasattr(X, "columns")
        or isinstance(X, str)
        or not hasattr(X, "__iter__")
    ):
        return False
    for item in X:
        if isinstance(item, str):
            return True
        if hasattr(item, "columns") or not hasattr(item, "__iter__"):
            return False
        for step in item:
            return isinstance(step, str)
    return False


def _holds_items(column: np.ndarray) -> bool:
    """Whether a column has a sequence in each place."""
    return column.dtype == object and any(np.ndim(one) > 0 for one in column)


def _names_of(item: Any) -> tuple[str, ...] | None:
    columns = getattr(item, "columns", None)
    if columns is None or not all(isinstance(name, str) for name in columns):
        return None
    return tuple(columns)


def _as_frame(array: np.ndarray, columns: Iterable | None) -> Any:
    """Return an array, or a data frame if there are columns."""
    if columns is None:
        return array
    from pandas import DataFrame  # costs start-up time: imported only where it is in use

    return DataFrame(array, columns=list(columns))

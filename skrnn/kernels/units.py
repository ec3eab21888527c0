"""Features in the network's units and dtype, in one pass over the values."""

from __future__ import annotations

import numpy as np

from .compilation import inlined, kernel

_WIDTH = 256  # values of a row that vectors are made of, where that many there are


@inlined
def put_in_units(source, units, target):
    """Write (source - units[0]) * units[1], computed in float64, to target (n_rows, n_columns)."""
    for row in range(source.shape[0]):
        for column in range(source.shape[1]):
            target[row, column] = (source[row, column] - units[0, column]) * units[1, column]


@kernel
def _write(source, units, target):
    """Do as `put_in_units`."""
    put_in_units(source, units, target)


def write_in_units(source: np.ndarray, units: np.ndarray, target: np.ndarray) -> None:
    """Write (source - units[0]) * units[1] to target; source and units are float64, C-contiguous.

    Source and target are (n_rows, n_features), units (2, n_features).
    """
    n_rows, n_features = source.shape
    # Several rows side by side are a row that is long enough for vectors.
    side_by_side = max(1, min(n_rows, _WIDTH // n_features))
    n_whole = n_rows - n_rows % side_by_side
    wide = (-1, side_by_side * n_features)
    of_wide = units if side_by_side == 1 else np.tile(units, side_by_side)
    _write(source[:n_whole].reshape(wide), of_wide, target[:n_whole].reshape(wide))
    if n_whole < n_rows:
        _write(source[n_whole:], units, target[n_whole:])

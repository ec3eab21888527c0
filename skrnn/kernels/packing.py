"""Weights into panels: as wide as the tile, gates padded to whole vectors.

In `input` (n_inputs, n_gates * n_hidden) and `recurrent` (n_hidden, n_gates * n_hidden) the gates
lie side by side. A packed column ``gate * width + j`` is hidden unit j of that gate, or padding
where j is not below `n_hidden`; padding is zero, so what it computes never reaches a weight.

Plain NumPy: a copy for each piece of a gate that lies in one panel. A compiled loop was no faster
and took a first fit half a second to compile.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np


class Weights(NamedTuple):
    """The weights of one direction of a layer, or their gradients."""

    input: np.ndarray  # (n_inputs, n_gates * n_hidden)
    recurrent: np.ndarray  # (n_hidden, n_gates * n_hidden)
    bias: np.ndarray  # (n_gates * n_hidden,)


class _Piece(NamedTuple):
    """Columns of one gate that lie in one panel."""

    panel: int
    columns: slice  # in the panel
    place: slice  # among the columns of the weights


def _pieces_of(n_hidden: int, width: int, gates: range, tile_columns: int) -> Iterator[_Piece]:
    for index, gate in enumerate(gates):
        first, stop = index * width, index * width + n_hidden
        offset = gate * n_hidden - first
        while first < stop:
            panel, column = divmod(first, tile_columns)
            n_columns = min(tile_columns - column, stop - first)
            place = slice(first + offset, first + offset + n_columns)
            yield _Piece(panel, slice(column, column + n_columns), place)
            first += n_columns


@cache
def _pieces(n_hidden: int, width: int, gates: range, tile_columns: int) -> tuple[_Piece, ...]:
    return tuple(_pieces_of(n_hidden, width, gates, tile_columns))


def _rows_of(cell: Any, stage: Any) -> tuple[slice, slice]:
    """Return the rows of a stage's panels for the input and for the recurrent weights."""
    inputs, recurrent = 1 + stage.inputs_at, 1 + stage.recurrent_at
    return slice(inputs, inputs + cell.n_inputs), slice(recurrent, recurrent + cell.n_hidden)


def pack_stage(cell: Any, stage: Any, weights: Weights, panels: np.ndarray) -> None:
    """Weights and bias of one stage's gates -> panels (n_panels, 1 + depth, tile columns).

    Only what is not padding is written.
    """
    inputs, recurrent = _rows_of(cell, stage)
    for panel, columns, place in _pieces(cell.n_hidden, cell.width, stage.gates, panels.shape[2]):
        panels[panel, 0, columns] = weights.bias[place]
        panels[panel, inputs, columns] = weights.input[:, place]
        panels[panel, recurrent, columns] = weights.recurrent[:, place]


def add_unpacked(cell: Any, stage: Any, panels: np.ndarray, weights: Weights) -> None:
    """Add panels laid out by `pack_stage` to the weights of the stage's gates."""
    inputs, recurrent = _rows_of(cell, stage)
    for panel, columns, place in _pieces(cell.n_hidden, cell.width, stage.gates, panels.shape[2]):
        weights.bias[place] += panels[panel, 0, columns]
        weights.input[:, place] += panels[panel, inputs, columns]
        weights.recurrent[:, place] += panels[panel, recurrent, columns]


def pack_transposed(cell: Any, gates: range, weights: np.ndarray, panels: np.ndarray) -> None:
    """Pack the transpose of weights (n_rows, n_all_gates * n_hidden), padded by gates.

    Only what is not padding is written.
    """
    tile_columns = panels.shape[2]
    for panel, first in enumerate(range(0, len(weights), tile_columns)):
        block = weights[first : first + tile_columns]
        for index, gate in enumerate(gates):
            depth = slice(1 + index * cell.width, 1 + index * cell.width + cell.n_hidden)
            source = slice(gate * cell.n_hidden, (gate + 1) * cell.n_hidden)
            panels[panel, depth, : len(block)] = block[:, source].T

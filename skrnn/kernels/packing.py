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
    """Columns of the weights, and where they lie in the panels: in one of them, or side by side."""

    panel: int | slice
    columns: slice  # in the panel
    place: slice  # among the columns of the weights
    n_panels: int  # 1 for a part of one panel

    def of(self, weights: np.ndarray) -> np.ndarray:
        """Return these columns of (.., n_all_gates * n_hidden) weights as the panels have them."""
        columns = weights[..., self.place]
        if self.n_panels == 1:
            return columns
        shape = *columns.shape[:-1], self.n_panels, columns.shape[-1] // self.n_panels
        by_panel = columns.reshape(shape)
        return by_panel if weights.ndim == 1 else by_panel.swapaxes(0, 1)


def _pieces_of(n_hidden: int, width: int, gates: range, tile_columns: int) -> Iterator[_Piece]:
    n_columns = len(gates) * width
    if n_hidden == width:
        # Gates have no padding: all whole panels at once, as copies of little take long to begin.
        first, (n_panels, rest) = gates.start * n_hidden, divmod(n_columns, tile_columns)
        middle, stop = first + n_panels * tile_columns, first + n_columns
        if n_panels > 0:
            panels = slice(n_panels) if n_panels > 1 else 0
            yield _Piece(panels, slice(None), slice(first, middle), n_panels)
        if rest > 0:
            yield _Piece(n_panels, slice(rest), slice(middle, stop), 1)
        return
    for index, gate in enumerate(gates):
        first, stop = index * width, index * width + n_hidden
        offset = gate * n_hidden - first
        while first < stop:
            panel, column = divmod(first, tile_columns)
            n_columns = min(tile_columns - column, stop - first)
            place = slice(first + offset, first + offset + n_columns)
            yield _Piece(panel, slice(column, column + n_columns), place, 1)
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
    for piece in _pieces(cell.n_hidden, cell.width, stage.gates, panels.shape[2]):
        panel, columns = piece.panel, piece.columns
        panels[panel, 0, columns] = piece.of(weights.bias)
        panels[panel, inputs, columns] = piece.of(weights.input)
        panels[panel, recurrent, columns] = piece.of(weights.recurrent)


def add_unpacked(cell: Any, stage: Any, panels: np.ndarray, weights: Weights) -> None:
    """Add panels laid out by `pack_stage` to the weights of the stage's gates."""
    inputs, recurrent = _rows_of(cell, stage)
    for piece in _pieces(cell.n_hidden, cell.width, stage.gates, panels.shape[2]):
        panel, columns = piece.panel, piece.columns
        bias, of_inputs = piece.of(weights.bias), piece.of(weights.input)
        bias += panels[panel, 0, columns]
        of_inputs += panels[panel, inputs, columns]
        of_hidden = piece.of(weights.recurrent)
        of_hidden += panels[panel, recurrent, columns]


def pack_transposed(cell: Any, gates: range, weights: np.ndarray, panels: np.ndarray) -> None:
    """Pack the transpose of weights (n_rows, n_all_gates * n_hidden), padded by gates.

    Only what is not padding is written.
    """
    tile_columns = panels.shape[2]
    if cell.n_hidden == cell.width:
        weights = weights[:, gates.start * cell.n_hidden : gates.stop * cell.n_hidden]
        n_panels, rest = divmod(len(weights), tile_columns)
        shape = n_panels, tile_columns, weights.shape[1]
        panels[:n_panels, 1:] = weights[: len(weights) - rest].reshape(shape).swapaxes(1, 2)
        if rest > 0:
            panels[n_panels, 1:, :rest] = weights[len(weights) - rest :].T
        return
    for panel, first in enumerate(range(0, len(weights), tile_columns)):
        block = weights[first : first + tile_columns]
        for index, gate in enumerate(gates):
            depth = slice(1 + index * cell.width, 1 + index * cell.width + cell.n_hidden)
            source = slice(gate * cell.n_hidden, (gate + 1) * cell.n_hidden)
            panels[panel, depth, : len(block)] = block[:, source].T

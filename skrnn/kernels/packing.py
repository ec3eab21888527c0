"""Weights into panels: as wide as the tile, gates padded to whole vectors.

In `input` (n_inputs, n_gates * n_hidden) and `recurrent` (n_hidden, n_gates * n_hidden) the gates
lie side by side. A packed column ``gate * width + j`` is hidden unit j of that gate, or padding
where j is not below `n_hidden`; padding is zero, so what it computes never reaches a weight.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .compilation import inlined, kernel


class Weights(NamedTuple):
    """The weights of one direction of a layer, or their gradients."""

    input: np.ndarray  # (n_inputs, n_gates * n_hidden)
    recurrent: np.ndarray  # (n_hidden, n_gates * n_hidden)
    bias: np.ndarray  # (1, n_gates * n_hidden)


@inlined
def _pack_row(weights, row, bounds, first_gate, panels, k):
    """weights[row] (n_all_gates * n_hidden,) -> row k of the panels of n_gates gates."""
    n_hidden, width, n_gates = bounds
    columns = panels.shape[2]
    for gate in range(n_gates):
        for j in range(n_hidden):
            packed = gate * width + j
            panels[packed // columns, k, packed % columns] = weights[
                row, (first_gate + gate) * n_hidden + j
            ]


@kernel
def pack_stage(cell, stage, weights, panels):
    """Weights and bias of one stage's gates -> panels (n_panels, 1 + depth, tile columns)."""
    bounds = (cell.n_hidden, cell.width, stage.n_gates)
    _pack_row(weights.bias, 0, bounds, stage.first_gate, panels, 0)
    for m in range(cell.n_inputs):
        _pack_row(weights.input, m, bounds, stage.first_gate, panels, 1 + stage.inputs_at + m)
    for m in range(cell.n_hidden):
        _pack_row(
            weights.recurrent, m, bounds, stage.first_gate, panels, 1 + stage.recurrent_at + m
        )


@kernel
def pack_transposed(cell, first_gate, n_gates, weights, panels):
    """Pack the transpose of weights (n_rows, n_all_gates * n_hidden), padded by gates."""
    columns = panels.shape[2]
    for m in range(weights.shape[0]):
        for gate in range(n_gates):
            for j in range(cell.n_hidden):
                panels[m // columns, 1 + gate * cell.width + j, m % columns] = weights[
                    m, (first_gate + gate) * cell.n_hidden + j
                ]

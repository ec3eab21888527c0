"""How many gates are saturated: so near an end of their range that they pass no gradient on."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ..cells import Cell, CellShape

# The middle of what an activation can be, and how far its ends are; the rectifier has no end.
_RANGES: Mapping[str, tuple[float, float]] = {"sigmoid": (0.5, 0.5), "tanh": (0.0, 1.0)}
# Of the way from the middle to an end: where the slope falls below a hundredth of the steepest.
_NEAR_END = 0.995
_MOST_ROWS = 64  # that are looked at: a sample is enough


def saturated_share(cell: Cell, activation: str, shape: CellShape, gates: np.ndarray) -> float:
    """Return which share of gates (n_rows, gates_width) is saturated, NaN if none can be."""
    rows = gates[:: -(-len(gates) // _MOST_ROWS)]
    n_saturated = n_gates = 0
    for number, gate in enumerate(cell.gates):
        ends = _RANGES.get(cell.gate_activations.get(gate, activation))
        if ends is not None:
            middle, way = ends
            first = number * shape.width
            distances = rows[:, first : first + shape.n_hidden] - middle
            np.abs(distances, out=distances)
            n_saturated += int(np.count_nonzero(distances > _NEAR_END * way))
            n_gates += distances.size
    return n_saturated / n_gates if n_gates else math.nan

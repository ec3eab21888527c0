"""The parameters that a recurrent layer begins with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.random import RandomState

from ..cells import Cell
from ..runtime.parameters import glorot_uniform

# With the identity itself, rectified units add up what they see, and the outputs of an untrained
# network grow with the length of the sequence; this much less bounds them at ten steps' worth.
_SCALE_OF_IDENTITY = 0.9
# The bias of the unit that forgets soonest: it keeps a quarter of its state at each step.
_SHORTEST = -1.0


class Initial(NamedTuple):
    """Draws the parameters of one direction of a layer."""

    cell: Cell
    activation: str
    n_inputs: int
    n_hidden: int

    def input(self, random_state: RandomState, timescale: float | None) -> np.ndarray:
        """Draw each gate within Glorot and Bengio's (2010) bounds."""
        draw = glorot_uniform((self.n_inputs, self.n_hidden))
        return np.hstack([draw(random_state, timescale) for _ in self.cell.gates])

    def recurrent(self, random_state: RandomState, timescale: float | None) -> np.ndarray:
        """Orthogonal, a gate at a time (Saxe et al. 2014).

        For rectified units, 0.9 times the identity (Le, Jaitly and Hinton 2015).
        """
        if self.activation == "relu":
            return np.hstack([_SCALE_OF_IDENTITY * np.eye(self.n_hidden) for _ in self.cell.gates])
        return np.hstack([_orthogonal(self.n_hidden, random_state) for _ in self.cell.gates])

    def bias(self, random_state: RandomState, timescale: float | None) -> np.ndarray:
        """Zero, but for gates that decide what is remembered.

        Without a timescale these have the biases that the cell names. With one, units forget at
        rates that are spread evenly over the logarithm of time, from a step to about twice the
        timescale: a gate that keeps ``sigmoid(b)`` of the state halves it in ``0.7 * exp(b)``
        steps. Tallec and Ollivier (2018) draw the times instead, evenly; not drawn, and evenly in
        their logarithm, a layer remembers longer and learned more sets better.
        """
        cell, n_hidden = self.cell, self.n_hidden
        if timescale is None:
            return np.repeat([cell.initial_bias.get(gate, 0.0) for gate in cell.gates], n_hidden)
        # From the longest down, so that a single unit has the longest.
        biases = np.linspace(np.log(2.0) + np.log(timescale), _SHORTEST, n_hidden)
        return np.hstack([cell.remembering.get(gate, 0.0) * biases for gate in cell.gates])


def _orthogonal(size: int, random_state: RandomState) -> np.ndarray:
    q, r = np.linalg.qr(random_state.standard_normal((size, size)))
    # Without the signs, QR's convention would favour some rotations over others.
    return q * np.sign(np.diag(r))

"""What a network carries from one chunk of sequences to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from .pooling import Fold
from .states import Carried, States


@dataclass(frozen=True, eq=False)
class Carry:
    """All that the next answers depend on, in memory of its own.

    Parameters
    ----------
    states : States
        Of the recurrent layers.
    fold : Fold or None
        What a pooling has gathered; None where there is no pooling.
    n_steps : ndarray of shape (n_sequences,), int64
        How many steps of each sequence have been read.
    raw : ndarray of shape (n_sequences, n_outputs)
        The raw outputs after the last step that was read.
    """

    states: States
    fold: Fold | None
    n_steps: np.ndarray
    raw: np.ndarray

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by name, to be read and written; their rows are the sequences."""
        named = {"n_steps": self.n_steps, "raw": self.raw}
        for layer, directions in enumerate(self.states):
            for carried in directions:
                named[f"layer_{layer}.hidden"] = carried.hidden
                named[f"layer_{layer}.memory"] = carried.memory
        if self.fold is not None:
            named["pooled"] = self.fold.pooled
            if len(self.fold.n_equal) > 0:  # no rows where nothing is counted
                named["n_equal"] = self.fold.n_equal
        return named

    def take(self, places: np.ndarray) -> Self:
        """Return a copy of what is carried of some sequences, in their order."""
        fold = self.fold
        if fold is not None:
            n_equal = fold.n_equal[places] if len(fold.n_equal) > 0 else fold.n_equal
            fold = Fold(fold.pooled[places], n_equal)
        layers = [
            [Carried(carried.hidden[places], carried.memory[places]) for carried in directions]
            for directions in self.states
        ]
        return type(self)(States(layers), fold, self.n_steps[places], self.raw[places])

    def put(self, places: np.ndarray, others: Carry) -> None:
        """Overwrite what is carried of some sequences."""
        theirs = others.arrays
        for name, array in self.arrays.items():
            array[places] = theirs[name]

"""What recurrent layers carry from step to step, and from window to window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..runtime.arena import Arena


class Carried(NamedTuple):
    """The state of one direction of a layer, or its gradient."""

    hidden: np.ndarray  # (n_sequences, padded width)
    memory: np.ndarray  # (n_sequences, padded width); means nothing where the cell has none


class States:
    """The states of all layers and directions: ``states[layer][direction]``.

    Parameters
    ----------
    layers : sequence of sequence of Carried
        From the inputs up.
    """

    def __init__(self, layers: list[list[Carried]]) -> None:
        self.layers = layers

    def __getitem__(self, layer: int) -> list[Carried]:
        return self.layers[layer]

    def __iter__(self) -> Iterator[list[Carried]]:
        return iter(self.layers)

    @property
    def n_sequences(self) -> int:
        """How many sequences they are of."""
        return len(self.layers[0][0].hidden)

    def copied(self, arena: Arena) -> States:
        """Return a copy in an arena."""
        copy = States(
            [
                [Carried(*(arena.empty(*array.shape) for array in carried)) for carried in layer]
                for layer in self.layers
            ]
        )
        copy.assign(self)
        return copy

    def assign(self, others: States) -> None:
        """Overwrite these with others of as many sequences."""
        for layer, other_layer in zip(self.layers, others.layers, strict=True):
            for carried, other in zip(layer, other_layer, strict=True):
                carried.hidden[...] = other.hidden
                carried.memory[...] = other.memory

    def put(self, indices: np.ndarray, others: States) -> None:
        """Overwrite those of some sequences, (n,) int, with others, as many."""
        for layer, other_layer in zip(self.layers, others.layers, strict=True):
            for carried, other in zip(layer, other_layer, strict=True):
                carried.hidden[indices] = other.hidden
                carried.memory[indices] = other.memory

    def take(self, indices: np.ndarray) -> States:
        """Return the states of some sequences, (n,) int, in memory of their own; -1 is zeros."""
        absent = np.asarray(indices) < 0

        def taken(array: np.ndarray) -> np.ndarray:
            some = array[indices]
            some[absent] = 0
            return some

        return States(
            [[Carried(*map(taken, carried)) for carried in layer] for layer in self.layers]
        )

"""What an update of the parameters touches: all of them, or of tables the rows that were read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from ..runtime.run import Reads
from ..solvers._idle import idle_of
from .state import TrainingOptions, TrainingState
from .tables import Tables

# Numbers in all tables that are worth it: fewer are updated faster as a whole.
_WORTHWHILE = 1 << 17


class Updates(Protocol):
    """The updates of an epoch."""

    dense: slice
    """Of the parameters, those that every update changes."""

    @property
    def reads(self) -> Reads | None:
        """What is to be told which rows of tables are about to be read; None: nothing."""
        ...

    def gradients(self) -> Iterator[np.ndarray]:
        """Yield the parts of the gradient, which may be copies; zeros may be left out."""
        ...

    def scale(self, factor: float) -> None:
        """Multiply the gradient."""
        ...

    def step(self, learning_rate: float) -> None:
        """Let the solver take a step; the gradient means nothing afterwards."""
        ...

    def finish(self) -> None:
        """Bring all parameters up to date."""
        ...


class Whole:
    """Updates of all parameters at once."""

    dense = slice(None)
    reads = None

    def __init__(self, state: TrainingState, gradient: np.ndarray) -> None:
        self._state, self._gradient = state, gradient

    def gradients(self) -> Iterator[np.ndarray]:
        """Yield the gradient."""
        yield self._gradient

    def scale(self, factor: float) -> None:
        """Multiply the gradient."""
        self._gradient *= factor

    def step(self, learning_rate: float) -> None:
        """Let the solver take a step; the gradient means nothing afterwards."""
        self._state.solver.update(self._state.parameters, self._gradient, learning_rate)

    def finish(self) -> None:
        """Do nothing."""


def updates_of(
    objective: Any, state: TrainingState, options: TrainingOptions, gradient: np.ndarray
) -> Updates:
    """Return how the parameters are updated in an epoch of a `Trainable`."""
    tables, n_updates = objective.tables, objective.n_batches
    # A mean of all parameters would ask for all rows at every update.
    if sum(table.size for table in tables) >= _WORTHWHILE and options.averaging is None:
        idle = idle_of(state.solver, n_updates)
        if idle is not None and n_updates > 1:
            return Tables(tables, state.solver, idle, state.parameters, gradient)
    return Whole(state, gradient)

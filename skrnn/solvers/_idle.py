"""What solvers do to parameters while their gradient is zero, for many updates at once.

Of a table of vectors, a minibatch looks up a few rows and changes no other. A solver that knows
what becomes of the others need not touch them at every update.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

import numpy as np

from ._scratch import Scratch


class Idle(Protocol):
    """How parameters that no penalty is for move on while their gradient is zero."""

    def count(self, learning_rate: float) -> None:
        """Note that there was one update more, of this rate."""
        ...

    def catch_up(self, solver: Any, parameters: np.ndarray, since: np.ndarray) -> None:
        """Bring some rows to where as many updates with zero gradients would have brought them.

        Parameters
        ----------
        solver : Solver
            As `part_of` gives it for these rows; what it remembers is changed.
        parameters : ndarray of shape (n_rows, size)
            Changed to their new values.
        since : ndarray of shape (n_rows,), int64
            How many updates had been counted when each row was last brought up to date.
        """
        ...


class CountedIdle:
    """What needs only the number of updates, of whatever rates they were."""

    def __init__(self) -> None:
        self._n_updates = 0

    def count(self, learning_rate: float) -> None:
        """Note that there was one update more."""
        self._n_updates += 1

    def missed(self, since: np.ndarray) -> np.ndarray:
        """Return how many updates rows have missed, (n_rows, 1)."""
        return (self._n_updates - since)[:, np.newaxis]


class KnowsIdle(Protocol):
    """A solver that sees each parameter by itself, and knows what becomes of idle ones.

    Its own class says so: a subclass may make another step, and would inherit what is not true.
    """

    def idle(self, n_updates: int) -> Idle | None:
        """Return how idle parameters move on from now, for so many updates at most.

        None if there is no faster way than to do every update.
        """
        ...


def idle_of(solver: object, n_updates: int) -> Idle | None:
    """Return how a solver's idle parameters move on, if it knows; see `KnowsIdle`."""
    knows = "idle" in vars(type(solver))
    return cast(KnowsIdle, solver).idle(n_updates) if knows else None


def vectors_of(solver: object) -> dict[str, np.ndarray]:
    """Return what a solver remembers of each parameter, (n_parameters,), by name."""
    return {name: value for name, value in vars(solver).items() if isinstance(value, np.ndarray)}


def part_of(solver: Any, take: Callable[[str, np.ndarray], np.ndarray]) -> Any:
    """Return a solver of some of the parameters.

    Parameters
    ----------
    solver : KnowsIdle
    take : callable
        Takes the name of what is remembered of all parameters, and that; returns it of the part.
    """
    part = object.__new__(type(solver))
    vars(part).update(vars(solver))
    for name, vector in vectors_of(solver).items():
        setattr(part, name, take(name, vector))
        part._scratch = Scratch(getattr(part, name).shape, solver._scratch.array.dtype)
    return part

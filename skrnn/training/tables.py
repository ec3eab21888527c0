"""Updates of tables whose rows are looked up: at the cost of the rows that a minibatch reads.

All rows would move at every update, if only by what a solver remembers of earlier gradients. Here
a row waits until it is read, and then makes up for the updates that it has missed. At the end of an
epoch all rows do, so nobody else sees one that waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..runtime.parameters import Table
from ..solvers import Solver
from ..solvers._idle import Idle, part_of, vectors_of


class _Rows(NamedTuple):
    """A table, and which of its rows are up to date."""

    parameters: np.ndarray  # (n_rows, size), a view, as the two below
    gradient: np.ndarray
    remembered: Mapping[str, np.ndarray]  # by the solver, of each number
    since: np.ndarray  # (n_rows,) int64, the number of updates that each row has seen


class Tables:
    """The tables at the beginning of the parameters, during an epoch; the rest is `dense`.

    Parameters
    ----------
    tables : sequence of Table
        One after the other from the first parameter on.
    solver : Solver
    idle : Idle
        Of this solver, for the updates of the epoch.
    parameters, gradient : ndarray of shape (n_parameters,)
    """

    def __init__(
        self,
        tables: tuple[Table, ...],
        solver: Solver,
        idle: Idle,
        parameters: np.ndarray,
        gradient: np.ndarray,
    ) -> None:
        self._solver, self._idle, self._n_updates = solver, idle, 0
        self.dense = slice(tables[-1].place.stop, None)
        self._of_dense = part_of(solver, lambda _, vector: vector[self.dense])
        self._rows = {
            table.name: _Rows(
                table.of(parameters),
                table.of(gradient),
                {name: table.of(vector) for name, vector in vectors_of(solver).items()},
                np.zeros(table.shape[0], np.int64),
            )
            for table in tables
        }
        self._read: dict[str, np.ndarray] = {}
        self._parameters, self._gradient = parameters, gradient
        gradient[: self.dense.start] = 0

    def reads(self, name: str, codes: np.ndarray) -> None:
        """Bring the rows of a table with these codes up to date; their gradient is about to come.

        Nothing is done for other parameters.
        """
        if name not in self._rows:
            return
        rows = np.unique(codes)
        self._catch_up(self._rows[name], rows)
        if name in self._read:
            rows = np.union1d(self._read[name], rows)
        self._read[name] = rows

    def _catch_up(self, table: _Rows, rows: np.ndarray) -> None:
        since = table.since[rows]
        late = since < self._n_updates
        if not late.any():
            return
        rows, since = rows[late], since[late]
        part, parameters = self._part(table, rows), table.parameters[rows]
        self._idle.catch_up(part, parameters, since)
        self._put(table, rows, part, parameters)
        table.since[rows] = self._n_updates

    def _part(self, table: _Rows, rows: np.ndarray) -> Any:
        """Return a solver for some rows, which remembers copies."""
        return part_of(self._solver, lambda name, _: table.remembered[name][rows])

    @staticmethod
    def _put(table: _Rows, rows: np.ndarray, part: Any, parameters: np.ndarray) -> None:
        """Put back what a solver has changed."""
        table.parameters[rows] = parameters
        for name, vector in vectors_of(part).items():
            table.remembered[name][rows] = vector

    def gradients(self) -> Iterator[np.ndarray]:
        """Yield the gradient in parts, which may be copies; zeros are left out."""
        yield self._gradient[self.dense]
        for name, rows in self._read.items():
            yield self._rows[name].gradient[rows].ravel()

    def scale(self, factor: float) -> None:
        """Multiply the gradient."""
        self._gradient[self.dense] *= factor
        for name, rows in self._read.items():
            self._rows[name].gradient[rows] *= factor

    def step(self, learning_rate: float) -> None:
        """Take one step, of `dense` and of the rows that were read; clear their gradient."""
        for name, rows in self._read.items():
            table = self._rows[name]
            part, parameters = self._part(table, rows), table.parameters[rows]
            part.update(parameters, table.gradient[rows], learning_rate)
            self._put(table, rows, part, parameters)
            table.gradient[rows] = 0
            table.since[rows] += 1
        self._read.clear()
        dense = self._parameters[self.dense], self._gradient[self.dense]
        self._of_dense.update(*dense, learning_rate)
        # What is counted, and not remembered of each parameter.
        counts = vars(self._of_dense).keys() - vectors_of(self._solver) - {"_scratch"}
        vars(self._solver).update({name: vars(self._of_dense)[name] for name in counts})
        self._idle.count(learning_rate)
        self._n_updates += 1

    def finish(self) -> None:
        """Bring all rows up to date."""
        for table in self._rows.values():
            for first in range(0, len(table.since), 4096):
                rows = np.arange(first, min(first + 4096, len(table.since)))
                self._catch_up(table, rows)

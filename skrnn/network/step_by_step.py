"""One time step after the other: all that is the same at every step is bound once."""

from __future__ import annotations

from math import isfinite

import numpy as np

from ..kernels.units import write_in_units
from ..runtime.rows import Columns, Plan, Rows
from ..runtime.run import Run
from .carry import Carry
from .network import Network


class StepByStep:
    """Reads one step of each sequence at every call.

    A pass through the parts asks for plans, views and packed weights again, which takes ten times
    as long as the kernels of a small network. Here they have been asked for once.

    Parameters
    ----------
    network : Network
        Without a direction from the end to the beginning.
    run : Run
        Without a way back; for this alone.
    carry : Carry
        Where to begin; it is changed at every call.
    """

    def __init__(self, network: Network, run: Run, carry: Carry) -> None:
        n, n_features = len(carry.n_steps), network.architecture.n_features
        plan = Plan.of(np.ones(n, np.int64))
        self._values = run.arena.empty(n, n_features)
        self._wide = np.empty((n, n_features))
        columns = Columns(1, n_features, n_features)
        rows = Rows(self._values, plan, plan.first, columns, wants_gradient=False)
        self._step = network.bound(run, rows, carry)
        self._carry = carry
        # What a step changes whether or not its outputs are finite.
        changed = carry.arrays.keys() - {"n_steps", "raw"}
        self._now = [carry.arrays[name] for name in changed]
        self._before = [array.copy() for array in self._now]

    def __call__(self, steps: np.ndarray, units: np.ndarray) -> np.ndarray | None:
        """Return the raw outputs (n_sequences, n_outputs), or None for what is not finite.

        Nothing is read then.

        Parameters
        ----------
        steps : ndarray of shape (n_sequences, n_features)
            Of numbers.
        units : ndarray of shape (2, n_features) or (0, 0), float64
            As in `Sequences`.
        """
        for before, now in zip(self._before, self._now, strict=True):
            before[...] = now
        if len(units) > 0:
            self._wide[...] = steps
            write_in_units(self._wide, units, self._values)
        else:
            with np.errstate(over="ignore"):
                self._values[...] = steps
        raw = self._step()
        # A finite sum proves that all are; the input may be NaN where rectified outputs are not.
        if isfinite(np.add.reduce(raw, axis=None) + np.add.reduce(self._values, axis=None)):
            self._carry.n_steps[...] += 1
            self._carry.raw[...] = raw
            return raw
        for before, now in zip(self._before, self._now, strict=True):
            now[...] = before
        return None

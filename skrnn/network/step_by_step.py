"""One time step after the other: all that is the same at every step is bound once."""

from __future__ import annotations

import numpy as np

from ..kernels.compilation import Bound
from ..kernels.one_step import begin_step, end_step
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
        self._states = tuple(carry.arrays[name] for name in changed)
        self._kept = tuple(state.copy() for state in self._states)
        self._begin, self._end = Bound(begin_step), Bound(end_step)

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
        self._wide[...] = steps
        self._begin.call(self._wide, units, self._values, self._states, self._kept)
        raw = self._step()
        carry = self._carry
        if self._end.call(self._values, raw, carry.n_steps, carry.raw):
            return raw
        for state, kept in zip(self._states, self._kept, strict=True):
            state[...] = kept
        return None

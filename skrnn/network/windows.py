"""How long the windows are that sequences go through the layers in."""

from __future__ import annotations

import sys

from ..runtime.rows import Plan
from ..runtime.run import Run

# Bytes of what the layers hand on that are kept at a time where there is no way back: sequences
# that have more go through the layers window by window.
_BYTES_OF_WINDOW = 1 << 24


class Windows:
    """How many steps of how many sequences to go through at once.

    Parameters
    ----------
    n_handed_on : int
        Numbers that are kept of a time step.
    bptt_steps : int or None
        Time steps of a window if there is a way back; None is one window for all.
    one : bool
        Whether there is one window for all without a way back too: a direction from the end to the
        beginning cannot be cut.
    """

    def __init__(self, n_handed_on: int, bptt_steps: int | None, *, one: bool) -> None:
        self._n_handed_on, self._bptt_steps, self._one = n_handed_on, bptt_steps, one

    def most_sequences(self, n_steps: int, itemsize: int) -> int:
        """Return how many sequences of so many steps should go at once without a way back."""
        if not self._one or self._n_handed_on == 0:
            return sys.maxsize
        return max(1, _BYTES_OF_WINDOW // (n_steps * self._n_handed_on * itemsize))

    def n_steps(self, run: Run, plan: Plan) -> int | None:
        """Return the length of a window; None is one for all steps."""
        if run.gradient is not None:
            return self._bptt_steps
        if self._one or self._n_handed_on == 0:
            return None
        row_bytes = self._n_handed_on * run.arena.dtype.itemsize
        return max(1, _BYTES_OF_WINDOW // (plan.n_sequences * row_bytes))

"""An answer at every time step: recurrent layers, dropout and a dense head, window by window."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..runtime.rows import Plan, Rows, ranges
from ..runtime.run import Run
from .architecture import Architecture
from .carry import Carry
from .dropout import NOTHING_DROPPED, Dropout, drop, dropped
from .network import ALL_ROWS, GradientOf, Network
from .stack import StackTape
from .states import States
from .windows import Windows

# Of raw outputs in a block of rows: of what the last level of the cache holds, a part.
_BYTES_OF_BLOCK = 1 << 24
_FEWEST_ROWS_OF_BLOCK = 64


class StepNetwork(Network):
    """One row of raw outputs for each time step of each sequence.

    Truncated backpropagation through time (Williams and Peng 1990): states are carried from window
    to window, gradients are not. Every window has answers, so every window has a gradient.

    Parameters
    ----------
    architecture : Architecture
    dropout : Dropout
        What training drops.
    bptt_steps : int or None
        Time steps of a window of truncated backpropagation, in training.
    """

    def __init__(
        self,
        architecture: Architecture,
        dropout: Dropout = NOTHING_DROPPED,
        bptt_steps: int | None = None,
    ) -> None:
        super().__init__(architecture, dropout)
        n_handed_on = self.stack.n_handed_on(every_step=True) + self.head.outputs.n_padded
        self._windows = Windows(n_handed_on, bptt_steps, one=architecture.bidirectional)

    def most_sequences(self, n_steps: int) -> int:
        """Return how many sequences of so many steps should be answered at once."""
        return self._windows.most_sequences(n_steps, self.dtype.itemsize)

    def answers(self, run: Run, rows: Rows) -> Iterator[Rows]:
        """Yield the raw outputs window by window, a row for each step."""
        for hidden, _ in self._hidden(run, rows, None):
            yield self.head.forward(run, hidden)[0]

    def begin(self, n_sequences: int) -> Carry:
        """Return what is carried of sequences of which nothing has been read."""
        return self._nothing_read(n_sequences, None)

    def go_on(self, run: Run, rows: Rows, carry: Carry) -> Iterator[Rows]:
        """Read more steps, and yield their raw outputs window by window."""
        for hidden, _ in self._hidden(run, rows, carry.states):
            yield self.head.forward(run, hidden)[0]
        carry.n_steps[:] += rows.plan.lengths

    def bound(self, run: Run, rows: Rows, carry: Carry) -> Callable[[], np.ndarray]:
        """Return what reads one step of each sequence as often as it is called."""
        calls, hidden = self.stack.bound(run, rows, carry.states)
        head, raw = self.head.bound(run, hidden)

        def step() -> np.ndarray:
            for call in calls:
                call()
            head()
            return raw

        return step

    def learn(
        self, run: Run, rows: Rows, gradient_of: GradientOf, states: States | None = None
    ) -> None:
        """Add the gradients of all parameters, window by window.

        States that are given are where the sequences begin, and become the last ones.
        """
        if self.architecture.chained and len(self._windows_of(run, rows.plan)) > 1:
            gradient_of = self._of_whole_sequences(run, rows, gradient_of)
        for hidden, tape in self._hidden(run, rows, states):
            seen = dropped(run, self._place, self.dropout.rate, hidden)
            d_hidden = self._of_head(run, seen, tape, gradient_of)
            drop(run, self._place, self.dropout.rate, hidden._replace(values=d_hidden))
            self.stack.backward(run, tape, d_hidden)

    def _of_head(
        self, run: Run, seen: Rows, tape: StackTape, gradient_of: GradientOf
    ) -> np.ndarray:
        """Add the head's gradients; return that of the rows it has seen, (n_rows, n_columns).

        Rows go through it in blocks, whose raw outputs are to stay in the cache.
        """
        n_rows, n_columns = len(seen.values), self.stack.columns.n_padded
        n_at_once = n_rows
        if not self.architecture.chained:  # whose gradient is that of whole sequences
            row_bytes = self.head.outputs.n_padded * self.dtype.itemsize
            n_at_once = max(_FEWEST_ROWS_OF_BLOCK, _BYTES_OF_BLOCK // row_bytes)
        d_hidden = run.arena.empty(n_rows, n_columns)
        for first in range(0, n_rows, n_at_once):
            mark, rows = run.arena.mark(), slice(first, min(first + n_at_once, n_rows))
            some = seen._replace(values=seen.values[rows])
            raw, _ = self.head.forward(run, some)
            d_seen = self.head.backward(run, some, gradient_of(raw, tape, rows))
            # Whole panels of the head may be wider than the rows.
            d_hidden[rows] = d_seen[:, :n_columns]
            run.arena.release(mark)
        return d_hidden

    def _of_whole_sequences(self, run: Run, rows: Rows, gradient_of: GradientOf) -> GradientOf:
        """Return what gives each window its rows of the gradient of whole sequences.

        The outputs of all windows are computed once more for it: to keep the tape of all of them
        would take the memory that windows are there to save.
        """
        plan, outputs = rows.plan, self.head.outputs
        last, d_whole = self._windows_of(run, plan)[-1], np.empty(0)
        whole = np.empty((plan.n_rows, outputs.n_padded), self.dtype)
        for hidden, tape in self._hidden(run, rows, None):
            raw, _ = self.head.forward(run, dropped(run, self._place, self.dropout.rate, hidden))
            whole[_rows_in(plan, raw.plan)] = raw.values
            if raw.plan is last:  # as long as there is a tape
                of_plan = Rows(whole, plan, plan.first, outputs)
                d_whole = gradient_of(of_plan, tape, ALL_ROWS).copy()
        return lambda raw, tape, rows: d_whole[_rows_in(plan, raw.plan)]

    def _windows_of(self, run: Run, plan: Plan) -> list[Plan]:
        return plan.windows(self._windows.n_steps(run, plan))

    def _hidden(
        self, run: Run, rows: Rows, states: States | None
    ) -> Iterator[tuple[Rows, StackTape]]:
        """Yield the hidden states of each window, and their tape; then go on from the last ones.

        States that are given are where the first window begins, and become the last ones.
        """
        plan, arena = rows.plan, run.arena
        windows = self._windows_of(run, plan)
        if states is None and len(windows) > 1:
            states = self.stack.zeros(arena, plan.n_sequences)
        for window in windows:
            mark = arena.mark()
            hidden, after, tape = self.stack.forward(run, rows.in_window(window), states)
            assert hidden is not None
            yield hidden, tape
            if states is not None:
                states.assign(after)
            arena.release(mark)


def _rows_in(plan: Plan, window: Plan) -> np.ndarray:
    """Return which rows of a plan a window has, (n_rows,)."""
    return ranges(plan.first[: window.n_sequences] + window.step0, window.lengths)

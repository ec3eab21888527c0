"""One answer for each sequence: a reader, dropout and a dense head."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..runtime.arena import Arena
from ..runtime.rows import Rows
from ..runtime.run import Run
from .architecture import Architecture
from .carry import Carry
from .dropout import NOTHING_DROPPED, Dropout, drop, dropped
from .network import ALL_ROWS, GradientOf, Network
from .pooling import POOLINGS
from .reader import Reader


class SequenceNetwork(Network):
    """One row of raw outputs for each sequence.

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
        self._reader = Reader(self.stack, POOLINGS[architecture.pooling], bptt_steps)

    def most_sequences(self, n_steps: int) -> int:
        """Return how many sequences of so many steps should be answered at once."""
        return self._reader.most_sequences(n_steps, self.dtype.itemsize)

    def answers(self, run: Run, rows: Rows) -> Iterator[Rows]:
        """Yield the raw outputs once, a row for each sequence in the order of the plan."""
        read, _ = self._reader.forward(run, rows)
        yield self.head.forward(run, read)[0]

    def begin(self, n_sequences: int) -> Carry:
        """Return what is carried of sequences of which nothing has been read."""
        fold = self._reader.begin(Arena(self.dtype), n_sequences)
        return self._nothing_read(n_sequences, fold)

    def go_on(self, run: Run, rows: Rows, carry: Carry) -> Iterator[Rows]:
        """Read more steps, and yield the raw outputs after all steps so far."""
        carry.n_steps[:] += rows.plan.lengths
        read = self._reader.go_on(run, rows, carry)
        yield self.head.forward(run, read)[0]

    def bound(self, run: Run, rows: Rows, carry: Carry) -> Callable[[], np.ndarray]:
        """Return what reads one step of each sequence as often as it is called."""
        calls, hidden = self.stack.bound(run, rows, carry.states)
        read = self._reader.bound(hidden, carry)
        head, raw = self.head.bound(run, read.rows)

        def step() -> np.ndarray:
            for call in calls:
                call()
            read.gather()
            head()
            return raw

        return step

    def learn(self, run: Run, rows: Rows, gradient_of: GradientOf) -> None:
        """Add the gradients of all parameters."""
        read, tape = self._reader.forward(run, rows)
        read = dropped(run, self._place, self.dropout.rate, read)
        raw, _ = self.head.forward(run, read)
        d_read = self.head.backward(run, read, gradient_of(raw, tape.last, ALL_ROWS))
        drop(run, self._place, self.dropout.rate, read._replace(values=d_read))
        self._reader.backward(run, tape, d_read)

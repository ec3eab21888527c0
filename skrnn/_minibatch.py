"""A minibatch in the order in which the kernels see it: longest sequence first, time-major."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ._sequences import Sequences
from .kernels.recurrence import Schedule


class _Layout:
    """What follows from the lengths of a minibatch's sequences alone."""

    def __init__(self, lengths: np.ndarray) -> None:
        self.order = np.argsort(-lengths, kind="stable")  # sorted place -> caller's place
        self.n_rows = int(lengths.sum())
        self._lengths = lengths[self.order]
        # Where each sequence begins in what the layers hand upwards: they follow each other.
        self.first_output = np.cumsum(self._lengths) - self._lengths
        counts = np.bincount(self._lengths)
        self.n_active = (len(lengths) - np.cumsum(counts))[:-1]
        self._with_tape: dict[int, Schedule] = {}

    def schedule_with_tape(self, n_shards: int) -> Schedule:
        if n_shards not in self._with_tape:
            first_row = np.cumsum(self.n_active) - self.n_active
            bounds = self._bounds_of_shards(n_shards)
            self._with_tape[n_shards] = Schedule(self.n_active, first_row, bounds)
        return self._with_tape[n_shards]

    def _bounds_of_shards(self, n_shards: int) -> np.ndarray:
        """Cut into shards of equal work: sequences are sorted, so equal numbers would not be."""
        done = np.cumsum(self._lengths)
        shares = np.arange(1, n_shards) * (self.n_rows / n_shards)
        n_sequences = len(self._lengths)
        bounds = [0, *np.searchsorted(done, shares, side="left") + 1, n_sequences]
        return np.minimum(np.array(bounds, dtype=np.int64), n_sequences)


# Where all sequences are of one length, one minibatch is laid out as the last one was.
@lru_cache(maxsize=2)
def _layout(lengths: bytes) -> _Layout:
    return _Layout(np.frombuffer(lengths, np.int64))


class Minibatch:
    """Some sequences, sorted by length, and where their rows lie.

    Parameters
    ----------
    sequences : Sequences
        All sequences.
    indices : ndarray of shape (n,), int64
        Which of them, in the caller's order.
    """

    def __init__(self, sequences: Sequences, indices: np.ndarray) -> None:
        starts = sequences.offsets[indices]
        lengths = sequences.offsets[indices + 1] - starts
        self._layout = _layout(lengths.tobytes())
        self.n_sequences = len(indices)
        self.n_rows = self._layout.n_rows
        self.order = self._layout.order
        # Row of each sequence's step 0, among all sequences' values ...
        self.first_value = starts[self.order]
        # ... and in what the layers hand upwards.
        self.first_output = self._layout.first_output

    def schedule_with_tape(self, n_shards: int) -> Schedule:
        """Return a schedule in which every step of every sequence has a row of the tape."""
        return self._layout.schedule_with_tape(n_shards)

    def schedule_without_tape(self, rows_of_shard: int) -> Schedule:
        """Return a schedule in which every step of a sequence uses the same row of the tape."""
        bounds = np.arange(0, self.n_sequences + rows_of_shard, rows_of_shard)
        shards = np.minimum(bounds, self.n_sequences)
        n_active = self._layout.n_active
        return Schedule(n_active, np.zeros_like(n_active), shards)

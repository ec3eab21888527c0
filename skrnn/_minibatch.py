"""A minibatch in the order in which the kernels see it: longest sequence first, time-major."""

from __future__ import annotations

import numpy as np

from ._sequences import Sequences
from .kernels.recurrence import Schedule


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
        self.order = np.argsort(-lengths, kind="stable")  # sorted place -> caller's place
        self._lengths = lengths[self.order]
        self.n_sequences = len(indices)
        self.n_rows = int(lengths.sum())
        # Row of each sequence's step 0, among all sequences' values ...
        self.first_value = starts[self.order]
        # ... and in what the layers hand upwards, where sequences also follow each other.
        self.first_output = np.cumsum(self._lengths) - self._lengths
        counts = np.bincount(self._lengths)
        self._n_active = (self.n_sequences - np.cumsum(counts))[:-1]

    def schedule_with_tape(self, n_shards: int) -> Schedule:
        """Return a schedule in which every step of every sequence has a row of the tape."""
        first_row = np.cumsum(self._n_active) - self._n_active
        # Shards of equal work: sequences are sorted, so equal numbers of them would not be.
        done = np.cumsum(self._lengths)
        shares = np.arange(1, n_shards) * (self.n_rows / n_shards)
        bounds = [0, *np.searchsorted(done, shares, side="left") + 1, self.n_sequences]
        shards = np.minimum(np.array(bounds, dtype=np.int64), self.n_sequences)
        return Schedule(self._n_active, first_row, shards)

    def schedule_without_tape(self, rows_of_shard: int) -> Schedule:
        """Return a schedule in which every step of a sequence uses the same row of the tape."""
        bounds = np.arange(0, self.n_sequences + rows_of_shard, rows_of_shard)
        shards = np.minimum(bounds, self.n_sequences)
        return Schedule(self._n_active, np.zeros_like(self._n_active), shards)

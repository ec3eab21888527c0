"""Sequences without padding, and a minibatch of them: longest first, time-major."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..kernels.processor import TILE_ROWS
from ..kernels.recurrence import Schedule

# Shards a thread takes of a minibatch: more than one, so that one that comes late, because its core
# was asleep or busy, leaves the others less to wait for; but only one where there would be fewer
# rows in each, as every shard reads all weights at every step.
_SHARDS_OF_THREAD = 2
_FEWEST_ROWS_OF_SHARD = 2 * TILE_ROWS


@dataclass(frozen=True, eq=False)
class Sequences:
    """Sequences of unequal length, packed one after the other.

    Parameters
    ----------
    values : ndarray of shape (total_steps, n_features), float32 or float64
        The time steps of all sequences; C-contiguous, aligned, writable and finite. It may share
        memory with the user's array: read it only.
    offsets : ndarray of shape (n_sequences + 1,), int64
        Sequence ``i`` is ``values[offsets[i]:offsets[i + 1]]``.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.runtime.rows import Sequences
    >>> sequences = Sequences(np.arange(5.0).reshape(5, 1), np.array([0, 2, 5]))
    >>> sequences.lengths
    array([2, 3])
    >>> sequences.take([1]).values.ravel()
    array([2., 3., 4.])
    """

    values: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        """Return the number of sequences."""
        return self.n_sequences

    @property
    def n_sequences(self) -> int:
        """Number of sequences."""
        return len(self.offsets) - 1

    @property
    def n_features(self) -> int:
        """Number of features of a time step."""
        return int(self.values.shape[1])

    @property
    def lengths(self) -> np.ndarray:
        """Number of time steps of each sequence, (n_sequences,) int64."""
        return np.diff(self.offsets)

    def take(self, indices: Any) -> Sequences:
        """Return a copy of some sequences, in the order asked for.

        Parameters
        ----------
        indices : array-like of int, boolean mask of shape (n_sequences,) or slice
            What NumPy accepts as index of an axis of n_sequences; repeats are allowed.

        Returns
        -------
        Sequences
            The chosen sequences, in memory of their own.

        Raises
        ------
        IndexError
            If an index is out of range.
        """
        chosen = np.arange(self.n_sequences)[indices]
        offsets = offsets_of(self.lengths[chosen])
        shifts = np.repeat(self.offsets[chosen] - offsets[:-1], np.diff(offsets))
        return Sequences(self.values[np.arange(offsets[-1]) + shifts], offsets)


def offsets_of(lengths: np.ndarray) -> np.ndarray:
    """Return where each sequence of `lengths` (n,) begins, and the end: (n + 1,) int64."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def n_shards_of(n_sequences: int, n_threads: int) -> int:
    """Return into how many shards a minibatch is best cut."""
    enough_rows = max(n_threads, n_sequences // _FEWEST_ROWS_OF_SHARD)
    return min(_SHARDS_OF_THREAD * n_threads, enough_rows)


class _Layout:
    """What follows from the lengths of a minibatch's sequences alone."""

    def __init__(self, lengths: np.ndarray) -> None:
        self.order = np.argsort(-lengths, kind="stable")  # sorted place -> caller's place
        self.n_rows = int(lengths.sum())
        self.lengths = lengths[self.order]
        # Where each sequence begins in what the layers hand upwards: they follow each other.
        self.first_output = np.cumsum(self.lengths) - self.lengths
        counts = np.bincount(self.lengths)
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
        done = np.cumsum(self.lengths)
        shares = np.arange(1, n_shards) * (self.n_rows / n_shards)
        n_sequences = len(self.lengths)
        bounds = [0, *np.searchsorted(done, shares, side="left") + 1, n_sequences]
        return np.minimum(np.array(bounds, dtype=np.int64), n_sequences)


# Where all sequences are of one length, one minibatch is laid out as the last one was.
@lru_cache(maxsize=2)
def _layout(lengths: bytes) -> _Layout:
    return _Layout(np.frombuffer(lengths, np.int64))


class Minibatch:
    """Some sequences, or a window of their time steps, sorted by length, and where their rows lie.

    Parameters
    ----------
    starts : ndarray of shape (n,), int64
        Row of each sequence's first step among all sequences' values, in the caller's order.
    lengths : ndarray of shape (n,), int64
        Time steps of each, at least one.
    """

    def __init__(self, starts: np.ndarray, lengths: np.ndarray) -> None:
        self._layout = _layout(lengths.tobytes())
        self.n_sequences = len(lengths)
        self.n_rows = self._layout.n_rows
        self.order = self._layout.order
        self.lengths = self._layout.lengths
        # Row of each sequence's first step, among all sequences' values ...
        self.first_value = starts[self.order]
        # ... and in what the layers hand upwards.
        self.first_output = self._layout.first_output

    @classmethod
    def of(cls, sequences: Sequences, indices: np.ndarray) -> Minibatch:
        """Return the minibatch of the sequences at `indices` (n,), int64."""
        starts = sequences.offsets[indices]
        return cls(starts, sequences.offsets[indices + 1] - starts)

    def windows(self, n_steps: int | None) -> list[Minibatch]:
        """Cut into windows of so many steps, from the first to the last.

        A sequence's last window ends with it and all but its first are full. The longest sequences
        are in every window; the others come in later. Sequences keep their places.
        """
        if n_steps is None or n_steps >= self.lengths[0]:
            return [self]
        windows = []
        for skipped in range((self.lengths[0] - 1) // n_steps * n_steps, -1, -n_steps):
            n_present = int(np.count_nonzero(self.lengths > skipped))
            left = self.lengths[:n_present] - skipped
            lengths = np.minimum(left, n_steps)
            windows.append(Minibatch(self.first_value[:n_present] + left - lengths, lengths))
        return windows

    def schedule_with_tape(self, n_shards: int) -> Schedule:
        """Return a schedule in which every step of every sequence has a row of the tape."""
        return self._layout.schedule_with_tape(n_shards)

    def schedule_without_tape(self, rows_of_shard: int) -> Schedule:
        """Return a schedule in which every step of a sequence uses the same row of the tape."""
        bounds = np.arange(0, self.n_sequences + rows_of_shard, rows_of_shard)
        shards = np.minimum(bounds, self.n_sequences)
        n_active = self._layout.n_active
        return Schedule(n_active, np.zeros_like(n_active), shards)

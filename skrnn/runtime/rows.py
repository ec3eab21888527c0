"""Sequences without padding; which of them a pass sees, in which order; where their rows lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from ..kernels.processor import TILE_ROWS
from ..kernels.recurrence import Inputs, Timetable
from .once import computed_once

# Shards a thread takes of a minibatch: more than one, so that one that comes late, because its core
# was asleep or busy, leaves the others less to wait for; but only one where there would be fewer
# rows in each, as every shard reads all weights at every step.
_SHARDS_OF_THREAD = 2
_FEWEST_ROWS_OF_SHARD = 2 * TILE_ROWS
# Without a tape a step's gates are overwritten by the next step's: few enough rows for them to stay
# in the second-level cache, and enough to amortise reading the weights.
_MOST_ROWS_WITHOUT_TAPE = 64


# Sequences whose plan or offsets are kept for the next pass of the same shape. Of more they take
# megabytes, and little time beside the pass.
_MOST_PLANNED = 4096
# Their time steps: windows and what there is of each step are kept with a plan, for as long as the
# process lasts.
_MOST_STEPS_PLANNED = 1 << 14


NO_UNITS = np.empty((0, 0))
NO_CODES = np.empty(0, np.int64)


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
    units : ndarray of shape (2, n_features), float64
        The network sees ``(values - units[0]) * units[1]``, computed in float64 when a step is
        read, so that there need be no second copy of the values. No rows: it sees the values.
    words : Words or None
        What the numbers in a column of words mean, if there is one.

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
    units: np.ndarray = field(default_factory=lambda: NO_UNITS)
    words: Words | None = None

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
        return self.offsets[1:] - self.offsets[:-1]

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
        rows = ranges(self.offsets[chosen], self.lengths[chosen])
        return Sequences(self.values[rows], offsets, self.units, self.words)


class Words(NamedTuple):
    """The distinct words of some sequences, which have their numbers in a column."""

    codes: np.ndarray  # (n_words,) int64, of each word's own vector
    letters: Sequences  # the codes of the letters of each word


def offsets_of(lengths: np.ndarray) -> np.ndarray:
    """Return where each sequence of `lengths` (n,) begins, and the end: (n + 1,) int64."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def ranges(first: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return for each i the numbers from first[i] on, lengths[i] of them, one after the other."""
    ends = np.cumsum(lengths)
    return np.repeat(first - (ends - lengths), lengths) + np.arange(ends[-1] if len(ends) else 0)


def equal_offsets(n_sequences: int, n_steps: int) -> np.ndarray:
    """Return the offsets of sequences of one length, made once for these numbers if few."""
    few = n_sequences <= _MOST_PLANNED
    return (_equal_offsets if few else _equal_offsets.__wrapped__)(n_sequences, n_steps)


@lru_cache(maxsize=16)
def _equal_offsets(n_sequences: int, n_steps: int) -> np.ndarray:
    return np.arange(n_sequences + 1, dtype=np.int64) * n_steps


def n_shards_of(n_sequences: int, n_threads: int) -> int:
    """Return into how many shards so many sequences are best cut."""
    enough_rows = max(n_threads, n_sequences // _FEWEST_ROWS_OF_SHARD)
    return min(_SHARDS_OF_THREAD * n_threads, enough_rows)


class Plan:
    """Some sequences, or a window of their time steps, longest first.

    It says nothing of whose values they are, so passes over sequences of the same lengths share it.

    Parameters
    ----------
    order : ndarray of shape (n,), int64
        Place in the plan -> place in the batch.
    lengths : ndarray of shape (n,), int64
        Time steps of each, at least one, in descending order.
    step0 : ndarray of shape (n,), int64
        Steps of each before this window.
    """

    def __init__(self, order: np.ndarray, lengths: np.ndarray, step0: np.ndarray) -> None:
        self.order, self.lengths, self.step0 = order, lengths, step0
        self.n_sequences = len(lengths)
        self.n_rows = int(lengths.sum())
        # Where each sequence begins in rows that lie sequence after sequence.
        self.first = np.cumsum(lengths) - lengths
        counts = np.bincount(lengths)
        self.n_active = (self.n_sequences - np.cumsum(counts))[:-1]  # sequences at each step
        self._timetables: dict[tuple[int, bool], Timetable] = {}
        self._windows: dict[int, list[Plan]] = {}

    @classmethod
    def of(cls, lengths: np.ndarray) -> Plan:
        """Return the plan of sequences of these lengths, (n,) int64, in the batch's order."""
        n = len(lengths)
        # Of one sequence, as in a small prediction, without what a sum costs.
        n_steps = lengths.item() if n == 1 else int(np.add.reduce(lengths))
        if n > _MOST_PLANNED or n_steps > _MOST_STEPS_PLANNED:
            return _new_plan(lengths)
        return _plan(lengths.tobytes())

    @property
    def n_steps(self) -> int:
        """Time steps of the longest sequence."""
        return len(self.n_active)

    @computed_once
    def single_step(self) -> Plan:
        """The plan of the same sequences as if each had one step: of one row for each."""
        n = self.n_sequences
        return Plan(self.order, np.ones(n, np.int64), np.zeros(n, np.int64))

    def windows(self, n_steps: int | None) -> list[Plan]:
        """Cut into windows of so many steps, from the first to the last; None is one for all.

        A sequence's last window ends with it and all but its first are full. The longest sequences
        are in every window; the others come in later. Sequences keep their places.
        """
        if n_steps is None or n_steps >= self.n_steps:
            return [self]
        if n_steps not in self._windows:
            skipped = range((self.n_steps - 1) // n_steps * n_steps, -1, -n_steps)
            self._windows[n_steps] = [self._window(steps, n_steps) for steps in skipped]
        return self._windows[n_steps]

    def _window(self, n_after: int, n_steps: int) -> Plan:
        """Return the window of `n_steps` that ends so many steps before each sequence's end."""
        n_present = int(np.count_nonzero(self.lengths > n_after))
        left = self.lengths[:n_present] - n_after
        lengths = np.minimum(left, n_steps)
        return Plan(self.order[:n_present], lengths, self.step0[:n_present] + left - lengths)

    def timetable(self, n_threads: int, *, taped: bool) -> Timetable:
        """Return which rows of the tape each step has, and how threads share the sequences.

        Without a tape, every step of a sequence has the same row.
        """
        n_threads = min(n_threads, self.n_sequences)
        known = self._timetables.get((n_threads, taped))
        if known is None:
            n_shards = n_shards_of(self.n_sequences, n_threads)
            known = self._taped(n_shards) if taped else self._untaped(n_shards)
            self._timetables[n_threads, taped] = known
        return known

    def _taped(self, n_shards: int) -> Timetable:
        first_row = np.cumsum(self.n_active) - self.n_active
        # Shards of equal work: sequences are sorted, so equal numbers would not be.
        done = np.cumsum(self.lengths)
        shares = np.arange(1, n_shards) * (self.n_rows / n_shards)
        bounds = [0, *np.searchsorted(done, shares, side="left") + 1, self.n_sequences]
        return Timetable(
            self.n_active, first_row, np.minimum(np.array(bounds, np.int64), self.n_sequences)
        )

    def _untaped(self, n_shards: int) -> Timetable:
        n_rows = min(_MOST_ROWS_WITHOUT_TAPE, -(-self.n_sequences // n_shards))
        bounds = np.arange(0, self.n_sequences + n_rows, n_rows)
        first_row = np.zeros_like(self.n_active)
        return Timetable(self.n_active, first_row, np.minimum(bounds, self.n_sequences))


# Where all sequences are of one length, one minibatch is planned as the last one was.
@lru_cache(maxsize=4)
def _plan(lengths_as_bytes: bytes) -> Plan:
    return _new_plan(np.frombuffer(lengths_as_bytes, np.int64))


def _new_plan(lengths: np.ndarray) -> Plan:
    order = np.argsort(-lengths, kind="stable")
    return Plan(order, lengths[order], np.zeros_like(lengths))


class Columns(NamedTuple):
    """Which columns of rows hold numbers: blocks, each padded to whole vectors."""

    n_blocks: int
    block_width: int
    block_stride: int

    @property
    def n_padded(self) -> int:
        """Columns with their padding."""
        return self.n_blocks * self.block_stride

    @property
    def blocks(self) -> list[tuple[slice, slice]]:
        """For each block its columns without padding: among the numbers, and among all columns."""
        width, stride = self.block_width, self.block_stride
        return [
            (slice(i * width, (i + 1) * width), slice(i * stride, i * stride + width))
            for i in range(self.n_blocks)
        ]


class Rows(NamedTuple):
    """What one part hands to the next: a row for each step of each sequence of a plan.

    A sequence's rows follow each other. X itself is rows whose `first` are its offsets: it is not
    copied, and nobody wants its gradient. Rows of whole sequences have a plan of single steps.
    """

    values: np.ndarray  # (n_rows, columns)
    plan: Plan
    first: np.ndarray  # (n_sequences,) int64, row of each sequence's first step in the plan
    columns: Columns
    wants_gradient: bool = True
    units: np.ndarray = NO_UNITS  # as in Sequences; of rows that want no gradient
    words: Words | None = None  # as in Sequences
    # Which row of the values each row is, (n_rows,) int64, if there are fewer of them; or empty.
    codes: np.ndarray = NO_CODES

    def in_window(self, window: Plan) -> Rows:
        """Return the same rows for a window of the plan."""
        if window is self.plan:
            return self
        n = window.n_sequences
        first = self.first[:n] + (window.step0 - self.plan.step0[:n])
        return self._replace(plan=window, first=first)

    def as_inputs(self) -> Inputs:
        """Return what the kernels see of the rows."""
        return Inputs(self.values, self.first, *self.columns, self.units, self.codes)


def in_c_order(values: np.ndarray) -> np.ndarray:
    """Return a matrix if kernels that look at no strides may read it, else raise ValueError."""
    if not values.flags.c_contiguous:
        raise ValueError(f"An array of shape {values.shape} is not in C order: pass a copy.")
    return values


def places_of_answers(offsets: np.ndarray | None, chosen: np.ndarray, plan: Plan) -> np.ndarray:
    """Return where the answers of a plan lie, (n_rows,), in the order of its rows.

    Parameters
    ----------
    offsets : ndarray of shape (n_sequences + 1,), int64, or None
        Where the answers of each sequence begin, one for each of its steps; None is one answer for
        each sequence.
    chosen : ndarray of shape (n,), int64
        Which sequences the plan is of, in its order. A window has the first of them.
    plan : Plan
    """
    if offsets is None:
        return chosen
    return ranges(offsets[chosen[: plan.n_sequences]] + plan.step0, plan.lengths)


def rows_of(sequences: Sequences, plan: Plan, indices: np.ndarray) -> Rows:
    """Return the rows of a plan's sequences, those at `indices` (n,) int64, in the plan's order."""
    n_features = sequences.n_features
    columns = Columns(1, n_features, n_features)
    first, units = sequences.offsets[indices], sequences.units
    data = Rows(sequences.values, plan, first, columns, wants_gradient=False, units=units)
    return data if sequences.words is None else data._replace(words=sequences.words)

"""Dropout: which numbers are dropped follows from a seed and from where they are."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

import numpy as np

from ..kernels.dropout import drop_rows
from ..runtime.rows import Columns, Plan, Rows
from ..runtime.run import Run

_N_VALUES = 1 << 32  # of a random number that decides
_ODD = 0xD1342543DE82EF95  # spreads places over the seeds


class Dropout(NamedTuple):
    """How much is dropped in training."""

    rate: float = 0.0
    """Share of the outputs of a layer, at each time step anew (Srivastava et al. 2014)."""

    recurrent_rate: float = 0.0
    """Share of a layer's hidden units on their way to the next step (Gal and Ghahramani 2016)."""

    input_rate: float = 0.0
    """Share of the numbers that the bottom layer sees of an embedding, at each time step anew."""

    embedding_rate: float = 0.0
    """Share of the codes whose vectors are zero in a minibatch (Gal and Ghahramani 2016)."""

    weight_rate: float = 0.0
    """Share of the weights of hidden states, the same ones in a minibatch (Wan et al. 2013)."""

    @property
    def draws(self) -> bool:
        """Whether anything is dropped."""
        return any(rate > 0 for rate in self)


NOTHING_DROPPED = Dropout()


def places(name: str, n: int) -> list[int]:
    """Return numbers that stand for `n` places in the part of this name."""
    return [n * crc32(name.encode()) + number for number in range(n)]


def drop(run: Run, place: int, rate: float, rows: Rows) -> None:
    """Set numbers to zero with probability `rate`; multiply the others by 1 / (1 - rate).

    Which ones follows from the run's seed, the place in the network, and each number's sequence,
    step and column: not from windows, threads or the order of calls. So a gradient can be dropped
    as its values were. Without a seed nothing is dropped.
    """
    if run.seed is None or rate == 0:
        return
    n_zeros = min(round(rate * _N_VALUES), _N_VALUES - 1)
    scale = rows.values.dtype.type(_N_VALUES / (_N_VALUES - n_zeros))
    seed = np.uint64((run.seed + place * _ODD) % _N_VALUES**2)
    plan = rows.plan
    shards = plan.timetable(run.team.n_threads, taped=True).shards
    drop_rows(
        run.team.mailbox, shards, rows.values, rows.as_inputs(),
        (plan.order, plan.lengths, plan.step0), seed, np.uint64(n_zeros), scale,
    )  # fmt: skip


def dropped(run: Run, place: int, rate: float, rows: Rows) -> Rows:
    """Return what `drop` makes of rows that others go on reading."""
    if run.seed is None or rate == 0:
        return rows
    values = run.arena.empty(*rows.values.shape)
    values[...] = rows.values
    rows = rows._replace(values=values)
    drop(run, place, rate, rows)
    return rows


def mask_of(run: Run, place: int, rate: float, plan: Plan, columns: Columns) -> np.ndarray:
    """Return a mask for recurrent dropout, (n_sequences, columns), the same at all steps.

    It has no rows if nothing is dropped.
    """
    if run.seed is None or rate == 0:
        return run.arena.empty(0, columns.n_padded)
    mask = run.arena.empty(plan.n_sequences, columns.n_padded)
    mask.fill(1)
    single = plan.single_step
    drop(run, place, rate, Rows(mask, single, single.first, columns))
    return mask


def mask_of_weights(run: Run, place: int, rate: float, shape: tuple[int, int]) -> np.ndarray:
    """Return a mask for weights, in memory of its own: it outlives a window."""
    n_rows, n_columns = shape
    mask, each = np.ones(shape, run.arena.dtype), Plan.of(np.ones(n_rows, np.int64))
    drop(run, place, rate, Rows(mask, each, each.first, Columns(1, n_columns, n_columns)))
    return mask

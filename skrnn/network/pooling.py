"""From the hidden states of all time steps to one vector for each sequence, window after window."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from ..kernels.pooling import add_steps, find_largest
from ..runtime.arena import Arena
from ..runtime.rows import Rows


class Fold(NamedTuple):
    """What a pooling has gathered of the windows so far."""

    pooled: np.ndarray  # (n_sequences, n_columns)
    n_equal: np.ndarray  # (n_sequences, n_columns), steps at the maximum; no rows for a mean


class Pooling(Protocol):
    """Gathers windows of time steps; padding of other sequences is never seen.

    A window has the first sequences of the batch, and `outputs` are their hidden states in it.
    """

    def start(self, arena: Arena, n_sequences: int, n_columns: int) -> Fold:
        """Return what is known before the first window."""
        ...

    def add(self, fold: Fold, outputs: Rows) -> None:
        """Take in a window."""
        ...

    def finish(self, fold: Fold, lengths: np.ndarray) -> None:
        """Turn what all windows gave into the result, ``fold.pooled``."""
        ...

    def gradient(
        self, fold: Fold, d_pooled: np.ndarray, lengths: np.ndarray, outputs: Rows
    ) -> np.ndarray:
        """Return the gradient of a window's `outputs`, once all are gathered."""
        ...


class Mean:
    """The mean over a sequence's own time steps."""

    def start(self, arena: Arena, n_sequences: int, n_columns: int) -> Fold:
        """Return sums of nothing."""
        return Fold(arena.zeros(n_sequences, n_columns), arena.empty(0, n_columns))

    def add(self, fold: Fold, outputs: Rows) -> None:
        """Add the steps in the order of time."""
        add_steps(outputs.values, outputs.first, outputs.plan.lengths, fold.pooled)

    def finish(self, fold: Fold, lengths: np.ndarray) -> None:
        """Divide the sums by the lengths."""
        pooled = fold.pooled
        pooled /= lengths[:, np.newaxis].astype(pooled.dtype)

    def gradient(
        self, fold: Fold, d_pooled: np.ndarray, lengths: np.ndarray, outputs: Rows
    ) -> np.ndarray:
        """Give every step the same share."""
        n = outputs.plan.n_sequences
        shares = d_pooled[:n] / lengths[:n, np.newaxis].astype(d_pooled.dtype)
        return np.repeat(shares, outputs.plan.lengths, axis=0)


class Max:
    """The largest value of each hidden unit over a sequence's own time steps."""

    def start(self, arena: Arena, n_sequences: int, n_columns: int) -> Fold:
        """Return values below every other, which no step has."""
        fold = Fold(arena.empty(n_sequences, n_columns), arena.zeros(n_sequences, n_columns))
        fold.pooled.fill(-np.inf)
        return fold

    def add(self, fold: Fold, outputs: Rows) -> None:
        """Take the larger values, and count the steps that have them."""
        find_largest(outputs.values, outputs.first, outputs.plan.lengths, *fold)

    def finish(self, fold: Fold, lengths: np.ndarray) -> None:
        """Change nothing."""

    def gradient(
        self, fold: Fold, d_pooled: np.ndarray, lengths: np.ndarray, outputs: Rows
    ) -> np.ndarray:
        """Give all to the step with the largest value; steps that are equal share it.

        They share it whatever windows they lie in: a state that has converged is at its maximum
        in all of them.
        """
        n, in_window = outputs.plan.n_sequences, outputs.plan.lengths
        at_maximum = outputs.values == np.repeat(fold.pooled[:n], in_window, axis=0)
        shares = d_pooled[:n] / np.maximum(fold.n_equal[:n], 1)  # 0 where all steps are NaN
        return at_maximum * np.repeat(shares, in_window, axis=0)


POOLINGS: dict[str, Pooling | None] = {"last": None, "mean": Mean(), "max": Max()}
"""What the estimators' parameter `pooling` may be; None takes the last states."""

"""From the hidden states of all time steps to one vector for each sequence."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from ..runtime.rows import Minibatch


class Pooling(Protocol):
    """Sums up a window of time steps after another; padding of other sequences is never seen.

    Below, `outputs` (window.n_rows, n_columns) are the hidden states in a window, the steps of a
    sequence one after the other, and `pooled` (n_sequences, n_columns) is the result for the whole
    minibatch, of which a window has the first rows.
    """

    start: ClassVar[float]
    """What `pooled` begins with."""

    def add(self, pooled: np.ndarray, outputs: np.ndarray, window: Minibatch) -> None:
        """Take in a window."""
        ...

    def finish(self, pooled: np.ndarray, lengths: np.ndarray) -> None:
        """Turn what all windows gave into the result, in place."""
        ...

    def gradient(
        self,
        d_pooled: np.ndarray,
        pooled: np.ndarray,
        lengths: np.ndarray,
        outputs: np.ndarray,
        window: Minibatch,
    ) -> np.ndarray:
        """Return the gradient of a window's `outputs`."""
        ...


class Mean:
    """The mean over a sequence's own time steps."""

    start: ClassVar[float] = 0.0

    def add(self, pooled: np.ndarray, outputs: np.ndarray, window: Minibatch) -> None:
        """Take in a window."""
        pooled[: window.n_sequences] += np.add.reduceat(outputs, window.first_output, axis=0)

    def finish(self, pooled: np.ndarray, lengths: np.ndarray) -> None:
        """Divide the sums by the lengths."""
        pooled /= lengths[:, np.newaxis].astype(pooled.dtype)

    def gradient(
        self,
        d_pooled: np.ndarray,
        pooled: np.ndarray,
        lengths: np.ndarray,
        outputs: np.ndarray,
        window: Minibatch,
    ) -> np.ndarray:
        """Give every step the same share."""
        n = window.n_sequences
        shares = d_pooled[:n] / lengths[:n, np.newaxis].astype(pooled.dtype)
        return np.repeat(shares, window.lengths, axis=0)


class Max:
    """The largest value of each hidden unit over a sequence's own time steps."""

    start: ClassVar[float] = -np.inf

    def add(self, pooled: np.ndarray, outputs: np.ndarray, window: Minibatch) -> None:
        """Take in a window."""
        largest = np.maximum.reduceat(outputs, window.first_output, axis=0)
        np.maximum(pooled[: window.n_sequences], largest, out=pooled[: window.n_sequences])

    def finish(self, pooled: np.ndarray, lengths: np.ndarray) -> None:
        """Change nothing."""

    def gradient(
        self,
        d_pooled: np.ndarray,
        pooled: np.ndarray,
        lengths: np.ndarray,
        outputs: np.ndarray,
        window: Minibatch,
    ) -> np.ndarray:
        """Give all to the step with the largest value; steps that are equal share it."""
        n = window.n_sequences
        at_maximum = outputs == np.repeat(pooled[:n], window.lengths, axis=0)
        n_equal = np.add.reduceat(at_maximum, window.first_output, axis=0, dtype=pooled.dtype)
        shares = d_pooled[:n] / np.maximum(n_equal, 1)
        return at_maximum * np.repeat(shares, window.lengths, axis=0)


POOLINGS: dict[str, Pooling | None] = {"last": None, "mean": Mean(), "max": Max()}
"""What the estimators' parameter `pooling` may be; None takes the last states."""

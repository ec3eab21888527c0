"""The end of a language model: one of many tokens in each row, at the cost that this must have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..kernels.processor import TILE_ROWS, lanes, round_up
from ..kernels.softmax import cross_entropy
from ..runtime.rows import Rows
from ..runtime.run import Run
from .ends import EachRow

# Exponentials that are worth a shard of their own: some tens of microseconds.
_WORK_OF_SHARD = 1 << 15


@dataclass(frozen=True)
class EachToken(EachRow):
    """The cross-entropy of a softmax over codes, whose gradient takes the place of the outputs.

    With 10,000 tokens, in NumPy and in memory of its own, it took as long as the three products
    of the head.
    """

    def losses_in_place(
        self, run: Run, outputs: Rows, targets: np.ndarray, weights: np.ndarray
    ) -> np.ndarray:
        """Return the loss of each row, (n_rows,) float64, and overwrite `outputs.values`.

        Parameters
        ----------
        run : Run
        outputs : Rows
            Raw outputs, as wide as whole vectors.
        targets : ndarray of shape (n_rows,), int64
        weights : ndarray of shape (n_rows,), float64
            Of the losses in the gradient.
        """
        raw, n_outputs = outputs.values, outputs.columns.block_width
        n_rows = len(raw)
        n_shards = min(run.team.n_threads, 1 + raw.size // _WORK_OF_SHARD)
        rows_of_shard = round_up(max(1, -(-n_rows // n_shards)), TILE_ROWS)
        losses, of_vector = np.empty(n_rows), lanes(raw.dtype)
        memory = np.empty((-(-n_rows // rows_of_shard), of_vector), raw.dtype)
        answers = np.ascontiguousarray(targets), np.ascontiguousarray(weights)
        cross_entropy(run.team.mailbox, rows_of_shard, raw, n_outputs, answers, losses, memory)
        return losses

"""What was read of the samples of a call, before it is put into the network's units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..inputs.packing import Passed
from ..network.objective import TrainingData
from .fitted import Fitted
from .given import Encoded
from .task import Strata, TargetTask


@dataclass(frozen=True, eq=False)
class Read:
    """What the samples of a call are."""

    inputs: dict[str, Any]
    task: TargetTask
    passed: Passed
    encoded: Encoded
    indices: np.ndarray | None = None  # of those to train on; None is all

    @property
    def _weights_of_sequences(self) -> np.ndarray | None:
        """The mean weight of each sequence's answers, (n_samples,); None if all are one."""
        weights, offsets = self.encoded.sample_weight, self.encoded.offsets
        if weights is None or offsets is None:
            return weights
        return np.add.reduceat(weights, offsets[:-1]) / self.passed.lengths

    @property
    def counting(self) -> np.ndarray:
        """The indices of all samples of positive weight."""
        weights = self._weights_of_sequences
        return np.arange(len(self.passed)) if weights is None else np.flatnonzero(weights)

    @property
    def weights(self) -> np.ndarray | None:
        """Those of the samples, (n_samples,), 0 for all that are not to be trained on."""
        of_all = self._weights_of_sequences
        if self.indices is None:
            return of_all
        weights = np.zeros(len(self.passed))
        weights[self.indices] = 1.0 if of_all is None else of_all[self.indices]
        return weights

    @property
    def strata(self) -> Strata | None:
        """What to stratify a split of the samples by; None for nothing."""
        return None if self.encoded.offsets is not None else self.task.strata(self.encoded.targets)

    def packed_for(self, draft: Fitted) -> TrainingData:
        """Return what a network is to be trained on."""
        targets, weights, offsets = self.encoded
        sequences = draft.packed(self.passed)
        return TrainingData(sequences, targets, weights, self.indices, offsets)

"""What was read of the samples of a call, before it is put into the network's units."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..inputs.packing import Passed
from ..network.objective import TrainingData
from .fitted import Fitted
from .task import Task


class Read(NamedTuple):
    """What the samples of a call are."""

    inputs: dict[str, Any]
    task: Task
    passed: Passed
    targets: np.ndarray  # as the loss wants them
    sample_weight: np.ndarray | None
    indices: np.ndarray | None = None  # of those to train on; None is all

    @property
    def counting(self) -> np.ndarray:
        """The indices of all samples of positive weight."""
        if self.sample_weight is None:
            return np.arange(len(self.passed))
        return np.flatnonzero(self.sample_weight)

    @property
    def weights(self) -> np.ndarray | None:
        """Those of the samples, (n_samples,), 0 for all that are not to be trained on."""
        if self.indices is None:
            return self.sample_weight
        weights, ones = np.zeros(len(self.passed)), np.ones(len(self.passed))
        of_all = ones if self.sample_weight is None else self.sample_weight
        weights[self.indices] = of_all[self.indices]
        return weights

    def packed_for(self, draft: Fitted) -> TrainingData:
        """Return what a network is to be trained on."""
        sequences = draft.packed(self.passed)
        return TrainingData(sequences, self.targets, self.sample_weight, self.indices)

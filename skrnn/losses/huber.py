"""Huber's loss."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ._regression import RegressionDefaults, share_saved
from ._units import weighted_median
from ._weighing import sum_of_outputs, write_weighted


@dataclass(frozen=True)
class Huber(RegressionDefaults):
    """Half the squared error of small errors, linear in large ones, averaged over the outputs.

    With ``c`` the error cut to ``[-delta, delta]`` it is ``c * (error - c / 2)``, which is
    ``error**2 / 2`` inside and ``delta * (|error| - delta / 2)`` outside (Huber 1964).

    Parameters
    ----------
    delta : float, default=1.0
        The error from which on the loss is linear.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.losses import LOSSES
    >>> loss = LOSSES["huber"](delta=1.0)
    >>> raw, targets = np.array([[0.5], [4.0]]), np.array([[0.0], [0.0]])
    >>> loss.losses(raw, targets, weights=np.ones(2))
    array([0.125, 3.5  ])
    """

    name: ClassVar[str] = "huber"

    delta: float = 1.0

    def losses(
        self,
        raw: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        d_raw: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the loss of each row; write the gradient of their weighted sum; see `Loss`."""
        errors, n_outputs = raw - targets, raw.shape[1]
        gradient = np.clip(errors, -self.delta, self.delta)
        output_losses = gradient * (errors - 0.5 * gradient)
        write_weighted(gradient / n_outputs, weights, d_raw)
        return sum_of_outputs(output_losses) / n_outputs

    def score(
        self, predictions: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return D2 beside the median, whose loss is close to that of the best constant."""
        median = np.broadcast_to(weighted_median(targets, sample_weight), targets.shape)
        weights = np.ones(len(targets)) if sample_weight is None else sample_weight
        value, value_of_median = (
            float(np.average(self.losses(raw, targets, weights), weights=weights))
            for raw in (predictions, median)
        )
        return share_saved(value, value_of_median)

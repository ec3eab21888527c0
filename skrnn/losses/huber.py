"""Huber's loss."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ._averaging import average_over_outputs
from ._regression import RegressionDefaults, share_saved
from ._units import weighted_median


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
    >>> loss.value_and_gradient(raw, targets, None)
    (1.8125, array([[0.25],
           [0.5 ]]))
    """

    name: ClassVar[str] = "huber"

    delta: float = 1.0

    def value_and_gradient(
        self, raw: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[float, np.ndarray]:
        """Return the mean loss and its gradient with respect to `raw`; see `Loss`."""
        errors = raw - targets
        gradient = np.clip(errors, -self.delta, self.delta)
        output_losses = gradient * (errors - 0.5 * gradient)
        return average_over_outputs(output_losses, gradient, sample_weight), gradient

    def score(
        self, predictions: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return D2 beside the median, whose loss is close to that of the best constant."""
        median = np.broadcast_to(weighted_median(targets, sample_weight), targets.shape)
        value, _ = self.value_and_gradient(predictions, targets, sample_weight)
        value_of_median, _ = self.value_and_gradient(median, targets, sample_weight)
        return share_saved(value, value_of_median)

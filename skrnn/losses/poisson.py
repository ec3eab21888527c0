"""The loss of counts and rates."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ._regression import RegressionDefaults, share_saved
from ._units import mean_and_deviation
from ._weighing import sum_of_outputs, write_weighted

# A mean of n non-negative targets is at least an n-th of the largest: with fewer than exp(30), or
# 1e13, of them there is nothing to predict above this.
_LARGEST_LOG = 30.0


@dataclass(frozen=True)
class Poisson(RegressionDefaults):
    """Half the Poisson deviance with a logarithmic link, averaged over the outputs.

    For an output x with target y it is ``exp(x) - y + y * (log(y) - x)`` (Nelder and Wedderburn
    1972). Above x = 30 the exponential goes on as its tangent, so that an output that overshoots
    leaves loss and gradient finite.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.losses import LOSSES
    >>> loss = LOSSES["poisson"]()
    >>> loss.predict(np.array([[0.0], [1.0]])).round(3)
    array([[1.   ],
           [2.718]])
    >>> loss.losses(np.zeros((2, 1)), np.array([[0.0], [1.0]]), weights=np.ones(2))
    array([1., 0.])
    """

    name: ClassVar[str] = "poisson"
    out_activation: ClassVar[str] = "exp"
    non_negative: ClassVar[bool] = True

    def losses(
        self,
        raw: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        d_raw: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the loss of each row; write the gradient of their weighted sum; see `Loss`."""
        bounded, n_outputs = np.minimum(raw, _LARGEST_LOG), raw.shape[1]
        exponentials = np.exp(bounded)
        logarithms = np.log(np.where(targets > 0, targets, 1))
        output_losses = exponentials * (1 + (raw - bounded)) - targets
        output_losses += targets * (logarithms - raw)
        write_weighted((exponentials - targets) / n_outputs, weights, d_raw)
        return sum_of_outputs(output_losses) / n_outputs

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the means, which are positive and finite: exponents beyond +-30 are cut."""
        # Contiguous whatever the caller gives: NumPy may round another layout differently.
        return np.exp(np.clip(np.ascontiguousarray(raw), -_LARGEST_LOG, _LARGEST_LOG))

    def location_and_scale(
        self, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return zero, as a shift would spoil the link, and the mean; see `RegressionLoss`."""
        mean, _ = mean_and_deviation(y, sample_weight)
        if not mean.all():
            raise ValueError(
                "loss='poisson' needs targets with a positive sum, but output "
                f"{int(np.flatnonzero(mean == 0)[0])} of y is 0 for every sample of positive "
                "weight. Begin with data that has a positive target."
            )
        return np.zeros_like(mean), mean

    def score(
        self, predictions: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return D2 of the deviance."""
        mean = np.broadcast_to(np.average(targets, axis=0, weights=sample_weight), targets.shape)
        return share_saved(
            _deviance(predictions, targets, sample_weight), _deviance(mean, targets, sample_weight)
        )


def _deviance(means: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None) -> float:
    """Return the mean deviance, up to a factor; a mean may be 0 where its targets are."""
    ratios = np.divide(targets, means, out=np.ones_like(targets), where=targets > 0)
    deviances = means - targets + targets * np.log(ratios)
    return float(np.average(deviances.mean(axis=1, dtype=np.float64), weights=sample_weight))

"""The loss of quantile regression."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ._averaging import average_over_outputs
from ._regression import RegressionDefaults


@dataclass(frozen=True)
class Quantile(RegressionDefaults):
    """The pinball loss, averaged over the outputs (Koenker and Bassett 1978).

    For an output x with target y it is ``q * (y - x)`` if y is above x, and ``(1 - q) * (x - y)``
    if it is below. Its gradient where they are equal, where it has none, is taken as zero.

    Several quantiles of one target are several outputs. Trained alike, they may still cross where
    data is scarce; predictions are therefore sorted in each row, which never makes their loss
    larger (Chernozhukov, Fernández-Val and Galichon 2010).

    Parameters
    ----------
    quantile : float or sequence of float, default=0.5
        The level of every output, or one level for each; between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.losses import LOSSES
    >>> loss = LOSSES["quantile"](quantile=[0.75, 0.25])
    >>> loss.predict(np.array([[1.0, 2.0]]))
    array([[2., 1.]])
    >>> loss.value_and_gradient(np.array([[3.0, 0.0]]), np.array([[1.0, 1.0]]), None)
    (0.375, array([[ 0.125, -0.125]]))
    """

    name: ClassVar[str] = "quantile"
    predicts_centre: ClassVar[bool] = False

    quantile: float | Sequence[float] = 0.5

    @property
    def prediction_shape(self) -> tuple[int, ...]:
        """Nothing more than a number for one level, (n_quantiles,) for a sequence of them."""
        return np.shape(self.quantile)

    def value_and_gradient(
        self, raw: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[float, np.ndarray]:
        """Return the mean loss and its gradient with respect to `raw`; see `Loss`."""
        levels = np.asarray(self.quantile, dtype=raw.dtype)
        errors = raw - targets
        gradient = (errors > 0) - levels
        gradient[errors == 0] = 0
        return average_over_outputs(gradient * errors, gradient, sample_weight), gradient

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the outputs; those of several levels in the order of the levels."""
        if not self.prediction_shape:
            return raw.copy()
        ascending = np.sort(raw, axis=1)
        return ascending[:, np.argsort(np.argsort(self.quantile))]

    def score(
        self, predictions: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return D2 of the pinball loss, averaged over the outputs."""
        from sklearn.metrics import d2_pinball_score

        if sample_weight is None:
            # Without weights, scikit-learn 1.6 takes another constant to be the best one.
            sample_weight = np.ones(len(targets))
        levels = np.broadcast_to(self.quantile, predictions.shape[1])
        scores = [
            d2_pinball_score(target, prediction, sample_weight=sample_weight, alpha=level)
            for target, prediction, level in zip(targets.T, predictions.T, levels, strict=True)
        ]
        return float(np.mean(scores))

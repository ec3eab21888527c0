"""The loss of quantile regression."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ._regression import RegressionDefaults
from ._weighing import sum_of_outputs, write_weighted


@dataclass(frozen=True)
class Quantile(RegressionDefaults):
    """The pinball loss, averaged over the outputs (Koenker and Bassett 1978).

    For an output x with target y it is ``q * (y - x)`` if y is above x, and ``(1 - q) * (x - y)``
    if it is below. Its gradient where they are equal, where it has none, is taken as zero.

    Several quantiles of one target are several outputs, side by side. Trained alike, they may still
    cross where data is scarce; predictions are therefore sorted within each target, which never
    makes their loss larger (Chernozhukov, Fernández-Val and Galichon 2010).

    Parameters
    ----------
    quantile : float or sequence of float, default=0.5
        The level for every target, or several levels for each; between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.losses import LOSSES
    >>> loss = LOSSES["quantile"](quantile=[0.75, 0.25])
    >>> loss.predict(np.array([[1.0, 2.0]]))
    array([[2., 1.]])
    >>> loss.losses(np.array([[3.0, 0.0]]), np.array([[1.0]]), weights=np.ones(1))
    array([0.375])
    """

    name: ClassVar[str] = "quantile"
    predicts_centre: ClassVar[bool] = False

    quantile: float | Sequence[float] = 0.5

    @property
    def prediction_shape(self) -> tuple[int, ...]:
        """Nothing more than a number for one level, (n_quantiles,) for a sequence of them."""
        return np.shape(self.quantile)

    def losses(
        self,
        raw: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        d_raw: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the loss of each row; write the gradient of their weighted sum; see `Loss`."""
        scores = self._by_target(raw)
        errors = scores - targets[:, :, np.newaxis]
        gradient = (errors > 0) - np.asarray(self.quantile, dtype=raw.dtype)
        gradient[errors == 0] = 0
        n_outputs = raw.shape[1]
        write_weighted(gradient.reshape(raw.shape) / n_outputs, weights, d_raw)
        return sum_of_outputs((gradient * errors).reshape(raw.shape)) / n_outputs

    def _by_target(self, raw: np.ndarray) -> np.ndarray:
        """Return outputs (n, n_outputs) as (n, n_targets, n_levels)."""
        return raw.reshape(len(raw), -1, np.size(self.quantile))

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the outputs; several levels of a target ascend as the levels do."""
        if not self.prediction_shape:
            return raw.copy()
        ascending = np.sort(self._by_target(raw), axis=2)
        return ascending[:, :, np.argsort(np.argsort(self.quantile))].reshape(raw.shape)

    def score(
        self, predictions: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return D2 of the pinball loss, averaged over targets and levels."""
        from sklearn.metrics import d2_pinball_score

        if sample_weight is None:
            # Without weights, scikit-learn 1.6 takes another constant to be the best one.
            sample_weight = np.ones(len(targets))
        by_target = self._by_target(predictions)
        scores = [
            d2_pinball_score(
                targets[:, target],
                by_target[:, target, k],
                sample_weight=sample_weight,
                alpha=level,
            )
            for target in range(targets.shape[1])
            for k, level in enumerate(np.atleast_1d(self.quantile).tolist())
        ]
        return float(np.mean(scores))

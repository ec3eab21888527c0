"""The loss of least squares."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ._regression import RegressionDefaults
from ._units import mean_and_deviation
from ._weighing import sum_of_outputs, write_weighted


@dataclass(frozen=True)
class SquaredError(RegressionDefaults):
    """Half the squared error, averaged over the outputs, as in ``MLPRegressor``.

    The gradient is that of the average. ``MLPRegressor`` follows the gradient of the sum over the
    outputs, so that its steps grow, and its L2 penalty fades, with their number.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.losses import LOSSES
    >>> loss = LOSSES["squared_error"]()
    >>> raw, targets = np.array([[1.0], [4.0]]), np.array([[1.0], [2.0]])
    >>> d_raw = np.empty_like(raw)
    >>> loss.losses(raw, targets, np.array([0.5, 0.5]), d_raw), d_raw
    (array([0., 2.]), array([[0.],
           [1.]]))
    """

    name: ClassVar[str] = "squared_error"

    def losses(
        self,
        raw: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        d_raw: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the loss of each row; write the gradient of their weighted sum; see `Loss`."""
        errors = raw - targets
        gradient = errors / raw.shape[1]
        write_weighted(gradient, weights, d_raw)
        return 0.5 * sum_of_outputs(errors * gradient)

    def location_and_scale(
        self, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation; see `RegressionLoss`."""
        return mean_and_deviation(y, sample_weight)

    def score(
        self, predictions: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return R2, averaged over the outputs."""
        # Imported where it is needed: a tenth of what `import skrnn` would take.
        from sklearn.metrics import r2_score

        return float(r2_score(targets, predictions, sample_weight=sample_weight))

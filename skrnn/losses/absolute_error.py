"""The loss of least absolute deviations."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ._regression import RegressionDefaults
from ._weighing import sum_of_outputs, write_weighted


@dataclass(frozen=True)
class AbsoluteError(RegressionDefaults):
    """The absolute error, averaged over the outputs (Laplace 1774).

    The median minimises it, so a few outliers move predictions little. Its gradient where output
    and target are equal, where it has none, is taken as zero.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.losses import LOSSES
    >>> loss = LOSSES["absolute_error"]()
    >>> raw, targets = np.array([[1.0], [4.0]]), np.array([[1.0], [2.0]])
    >>> loss.losses(raw, targets, weights=np.ones(2))
    array([0., 2.])
    """

    name: ClassVar[str] = "absolute_error"

    def losses(
        self,
        raw: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        d_raw: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the loss of each row; write the gradient of their weighted sum; see `Loss`."""
        errors = raw - targets
        n_outputs = raw.shape[1]
        write_weighted(np.sign(errors) / n_outputs, weights, d_raw)
        return sum_of_outputs(np.abs(errors)) / n_outputs

    def score(
        self, predictions: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return D2 of the absolute error, averaged over the outputs."""
        from sklearn.metrics import d2_absolute_error_score

        return float(d2_absolute_error_score(targets, predictions, sample_weight=sample_weight))

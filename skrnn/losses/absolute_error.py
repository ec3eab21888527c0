"""The loss of least absolute deviations."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ._averaging import average_over_outputs
from ._regression import RegressionDefaults


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
    >>> loss.value_and_gradient(raw, targets, None)
    (1.0, array([[0. ],
           [0.5]]))
    """

    name: ClassVar[str] = "absolute_error"

    def value_and_gradient(
        self, raw: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[float, np.ndarray]:
        """Return the mean loss and its gradient with respect to `raw`; see `Loss`."""
        errors = raw - targets
        gradient = np.sign(errors)
        return average_over_outputs(np.abs(errors), gradient, sample_weight), gradient

    def score(
        self, predictions: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return D2 of the absolute error, averaged over the outputs."""
        from sklearn.metrics import d2_absolute_error_score

        return float(d2_absolute_error_score(targets, predictions, sample_weight=sample_weight))

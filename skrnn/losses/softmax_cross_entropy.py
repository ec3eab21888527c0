"""The loss of multiclass classification."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np

from ..kernels.softmax import log_softmax, softmax


@dataclass(frozen=True)
class SoftmaxCrossEntropy:
    """Cross-entropy of a softmax: ``-log(softmax(raw)_target)`` (Bridle 1990).

    Targets are codes, the numbers of the classes. Probabilities are never clipped: the logarithm is
    taken before the exponential can underflow.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        The share of a target that is spread evenly over all classes (Szegedy et al. 2016).

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.losses import LOSSES
    >>> loss = LOSSES["softmax_cross_entropy"]()
    >>> loss.predict(np.array([[0.0, 0.0], [1e4, -1e4]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    >>> d_raw = np.empty((1, 2))
    >>> loss.losses(np.zeros((1, 2)), np.array([0]), np.ones(1), d_raw).round(4), d_raw
    (array([0.6931]), array([[-0.5,  0.5]]))
    """

    name: ClassVar[str] = "softmax_cross_entropy"
    task: ClassVar[Literal["classification", "regression"]] = "classification"
    out_activation: ClassVar[str] = "softmax"

    label_smoothing: float = 0.0

    def losses(
        self,
        raw: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        d_raw: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the loss of each row; write the gradient of their weighted sum; see `Loss`."""
        shifted, exponentials, totals = _shifted_exponentials(raw)
        rows, share = np.arange(len(raw)), self.label_smoothing / raw.shape[1]
        losses = np.log(totals[:, 0]) - (1 - self.label_smoothing) * shifted[rows, targets]
        if share > 0:
            losses -= share * np.add.reduce(shifted, axis=1)
        if d_raw is not None:
            of_rows = weights.astype(raw.dtype)
            np.multiply(exponentials, (of_rows / totals[:, 0])[:, np.newaxis], out=d_raw)
            d_raw[rows, targets] -= (1 - self.label_smoothing) * of_rows
            if share > 0:
                d_raw -= share * of_rows[:, np.newaxis]
        return losses.astype(np.float64)

    def of_true_targets(self) -> Self:
        """Return the loss of labels that are not smoothed."""
        return replace(self, label_smoothing=0.0)

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the probability of each class, (n_rows, n_classes)."""
        return softmax(raw)

    def predict_log(self, raw: np.ndarray) -> np.ndarray:
        """Return the logarithm of the probability of each class, (n_rows, n_classes)."""
        return log_softmax(raw)


def _shifted_exponentials(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return raw - max (n, k), its exponentials (n, k) and their sums over a row (n, 1)."""
    # Row-major whatever the caller gives: in another layout NumPy sums a row in another order,
    # and the bits of a prediction would depend on it.
    raw = np.ascontiguousarray(raw)
    shifted = raw - np.maximum.reduce(raw, axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    return shifted, exponentials, np.add.reduce(exponentials, axis=1, keepdims=True)

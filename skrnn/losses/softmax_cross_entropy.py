"""The loss of multiclass classification."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ._averaging import average


@dataclass(frozen=True)
class SoftmaxCrossEntropy:
    """Cross-entropy of a softmax: ``-sum_k target_k * log(softmax(raw)_k)`` (Bridle 1990).

    Each row of the targets sums to one; class labels are one-hot rows. Probabilities are never
    clipped: the logarithm is taken before the exponential can underflow.

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
    >>> value, gradient = loss.value_and_gradient(np.zeros((1, 2)), np.array([[1.0, 0.0]]), None)
    >>> round(value, 4), gradient
    (0.6931, array([[-0.5,  0.5]]))
    """

    name: ClassVar[str] = "softmax_cross_entropy"
    task: ClassVar[Literal["classification", "regression"]] = "classification"
    out_activation: ClassVar[str] = "softmax"

    label_smoothing: float = 0.0

    def value_and_gradient(
        self, raw: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[float, np.ndarray]:
        """Return the mean loss and its gradient with respect to `raw`; see `Loss`."""
        if self.label_smoothing > 0:
            targets = (1 - self.label_smoothing) * targets + self.label_smoothing / raw.shape[1]
        shifted, exponentials, totals = _shifted_exponentials(raw)
        sample_losses = np.log(totals[:, 0]) - np.add.reduce(targets * shifted, axis=1)
        gradient = exponentials
        gradient /= totals
        gradient -= targets
        return average(sample_losses, gradient, sample_weight), gradient

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the probability of each class, (n_samples, n_classes)."""
        _, probabilities, totals = _shifted_exponentials(raw)
        probabilities /= totals
        return probabilities


def _shifted_exponentials(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return raw - max (n, k), its exponentials (n, k) and their sums over a row (n, 1)."""
    # Row-major whatever the caller gives: in another layout NumPy sums a row in another order,
    # and the bits of a prediction would depend on it.
    raw = np.ascontiguousarray(raw)
    shifted = raw - np.maximum.reduce(raw, axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    return shifted, exponentials, np.add.reduce(exponentials, axis=1, keepdims=True)

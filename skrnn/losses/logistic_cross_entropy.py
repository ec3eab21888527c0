"""The loss of binary and multilabel classification."""

from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np

from ._weighing import sum_of_outputs, write_weighted


@dataclass(frozen=True)
class LogisticCrossEntropy:
    """Cross-entropy of logistic outputs, each a yes or a no of its own, summed over the outputs.

    For one output x with target y it is ``max(x, 0) - x*y + log(1 + exp(-|x|))``, the form of
    ``-y*log(p) - (1 - y)*log(1 - p)``, p the logistic function of x, that cannot overflow (Cox 1958
    for the model).

    Parameters
    ----------
    label_smoothing : float, default=0.0
        The share of a target that is spread evenly over yes and no (Szegedy et al. 2016).

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.losses import LOSSES
    >>> loss = LOSSES["logistic_cross_entropy"]()
    >>> loss.predict(np.array([[0.0], [1e4]]))
    array([[0.5],
           [1. ]])
    >>> loss.losses(np.zeros((1, 1)), np.array([[1]]), weights=np.ones(1)).round(4)
    array([0.6931])
    >>> loss.predict_log(np.array([[-2000.0]]))
    array([[-2000.]])
    """

    name: ClassVar[str] = "logistic_cross_entropy"
    task: ClassVar[Literal["classification", "regression"]] = "classification"
    out_activation: ClassVar[str] = "logistic"

    label_smoothing: float = 0.0

    def losses(
        self,
        raw: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        d_raw: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the loss of each row; write the gradient of their weighted sum; see `Loss`."""
        targets = targets.astype(raw.dtype)  # they may be bytes
        if self.label_smoothing > 0:
            targets = (1 - self.label_smoothing) * targets + self.label_smoothing / 2
        decays = _decays(raw)
        output_losses = np.maximum(raw, 0) - raw * targets + np.log1p(decays)
        if d_raw is not None:
            gradient = _logistic(raw, decays)
            gradient -= targets
            write_weighted(gradient, weights, d_raw)
        return sum_of_outputs(output_losses)

    def of_true_targets(self) -> Self:
        """Return the loss of labels that are not smoothed."""
        return replace(self, label_smoothing=0.0)

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the probability of a yes at each output, (n_rows, n_outputs)."""
        # Contiguous whatever the caller gives: NumPy may round another layout differently.
        raw = np.ascontiguousarray(raw)
        return _logistic(raw, _decays(raw))

    def predict_log(self, raw: np.ndarray) -> np.ndarray:
        """Return the logarithm of the probability of a yes, (n_rows, n_outputs)."""
        raw = np.ascontiguousarray(raw)
        return np.minimum(raw, 0) - np.log1p(_decays(raw))


def _decays(raw: np.ndarray) -> np.ndarray:
    """Return exp(-|raw|), which cannot overflow; any shape."""
    return np.exp(-np.abs(raw))


def _logistic(raw: np.ndarray, decays: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + exp(-raw)) from exp(-|raw|); any shape."""
    return np.where(raw >= 0, 1, decays) / (1 + decays)

"""What most losses of regression have in common."""

from typing import ClassVar, Literal, Self

import numpy as np

from ._units import median_and_deviation


class RegressionDefaults:
    """The members of `RegressionLoss` that most losses share; others override one or the other."""

    task: ClassVar[Literal["classification", "regression"]] = "regression"
    out_activation: ClassVar[str] = "identity"
    non_negative: ClassVar[bool] = False
    predicts_centre: ClassVar[bool] = True

    @property
    def prediction_shape(self) -> tuple[int, ...]:
        """One number for each target."""
        return ()

    def of_true_targets(self) -> Self:
        """Return the loss itself: targets are never smoothed."""
        return self

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the outputs as they are, in a new array."""
        return raw.copy()

    def location_and_scale(
        self, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return median and mean absolute deviation; see `RegressionLoss`."""
        return median_and_deviation(y, sample_weight)


def share_saved(loss: float, loss_of_constant: float) -> float:
    """Return D2 from two losses, with scikit-learn's convention where the constant has none."""
    if loss_of_constant == 0:
        return 1.0 if loss == 0 else 0.0
    return 1.0 - loss / loss_of_constant

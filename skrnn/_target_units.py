"""The units in which a loss sees the targets: learnt once, then kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .losses import RegressionLoss


@dataclass(frozen=True, eq=False)
class TargetUnits:
    """A location and a scale for each target.

    Parameters
    ----------
    location, scale : ndarray of shape (n_targets,), float64
        A scale of 0 says that a target has had a single value so far: its location.
    """

    location: np.ndarray
    scale: np.ndarray

    @classmethod
    def learnt(
        cls, loss: RegressionLoss, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> TargetUnits:
        """Return the units that a loss wants for targets of shape (n_samples, n_targets)."""
        return cls(*loss.location_and_scale(y, sample_weight))

    def learning_more(
        self, loss: RegressionLoss, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> TargetUnits:
        """Return these, but for targets that have been constant those of their value and new ones.

        Were a single sample, or a constant batch, to fix the scale for good, a stream of data
        could not be learnt.
        """
        constant = self.scale == 0
        if not constant.any():
            return self
        values = np.vstack([self.location, y])
        if sample_weight is not None:
            sample_weight = np.append(sample_weight[sample_weight > 0].mean(), sample_weight)
        location, scale = loss.location_and_scale(values, sample_weight)
        return TargetUnits(
            np.where(constant, location, self.location), np.where(constant, scale, self.scale)
        )

    def applied(self, y: np.ndarray) -> np.ndarray:
        """Return targets in these units; those of a constant are 0."""
        in_units = np.zeros_like(y)
        np.divide(y - self.location, self.scale, out=in_units, where=self.scale > 0)
        return in_units

    def removed(self, predictions: np.ndarray) -> np.ndarray:
        """Return predictions, (n_samples, n_outputs), in the units of y."""
        return predictions * self.scale + self.location

"""Checks of what comes beside X: targets, their classes, and weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import column_or_1d

from ..losses import RegressionLoss
from .values import as_numbers


def without_column(targets: np.ndarray) -> np.ndarray:
    """Return a column (n_samples, 1) as (n_samples,) with a warning, and all else as it is."""
    if targets.ndim == 2 and targets.shape[1] == 1:
        return column_or_1d(targets, warn=True)
    return targets


def check_n_targets(y: np.ndarray, n_samples: int) -> None:
    """Raise ValueError unless y has one target for each sequence."""
    if len(y) != n_samples:
        raise ValueError(
            f"X has {n_samples} sequences, but y has {len(y)} targets. Pass one target for each "
            "sequence."
        )


def check_not_negative(y: np.ndarray, loss: str) -> None:
    """Raise ValueError for the first sample of y, (n_samples, n_targets), with a value below 0."""
    negative = np.flatnonzero((y < 0).any(axis=1))
    if len(negative) > 0:
        sample = int(negative[0])
        raise ValueError(
            f"y[{sample}] is {y[sample].min():g}, but loss={loss!r} is for targets that are not "
            "negative. Check y, or choose another loss."
        )


def check_sample_weight(sample_weight: Any, n_samples: int) -> np.ndarray | None:
    """Return the weights, (n_samples,) float64, or None; raise if they cannot be weights."""
    if sample_weight is None:
        return None
    weights = as_numbers(sample_weight, "sample_weight")
    if weights.shape != (n_samples,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}, but X has {n_samples} sequences. Pass an "
            f"array of shape ({n_samples},), one weight for each."
        )
    if weights.min() < 0:
        index = int(weights.argmin())
        raise ValueError(
            f"sample_weight[{index}] is {weights[index]}, but weights must not be negative."
        )
    if weights.max() == 0:
        raise ValueError("sample_weight is zero for every sample. Give some a positive weight.")
    if weights.max() > np.finfo(np.float64).max / n_samples:
        raise ValueError(
            f"sample_weight is too large to be summed: its maximum is {weights.max():g}. Divide it "
            "by that; only the weights' ratios matter for what is learnt, and their size for alpha."
        )
    return weights


def class_indices(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return where in `classes` each of the labels (n_samples,) is, as int64."""
    index = {label: i for i, label in enumerate(classes.tolist())}
    labels = y.tolist()
    unseen = sorted({label for label in labels if label not in index}, key=str)
    if unseen:
        raise ValueError(
            f"y contains classes that the classifier was not told of: {unseen}. Its classes are "
            f"{classes.tolist()}; pass all of them as `classes` to the first call of partial_fit, "
            "fit anew with warm_start=False, or leave out the samples of other classes."
        )
    return np.array([index[label] for label in labels], dtype=np.int64)


def weights_of_classes(
    class_weight: Mapping | str,
    classes: np.ndarray,
    indices: np.ndarray,
    sample_weight: np.ndarray | None,
) -> np.ndarray:
    """Return a weight for each class, (n_classes,), given the class of each sample (n_samples,).

    ``"balanced"`` gives every class that occurs the same total weight and leaves the sum of all
    weights as it is. It counts samples by their weight, so that a weight of 2 stays the same as
    two samples. Classes that a mapping does not name have weight 1, and those that it names
    besides `classes` no effect.
    """
    if not isinstance(class_weight, str):
        # scikit-learn's `compute_class_weight` refuses a class that y lacks, as a fold may.
        return np.array([class_weight.get(label, 1.0) for label in classes], dtype=np.float64)
    totals = np.bincount(indices, sample_weight, minlength=len(classes))
    present = totals > 0
    balanced = np.zeros(len(classes))
    balanced[present] = totals.sum() / (present.sum() * totals[present])
    return balanced


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
        with np.errstate(over="ignore", invalid="ignore"):  # `applied` looks
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
        """Return targets in these units; those of a constant are 0.

        Raises
        ------
        ValueError
            If their differences are not numbers any more.
        """
        in_units = np.zeros_like(y)
        with np.errstate(over="ignore", invalid="ignore"):
            np.divide(y - self.location, self.scale, out=in_units, where=self.scale != 0)
        finite = np.isfinite(in_units).all(axis=1) & np.isfinite(self.scale).all()
        if not finite.all():
            sample = int(finite.argmin())
            raise ValueError(
                f"y[{sample}] is {y[sample].tolist()}, but the targets differ by more than a "
                "float64 holds. Divide y by a constant."
            )
        return in_units

    def removed(self, predictions: np.ndarray) -> np.ndarray:
        """Return predictions, (n_samples, n_targets, n_numbers), in the units of y."""
        return predictions * self.scale[:, np.newaxis] + self.location[:, np.newaxis]

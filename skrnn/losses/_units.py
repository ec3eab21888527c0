"""Location and scale of targets, as losses ask for them."""

from collections.abc import Callable

import numpy as np


def mean_and_deviation(
    y: np.ndarray, sample_weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation of each column of y, (n_outputs,) each.

    The scale of a constant column is exactly 0, and its mean exactly its value.
    """
    return _location_and_scale(y, sample_weight, _mean, _standard_deviation)


def median_and_deviation(
    y: np.ndarray, sample_weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the median and the mean absolute deviation from it of each column, (n_outputs,) each.

    The scale of a constant column is exactly 0. The median absolute deviation would heed outliers
    even less, but it is 0, or next to nothing, as soon as half of the targets are equal.
    """
    return _location_and_scale(y, sample_weight, weighted_median, _absolute_deviation)


def weighted_median(y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray:
    """Return the lower median of each column, (n_outputs,); it is one of the values."""
    # With weights always: an unweighted median would be that of equal weights in most cases only.
    weights = np.ones(len(y)) if sample_weight is None else sample_weight
    return np.quantile(y, 0.5, axis=0, weights=weights, method="inverted_cdf")


def _location_and_scale(
    y: np.ndarray,
    sample_weight: np.ndarray | None,
    location: Callable[[np.ndarray, np.ndarray | None], np.ndarray],
    scale: Callable[[np.ndarray, np.ndarray | None], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    if sample_weight is not None:
        y, sample_weight = y[sample_weight > 0], sample_weight[sample_weight > 0]
    low, high = y.min(axis=0), y.max(axis=0)
    # Squares of values below 1e-154 or above 1e154 would vanish or overflow.
    unit = np.maximum(np.abs(low), np.abs(high))
    unit[unit == 0] = 1
    centre = location(y / unit, sample_weight)
    spread = scale(y / unit - centre, sample_weight)
    constant = low == high
    return np.where(constant, low, centre * unit), np.where(constant, 0, spread * unit)


def _mean(y: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray:
    return np.average(y, axis=0, weights=sample_weight)


def _standard_deviation(deviations: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray:
    return np.sqrt(_mean(deviations**2, sample_weight))


def _absolute_deviation(deviations: np.ndarray, sample_weight: np.ndarray | None) -> np.ndarray:
    return _mean(np.abs(deviations), sample_weight)

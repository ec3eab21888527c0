"""The units that features are put into: each centred and scaled by what training saw of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..runtime.once import computed_once
from ..runtime.rows import NO_UNITS
from .packing import Passed

# Before training an eighth to a third of the gates are saturated if values are of the order of ten,
# and five in six if they are of the order of a hundred.
_FAR_FROM_UNIT = 30.0


class _Moments(NamedTuple):
    """What there is to know of each feature, (n_features,) each, over steps of positive weight."""

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    scale: np.ndarray  # standard deviation
    is_flag: np.ndarray  # bool, whether all values are 0 or 1


@dataclass(frozen=True, eq=False)
class FeatureUnits:
    """A mean and a scale for each feature of a time step, to a millionth of the scale.

    Parameters
    ----------
    mean, scale : ndarray of shape (n_features,), float64
        The network sees ``(x - mean) / scale``. A scale of infinity, which makes it 0, says that a
        feature has had a single value so far: its mean. Columns of zeros and ones have 0 and 1.
    """

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of_x(cls, n_features: int) -> FeatureUnits:
        """Return the units that change nothing."""
        return cls(np.zeros(n_features), np.ones(n_features))

    @classmethod
    def learnt(cls, passed: Passed, weights: np.ndarray | None) -> FeatureUnits:
        """Return the units for sequences of these weights (n_sequences,); those of 0 do not count.

        Raises
        ------
        ValueError
            If a value is not finite, or if values differ by more than a float64 holds.
        """
        return cls._of(_moments(passed, weights, None))

    def learning_more(self, passed: Passed, weights: np.ndarray | None) -> FeatureUnits:
        """Return these, but for features that have been constant those of their value and new ones.

        Were a single constant batch to fix the scale for good, a stream could not be learnt.
        """
        constant = np.isinf(self.scale)
        if not constant.any():
            return self
        new = self._of(_moments(passed, weights, self.mean))
        return FeatureUnits(
            np.where(constant, new.mean, self.mean), np.where(constant, new.scale, self.scale)
        )

    @classmethod
    def _of(cls, moments: _Moments) -> FeatureUnits:
        low, high, mean, scale, is_flag = moments
        mean, scale = np.where(is_flag, 0.0, mean), np.where(is_flag, 1.0, scale)
        with np.errstate(divide="ignore", over="ignore"):
            constant = (low == high) | np.isinf(1.0 / scale)
        mean, scale = _rounded(mean, scale)
        return cls(np.where(constant, low, mean), np.where(constant, np.inf, scale))

    def keeping(self, places: Sequence[int]) -> FeatureUnits:
        """Return these, but for some features that stay as they are: codes, for instance."""
        if not places:
            return self
        mean, scale = self.mean.copy(), self.scale.copy()
        mean[list(places)], scale[list(places)] = 0.0, 1.0
        return FeatureUnits(mean, scale)

    @property
    def change_nothing(self) -> bool:
        """Whether features stay as they are."""
        return not self.mean.any() and bool((self.scale == 1).all())

    @computed_once
    def factors(self) -> np.ndarray:
        """What to subtract from each feature, and what to multiply it by then, (2, n_features).

        No rows if that changes nothing.
        """
        return NO_UNITS if self.change_nothing else np.stack([self.mean, 1.0 / self.scale])

    def far_from_unit(self) -> int | None:
        """Return the feature that is farthest from values of the order of one, if one is far."""
        varying = np.isfinite(self.scale)
        size = np.where(varying, np.hypot(self.mean, self.scale), 1.0)
        with np.errstate(over="ignore"):
            away = np.maximum(size, 1.0 / np.where(varying, self.scale, 1.0))
        feature = int(away.argmax())
        return feature if away[feature] > _FAR_FROM_UNIT else None


def _rounded(mean: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return means and scales to a millionth of the scale.

    A sample of weight 2 and the same sample twice give sums that are rounded otherwise. Training
    would make another network of it.
    """
    # A power of two, so that the division and the multiplication are exact.
    digit = 2.0 ** (np.frexp(scale)[1] - 20)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        rounded = np.rint(mean / digit) * digit
        scale = np.where(digit > 0, np.rint(scale / digit) * digit, scale)
    return np.where(np.isfinite(rounded), rounded, mean), scale


def _moments(passed: Passed, weights: np.ndarray | None, one_more: np.ndarray | None) -> _Moments:
    """Return the moments of all steps, and of one step (n_features,) besides if there is one.

    It weighs as much as the steps do on average over the sequences of positive weight.
    """
    n_features = passed.n_features
    low, high = np.full(n_features, np.inf), np.full(n_features, -np.inf)
    is_flag = np.ones(n_features, bool)
    if one_more is not None:
        low = high = one_more
        is_flag = (one_more == 0) | (one_more == 1)
    for values, _ in passed.weighted_blocks(weights):
        if len(values) > 0:
            low = np.minimum(low, values.min(axis=0))
            high = np.maximum(high, values.max(axis=0))
            if is_flag.any():
                is_flag &= ((values == 0) | (values == 1)).all(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        spread = high - low
    if not np.isfinite(spread).all():
        passed.packed(np.dtype(np.float64))  # raises for what is not finite itself
        feature = int(np.isfinite(spread).argmin())
        raise ValueError(
            f"Feature {feature} of X has values from {low[feature]:g} to {high[feature]:g}, which "
            "differ by more than a float64 holds. Divide it by a constant."
        )
    # From the lowest value on and in shares of the spread, squares neither overflow nor vanish,
    # and a time in seconds since 1970 keeps its digits.
    divisor = np.where(spread > 0, spread, 1.0)
    total, mean, squares = 0.0, np.zeros(n_features), np.zeros(n_features)
    if one_more is not None:
        total = 1.0 if weights is None else float(weights[weights > 0].mean())
        mean = (one_more - low) / divisor
    for values, of_steps in passed.weighted_blocks(weights):
        # Of a block, and then of all so far (Chan, Golub and LeVeque 1983).
        values -= low
        values /= divisor
        n = float(len(values)) if of_steps is None else float(of_steps.sum())
        if n > 0:
            weighted = values if of_steps is None else values * of_steps[:, np.newaxis]
            mean_here = weighted.sum(axis=0) / n
            values -= mean_here
            values *= values
            if of_steps is not None:
                values *= of_steps[:, np.newaxis]
            away = mean_here - mean
            squares += values.sum(axis=0) + away * away * (total * n / (total + n))
            total += n
            mean += away * (n / total)
    return _Moments(low, high, low + mean * spread, np.sqrt(squares / total) * spread, is_flag)

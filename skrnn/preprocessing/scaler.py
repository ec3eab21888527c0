"""Features with mean 0 and deviation 1."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from ..inputs.targets import check_sample_weight
from ..solvers import Boolean, Constraint
from ._form import given
from ._transformer import SequenceTransformer


@dataclass(eq=False, repr=False)
class SequenceScaler(SequenceTransformer):
    """Standardise each feature over all time steps of all sequences, or within each sequence.

    A feature becomes ``(x - mean) / scale``, where the scale is the standard deviation. The scale
    of a feature that does not vary is 1, so that it becomes 0.

    The networks do the first by themselves, with ``standardize=True``.

    Parameters
    ----------
    with_mean : bool, default=True
        Whether the mean is subtracted.
    with_std : bool, default=True
        Whether features are divided by their standard deviation.
    per_sequence : bool, default=False
        Whether each sequence has a mean and a deviation of its own, which takes level and size away
        from it. Else they are those of all time steps that `fit` sees, where a long sequence counts
        more than a short one.

    Attributes
    ----------
    mean_ : ndarray of shape (n_features,), float64
        What is subtracted: zeros without `with_mean`. None with `per_sequence`.
    scale_ : ndarray of shape (n_features,), float64
        What is divided by: ones without `with_std`. None with `per_sequence`.
    n_features_in_ : int
        Number of features of a time step; of a table (2-D), its number of columns.
    feature_names_in_ : ndarray of str
        Names of the features, if there are any.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import SequenceScaler
    >>> X = [np.array([1.0, 2.0]), np.array([6.0])]
    >>> scaler = SequenceScaler(with_std=False).fit(X)
    >>> scaler.mean_
    array([3.])
    >>> scaler.transform(X)[0]
    array([[-2.],
           [-1.]])
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        "with_mean": Boolean(),
        "with_std": Boolean(),
        "per_sequence": Boolean(),
    }

    with_mean: bool = True
    with_std: bool = True
    per_sequence: bool = False

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Learn mean and standard deviation of each feature.

        Parameters
        ----------
        X : array-like of sequences
            All that ``RNNClassifier.fit`` takes.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences, not negative: all steps of a sequence have its weight. They
            have no effect with `per_sequence`.

        Returns
        -------
        object
            The transformer itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter, X or `sample_weight` is not as described. The transformer is then as it
            was.
        """
        return self._fit(X, sample_weight=sample_weight)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return sequences with their mean and deviation given back.

        Parameters
        ----------
        X : array-like of sequences
            What `transform` returned, or any sequences of as many features, in the order of `fit`:
            names of features are not looked at.

        Returns
        -------
        ndarray
            In the form that `transform` has for such an X.

        Raises
        ------
        ValueError
            With `per_sequence`, since nothing is kept of the sequences that were transformed.
        """
        check_is_fitted(self)
        if self.mean_ is None:
            raise ValueError(
                "SequenceScaler cannot undo per_sequence=True: the mean and the deviation of each "
                "sequence are not kept. Keep the sequences themselves, or set per_sequence=False."
            )
        nameless = copy(self)  # what `transform` returns has no names: it is not warned of them
        nameless.__dict__.pop("feature_names_in_", None)
        passed = given(nameless, X, reset=False)
        return passed.alike(
            [(array * self.scale_ + self.mean_).astype(array.dtype) for array in passed.arrays]
        )

    def _learn(self, arrays: list[np.ndarray], sample_weight: Any = None) -> None:
        weights = check_sample_weight(sample_weight, len(arrays))
        self.mean_ = self.scale_ = None
        if self.per_sequence:
            return
        of_steps = None
        if weights is not None:
            arrays = [array for array, weight in zip(arrays, weights, strict=True) if weight > 0]
            weights = weights[weights > 0]
            of_steps = np.repeat(weights, [len(array) for array in arrays])
        self.mean_, self.scale_ = self._units(np.concatenate(arrays), of_steps)

    def _transformed(self, array: np.ndarray) -> np.ndarray:
        mean, scale = self.mean_, self.scale_
        if mean is None:
            mean, scale = self._units(array)
        return ((array - mean) / scale).astype(array.dtype)

    def _names_out(self, names: list[str]) -> list[str]:
        return names

    def _units(
        self, values: np.ndarray, weights: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and scale, (n_features,) each, for steps (n_steps, n_features)."""
        values = values.astype(np.float64)
        # Weights that sum to one: sums of large values stay finite.
        shares = np.ones(len(values)) if weights is None else weights
        shares = shares / shares.sum()
        low, high = values.min(axis=0), values.max(axis=0)
        # A constant's own value, without the rounding of a sum, leaves exactly 0.
        mean = np.where(low == high, low, shares @ values)
        values -= mean
        # Squares of very large values would not be numbers, and those of very small ones 0.
        largest = np.abs(values).max(axis=0)
        values /= np.where(largest > 0, largest, 1.0)
        scale = largest * np.sqrt(shares @ values**2)
        scale[scale == 0] = 1.0
        if not self.with_mean:
            mean = np.zeros_like(mean)
        if not self.with_std:
            scale = np.ones_like(scale)
        return mean, scale

"""What the estimators with one answer for each sequence share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..inputs.packing import Passed
from ..inputs.targets import check_n_targets, check_sample_weight
from ..network.pooling import POOLINGS
from .base import BaseRNN
from .callbacks import with_callbacks
from .checks import OneOf
from .given import Given
from .parameter_fields import hyperparameter


@dataclass(eq=False, repr=False, kw_only=True)
class SequenceRNN(BaseRNN):
    """A recurrent network that answers once a sequence."""

    pooling: str = hyperparameter(
        "last",
        OneOf(POOLINGS),
        "What the output layer sees of the top layer's hidden states: the last one, or the mean or "
        "the maximum over the time steps of the sequence.",
    )

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        groups: Any = None,
    ) -> Self:
        """Fit the network to sequences and their targets.

        Parameters
        ----------
        X : array-like of sequences
            One of

            - array or data frame of shape (n_samples, n_timesteps), one value a time step;
            - array of shape (n_samples, n_timesteps, n_features), where the trailing time steps of
              a sequence may be NaN in every feature: padding, which is not computed;
            - list, tuple, Series, object array or one-column data frame of n_samples arrays of
              shape (length, n_features) or (length,), of any lengths. Data frames, one a sequence,
              are read by the names of their columns, in the order of the first.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, not negative. A sample of weight 2 counts as two samples, one of
            weight 0 as none. Their size matters for `alpha`: where they sum to one, as AdaBoost's
            do, divide it by n_samples, or set it to 0.
        X_val : array-like of sequences, default=None
            What `early_stopping` validates on, instead of a part of X. Every call of a warm start
            should get the same: it restores the weights that had the best score of all calls.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            The targets of `X_val`; classes that y lacks are an error.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of `X_val`.
        groups : array-like of shape (n_samples,), default=None
            What a splitter as `validation_fraction` may keep together, such as the person that a
            recording is of.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter, `X`, `y`, `sample_weight` or `groups`, or one of the three to validate
            on, is not as described; if one of these lacks the others, or is passed without
            `early_stopping`; if `groups` is passed and nothing is split by it;
            or if training diverges. Besides, whatever a callable `scoring` raises. The estimator
            is then as it was before the call.
        """
        validation = X_val, y_val, sample_weight_val
        return self._fit_all(X, y, sample_weight, validation, groups)

    @abstractmethod
    def _check_y(self, y: Any) -> np.ndarray:
        """Return y as array, (n_samples,) or (n_samples, n_outputs), without looking at X."""

    def _given(self, passed: Passed, y: Any, sample_weight: Any) -> Given:
        values = self._check_y(y)
        check_n_targets(values, len(passed))
        return Given(values, check_sample_weight(sample_weight, len(passed)))

"""What all transformers of sequences share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import copy
from typing import Any, Self

import numpy as np
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from ._checked import CheckedTransformer
from ._form import given


class SequenceTransformer(CheckedTransformer, ABC):
    """Makes another sequence of each sequence.

    A subclass is a dataclass whose fields are its parameters, all with defaults. It says what they
    may be, what becomes of one sequence, and what the features are called then.
    """

    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the parameters, and learn the number of features and their names.

        Parameters
        ----------
        X : array-like of sequences
            All that ``RNNClassifier.fit`` takes.
        y : None
            Ignored.

        Returns
        -------
        object
            The transformer itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter or X is not as described. The transformer is then as it was.
        """
        return self._fit(X)

    def transform(self, X: Any) -> np.ndarray:
        """Return the sequences that are made of those of X.

        Parameters
        ----------
        X : array-like of sequences
            All that ``RNNClassifier.predict`` takes; it is not written to.

        Returns
        -------
        ndarray
            Where X is one array without padding, (n_samples, n_timesteps) or
            (n_samples, n_timesteps, n_features): one array of three dimensions. For all else: an
            object array (n_samples,) of arrays of shape (length, n_features). In float32 where all
            of X is, else in float64.
        """
        check_is_fitted(self)
        self._check_parameters()
        passed = given(self, X, reset=False)
        return passed.alike([self._transformed(array) for array in passed.arrays])

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the features of a time step.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features,), default=None
            The names of the features of a time step of X. None is ``feature_names_in_``, or
            "x0", "x1", ... if there are none. The columns of a table are time steps, not features.

        Returns
        -------
        ndarray of str objects
            One for each feature.
        """
        check_is_fitted(self)
        n_features, known = self._n_features_step, None
        if not self._fitted_on_table:
            known = getattr(self, "feature_names_in_", None)
        if input_features is None:
            names = [f"x{i}" for i in range(n_features)] if known is None else list(known)
        else:
            names = list(input_features)
            if len(names) != n_features:
                raise ValueError(
                    f"input_features should have length equal to the number of features of a time "
                    f"step, {n_features}, but it has {len(names)}."
                )
            if known is not None and names != list(known):
                raise ValueError(
                    "input_features is not equal to feature_names_in_. Pass None to have these."
                )
        return np.array(self._names_out(names), dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return "_n_features_step" in vars(self)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _fit(self, X: Any, **of_samples: Any) -> Self:
        self._check_parameters()
        learning = copy(self)  # so that a failure leaves this one as it was
        learning._learn(given(learning, X, reset=True).arrays, **of_samples)
        self.__dict__ = learning.__dict__
        return self

    def _learn(self, arrays: list[np.ndarray]) -> None:
        """Set what is learnt of the sequences, which are to be read only."""

    @abstractmethod
    def _transformed(self, array: np.ndarray) -> np.ndarray:
        """Return what a sequence (length, n_features) becomes, in its dtype.

        The result is new; sequences of one length give results of one length.
        """

    @abstractmethod
    def _names_out(self, names: list[str]) -> list[str]:
        """Return what the features are called, given the names of those of X."""

"""What the estimators with an answer at every time step share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from ..inputs.packing import Passed
from ..inputs.step_targets import StepTargets, read_step_targets
from ..solvers import Boolean
from .base import BaseRNN
from .callbacks import with_callbacks
from .fitted import Fitted
from .given import Given, GivenAtSteps
from .parameter_fields import hyperparameter


@dataclass(eq=False, repr=False, kw_only=True)
class StepRNN(BaseRNN):
    """A recurrent network that answers at every time step."""

    _every_step: ClassVar[bool] = True

    bidirectional: bool = hyperparameter(
        True,
        Boolean(),
        "Whether each layer walks a sequence in both directions, and passes both outputs on side "
        "by side: an answer then sees what comes after its step too. Set it to False where the "
        "steps to come are not known yet.",
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
        y : array-like of sequences
            A target for each time step: as many arrays as X has sequences, each of shape (length,),
            or (length, n_outputs) for several numbers a step; or an array of shape
            (n_samples, n_timesteps). A string has one label a character. None and NaN are no
            target: such a step counts for nothing.
        sample_weight : array-like of shape (n_samples,), or of sequences, default=None
            Weights, not negative, of the sequences, whose steps all have it, or of each time step.
            Their size matters for `alpha`, which is divided by their sum in a minibatch.
        X_val : array-like of sequences, default=None
            What `early_stopping` validates on, instead of a part of X. Every call of a warm start
            should get the same: it restores the weights that had the best score of all calls.
        y_val : array-like of sequences, default=None
            The targets of `X_val`; classes that y lacks are an error.
        sample_weight_val : array-like of shape (n_val,), or of sequences, default=None
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

    def _check_hyperparameters(self) -> None:
        super()._check_hyperparameters()
        if isinstance(self.scoring, str) and self.scoring != "loss":
            raise ValueError(
                f"scoring={self.scoring!r} is a scorer of scikit-learn's, which takes no sequences "
                f"of answers. Pass skrnn.metrics.flat_scorer({self.scoring!r})."
            )

    @abstractmethod
    def _convert(self, values: np.ndarray, name: str) -> np.ndarray:
        """Return the targets of labelled steps, (n,) or (n, n_outputs), as labels or numbers."""

    def _read_targets(self, y: Any, sample_weight: Any, lengths: np.ndarray) -> StepTargets:
        """Check and convert targets and weights of sequences of these lengths."""
        return read_step_targets(y, sample_weight, lengths, self._convert)

    def _given(self, passed: Passed, y: Any, sample_weight: Any) -> Given:
        return GivenAtSteps(*self._read_targets(y, sample_weight, passed.lengths))

    def _raw_steps(self, fitted: Fitted, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the network's outputs of all steps, and where each sequence's begin."""
        raw, offsets = self._outputs(fitted, X)
        assert offsets is not None
        return raw, offsets

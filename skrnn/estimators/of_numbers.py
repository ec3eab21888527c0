"""What the estimators of numbers share: the loss, and the units of the targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self, cast

import numpy as np

from ..inputs.targets import TargetUnits, check_not_negative
from ..losses import REGRESSION_LOSSES, RegressionLoss
from ..solvers import Interval
from . import requested
from .base import BaseRNN
from .checks import AnyOf, OneOf, SequenceOf, check_unchanged
from .fitted import Fitted
from .numbers import Numbers
from .parameter_fields import hyperparameter
from .task import Task

_LEVEL = Interval(0, 1, closed="neither")


@dataclass(eq=False, repr=False, kw_only=True)
class OfNumbers(BaseRNN):
    """A recurrent network whose answers are numbers."""

    _task_kind = Numbers

    loss: str = hyperparameter(
        "squared_error",
        OneOf(tuple(REGRESSION_LOSSES)),
        "What the weights minimise: half the squared error, for the mean; the absolute error, for "
        "the median; Huber's loss (1964), in between; 'poisson', half the deviance of counts and "
        "other targets that are not negative, for a mean that is ``exp`` of the network's output; "
        "or the pinball loss (Koenker and Bassett 1978), for the `quantile`.",
    )
    delta: float = hyperparameter(
        1.0,
        Interval(0, closed="neither"),
        "Error from which on ``loss='huber'`` is linear and no longer quadratic, in units of the "
        "targets' mean absolute deviation from their median.",
    )
    quantile: float | Sequence[float] | None = hyperparameter(
        None,
        AnyOf(OneOf((None,)), _LEVEL, SequenceOf(_LEVEL)),
        "Which quantile ``loss='quantile'`` predicts. With a sequence, `predict` returns as many "
        "numbers for each output, in its order.",
    )

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on some more data.

        Training goes on where the last call, of `fit` or `partial_fit`, has ended: so many calls
        are so many epochs of one fit, to the bit. Parameters of the solver and
        `learning_rate_init` may be set between two calls and take effect; another `solver` starts
        without what the last one has gathered. After `early_stopping` it goes on from the best
        weights. Ctrl-C leaves the estimator as it was before the call.

        Parameters
        ----------
        X : array-like of sequences
            As in `fit`.
        y : array-like
            The targets, as in `fit`. Those of the first call should be typical of all: they fix
            what the targets are standardised by.
        sample_weight : array-like, default=None
            As in `fit`.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            As in `fit`; further if y has another number of outputs than in the first call, or
            if `loss` or a parameter of it has changed.
        """
        return self._fit_epoch(X, y, sample_weight, self._task_for)

    def _answers(
        self, fitted: Fitted, raw: np.ndarray, offsets: np.ndarray | None = None
    ) -> np.ndarray:
        return numbers_of(fitted).predictions(raw, offsets)

    def _check_hyperparameters(self) -> None:
        super()._check_hyperparameters()
        for parameter in fields(REGRESSION_LOSSES[self.loss]):
            if getattr(self, parameter.name) is None:
                raise ValueError(
                    f"The parameter {parameter.name} of {type(self).__name__} must be set for "
                    f"loss={self.loss!r}. Got None."
                )

    def _check_task_is_fitted(self, task: Task) -> None:
        asked, fitted = requested.loss(self, str(self.loss)), task.loss
        check_unchanged({"loss": asked.name, **vars(asked)}, {"loss": fitted.name, **vars(fitted)})

    def _task_for(
        self, before: Task | None, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> Numbers:
        loss = cast(RegressionLoss, requested.loss(self, str(self.loss)))
        if before is not None:
            numbers = cast(Numbers, before)
            numbers.check_n_targets(y)
            units = numbers.units.learning_more(loss, y, sample_weight)
            return replace(numbers, units=units, loss=loss)
        if loss.non_negative:
            check_not_negative(y, loss.name)
        units = TargetUnits.learnt(loss, y, sample_weight)
        return Numbers(units, loss, np.dtype(self.dtype))


def numbers_of(fitted: Fitted) -> Numbers:
    """Return what y means to an estimator of numbers."""
    return cast(Numbers, fitted.task)

"""The regressor: targets of any scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self, cast

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from ..inputs.targets import TargetUnits, check_not_negative, check_sample_weight, without_column
from ..inputs.values import as_numbers
from ..losses import REGRESSION_LOSSES, RegressionLoss
from ..solvers import Interval
from . import requested
from .base import BaseRNN
from .checks import AnyOf, OneOf, SequenceOf, check_unchanged
from .documentation import document
from .fitted import Fitted
from .numbers import Numbers
from .parameter_fields import hyperparameter
from .task import Task

_LEVEL = Interval(0, 1, closed="neither")


@document
@dataclass(eq=False, repr=False, kw_only=True)
class RNNRegressor(RegressorMixin, BaseRNN):
    """Recurrent neural network that predicts numbers from sequences.

    Recurrent layers read a sequence step by step; a dense layer turns their last state into one or
    several numbers. The weights minimise the `loss`, averaged over the outputs, and an L2 penalty.

    Targets may be of any scale, as every output is trained in units of its own:

    - ``(y - mean) / standard deviation`` for the squared error;
    - ``(y - median) / mean absolute deviation from it``, which outliers move less, for
      'absolute_error', 'huber' and 'quantile';
    - ``y / mean`` for 'poisson'.

    They are weighted by `sample_weight` and taken from the first call, of `fit` or `partial_fit`,
    so that the weights keep their meaning in later calls (`fit` without `warm_start` is always a
    first call). An output that has had a single value so far is predicted to have it, until a
    later call brings another value; but with 'poisson', where it is learnt like any other.

    Parameters
    ----------
    {hyperparameters}

    Attributes
    ----------
    out_activation_ : str
        ``"identity"``, or ``"exp"`` with ``loss='poisson'``.
    {attributes}

    See Also
    --------
    RNNClassifier : The same network for classes.
    sklearn.neural_network.MLPRegressor : Its model in names and behaviour, for tables.

    Notes
    -----
    Losses are those of the targets in the units above: without learning anything, the squared error
    is about 1 and `loss_`, which is half of it, about 0.5, and the absolute error is about 1. For
    'poisson' the loss is half the mean deviance.

    With `early_stopping` the score, unless `scoring` says otherwise, is the D2 of the loss: the
    share of the best constant's loss that the predictions save. For the squared error this is R2.
    It is weighted by `sample_weight` and averaged over the outputs.

    Quantiles of one target are trained together and may cross where data is scarce; those predicted
    are therefore sorted, which never makes their loss larger (Chernozhukov, Fernández-Val and
    Galichon 2010).

    Examples
    --------
    The next value of a sine from the values before it:

    >>> import numpy as np
    >>> from skrnn import RNNRegressor
    >>> wave = np.sin(0.3 * np.arange(400))
    >>> windows = np.lib.stride_tricks.sliding_window_view(wave, 21)
    >>> X, y = windows[:, :20], windows[:, 20]
    >>> reg = RNNRegressor(16, cell="gru", learning_rate_init=0.01, random_state=0)
    >>> reg.fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.99
    True

    An interval that holds four out of five values, and the median:

    >>> reg = RNNRegressor(8, loss="quantile", quantile=[0.1, 0.5, 0.9], tol=1e-2, random_state=0)
    >>> reg.fit(X[:300], y[:300]).predict(X[300:]).shape
    (80, 3)
    """

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
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets. Those of the first call should be typical of all: they fix what the targets
            are standardised by.
        sample_weight : array-like of shape (n_samples,), default=None
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

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted targets of each sequence.

        Parameters
        ----------
        X : array-like of sequences
            As in `fit`. Unless `fit` saw a table, (n_samples, n_timesteps), lengths are free.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs), float64
            If `quantile` is a sequence, of shape (n_samples, n_quantiles) or (n_samples, n_outputs,
            n_quantiles), in its order; those of one output do not cross.
        """
        fitted = self._record()
        return _numbers_of(fitted).predictions(self._raw_outputs(fitted, X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R2 of the predictions, or D2 of the pinball loss if they are quantiles.

        All losses but 'quantile' have the same score, so that a search may compare them.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The true targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        float
            1 for perfect predictions, 0 for the best constant. With ``loss='quantile'`` that of
            `sklearn.metrics.d2_pinball_score`, averaged over quantiles and outputs.
        """
        fitted = self._record()
        numbers = _numbers_of(fitted)
        if numbers.loss.predicts_centre:
            return super().score(X, y, sample_weight)
        targets = self._check_y(y)
        numbers.check_n_targets(targets)
        weights = check_sample_weight(sample_weight, len(targets))
        predictions = numbers.predictions(self._raw_outputs(fitted, X)).reshape(len(targets), -1)
        return numbers.loss.score(predictions, targets, weights)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        loss = REGRESSION_LOSSES.get(str(self.loss))
        tags.target_tags.positive_only = loss is not None and loss.non_negative
        return tags

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

    def _check_y(self, y: Any) -> np.ndarray:
        targets = without_column(as_numbers(y, "y"))
        return targets[:, np.newaxis] if targets.ndim == 1 else targets

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


def _numbers_of(fitted: Fitted) -> Numbers:
    return cast(Numbers, fitted.task)

"""The regressor: targets of any scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from ..inputs.targets import check_sample_weight, without_column
from ..inputs.values import as_numbers
from ..losses import REGRESSION_LOSSES
from .documentation import document
from .of_numbers import OfNumbers, numbers_of
from .sequence_estimator import SequenceRNN


@document
@dataclass(eq=False, repr=False, kw_only=True)
class RNNRegressor(RegressorMixin, OfNumbers, SequenceRNN):
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
        return self._answers(fitted, self._raw_outputs(fitted, X))

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
        numbers = numbers_of(fitted)
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

    def _check_y(self, y: Any) -> np.ndarray:
        targets = without_column(as_numbers(y, "y"))
        return targets[:, np.newaxis] if targets.ndim == 1 else targets

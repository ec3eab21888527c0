"""The regressor: targets of any scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags

from ._base import BaseRNN
from ._documentation import document
from ._targets import as_targets
from ._training import TrainingData


@document
@dataclass(eq=False, repr=False)
class RNNRegressor(RegressorMixin, BaseRNN):
    """Recurrent neural network that predicts numbers from sequences.

    Recurrent layers read a sequence step by step; a dense layer turns their last state into one or
    several numbers. The weights minimise half the squared error, averaged over the outputs, and an
    L2 penalty.

    Targets may be of any scale: every output is trained on ``(y - mean) / standard deviation``,
    both weighted by `sample_weight` and taken from the first call, of `fit` or `partial_fit`, so
    that the weights keep their meaning in later calls (`fit` without `warm_start` is always a
    first call). An output that has had a single value so far is predicted to have it, until a
    later call brings another value.

    Parameters
    ----------
    {hyperparameters}

    Attributes
    ----------
    out_activation_ : str
        ``"identity"``.
    {attributes}

    See Also
    --------
    RNNClassifier : The same network for classes.
    sklearn.neural_network.MLPRegressor : Its model in names and behaviour, for tables.

    Notes
    -----
    Losses are those of the standardised targets: without learning anything, the squared error is
    about 1 and `loss_` about 0.5. With `early_stopping` the score is R2, weighted by
    `sample_weight` and averaged over the outputs, unless `scoring` says otherwise.

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
    """

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch on some more data.

        Training goes on where the last call, of `fit` or `partial_fit`, has ended: so many calls
        are so many epochs of one fit, to the bit. Parameters of the solver and
        `learning_rate_init` may be set between two calls and take effect; another `solver` starts
        without what the last one has gathered. After `early_stopping` the best weights are gone
        on from. Ctrl-C leaves the estimator as it was before the call.

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
            As in `fit`; further if y has another number of outputs than in the first call.
        """
        return self._fit_epoch(X, y, sample_weight, self._learn_targets)

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted targets of each sequence.

        Parameters
        ----------
        X : array-like of sequences
            As in `fit`. Unless `fit` saw a table, (n_samples, n_timesteps), lengths are free.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs), float64
        """
        predictions = self._raw_outputs(X) * self._target_scale + self._target_mean
        return predictions[:, 0] if self.n_outputs_ == 1 else predictions

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _check_y(self, y: Any) -> np.ndarray:
        targets = as_targets(y, dtype=np.float64)
        return targets[:, np.newaxis] if targets.ndim == 1 else targets

    def _learn_targets(self, y: np.ndarray, sample_weight: np.ndarray | None) -> None:
        self._loss = "squared_error"
        self._target_mean, self._target_scale = mean_and_scale(y, sample_weight)

    def _learn_more_targets(self, y: np.ndarray, sample_weight: np.ndarray | None) -> None:
        self._check_n_outputs(y)
        unscaled = self._target_scale == 0
        if unscaled.any():
            self._learn_scale(y, sample_weight, unscaled)

    def _check_n_outputs(self, y: np.ndarray) -> None:
        if y.shape[1] != len(self._target_mean):
            raise ValueError(
                f"y has {y.shape[1]} outputs, but the regressor was fitted with "
                f"{len(self._target_mean)}. Pass as many, or fit anew with warm_start=False."
            )

    def _encode(
        self, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        self._check_n_outputs(y)
        deviations = y - self._target_mean
        scaled = np.zeros_like(y)
        np.divide(deviations, self._target_scale, out=scaled, where=self._target_scale > 0)
        return scaled, sample_weight

    def _learn_scale(
        self, y: np.ndarray, sample_weight: np.ndarray | None, unscaled: np.ndarray
    ) -> None:
        """Learn the scale of outputs that have been constant, from their one value and new ones.

        Were a single sample, or a constant batch, to fix the scale for good, a stream of data
        could not be learnt.
        """
        values = np.vstack([self._target_mean, y])
        if sample_weight is not None:
            sample_weight = np.append(sample_weight[sample_weight > 0].mean(), sample_weight)
        mean, scale = mean_and_scale(values, sample_weight)
        self._target_mean = np.where(unscaled, mean, self._target_mean)
        self._target_scale = np.where(unscaled, scale, self._target_scale)

    def _strata(self, targets: np.ndarray) -> None:
        return None

    def _score_outputs(self, raw: np.ndarray, data: TrainingData) -> float:
        # Imported where it is needed: a tenth of what `import skrnn` would take.
        from sklearn.metrics import r2_score

        return float(r2_score(data.targets, raw, sample_weight=data.sample_weight))


def mean_and_scale(
    y: np.ndarray, sample_weight: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation of each column of y, (n_outputs,) each.

    The scale of a constant column is exactly 0, and its mean exactly its value.
    """
    if sample_weight is not None:
        y, sample_weight = y[sample_weight > 0], sample_weight[sample_weight > 0]
    low, high = y.min(axis=0), y.max(axis=0)
    # Squares of values below 1e-154 or above 1e154 would vanish or overflow.
    unit = np.maximum(np.abs(low), np.abs(high))
    unit[unit == 0] = 1
    mean = np.average(y / unit, axis=0, weights=sample_weight)
    variance = np.average((y / unit - mean) ** 2, axis=0, weights=sample_weight)
    constant = low == high
    return np.where(constant, low, mean * unit), np.where(constant, 0, np.sqrt(variance) * unit)

"""The step regressor: numbers at every time step."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..inputs.values import as_numbers
from ..losses import REGRESSION_LOSSES
from .answers import by_sequence
from .documentation import document
from .of_numbers import OfNumbers, numbers_of
from .step_estimator import StepRNN


@document
@dataclass(eq=False, repr=False, kw_only=True)
class RNNStepRegressor(StepRNN, OfNumbers):
    """Recurrent neural network that predicts numbers at every time step of a sequence.

    Recurrent layers read a sequence step by step, in both directions unless `bidirectional` is
    False; a dense layer turns their state at each step into one or several numbers. The weights
    minimise the `loss`, averaged over steps and outputs, and an L2 penalty.

    Targets may be of any scale: every output is trained in units of its own, as in `RNNRegressor`,
    taken from the labelled steps of the first call.

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
    RNNRegressor : Numbers for each sequence.
    RNNTagger : A label at every time step.
    skrnn.metrics.flat_scorer : Any score of scikit-learn's, over the steps of all sequences.

    Notes
    -----
    Cross-validation and searches work with `score`, or with a scorer of `skrnn.metrics`.
    Where the steps to come must not be seen, as in a forecast, set ``bidirectional=False``.

    Examples
    --------
    The mean of all values so far:

    >>> import numpy as np
    >>> from skrnn import RNNStepRegressor
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.standard_normal(rng.integers(5, 15)) for _ in range(100)]
    >>> y = [np.cumsum(x) / np.arange(1, len(x) + 1) for x in X]
    >>> reg = RNNStepRegressor(16, bidirectional=False, learning_rate_init=0.01, random_state=0)
    >>> reg.fit(X, y).score(X, y) > 0.95
    True
    >>> reg.predict([[1.0, 2.0, 3.0]])[0].shape
    (3,)
    """

    def _check_hyperparameters(self) -> None:
        super()._check_hyperparameters()
        of_loss = {field.name for field in fields(REGRESSION_LOSSES[self.loss])}
        of_others = {field.name for kind in REGRESSION_LOSSES.values() for field in fields(kind)}
        defaults = {field.name: field.default for field in fields(self)}
        for name in sorted(of_others - of_loss):
            if getattr(self, name) != defaults[name]:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} has no effect with loss={self.loss!r}. Set it "
                    f"to {defaults[name]!r}, or choose a loss that has it."
                )

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted targets of each time step.

        Parameters
        ----------
        X : array-like of sequences
            As in `fit`. Unless `fit` saw a table, (n_samples, n_timesteps), lengths are free.

        Returns
        -------
        ndarray of shape (n_samples,), dtype object
            For each sequence an array of float64, (length,) or (length, n_outputs). If `quantile`
            is a sequence it has one more axis, (..., n_quantiles), in its order; those of one
            output do not cross.
        """
        fitted = self._record()
        raw, offsets = self._raw_steps(fitted, X)
        return by_sequence(self._answers(fitted, raw, offsets), offsets)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return R2 over the steps of all sequences, or D2 of the pinball loss for quantiles.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.
        y : array-like of sequences
            The true targets, as in `fit`; steps without one count for nothing.
        sample_weight : array-like of shape (n_samples,), or of sequences, default=None
            Weights, as in `fit`.

        Returns
        -------
        float
            1 for perfect predictions, 0 for the best constant.
        """
        fitted = self._record()
        numbers = numbers_of(fitted)
        raw, offsets = self._raw_steps(fitted, X)
        true = self._read_targets(y, sample_weight, np.diff(offsets))
        numbers.check_n_targets(true.values)
        predictions = numbers.predictions(raw, offsets)[true.places].reshape(len(true.places), -1)
        if numbers.loss.predicts_centre:
            # Imported where it is needed: a tenth of what `import skrnn` would take.
            from sklearn.metrics import r2_score

            return float(r2_score(true.values, predictions, sample_weight=true.weights))
        return numbers.loss.score(predictions, true.values, true.weights)

    def _convert(self, values: np.ndarray, name: str) -> np.ndarray:
        numbers = as_numbers(values, name)
        return numbers[:, np.newaxis] if numbers.ndim == 1 else numbers

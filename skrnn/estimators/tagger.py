"""The tagger: a label at every time step."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils.multiclass import type_of_target

from ..inputs.step_targets import StepTargets
from ..inputs.values import as_labels
from ..runtime.callers import user_level
from .answers import by_sequence
from .documentation import document
from .labels import Labels
from .of_classes import OfClasses, labels_of
from .step_estimator import StepRNN


@document
@dataclass(eq=False, repr=False, kw_only=True)
class RNNTagger(StepRNN, OfClasses):
    """Recurrent neural network that gives every time step of a sequence a label.

    Recurrent layers read a sequence step by step, in both directions unless `bidirectional` is
    False; a dense layer turns their state at each step into probabilities. The weights minimise the
    cross-entropy over the steps, of labels smoothed by `label_smoothing`, and an L2 penalty. Two
    classes have one logistic output, more classes a softmax with one output each.

    Parameters
    ----------
    {hyperparameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted.
    out_activation_ : str
        ``"logistic"`` or ``"softmax"``.
    {attributes}

    See Also
    --------
    RNNClassifier : One label for each sequence.
    RNNStepRegressor : A number at every time step.
    skrnn.metrics.flat_scorer : Any score of scikit-learn's, over the steps of all sequences.

    Notes
    -----
    Cross-validation and searches work with `score`, or with a scorer of `skrnn.metrics`:
    scikit-learn's own, such as ``scoring="f1_macro"``, take no sequences of labels. For the same
    reason it is no ``ClassifierMixin``: scikit-learn would look for classes in y to stratify by.

    Examples
    --------
    Is a value above the mean of those so far?

    >>> import numpy as np
    >>> from skrnn import RNNTagger
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.standard_normal(rng.integers(5, 15)) for _ in range(60)]
    >>> y = [np.where(x > np.cumsum(x) / np.arange(1, len(x) + 1), "up", "down") for x in X]
    >>> tagger = RNNTagger(16, bidirectional=False, learning_rate_init=0.02, random_state=0)
    >>> tagger.fit(X, y).score(X, y) > 0.9
    True
    >>> tagger.predict([[0.0, 2.0, -3.0]])[0]
    array(['down', 'up', 'down'], dtype='<U4')
    """

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label of each time step.

        Parameters
        ----------
        X : array-like of sequences
            As in `fit`. Unless `fit` saw a table, (n_samples, n_timesteps), lengths are free.

        Returns
        -------
        ndarray of shape (n_samples,), dtype object
            For each sequence an array of shape (length,).
        """
        fitted = self._record()
        raw, offsets = self._raw_steps(fitted, X)
        return by_sequence(self._answers(fitted, raw, offsets), offsets)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class at each time step.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.

        Returns
        -------
        ndarray of shape (n_samples,), dtype object
            For each sequence an array of shape (length, n_classes), float64, columns as in
            `classes_`. Rows sum to one.
        """
        fitted = self._record()
        raw, offsets = self._raw_steps(fitted, X)
        return by_sequence(self._probabilities(fitted, raw), offsets)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each class at each time step.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.

        Returns
        -------
        ndarray of shape (n_samples,), dtype object
            The logarithm of `predict_proba`, finite where that is 0.
        """
        fitted = self._record()
        labels = labels_of(fitted)
        raw, offsets = self._raw_steps(fitted, X)
        return by_sequence(labels.of_classes(labels.loss.predict_log, raw), offsets)

    def score_samples(self, X: Any, y: Any) -> np.ndarray:
        """Return the logarithm of the probability of the labels of each sequence.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.
        y : array-like of sequences
            The labels, as in `fit`; steps without a label count for nothing.

        Returns
        -------
        ndarray of shape (n_samples,), float64
            Natural logarithms, minus infinity for a label that training has not seen.
        """
        fitted = self._record()
        labels = labels_of(fitted)
        raw, offsets = self._raw_steps(fitted, X)
        true = self._read_targets(y, None, np.diff(offsets))
        codes = _codes(labels, true)
        log_proba = labels.of_classes(labels.loss.predict_log, raw[true.places])
        of_steps = np.zeros(len(raw))
        of_steps[true.places] = np.where(
            codes < 0, -np.inf, log_proba[np.arange(len(codes)), codes]
        )
        return np.add.reduceat(of_steps, offsets[:-1])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy over the steps of all sequences.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.
        y : array-like of sequences
            The true labels, as in `fit`; steps without a label count for nothing.
        sample_weight : array-like of shape (n_samples,), or of sequences, default=None
            Weights, as in `fit`.

        Returns
        -------
        float
            The share of labelled steps with the right label. A label that training has not seen
            counts as wrong, with a warning.
        """
        fitted = self._record()
        labels = labels_of(fitted)
        raw, offsets = self._raw_steps(fitted, X)
        true = self._read_targets(y, sample_weight, np.diff(offsets))
        right = labels.codes(raw[true.places]) == _codes(labels, true)
        return float(np.average(right, weights=true.weights))

    def _convert(self, values: np.ndarray, name: str) -> np.ndarray:
        labels = as_labels(values, name)
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        if labels.ndim == 2:
            raise ValueError(
                f"{name} has {labels.shape[1]} values for each time step, but one label is "
                "expected. Pass arrays of shape (length,)."
            )
        if type_of_target(labels, input_name=name) == "continuous":
            raise ValueError(
                f"Unknown label type: continuous. {name} has numbers that are no classes, such as "
                f"{labels[np.argmax(labels % 1 != 0)]}. Numbers at every step are for "
                "RNNStepRegressor."
            )
        return labels


def _codes(labels: Labels, true: StepTargets) -> np.ndarray:
    """Return the number of each label's class, -1 with a warning if it is not known."""
    index = {label: code for code, label in enumerate(labels.classes.tolist())}
    values = true.values
    if values.dtype.kind == labels.classes.dtype.kind == "M":  # the same dates in another unit
        values = values.astype(labels.classes.dtype)
    codes = np.array([index.get(label, -1) for label in values.tolist()], np.int64)
    if (codes < 0).any():
        unseen = sorted({str(label) for label in true.values[codes < 0].tolist()})
        warnings.warn(
            f"y has labels that training has not seen, {', '.join(unseen[:5])}: no prediction can "
            "be right where they stand.",
            stacklevel=user_level(),
        )
    return codes

"""The tagger: a label at every time step."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from sklearn.utils.multiclass import type_of_target

from ..inputs.packing import Passed
from ..inputs.values import as_labels
from ..losses import ClassificationLoss
from . import requested
from .answers import by_sequence
from .documentation import document
from .given import Given, GivenAtSteps
from .of_chains import OfChains
from .of_classes import OfClasses
from .tags import ChainedTags, GivenToChain, Tags


@document
@dataclass(eq=False, repr=False, kw_only=True)
class RNNTagger(OfChains, OfClasses):
    """Recurrent neural network that gives every time step of a sequence a label.

    Recurrent layers read a sequence step by step, in both directions unless `bidirectional` is
    False; a dense layer turns their state at each step into probabilities. The weights minimise the
    cross-entropy over the steps, of labels smoothed by `label_smoothing`, and an L2 penalty. Two
    classes have one logistic output, more classes a softmax with one output each. With
    ``decoder="crf"`` the labels of a sequence are a chain, and its probability is learnt.

    Parameters
    ----------
    {hyperparameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted.
    out_activation_ : str
        ``"logistic"``, ``"softmax"`` or ``"crf"``.
    transitions_ : ndarray of shape (n_classes, n_classes)
        With ``decoder="crf"``: what is added to the score of a sequence of labels for a class (row)
        that another (column) follows. Minus infinity is what `scheme` does not allow.
    start_transitions_, end_transitions_ : ndarray of shape (n_classes,)
        With ``decoder="crf"``: the same for the first label, and for the last.
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

    _task_kind = Tags
    _takes_tokens = True

    def predict(self, X: Any) -> np.ndarray:
        """Return the label of each time step.

        With ``decoder="softmax"`` each is the most probable of its step, with ``"crf"`` those of a
        sequence are the most probable together (Viterbi 1967).

        Parameters
        ----------
        X : array-like of sequences
            As in `fit`. Unless `fit` saw a table, (n_samples, n_timesteps), lengths are free.

        Returns
        -------
        ndarray of shape (n_samples,), dtype object
            For each sequence an array of shape (length,).
        """
        tags, outputs, offsets = self._tags_of(X)
        return by_sequence(tags.classes[tags.decoded(outputs)], offsets)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class at each time step.

        With ``decoder="crf"`` it is that of all sequences of labels together that have it there.

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
        tags, outputs, offsets = self._tags_of(X)
        return by_sequence(tags.proba(outputs), offsets)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each class at each time step.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.

        Returns
        -------
        ndarray of shape (n_samples,), dtype object
            The logarithm of `predict_proba`, finite where that is 0, unless `scheme` does not allow
            the class there.
        """
        tags, outputs, offsets = self._tags_of(X)
        return by_sequence(tags.log_proba(outputs), offsets)

    def score_samples(self, X: Any, y: Any) -> np.ndarray:
        """Return the logarithm of the probability of the labels of each sequence.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.
        y : array-like of sequences
            The labels, as in `fit`; a step without a label may have any.

        Returns
        -------
        ndarray of shape (n_samples,), float64
            Natural logarithms, minus infinity for a label that training has not seen.
        """
        tags, outputs, offsets = self._tags_of(X)
        true = self._read_targets(y, None, outputs.lengths)
        known = tags.codes_of(true.values)
        codes = np.full(len(outputs.raw), -1)
        codes[true.places] = known
        log_proba = tags.log_likelihoods(outputs, codes)
        unseen = np.searchsorted(offsets, true.places[known < 0], side="right") - 1
        log_proba[unseen] = -np.inf
        return log_proba

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy over the steps of all sequences.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.
        y : array-like of sequences
            The true labels, as in `fit`; steps without a label count for nothing.
        sample_weight : array-like of shape (n_samples,), or of sequences, default=None
            Weights of sequences, or of steps.

        Returns
        -------
        float
            The share of labelled steps with the right label. A label that training has not seen
            counts as wrong, with a warning.
        """
        tags, outputs, _ = self._tags_of(X)
        true = self._read_targets(y, sample_weight, outputs.lengths)
        right = tags.decoded(outputs)[true.places] == tags.codes_of(true.values)
        return float(np.average(right, weights=true.weights))

    def _one_of_many(self, classes: np.ndarray, source: str) -> Tags:
        labels = super()._one_of_many(classes, source)
        if self.decoder == "softmax":
            return Tags(classes, False, labels.loss)
        loss = cast(ClassificationLoss, requested.loss(self, "softmax_cross_entropy"))
        return ChainedTags(classes, False, loss, scheme=self.scheme)

    def _given(self, passed: Passed, y: Any, sample_weight: Any) -> Given:
        kind = GivenAtSteps if self.decoder == "softmax" else GivenToChain
        return kind(*self._read_targets(y, sample_weight, passed.lengths))

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

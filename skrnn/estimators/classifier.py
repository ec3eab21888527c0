"""The classifier: labels and probabilities."""

import warnings
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from ..inputs.packing import Passed
from ..inputs.targets import without_column
from ..inputs.values import as_labels
from ..losses import ClassificationLoss
from ..runtime.callers import user_level
from . import requested
from .documentation import document
from .given import Given
from .labels import Labels
from .of_classes import OfClasses, labels_of
from .sequence_estimator import SequenceRNN

_MULTILABEL = "multilabel-indicator"


@document
@dataclass(eq=False, repr=False, kw_only=True)
class RNNClassifier(ClassifierMixin, OfClasses, SequenceRNN):
    """Recurrent neural network that classifies sequences.

    Recurrent layers read a sequence step by step; a dense layer turns their last state into
    probabilities. The weights minimise the cross-entropy, of labels smoothed by `label_smoothing`,
    and an L2 penalty. Two classes have one logistic output, more classes a softmax with one output
    each; for multilabel y, an indicator matrix, every label has a logistic output of its own.

    Parameters
    ----------
    {hyperparameters}

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted; for multilabel y the numbers of the columns.
    out_activation_ : str
        ``"logistic"`` or ``"softmax"``.
    {attributes}

    See Also
    --------
    RNNRegressor : The same network for numbers.
    sklearn.neural_network.MLPClassifier : Its model in names and behaviour, for tables.

    Notes
    -----
    With `early_stopping` the score is the accuracy, unless `scoring` says otherwise; for multilabel
    y it is the share of samples whose labels are all right. It is weighted like the training
    samples, by `class_weight` too, as the validation loss is; the scorers of scikit-learn and
    callables get the samples' own weights only.

    Examples
    --------
    Does a sequence go up or down? Sequences may be of any length.

    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> rng = np.random.default_rng(0)
    >>> steps = [np.linspace(0, slope, rng.integers(5, 15)) for slope in (-1, 1) * 20]
    >>> X = [step + 0.1 * rng.standard_normal(len(step)) for step in steps]
    >>> y = ["down", "up"] * 20
    >>> clf = RNNClassifier(8, learning_rate_init=0.02, random_state=0).fit(X, y)
    >>> clf.score(X, y)
    1.0
    >>> clf.predict([[0.0, 0.2, 0.4, 0.7], [0.1, -0.2, -0.5]])
    array(['up', 'down'], dtype='<U4')
    """

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable class of each sequence.

        Parameters
        ----------
        X : array-like of sequences
            As in `fit`. Unless `fit` saw a table, (n_samples, n_timesteps), lengths are free.

        Returns
        -------
        ndarray of shape (n_samples,), or of shape (n_samples, n_labels) and dtype int
            The classes; for multilabel y an indicator of the labels more probable than 0.5.
        """
        fitted = self._record()
        return self._answers(fitted, self._raw_outputs(fitted, X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            Columns as in `classes_`. Rows sum to one, but for multilabel y, where every column is
            the probability that the sample has that label.
        """
        fitted = self._record()
        return self._probabilities(fitted, self._raw_outputs(fitted, X))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), float64
            The logarithm of `predict_proba`, finite where that is 0.
        """
        fitted = self._record()
        labels = labels_of(fitted)
        return labels.of_classes(labels.loss.predict_log, self._raw_outputs(fitted, X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the accuracy of the predictions.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            The true labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples.

        Returns
        -------
        float
            The share of samples with the right label; for multilabel y, with all labels right.
        """
        # scikit-learn's metrics know no objects that are whole numbers, and make others floats.
        return super().score(X, as_labels(y, "y"), sample_weight)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _check_y(self, y: Any) -> np.ndarray:
        labels = without_column(as_labels(y, "y"))
        check_classification_targets(labels)
        kind = type_of_target(labels, input_name="y")
        if kind == "multiclass-multioutput":
            raise ValueError(
                f"y has shape {labels.shape} and more than two values. Pass one label for each "
                "sequence or, if a sequence may have several, an indicator matrix of 0 and 1. "
                "A label for each time step is for RNNTagger."
            )
        return labels

    def _given(self, passed: Passed, y: Any, sample_weight: Any) -> Given:
        given = super()._given(passed, y, sample_weight)
        n_labels = given.values.shape[1] if given.values.ndim == 2 else 1
        if n_labels > 1 and (passed.lengths == n_labels).all():
            warnings.warn(
                f"y has as many columns as X has time steps, {n_labels}: they are taken for "
                f"{n_labels} labels of each sequence. For a label at each time step use RNNTagger.",
                stacklevel=user_level(),
            )
        return given

    def _new_labels(self, y: np.ndarray) -> Labels:
        if type_of_target(y) == _MULTILABEL:
            return self._multilabels(y.shape[1])
        return super()._new_labels(y)

    def _labels_of_stream(self, classes: Any, y: np.ndarray) -> Labels:
        if type_of_target(y) != _MULTILABEL:
            return super()._labels_of_stream(classes, y)
        labels = self._multilabels(y.shape[1])
        self._check_same_classes(classes, labels)
        return labels

    def _multilabels(self, n_labels: int) -> Labels:
        loss = requested.loss(self, "logistic_cross_entropy")
        return Labels(np.arange(n_labels), True, cast(ClassificationLoss, loss))

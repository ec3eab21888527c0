"""The classifier: labels and probabilities."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self, cast

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from ..inputs.targets import without_column
from ..inputs.values import as_labels
from ..losses import ClassificationLoss
from ..solvers import Interval
from . import requested
from .base import BaseRNN
from .checks import AnyOf, ClassWeights, OneOf
from .documentation import document
from .fitted import Fitted
from .labels import Labels
from .parameter_fields import hyperparameter
from .task import Task

_MULTILABEL = "multilabel-indicator"


@document
@dataclass(eq=False, repr=False, kw_only=True)
class RNNClassifier(ClassifierMixin, BaseRNN):
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

    _task_kind = Labels

    class_weight: dict | str | None = hyperparameter(  # noqa: RUF009
        None,
        AnyOf(OneOf((None, "balanced")), ClassWeights()),
        "Weights of the classes, which multiply `sample_weight`; a class that the dict does not "
        "name has weight 1, and one that y lacks, as a fold of a cross-validation may, is passed "
        "over: a misspelt name goes unnoticed. 'balanced' gives every class the same total weight; "
        "it is not for `partial_fit`, which sees a part of the data only. Not for multilabel y.",
    )
    label_smoothing: float = hyperparameter(
        0.0,
        Interval(0, 1, closed="left"),
        "Share of each target that is spread evenly over all classes, or over yes and no of every "
        "label of multilabel y (Szegedy et al. 2016). Scores are those of the true labels.",
    )

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
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
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            The class labels; they need not include all of `classes`.
        sample_weight : array-like of shape (n_samples,), default=None
            As in `fit`.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur. Needed by the first call, unless y is multilabel.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            As in `fit`; further if the first call lacks `classes`, a later one has others, y has a
            class that is not among them, or `class_weight` is "balanced".
        """
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' is not supported by partial_fit, which sees a part of the "
                "data only. Pass a dict of weights, for example made of those that "
                "sklearn.utils.class_weight.compute_class_weight returns."
            )
        return self._fit_epoch(X, y, sample_weight, partial(self._task_of_stream, classes))

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
        labels, probabilities = _labels_of(fitted), self._probabilities(fitted, X)
        if labels.multilabel:
            return (probabilities > 0.5).astype(np.int64)
        return labels.classes[probabilities.argmax(axis=1)]

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
        return self._probabilities(self._record(), X)

    def _probabilities(self, fitted: Fitted, X: Any) -> np.ndarray:
        labels = _labels_of(fitted)
        return labels.of_classes(labels.loss.predict, self._raw_outputs(fitted, X))

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
        labels = _labels_of(fitted)
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
                "sequence or, if a sequence may have several, an indicator matrix of 0 and 1."
            )
        return labels

    def _task_for(
        self, before: Task | None, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> Labels:
        if before is not None:
            labels = cast(Labels, before)
            # Smoothing may change while training goes on.
            loss = cast(ClassificationLoss, requested.loss(self, labels.loss.name))
            labels = replace(labels, loss=loss)
        elif type_of_target(y) == _MULTILABEL:
            labels = self._multilabels(y.shape[1])
        else:
            labels = self._one_of_many(np.unique(y), "y")
        return labels.weighing(self.class_weight, y, sample_weight)

    def _task_of_stream(
        self,
        classes: Any,
        before: Task | None,
        y: np.ndarray,
        sample_weight: np.ndarray | None,
    ) -> Labels:
        """Return what y means in `partial_fit`, whose first call is told all classes."""
        if before is None and type_of_target(y) != _MULTILABEL:
            if classes is None:
                raise ValueError(
                    "classes must be passed on the first call to partial_fit: all the labels that "
                    "y will ever hold."
                )
            known = np.unique(as_labels(classes, "classes"))
            labels = self._one_of_many(known, "`classes`")
            return labels.weighing(self.class_weight, y, sample_weight)
        labels = self._task_for(before, y, sample_weight)
        if classes is not None and set(np.ravel(classes).tolist()) != set(labels.classes.tolist()):
            raise ValueError(
                f"`classes` is {classes!r}, but the classes of this classifier are "
                f"{labels.classes.tolist()}. Pass these or leave it out."
            )
        return labels

    def _multilabels(self, n_labels: int) -> Labels:
        loss = requested.loss(self, "logistic_cross_entropy")
        return Labels(np.arange(n_labels), True, cast(ClassificationLoss, loss))

    def _one_of_many(self, classes: np.ndarray, source: str) -> Labels:
        if len(classes) < 2:
            raise ValueError(
                f"{source} holds only one class, {classes.tolist()[0]!r}. A classifier needs at "
                "least two classes."
            )
        name = "softmax_cross_entropy" if len(classes) > 2 else "logistic_cross_entropy"
        return Labels(classes, False, cast(ClassificationLoss, requested.loss(self, name)))


def _labels_of(fitted: Fitted) -> Labels:
    return cast(Labels, fitted.task)

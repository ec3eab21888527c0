"""What the estimators of classes share: what the classes are, and how much each counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self, cast

import numpy as np

from ..inputs.values import as_labels
from ..losses import ClassificationLoss
from ..solvers import Interval
from . import requested
from .base import BaseRNN
from .checks import AnyOf, ClassWeights, OneOf
from .fitted import Fitted
from .labels import Labels
from .parameter_fields import hyperparameter
from .task import Task


@dataclass(eq=False, repr=False, kw_only=True)
class OfClasses(BaseRNN):
    """A recurrent network whose answers are classes."""

    _task_kind = Labels

    class_weight: dict | str | None = hyperparameter(  # noqa: RUF009
        None,
        AnyOf(OneOf((None, "balanced")), ClassWeights()),
        "Weights of the classes, which multiply `sample_weight`; a class that the dict does not "
        "name has weight 1, and one that y lacks, as a fold of a cross-validation may, is passed "
        "over: a misspelt name goes unnoticed. 'balanced' gives every class the same total weight; "
        "it is not for `partial_fit`, which sees a part of the data only. Not for multilabel y of "
        "RNNClassifier.",
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
        y : array-like
            The labels, as in `fit`; they need not include all of `classes`.
        sample_weight : array-like, default=None
            As in `fit`.
        classes : array-like of shape (n_classes,), default=None
            All classes that will ever occur. Needed by the first call, but for multilabel y of
            RNNClassifier.

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

    def _answers(
        self, fitted: Fitted, raw: np.ndarray, offsets: np.ndarray | None = None
    ) -> np.ndarray:
        labels = labels_of(fitted)
        if labels.multilabel:
            return (self._probabilities(fitted, raw) > 0.5).astype(np.int64)
        return labels.classes[labels.codes(raw)]

    def _probabilities(self, fitted: Fitted, raw: np.ndarray) -> np.ndarray:
        """Return the probability of each class, (n_answers, n_classes), for raw outputs."""
        labels = labels_of(fitted)
        return labels.of_classes(labels.loss.predict, raw)

    def _task_for(
        self, before: Task | None, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> Labels:
        if before is not None:
            labels = cast(Labels, before)
            # Smoothing may change while training goes on.
            loss = cast(ClassificationLoss, requested.loss(self, labels.loss.name))
            labels = replace(labels, loss=loss)
        else:
            labels = self._new_labels(y)
        return labels.weighing(self.class_weight, y, sample_weight)

    def _new_labels(self, y: np.ndarray) -> Labels:
        """Return what y means where nothing is known yet."""
        return self._one_of_many(np.unique(y), "y")

    def _task_of_stream(
        self,
        classes: Any,
        before: Task | None,
        y: np.ndarray,
        sample_weight: np.ndarray | None,
    ) -> Labels:
        """Return what y means in `partial_fit`, whose first call is told all classes."""
        if before is None:
            labels = self._labels_of_stream(classes, y)
            return labels.weighing(self.class_weight, y, sample_weight)
        labels = self._task_for(before, y, sample_weight)
        self._check_same_classes(classes, labels)
        return labels

    def _labels_of_stream(self, classes: Any, y: np.ndarray) -> Labels:
        """Return what y means to the first call of `partial_fit`."""
        if classes is None:
            raise ValueError(
                "classes must be passed on the first call to partial_fit: all the labels that y "
                "will ever hold."
            )
        return self._one_of_many(np.unique(as_labels(classes, "classes")), "`classes`")

    def _check_same_classes(self, classes: Any, labels: Labels) -> None:
        """Raise ValueError for other classes than those that are known."""
        if classes is not None and set(np.ravel(classes).tolist()) != set(labels.classes.tolist()):
            raise ValueError(
                f"`classes` is {classes!r}, but the classes of this classifier are "
                f"{labels.classes.tolist()}. Pass these or leave it out."
            )

    def _one_of_many(self, classes: np.ndarray, source: str) -> Labels:
        if len(classes) < 2:
            raise ValueError(
                f"{source} holds only one class, {classes.tolist()[0]!r}. A classifier needs at "
                "least two classes."
            )
        name = "softmax_cross_entropy" if len(classes) > 2 else "logistic_cross_entropy"
        return Labels(classes, False, cast(ClassificationLoss, requested.loss(self, name)))


def labels_of(fitted: Fitted) -> Labels:
    """Return what y means to an estimator of classes."""
    return cast(Labels, fitted.task)

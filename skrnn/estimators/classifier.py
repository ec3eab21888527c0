"""The classifier: labels and probabilities."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, cast

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from ..inputs.targets import as_array, as_targets, class_indices, weights_of_classes
from ..losses import ClassificationLoss
from ..solvers import Interval
from .base import BaseRNN
from .checks import AnyOf, ClassWeights, OneOf
from .documentation import document
from .hyperparameters import hyperparameter

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

    class_weight: dict | str | None = hyperparameter(  # noqa: RUF009
        None,
        AnyOf(OneOf((None, "balanced")), ClassWeights()),
        "Weights of the classes, which multiply `sample_weight`; a class that the dict does not "
        "name has weight 1. 'balanced' gives every class the same total weight; it is not for "
        "`partial_fit`, which sees a part of the data only. Not for multilabel y.",
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
        if self.__sklearn_is_fitted__() and classes is not None:
            self._check_same_classes(classes)
        return self._fit_epoch(X, y, sample_weight, partial(self._learn_classes, classes))

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
        probabilities = self.predict_proba(X)
        if self._multilabel:
            return (probabilities > 0.5).astype(np.int64)
        return self.classes_[probabilities.argmax(axis=1)]

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
        raw, loss = self._raw_outputs(X), self._fitted_loss()
        return self._of_classes(loss.predict, raw)

    def _of_classes(self, link: Callable[[np.ndarray], np.ndarray], raw: np.ndarray) -> np.ndarray:
        """Return a link of raw outputs, (n_samples, n_classes); one output is for two classes."""
        if self._multilabel or len(self.classes_) > 2:
            return link(raw)
        # Not one minus the other: that is 0 long before the probability is.
        return np.hstack([link(-raw), link(raw)])

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
        raw, loss = self._raw_outputs(X), cast(ClassificationLoss, self._fitted_loss())
        return self._of_classes(loss.predict_log, raw)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _check_y(self, y: Any) -> np.ndarray:
        labels = as_targets(y, dtype=None)
        try:
            check_classification_targets(labels)
            kind = type_of_target(labels, input_name="y")
        except TypeError as error:  # labels of several types, which NumPy cannot sort
            raise ValueError(
                f"y must hold labels of one type, numbers or strings: {error}"
            ) from error
        if kind == "multiclass-multioutput":
            raise ValueError(
                f"y has shape {labels.shape} and more than two values. Pass one label for each "
                "sequence or, if a sequence may have several, an indicator matrix of 0 and 1."
            )
        return labels

    def _learn_targets(self, y: np.ndarray, sample_weight: np.ndarray | None) -> None:
        if type_of_target(y) == _MULTILABEL:
            self._learn_labels(y.shape[1])
        else:
            self._set_classes(np.unique(y), "y")

    def _learn_classes(self, classes: Any, y: np.ndarray, sample_weight: np.ndarray | None) -> None:
        """Learn the targets at the first call of `partial_fit`."""
        if type_of_target(y) == _MULTILABEL:
            self._learn_labels(y.shape[1])
            if classes is not None:
                self._check_same_classes(classes)
        elif classes is None:
            raise ValueError(
                "classes must be passed on the first call to partial_fit: all the labels that y "
                "will ever hold."
            )
        else:
            self._set_classes(np.unique(as_array(classes, "classes", dtype=None)), "`classes`")

    def _learn_labels(self, n_labels: int) -> None:
        """Learn that y is multilabel."""
        self.classes_ = np.arange(n_labels)
        self._multilabel = True

    def _set_classes(self, classes: np.ndarray, source: str) -> None:
        if len(classes) < 2:
            raise ValueError(
                f"{source} holds only one class, {classes.tolist()[0]!r}. A classifier needs at "
                "least two classes."
            )
        self.classes_ = classes
        self._multilabel = False

    def _loss_name(self) -> str:
        one_of_many = not self._multilabel and len(self.classes_) > 2
        return "softmax_cross_entropy" if one_of_many else "logistic_cross_entropy"

    def _check_same_classes(self, classes: Any) -> None:
        if set(np.ravel(classes).tolist()) != set(self.classes_.tolist()):
            raise ValueError(
                f"`classes` is {classes!r}, but the classes of this classifier are "
                f"{self.classes_.tolist()}. Pass these or leave it out."
            )

    def _weigh_targets(self, y: np.ndarray, sample_weight: np.ndarray | None) -> None:
        # Once a call, from all its y: validation data must not be weighted by their own classes.
        if self.class_weight is not None and y.ndim == 1 and not self._multilabel:
            self._class_weights: np.ndarray = weights_of_classes(
                self.class_weight, self.classes_, class_indices(y, self.classes_), sample_weight
            )

    def _encode(
        self, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        if self._multilabel:
            return self._encode_labels(y), sample_weight
        if y.ndim == 2:
            raise ValueError(
                f"y has shape {y.shape}, but the classifier was fitted with one label for each "
                "sequence. Pass such labels, or fit anew with warm_start=False."
            )
        codes = class_indices(y, self.classes_)
        if self.class_weight is not None:
            weights = self._class_weights[codes]
            sample_weight = weights * (1.0 if sample_weight is None else sample_weight)
            if not sample_weight.any():
                raise ValueError(
                    f"class_weight={self.class_weight!r} gives every sample the weight zero. Give "
                    "a class that occurs in y a positive weight."
                )
        if len(self.classes_) == 2:
            return codes[:, np.newaxis].astype(np.uint8), sample_weight
        return codes, sample_weight

    def _encode_labels(self, y: np.ndarray) -> np.ndarray:
        if self.class_weight is not None:
            raise ValueError(
                f"class_weight={self.class_weight!r} is not supported for multilabel y. Set it to "
                "None, and pass sample_weight if samples differ in weight."
            )
        n_labels = len(self.classes_)
        if y.ndim != 2 or y.shape[1] != n_labels:
            raise ValueError(
                f"y has shape {y.shape}, but the classifier was fitted with an indicator of "
                f"{n_labels} labels. Pass y of shape ({len(y)}, {n_labels}), or fit anew with "
                "warm_start=False."
            )
        if not np.isin(y, (0, 1)).all():
            raise ValueError(
                f"Multilabel y must be an indicator of 0 and 1, but it holds {np.unique(y)}."
            )
        return y.astype(np.uint8)

    def _n_outputs_for(self, targets: np.ndarray) -> int:
        return len(self.classes_) if targets.ndim == 1 else targets.shape[1]

    def _strata(self, targets: np.ndarray) -> np.ndarray | None:
        if self._multilabel:
            return None
        return targets[:, 0] if targets.ndim == 2 else targets

    def _score_outputs(
        self, raw: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        if targets.ndim == 1:
            right = raw.argmax(axis=1) == targets
        else:
            right = ((raw > 0) == (targets > 0)).all(axis=1)
        return float(np.average(right, weights=sample_weight))

"""Metrics of scikit-learn, over the steps of all sequences."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from ..inputs.step_weights import step_weights
from ..inputs.steps import joined, labelled_steps, read_pair


def flat(metric: Callable) -> Callable:
    """Make a metric for sequences of one for samples: it takes every labelled step for a sample.

    The steps of all sequences count alike, so a long sequence counts more than a short one. A step
    without a label, that is with None, NaN or pandas' NA in `y_true`, counts for nothing.

    Parameters
    ----------
    metric : callable
        A metric of scikit-learn's, or another function that is called as
        ``metric(y_true, y_pred, *, sample_weight=None, **options)``.

    Returns
    -------
    callable
        The function ``(y_true, y_pred, *, sample_weight=None, **options)``, which returns what
        `metric` does. Its `y_true` and `y_pred` have one array for each sequence: labels or
        numbers of shape (length,), numbers (length, n_outputs), or in `y_pred` probabilities
        (length, n_classes) if `metric` takes them. A sequence that is a string has one label a
        character. `sample_weight` has one weight for each sequence, or for each step. `metric`
        gets weights only if there are some, and all `options`.

    Raises
    ------
    TypeError
        By the function that is returned, if `y_true` or `y_pred` is not a list of sequences.
    ValueError
        By the function that is returned, if the sequences of `y_true` and `y_pred` differ in number
        or length, no step is labelled, `y_pred` lacks a value, or `sample_weight` does not fit.

    See Also
    --------
    flat_scorer : The same for a scorer, as searches and cross-validation want it.

    Examples
    --------
    >>> from sklearn.metrics import accuracy_score, f1_score
    >>> from skrnn.metrics import flat
    >>> y_true = [["noun", "verb", None], ["noun"]]
    >>> y_pred = [["noun", "noun", "verb"], ["noun"]]
    >>> round(flat(accuracy_score)(y_true, y_pred), 3)
    0.667
    >>> round(flat(f1_score)(y_true, y_pred, average="macro"), 3)
    0.4
    >>> flat(accuracy_score)(y_true, y_pred, sample_weight=[1, 2])
    0.75
    """
    if not callable(metric):
        raise TypeError(
            f"metric is {metric!r:.80}, but a function is expected, such as "
            "sklearn.metrics.f1_score. The name of a scorer is for flat_scorer."
        )
    return _Flat(metric)


class _Flat:
    """The function that `flat` returns: a class, so that it can be pickled."""

    def __init__(self, metric: Callable) -> None:
        update_wrapper(self, metric)
        self._metric = metric

    def __repr__(self) -> str:
        return f"flat({getattr(self._metric, '__name__', self._metric)})"

    def __call__(
        self, y_true: Any, y_pred: Any, *, sample_weight: Any = None, **options: Any
    ) -> Any:
        true, predicted = read_pair(y_true, y_pred, ("y_true", "y_pred"))
        kept = labelled_steps(true, "y_true")
        if sample_weight is not None:
            options["sample_weight"] = step_weights(sample_weight, kept, "y_true")
        labels = joined(true, kept, "y_true")
        return self._metric(labels, joined(predicted, kept, "y_pred"), **options)

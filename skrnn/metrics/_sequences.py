"""Scores that judge a sequence as a whole."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..inputs.step_weights import check_some_weight, sequence_weights
from ..inputs.steps import joined, labelled_steps, read_pair


def sequence_accuracy_score(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    """Return the share of sequences that are right at every labelled step.

    A sequence without a labelled step is left out.

    Parameters
    ----------
    y_true : list, Series or array of shape (n_sequences,) or (n_sequences, n_steps)
        The labels of each step: an array (length,) for each sequence, or a string with one label a
        character. A step with None, NaN or pandas' NA has no label, and counts for nothing.
    y_pred : list, Series or array
        The answers, of the same lengths.
    sample_weight : array-like of shape (n_sequences,), default=None
        Weights of the sequences.

    Returns
    -------
    float
        From 0 to 1, where 1 is the best.

    Raises
    ------
    TypeError
        If `y_true` or `y_pred` is not a list of sequences.
    ValueError
        If the sequences of `y_true` and `y_pred` differ in number or length, no step is labelled,
        one has strings and the other numbers, or `sample_weight` does not fit.

    Notes
    -----
    Manning (2011) judges taggers by it, where a sequence is a sentence.

    Examples
    --------
    >>> from skrnn.metrics import sequence_accuracy_score
    >>> y_true = ["abc", ["a", None], "bb"]
    >>> sequence_accuracy_score(y_true, ["abc", "ac", "ba"], sample_weight=[1, 1, 2])
    0.5
    """
    sequences, predicted = read_pair(y_true, y_pred, ("y_true", "y_pred"))
    kept = labelled_steps(sequences, "y_true")
    true, answers = joined(sequences, kept, "y_true"), joined(predicted, kept, "y_pred")
    _check_comparable(true, answers)
    is_wrong = (true != answers).reshape(len(true), -1).any(axis=1)
    n_labelled = np.array([mask.sum() for mask in kept])
    owner = np.repeat(np.arange(len(kept)), n_labelled)
    is_right = np.bincount(owner, is_wrong, minlength=len(kept)) == 0
    has_label = n_labelled > 0
    weights = None
    if sample_weight is not None:
        weights = sequence_weights(sample_weight, len(kept))[has_label]
        check_some_weight(weights)
    return float(np.average(is_right[has_label], weights=weights))


def _check_comparable(true: np.ndarray, answers: np.ndarray) -> None:
    """Raise ValueError where comparing labels would find all of them different."""
    if true.shape != answers.shape:
        raise ValueError(
            f"The steps of y_true have shape {true.shape[1:]}, but those of y_pred have "
            f"{answers.shape[1:]}. Pass labels in both, as `predict` returns them."
        )
    if (true.dtype.kind in "OU") != (answers.dtype.kind in "OU"):
        raise ValueError(
            f"One of y_true and y_pred has strings and the other numbers, such as {true[0]!r} and "
            f"{answers[0]!r}. Convert the labels of one of them."
        )

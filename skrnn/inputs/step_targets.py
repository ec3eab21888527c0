"""y and weights of time steps, as sequences that go with those of X."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..runtime.rows import offsets_of
from .step_weights import step_weights
from .steps import check_same_steps, joined, kept_within, labelled_steps, read_sequences
from .targets import check_sample_weight
from .values import as_labels


class StepTargets(NamedTuple):
    """The labelled steps of all sequences, one after the other."""

    values: np.ndarray  # (n_labelled,) or (n_labelled, n_targets)
    weights: np.ndarray | None  # (n_labelled,) float64
    places: np.ndarray  # (n_labelled,) int64, which of all steps they are
    offsets: np.ndarray  # (n_sequences + 1,) int64, where each sequence's steps begin


def read_step_targets(
    y: Any,
    sample_weight: Any,
    lengths: np.ndarray,
    convert: Callable[[np.ndarray, str], np.ndarray] = as_labels,
) -> StepTargets:
    """Return the targets of all steps that have one, and their weights.

    Parameters
    ----------
    y : array-like of sequences
        One array for each sequence, (length,) or (length, n_targets); None or NaN is no target.
    sample_weight : array-like or None
        One for each sequence, or sequences of one for each step.
    lengths : ndarray of shape (n_sequences,), int64
        Those of X.
    convert : callable
        Makes labels or numbers of values and the name of their argument.

    Raises
    ------
    ValueError, TypeError
        If they do not go with X; the message names the sequence, and the step where there is one.
    """
    sequences, steps_of_x = read_sequences(y, "y"), lengths.tolist()
    kept = labelled_steps(sequences, "y")
    within = kept
    if len(sequences) == len(lengths):
        if isinstance(y, list | tuple):
            _refuse_words(y, steps_of_x)
        within = [kept_within(mask, n) for mask, n in zip(kept, steps_of_x, strict=True)]
    check_same_steps([range(length) for length in steps_of_x], within, ("X", "y"))
    weights = None
    if sample_weight is not None:
        weights = step_weights(sample_weight, kept, "y")
        weights = check_sample_weight(weights, len(weights))  # may be too large to be summed
    values = joined(sequences, kept, "y", convert)
    places = np.flatnonzero(np.concatenate(within))
    return StepTargets(values, weights, places, offsets_of(lengths))


def _refuse_words(y: Sequence[Any], lengths: list[int]) -> None:
    """Raise ValueError for the first string that is not as long as its sequence of X."""
    for i, (item, length) in enumerate(zip(y, lengths, strict=True)):
        if isinstance(item, str) and len(item) != length:
            raise ValueError(
                f"y[{i}] is the string {item!r:.40}, which is read as one label a character, but "
                f"X[{i}] has {length} steps. Pass a list of labels, one for each step. One label "
                "for each sequence is for RNNClassifier."
            )

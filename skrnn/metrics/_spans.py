"""Scores of labelled spans, such as the names in a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..inputs.steps import read_pair
from ..inputs.tags import SCHEMES
from ._tags import spans_of


@dataclass(frozen=True, eq=False)
class _Counts:
    """Numbers of spans, (n_types,): the true ones, the predicted ones, and those that are both."""

    true: np.ndarray
    predicted: np.ndarray
    both: np.ndarray

    def summed(self) -> _Counts:
        return _Counts(*(n.sum(keepdims=True) for n in (self.true, self.predicted, self.both)))


def span_f1_score(
    y_true: Any,
    y_pred: Any,
    *,
    scheme: str | None = None,
    average: str | None = "micro",
    zero_division: float = 0.0,
) -> float | np.ndarray:
    """Return the F1 score of labelled spans, the harmonic mean of their precision and recall.

    A span is right if its type, its first and its last step are. Tags say where spans are: "B-PER"
    begins one of type PER, "I-PER" is inside, and "O" is outside of all. "E-PER" ends a span, and
    "S-PER" is one of a single step.

    Parameters
    ----------
    y_true : list, Series or array of shape (n_sequences,) or (n_sequences, n_steps)
        The tags of each step: an array of strings (length,) for each sequence. Every step must
        have one.
    y_pred : list, Series or array
        The answers, of the same lengths.
    scheme : {None, "iob2", "iobes"}, default=None
        Which tags make a span.

        - None makes the best of any, as the program conlleval does: a span that nothing begins, or
          that nothing ends, is one nevertheless.
        - "iob2": a span is a B and all I of its type that follow. Other I are in no span.
        - "iobes": a span is an S, or a B, any I, and an E, all of one type.
    average : {"micro", "macro", "weighted", None}, default="micro"
        What to make of several types: "micro" counts the spans of all types together, "macro" is
        the mean over types, "weighted" a mean weighted by the true spans of each type, and None
        returns an array with one score for each type that occurs in `y_true` or `y_pred`, sorted.
    zero_division : {0.0, 1.0}, default=0.0
        The score where there are no spans to divide by.

    Returns
    -------
    float or ndarray of shape (n_types,)
        From 0 to 1, where 1 is the best.

    Raises
    ------
    TypeError
        If `y_true` or `y_pred` is not a list of sequences.
    ValueError
        If the sequences of `y_true` and `y_pred` differ in number or length, a step has no tag or
        one that the scheme does not know, or a parameter has none of its values.

    Notes
    -----
    F1 is that of van Rijsbergen (1979). The rules without a scheme are those of Tjong Kim Sang and
    Buchholz (2000); "iob2" is of Tjong Kim Sang and Veenstra (1999), and "iobes" of Uchimoto et al.
    (2000). The package seqeval (Nakayama, 2018) gives the same scores in its default mode, and with
    ``mode="strict"`` where there is a scheme.

    Examples
    --------
    >>> from skrnn.metrics import span_f1_score
    >>> y_true = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "O"]]
    >>> y_pred = [["B-PER", "I-PER", "O", "O"], ["I-LOC", "O"]]
    >>> span_f1_score(y_true, y_pred)
    0.8
    >>> span_f1_score(y_true, y_pred, scheme="iob2")
    0.5
    >>> span_f1_score(y_true, y_pred, scheme="iob2", average=None)
    array([0., 1.])
    """
    _check_options(scheme, average, zero_division)
    counts = _counted_spans(y_true, y_pred, scheme)
    return _averaged(_f1, counts, average, zero_division)


def span_precision_score(
    y_true: Any,
    y_pred: Any,
    *,
    scheme: str | None = None,
    average: str | None = "micro",
    zero_division: float = 0.0,
) -> float | np.ndarray:
    """Return the share of predicted spans that are true ones as well.

    Parameters
    ----------
    y_true, y_pred : list, Series or array of shape (n_sequences,) or (n_sequences, n_steps)
        The tags of each step, and the answers, as for `span_f1_score`.
    scheme : {None, "iob2", "iobes"}, default=None
        Which tags make a span, as for `span_f1_score`.
    average : {"micro", "macro", "weighted", None}, default="micro"
        What to make of several types, as for `span_f1_score`.
    zero_division : {0.0, 1.0}, default=0.0
        The score where there are no predicted spans.

    Returns
    -------
    float or ndarray of shape (n_types,)
        From 0 to 1, where 1 is the best.

    Raises
    ------
    TypeError
        If `y_true` or `y_pred` is not a list of sequences.
    ValueError
        As by `span_f1_score`.

    Notes
    -----
    Precision and recall are those of van Rijsbergen (1979), and spans those of `span_f1_score`.

    Examples
    --------
    >>> from skrnn.metrics import span_precision_score
    >>> y_true = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "O"]]
    >>> y_pred = [["B-PER", "I-PER", "O", "O"], ["I-LOC", "O"]]
    >>> round(span_precision_score(y_true, y_pred), 3)
    1.0
    >>> span_precision_score(y_true, y_pred, scheme="iob2", average=None)
    array([0., 1.])
    """
    _check_options(scheme, average, zero_division)
    counts = _counted_spans(y_true, y_pred, scheme)
    return _averaged(_precision, counts, average, zero_division)


def span_recall_score(
    y_true: Any,
    y_pred: Any,
    *,
    scheme: str | None = None,
    average: str | None = "micro",
    zero_division: float = 0.0,
) -> float | np.ndarray:
    """Return the share of true spans that are predicted ones as well.

    Parameters
    ----------
    y_true, y_pred : list, Series or array of shape (n_sequences,) or (n_sequences, n_steps)
        The tags of each step, and the answers, as for `span_f1_score`.
    scheme : {None, "iob2", "iobes"}, default=None
        Which tags make a span, as for `span_f1_score`.
    average : {"micro", "macro", "weighted", None}, default="micro"
        What to make of several types, as for `span_f1_score`.
    zero_division : {0.0, 1.0}, default=0.0
        The score where there are no true spans.

    Returns
    -------
    float or ndarray of shape (n_types,)
        From 0 to 1, where 1 is the best.

    Raises
    ------
    TypeError
        If `y_true` or `y_pred` is not a list of sequences.
    ValueError
        As by `span_f1_score`.

    Notes
    -----
    Precision and recall are those of van Rijsbergen (1979), and spans those of `span_f1_score`.

    Examples
    --------
    >>> from skrnn.metrics import span_recall_score
    >>> y_true = [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC", "O"]]
    >>> y_pred = [["B-PER", "I-PER", "O", "O"], ["I-LOC", "O"]]
    >>> round(span_recall_score(y_true, y_pred), 3)
    0.667
    >>> span_recall_score(y_true, y_pred, scheme="iob2", average=None)
    array([0., 1.])
    """
    _check_options(scheme, average, zero_division)
    counts = _counted_spans(y_true, y_pred, scheme)
    return _averaged(_recall, counts, average, zero_division)


def _check_options(scheme: str | None, average: str | None, zero_division: float) -> None:
    options = (
        ("scheme", scheme, tuple(SCHEMES)),
        ("average", average, ("micro", "macro", "weighted", None)),
        ("zero_division", zero_division, (0.0, 1.0)),
    )
    for name, value, allowed in options:
        if value not in allowed:
            expected = ", ".join(map(repr, allowed))
            raise ValueError(f"{name} is {value!r}, but one of {expected} is expected.")


def _counted_spans(y_true: Any, y_pred: Any, scheme: str | None) -> _Counts:
    sequences = read_pair(y_true, y_pred, ("y_true", "y_pred"))
    true = spans_of(sequences[0], SCHEMES[scheme], "y_true")
    predicted = spans_of(sequences[1], SCHEMES[scheme], "y_pred")
    types = sorted({span[0] for span in true | predicted})
    numbers = [Counter(span[0] for span in spans) for spans in (true, predicted, true & predicted)]
    return _Counts(*(np.array([n[kind] for kind in types], dtype=np.int64) for n in numbers))


_Ratio = Callable[[_Counts], tuple[np.ndarray, np.ndarray]]


def _f1(counts: _Counts) -> tuple[np.ndarray, np.ndarray]:
    return 2 * counts.both, counts.true + counts.predicted


def _precision(counts: _Counts) -> tuple[np.ndarray, np.ndarray]:
    return counts.both, counts.predicted


def _recall(counts: _Counts) -> tuple[np.ndarray, np.ndarray]:
    return counts.both, counts.true


def _averaged(
    ratio: _Ratio, counts: _Counts, average: str | None, zero_division: float
) -> float | np.ndarray:
    """Return a ratio of counts for each type, or of all types what `average` says."""
    scores = _divided(*ratio(counts), zero_division)
    if average is None:
        return scores
    weights = counts.true if average == "weighted" else np.ones(len(scores))
    if average == "micro" or weights.sum() == 0:
        return float(_divided(*ratio(counts.summed()), zero_division)[0])
    return float(np.average(scores, weights=weights))


def _divided(numerator: np.ndarray, denominator: np.ndarray, zero_division: float) -> np.ndarray:
    undefined = np.full(len(numerator), float(zero_division))
    return np.divide(numerator, denominator, out=undefined, where=denominator > 0)

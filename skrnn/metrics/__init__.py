"""Scores of answers at every time step, over the steps of all sequences."""

from ._flat import flat
from ._scorer import FlatScorer, flat_scorer
from ._sequences import sequence_accuracy_score
from ._spans import span_f1_score, span_precision_score, span_recall_score

__all__ = [
    "flat",
    "flat_scorer",
    "sequence_accuracy_score",
    "span_f1_score",
    "span_precision_score",
    "span_recall_score",
]

# Pickles name a function or a class by its module, and the private ones may move.
for _public in (
    FlatScorer,
    flat,
    flat_scorer,
    sequence_accuracy_score,
    span_f1_score,
    span_precision_score,
    span_recall_score,
):
    _public.__module__ = __name__

"""What a row of the table of accuracies is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sklearn.base import BaseEstimator


@dataclass(frozen=True)
class Task:
    """One row of the table.

    Attributes
    ----------
    title : str
        What is learned, from which data.
    load : callable
        Takes a seed and returns the split.
    estimator : estimator
        Unfitted; each seed fits a clone.
    score : callable
        Takes a fitted estimator and the split and returns per cent.
    required : float
        The least acceptable mean of the scores.
    is_quick : bool
        Whether it takes a minute or two at most, so that tests do it too.
    n_seeds : int
        How many seeds, from 0 on. Where one error in the test set is a quarter of a per cent, the
        mean of three says little.
    """

    title: str
    load: Callable[[int], Any]
    estimator: BaseEstimator
    score: Callable[[BaseEstimator, Any], float]
    required: float
    is_quick: bool = True
    n_seeds: int = 3


def epochs(count):
    """Parameters that train for `count` epochs whatever the loss does: no seed takes longer."""
    return {"max_iter": count, "n_iter_no_change": count, "tol": 0.0}

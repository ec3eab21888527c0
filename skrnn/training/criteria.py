"""When an epoch counts as progress: by the training loss, or by a score on other data."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from .state import TrainingState

# Takes the state after an epoch and returns what it is worth on data that it is not trained on: a
# score, higher is better, and the loss without the penalty.
Validate = Callable[[TrainingState], tuple[float, float]]

# Epochs for which a score may be worse before averaging begins: that of the paper.
_NON_MONOTONE = 5


class Criterion(Protocol):
    """What decides whether training improves."""

    name: str

    def prepare(self, state: TrainingState) -> None:
        """Settle what the state remembers of earlier calls."""
        ...

    def evaluate(self, state: TrainingState) -> Any:
        """Compute what an epoch is worth, which may take time."""
        ...

    def count(self, state: TrainingState, value: Any, tol: float) -> None:
        """Count an epoch of that worth."""
        ...

    def late_share(self, state: TrainingState) -> float:
        """Return which share of all improvement came in the last quarter of the epochs."""
        ...


class TrainingLoss:
    """Improvement is a lower training loss."""

    name = "training loss"

    def prepare(self, state: TrainingState) -> None:
        """Forget what an earlier call with early stopping has left."""
        state.last_parameters = None
        state.stop_averaging()
        if state.best_loss_ is None:
            state.best_loss_ = math.inf
            state.validation_scores_ = state.validation_loss_curve_ = None
            state.best_validation_score_ = state.best_parameters = None
            state.no_improvement_count = 0

    def evaluate(self, state: TrainingState) -> None:
        """Nothing is to be computed."""

    def count(self, state: TrainingState, _: None, tol: float) -> None:
        """Count an epoch."""
        assert state.best_loss_ is not None
        improved = state.loss_ <= state.best_loss_ - tol
        state.no_improvement_count = 0 if improved else state.no_improvement_count + 1
        state.best_loss_ = min(state.best_loss_, state.loss_)

    def late_share(self, state: TrainingState) -> float:
        """Return which share of all its fall the loss has fallen in the last quarter."""
        return _late_share(np.array(state.loss_curve_))


class ValidationScore:
    """Improvement is a higher validation score, or an equal one and a lower validation loss.

    The parameters of the highest score are kept; of several, those of the lowest loss. Few cases
    make few different scores: by the score alone, training on small data would end while the
    network still learns.

    With the averaging "ntasgd", once a score is worse than the best of those that are five
    epochs old or older, the mean of all parameters since is what scores are of, and what is kept
    (Merity, Keskar and Socher 2018).
    """

    name = "validation score"

    def __init__(self, validate: Validate, scoring: object, averaging: str | None = None) -> None:
        self.validate, self.scoring, self.averaging = validate, scoring, averaging

    def prepare(self, state: TrainingState) -> None:
        """Go on from the last weights; keep the best ones if the score is of the same kind."""
        state.leave_best()
        # Another kind of score is not to be compared with: none might ever reach the old best.
        known = state.validation_scores_ is not None and state.best_parameters is not None
        if not known or self.averaging is None:
            state.stop_averaging()
        if not known or state.scoring != self.scoring:
            state.best_loss_ = None
            state.scoring = self.scoring
            state.validation_scores_, state.best_validation_score_ = [], -math.inf
            state.validation_loss_curve_ = []
            state.loss_of_best = math.inf
            state.best_parameters = state.parameters.copy()
            state.no_improvement_count = 0

    def evaluate(self, state: TrainingState) -> tuple[float, float]:
        """Return the score and the loss after an epoch."""
        return self.validate(state.averaged())

    def count(self, state: TrainingState, value: tuple[float, float], tol: float) -> None:
        """Count an epoch that had this score and this loss."""
        score, loss = value
        assert state.validation_scores_ is not None
        assert state.validation_loss_curve_ is not None
        assert state.best_validation_score_ is not None
        best, loss_of_best = state.best_validation_score_, state.loss_of_best
        state.validation_scores_.append(score)
        state.validation_loss_curve_.append(loss)
        # Never, if the score is NaN.
        improved = score >= best + tol or (score == best and loss <= loss_of_best - tol)
        state.no_improvement_count = 0 if improved else state.no_improvement_count + 1
        if score > best or (score == best and loss < loss_of_best):
            state.best_validation_score_, state.loss_of_best = score, loss
            state.best_parameters = state.averaged().parameters.copy()
        if self.averaging == "ntasgd" and state.average is None:
            # Of the scores that are a few epochs old; NaN is never the best.
            best_before = np.fmax.reduce([-math.inf, *state.validation_scores_[:-_NON_MONOTONE]])
            if not score >= best_before:
                state.average, state.n_averaged = state.parameters.copy(), 1
                state.no_improvement_count = 0

    def late_share(self, state: TrainingState) -> float:
        """Return which share of all its rise the best score has risen in the last quarter."""
        return _late_share(-np.fmax.accumulate(np.array(state.validation_scores_)))


def _late_share(curve: np.ndarray) -> float:
    """Return the last quarter's share of all that a curve, one value an epoch, has fallen.

    The mean of the last quarter is compared with that of the one before; of a single epoch it is 1.
    """
    width = max(1, len(curve) // 4)
    late = curve[-width:].mean()
    before = curve[-2 * width : -width].mean() if len(curve) > 1 else curve[0] + 1
    fallen = max(curve[0], before) - late
    # Where a score is not a number, others say so.
    return float((before - late) / fallen) if fallen > 0 and math.isfinite(fallen) else 0.0

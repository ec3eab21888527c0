"""Saturated gates, exploding and vanishing gradients: noted every epoch, warned of at the end."""

from __future__ import annotations

import math
import warnings

from sklearn.exceptions import ConvergenceWarning

from ..runtime.callers import user_level
from .epoch import Epoch
from .state import TrainingOptions, TrainingState

# Losses are of the order of one, and so are the gradients of a fit that gets on, whatever
# `max_grad_norm` is; a limit relative to a `max_grad_norm` of 0.001 would warn of every fit.
_EXPLODED = 100.0
# Share of the recurrent layers in the norm of the whole gradient. It does not fall with the loss:
# all gradients are small where training has converged. In ordinary fits it is above a thousandth.
_VANISHED = 1e-6
_FEWEST_VANISHED = 3  # epochs in a row, the last ones
_LEARNT = 0.5  # of the first loss: a fit whose loss is below has no trouble with gradients
# Share of the gates. With X of the order of one, none are saturated at first; with X ten times as
# large it is an eighth to a third, and with X a hundred times as large five in six.
_SATURATED = 0.5


class GradientWatch:
    """What the gradients of the epochs of a fit amount to."""

    def __init__(self, options: TrainingOptions) -> None:
        limit = 1.0 if options.max_grad_norm is None else float(options.max_grad_norm)
        self._exploded_above = _EXPLODED * max(1.0, limit)
        self._max_grad_norm = options.max_grad_norm
        self._largest = 0.0
        self._n_vanished = 0
        self._saturated_first = self._saturated_last = math.nan

    def observe(self, epoch: Epoch) -> None:
        """Note an epoch."""
        self._largest = max(self._largest, epoch.gradient_norm)
        # A share of NaN, where there is no gradient at all, is not below.
        vanished = epoch.recurrent_share < _VANISHED
        self._n_vanished = self._n_vanished + 1 if vanished else 0
        if math.isnan(self._saturated_first):
            self._saturated_first = epoch.saturated_share
        self._saturated_last = epoch.saturated_share

    def warn(self, state: TrainingState) -> bool:
        """Warn of what was noted, and say what to change; return whether there was anything."""
        found = [self._explosion(), self._saturation(state) or self._vanishing(state)]
        messages = [message for message in found if message]
        for message in messages:
            warnings.warn(message, ConvergenceWarning, stacklevel=user_level())
        return bool(messages)

    def _explosion(self) -> str:
        if not self._largest > self._exploded_above:
            return ""
        verb = "Set" if self._max_grad_norm is None else "Lower"
        return (
            f"Gradients exploded: their norm before clipping reached {self._largest:.3g} on "
            "average over an epoch (see gradient_norm_curve_). Lower learning_rate_init, use "
            "cell='lstm' or 'gru' or activation='tanh', scale X so that its values are of the "
            f"order of one. {verb} max_grad_norm (now {self._max_grad_norm}) if the loss "
            "jumps."
        )

    def _vanishing(self, state: TrainingState) -> str:
        if self._n_vanished < _FEWEST_VANISHED or not self._has_learnt_nothing(state):
            return ""
        return (
            "Gradients vanished: in the last epochs the recurrent layers had less than "
            f"{_VANISHED:g} of the norm of the gradient, so only the output layer learnt. "
            "Scale X so that its values are of the order of one (saturated units pass no "
            "gradient on), lower learning_rate_init (large steps saturate units, or leave "
            "them at zero with activation='relu'), or use cell='lstm' or 'gru'."
        )

    def _saturation(self, state: TrainingState) -> str:
        """Say so if most gates are saturated, by X or by training."""
        first, last = self._saturated_first, self._saturated_last
        if not last > _SATURATED:
            return ""
        if first > _SATURATED:
            cause = (
                f"{first:.0%} did before training, because values of X are too large, so the "
                "network can hardly tell one sequence from another. Set standardize=True, or scale "
                "X so that its values are of the order of one, in fit and predict alike."
            )
        elif self._has_learnt_nothing(state):
            cause = (
                f"{first:.0%} did before training, which has not halved the loss. Lower "
                "learning_rate_init or max_grad_norm."
            )
        else:
            return ""
        return (
            f"Gates are saturated: {last:.0%} of those of the first layer pass hardly any gradient "
            f"on; {cause}"
        )

    def _has_learnt_nothing(self, state: TrainingState) -> bool:
        first = state.loss_curve_[0] if state.loss_curve_ else math.nan
        return state.loss_ > _LEARNT * first

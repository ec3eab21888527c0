"""Training by minibatches: a flat vector of parameters, a loss and a solver; knows no cell.

`train` and `train_epoch` return a new state and leave the one that they are given alone, so a fit
that fails has nothing to undo.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from ..losses import Loss
from ..schedules import SCHEDULES, Schedule
from ..solvers import Solver
from .epoch import Descent, Epoch, Trainable
from .gradient_watch import GradientWatch
from .progress import Progress, progress_of_epoch, progress_of_fit
from .state import EpochHooks, TrainingData, TrainingOptions, TrainingState

__all__ = [
    "TrainingData",
    "TrainingOptions",
    "TrainingState",
    "Validate",
    "train",
    "train_epoch",
]

# From `train` to who called `fit`: `fit` and the wrapper around it lie between.
_STACKLEVEL = 4

# Takes the state after an epoch and returns what it is worth on data that it is not trained on: a
# score, higher is better, and the loss without the penalty.
Validate = Callable[[TrainingState], tuple[float, float]]


class _TrainingLoss:
    """Improvement is a lower training loss."""

    name = "training loss"

    def prepare(self, state: TrainingState) -> None:
        state.last_parameters = None
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


class _ValidationScore:
    """Improvement is a higher validation score; the parameters that reached the best are kept."""

    name = "validation score"

    def __init__(self, validate: Validate, scoring: object) -> None:
        self.validate, self.scoring = validate, scoring

    def prepare(self, state: TrainingState) -> None:
        state.leave_best()
        # Another kind of score is not to be compared with: none might ever reach the old best.
        if state.validation_scores_ is None or state.scoring != self.scoring:
            state.best_loss_ = None
            state.scoring = self.scoring
            state.validation_scores_, state.best_validation_score_ = [], -math.inf
            state.validation_loss_curve_ = []
            state.best_parameters = state.parameters.copy()
            state.no_improvement_count = 0

    def evaluate(self, state: TrainingState) -> tuple[float, float]:
        """Return the score and the loss after an epoch."""
        return self.validate(state)

    def count(self, state: TrainingState, value: tuple[float, float], tol: float) -> None:
        """Count an epoch that had this score and this loss."""
        score, loss = value
        assert state.validation_scores_ is not None
        assert state.validation_loss_curve_ is not None
        assert state.best_validation_score_ is not None
        state.validation_scores_.append(score)
        state.validation_loss_curve_.append(loss)
        improved = score >= state.best_validation_score_ + tol  # never, if it is NaN
        state.no_improvement_count = 0 if improved else state.no_improvement_count + 1
        if score > state.best_validation_score_:
            state.best_validation_score_ = score
            state.best_parameters = state.parameters.copy()


def train(
    state: TrainingState,
    network: Trainable,
    loss: Loss,
    data: TrainingData,
    options: TrainingOptions,
    *,
    n_threads: int,
    validate: Validate | None = None,
    hooks: EpochHooks | None = None,
) -> TrainingState:
    """Train until nothing improves any more, for at most `max_iter` epochs.

    If the schedule of the learning rate is planned, it starts anew, and a training loss that does
    not improve ends nothing: it may well stall while the rate is high, and fall when that does.

    Parameters
    ----------
    state : TrainingState
        Where to begin; it is not changed.
    network : Trainable
    loss : Loss
    data : TrainingData
    options : TrainingOptions
    n_threads : int
        Passed to the network.
    validate : callable, default=None
        Takes the state after an epoch, which it must not change, and returns a score, higher is
        better, and a loss. If given, the score and not the training loss decides when to stop, and
        the best parameters are restored.
    hooks : EpochHooks, default=None
        Called around every epoch; may end training.

    Returns
    -------
    TrainingState
        Its `parameters` are finite.

    Raises
    ------
    ValueError
        If the loss, the gradient or the parameters become non-finite, or if every sequence has
        weight zero.

    Warns
    -----
    ConvergenceWarning
        If training was still improving after `max_iter` epochs, and the schedule was not planned
        for just these; or if gradients have exploded or vanished.
    UserWarning
        If `batch_size` is larger than the data; if no validation score was a number; or if Ctrl-C
        ended training: what the minibatches until then have changed is kept. Without any, the
        KeyboardInterrupt goes on to the caller.
    """
    state = state.copied()
    state.settle_rate(options)
    state.n_iter_ = 0
    criterion = _TrainingLoss() if validate is None else _ValidationScore(validate, options.scoring)
    criterion.prepare(state)
    schedule = _schedule(options, state.solver)
    if schedule.is_planned and validate is None:
        options = replace(options, n_iter_no_change=math.inf)
    descent = Descent(network, loss, data, options, n_threads, state.parameters, schedule)
    descent.warn_if_clipped()
    watch = GradientWatch(options)
    n_seen = state.t_
    progress = progress_of_fit(options.verbose, options.max_iter)
    try:
        with descent.undivided.handling_ctrl_c():
            _run_until_converged(state, descent, criterion, watch, progress, options, hooks)
    except KeyboardInterrupt:
        if state.t_ == n_seen:
            raise
        warnings.warn(
            f"Training was interrupted after {state.n_iter_} epochs. The weights are "
            + (
                "those with the best validation score."
                if state.validation_scores_
                else "those after the last finished minibatch."
            ),
            stacklevel=_STACKLEVEL,
        )
    finally:
        progress.close()
    watch.warn(state, stacklevel=_STACKLEVEL)
    if state.validation_scores_ and state.best_validation_score_ == -math.inf:
        warnings.warn(
            "No validation score was a finite number, so the weights are those from before "
            "training. See validation_scores_, and check scoring and the validation data.",
            stacklevel=_STACKLEVEL,
        )
    state.restore_best()
    return state


def train_epoch(
    state: TrainingState,
    network: Trainable,
    loss: Loss,
    data: TrainingData,
    options: TrainingOptions,
    *,
    n_threads: int,
) -> TrainingState:
    """Train for one epoch, going on where `state` is; for ``partial_fit``.

    Parameters, return value and errors are those of `train`. The schedule of the learning rate
    goes on from call to call; it must not be planned, as nobody knows how many calls there will
    be. When to stop is up to the caller, and so is Ctrl-C: a loop over calls must end with it.
    """
    state = state.copied()
    state.settle_rate(options)
    state.n_iter_ = 0
    criterion = _TrainingLoss()
    criterion.prepare(state)
    schedule = _schedule(options, state.solver)
    descent = Descent(network, loss, data, options, n_threads, state.parameters, schedule)
    progress = progress_of_epoch(options.verbose)
    _run_epoch(state, descent, criterion, options)
    progress.epoch_ended(state)
    if state.no_improvement_count > options.n_iter_no_change:
        _lower_learning_rate(state, schedule, progress)
    return state


def _schedule(options: TrainingOptions, solver: Solver) -> Schedule:
    """Return the schedule that the options ask for if it is for this solver, else none."""
    schedule = SCHEDULES[options.learning_rate]
    if not (schedule.for_every_solver or solver.follows_schedule):
        schedule = SCHEDULES["constant"]
    return schedule(**{field.name: getattr(options, field.name) for field in fields(schedule)})


def _run_until_converged(
    state: TrainingState,
    descent: Descent,
    criterion: _TrainingLoss | _ValidationScore,
    watch: GradientWatch,
    progress: Progress,
    options: TrainingOptions,
    hooks: EpochHooks | None,
) -> None:
    for _ in range(options.max_iter):
        if hooks is not None:
            hooks.epoch_begins(state)
        watch.observe(_run_epoch(state, descent, criterion, options))
        progress.epoch_ended(state)
        if hooks is not None and hooks.epoch_ends(state):
            progress.note("Stopping: a callback asks for it")
            return
        stalled = state.no_improvement_count > options.n_iter_no_change
        if stalled and not _lower_learning_rate(state, descent.schedule, progress):
            progress.note(
                f"Stopping: the {criterion.name} no longer improves by tol={options.tol:g}"
            )
            return
    if descent.schedule.is_planned:
        return
    warnings.warn(
        f"Stochastic Optimizer: Maximum iterations ({options.max_iter}) reached while the "
        f"{criterion.name} was still improving. Increase max_iter, learning_rate_init or tol.",
        ConvergenceWarning,
        stacklevel=_STACKLEVEL + 1,
    )


def _run_epoch(
    state: TrainingState,
    descent: Descent,
    criterion: _TrainingLoss | _ValidationScore,
    options: TrainingOptions,
) -> Epoch:
    rate = state.current_learning_rate
    state.current_learning_rate = descent.schedule.before_epoch(rate, state.t_)
    epoch = descent.run_epoch(state)
    after = state.after_epoch(epoch.loss, epoch.gradient_norm)
    value: Any = criterion.evaluate(after)
    with descent.undivided:
        vars(state).update(vars(after))
        criterion.count(state, value, options.tol)
    return epoch


def _lower_learning_rate(state: TrainingState, schedule: Schedule, progress: Progress) -> bool:
    """Lower the rate of a stalled training if the schedule does so; return whether it does."""
    rate = schedule.after_stall(state.current_learning_rate)
    if rate is None:
        return False
    state.current_learning_rate = rate
    state.no_improvement_count = 0
    progress.note(f"Learning rate lowered to {state.current_learning_rate:g}")
    return True

"""Training by minibatches: a flat vector of parameters, an objective and a solver; knows no cell.

`train` and `train_epoch` return a new state and leave the one that they are given alone, so a fit
that fails has nothing to undo.
"""

import math
import warnings
from dataclasses import fields, replace
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from ..runtime.callers import user_level
from ..schedules import SCHEDULES, Schedule
from ..solvers import Solver
from .criteria import Criterion, TrainingLoss, Validate, ValidationScore
from .epoch import Descent, Epoch, Trainable
from .gradient_watch import GradientWatch
from .interruption import is_called_by_user
from .progress import Progress, progress_of_epoch, progress_of_fit
from .state import EpochHooks, TrainingOptions, TrainingState

# Epochs in the curves of a stream of calls: a million calls must not each copy a longer list.
_KEPT_OF_STREAM = 1000
# Of all improvement, in the last quarter of the epochs: what falls exponentially has a share of 5 %
# there after four time constants, and of 14 % after two; a straight line has 29 %.
_STALLED = 0.05
_STEADY = 0.2


def train(
    state: TrainingState,
    objective: Trainable,
    options: TrainingOptions,
    *,
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
    objective : Trainable
        What to minimise.
    options : TrainingOptions
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
        If the loss, the gradient or the parameters become non-finite.

    Warns
    -----
    ConvergenceWarning
        If gradients have exploded or vanished, or gates are saturated. Else if training was still
        improving after `max_iter` epochs, unless these were asked for: by a schedule that is
        planned for them, or by an infinite `n_iter_no_change`.
    UserWarning
        If no validation score was a number; or if Ctrl-C ended training: what the minibatches
        until then have changed is kept. Without any, and in a search or a task of joblib, the
        KeyboardInterrupt goes on to the caller.
    """
    state = state.copied()
    state.settle_rate(options)
    state.n_iter_ = 0
    criterion: Criterion = TrainingLoss()
    if validate is not None:
        criterion = ValidationScore(validate, options.scoring, options.averaging)
    criterion.prepare(state)
    schedule = _schedule(options, state.solver)
    if schedule.is_planned and validate is None:
        options = replace(options, n_iter_no_change=math.inf)
    descent = Descent(objective, options, state.parameters, schedule)
    watch = GradientWatch(options)
    n_seen = state.t_
    progress = progress_of_fit(options.verbose, options.max_iter)
    try:
        with descent.undivided.handling_ctrl_c():
            ended = _run_until_ended(state, descent, criterion, watch, progress, hooks)
    except KeyboardInterrupt:
        if state.t_ == n_seen or not is_called_by_user():
            raise
        ended = True
        warnings.warn(
            f"Training was interrupted after {state.n_iter_} epochs. The weights are "
            + (
                "those with the best validation score."
                if state.validation_scores_
                else "those after the last finished minibatch."
            ),
            stacklevel=user_level(),
        )
    finally:
        progress.close()
    if not watch.warn(state) and not ended:
        _warn_of_few_epochs(state, criterion, options)
    if state.validation_scores_ and state.best_validation_score_ == -math.inf:
        warnings.warn(
            "No validation score was a finite number, so the weights are those from before "
            "training. See validation_scores_, and check scoring and the validation data.",
            stacklevel=user_level(),
        )
    state.restore_best()
    return state


def train_epoch(
    state: TrainingState, objective: Trainable, options: TrainingOptions
) -> TrainingState:
    """Train for one epoch, going on where `state` is; for ``partial_fit``.

    Parameters, return value and errors are those of `train`. The schedule of the learning rate
    goes on from call to call; it must not be planned, as nobody knows how many calls there will
    be. When to stop is up to the caller, and so is Ctrl-C: a loop over calls must end with it.
    """
    state = state.copied()
    state.settle_rate(options)
    state.n_iter_ = 0
    criterion = TrainingLoss()
    criterion.prepare(state)
    schedule = _schedule(options, state.solver)
    descent = Descent(objective, options, state.parameters, schedule)
    progress = progress_of_epoch(options.verbose)
    _run_epoch(state, descent, criterion, options)
    state.forget_early_epochs(_KEPT_OF_STREAM)
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


def _run_until_ended(
    state: TrainingState,
    descent: Descent,
    criterion: Criterion,
    watch: GradientWatch,
    progress: Progress,
    hooks: EpochHooks | None,
) -> bool:
    """Run epochs until nothing improves or a callback asks; return whether either was so."""
    options = descent.options
    for _ in range(options.max_iter):
        if hooks is not None:
            hooks.epoch_begins(state)
        watch.observe(_run_epoch(state, descent, criterion, options))
        progress.epoch_ended(state)
        if hooks is not None and hooks.epoch_ends(state):
            progress.note("Stopping: a callback asks for it")
            return True
        stalled = state.no_improvement_count > options.n_iter_no_change
        if stalled and not _lower_learning_rate(state, descent.schedule, progress):
            progress.note(
                f"Stopping: the {criterion.name} no longer improves by tol={options.tol:g}"
            )
            return True
    return descent.schedule.is_planned


def _warn_of_few_epochs(
    state: TrainingState, criterion: Criterion, options: TrainingOptions
) -> None:
    """Warn if more epochs, or larger steps, would do much; an infinite patience wants no advice."""
    share = criterion.late_share(state)
    if share < _STALLED or math.isinf(options.n_iter_no_change):
        return
    knob = "learning_rate_init or max_iter" if share > _STEADY else "max_iter"
    warnings.warn(
        f"Stochastic Optimizer: Maximum iterations ({options.max_iter}) reached while the "
        f"{criterion.name} was still improving: {share:.0%} of that came in the last quarter of "
        f"the epochs. Increase {knob}.",
        ConvergenceWarning,
        stacklevel=user_level(),
    )


def _run_epoch(
    state: TrainingState,
    descent: Descent,
    criterion: Criterion,
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

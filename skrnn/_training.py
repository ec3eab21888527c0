"""Training by minibatches: a flat vector of parameters, a loss and a solver; knows no cell.

`train` and `train_epoch` return a new state and leave the one that they are given alone, so a fit
that fails has nothing to undo.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from ._descent import Descent, Trainable
from ._training_state import TrainingData, TrainingOptions, TrainingState
from .losses import Loss
from .schedules import SCHEDULES, Schedule
from .solvers import Solver

__all__ = ["TrainingData", "TrainingOptions", "TrainingState", "train", "train_epoch"]


class _TrainingLoss:
    """Improvement is a lower training loss."""

    name = "training loss"

    def prepare(self, state: TrainingState) -> None:
        if state.best_loss_ is None:
            state.best_loss_ = math.inf
            state.validation_scores_ = state.best_validation_score_ = state.best_parameters = None
            state.no_improvement_count = 0

    def observe(self, state: TrainingState, tol: float) -> str:
        """Count the epoch; return what there is to print of it."""
        assert state.best_loss_ is not None
        improved = state.loss_ <= state.best_loss_ - tol
        state.no_improvement_count = 0 if improved else state.no_improvement_count + 1
        state.best_loss_ = min(state.best_loss_, state.loss_)
        return ""


class _ValidationScore:
    """Improvement is a higher validation score; the parameters that reached the best are kept."""

    name = "validation score"

    def __init__(self, score: Callable[[np.ndarray], float]) -> None:
        self.score = score

    def prepare(self, state: TrainingState) -> None:
        if state.validation_scores_ is None:
            state.best_loss_ = None
            state.validation_scores_, state.best_validation_score_ = [], -math.inf
            state.best_parameters = state.parameters.copy()
            state.no_improvement_count = 0

    def observe(self, state: TrainingState, tol: float) -> str:
        """Count the epoch; return what there is to print of it."""
        assert state.validation_scores_ is not None
        assert state.best_validation_score_ is not None
        score = float(self.score(state.parameters))
        state.validation_scores_.append(score)
        improved = score >= state.best_validation_score_ + tol  # never, if it is NaN
        state.no_improvement_count = 0 if improved else state.no_improvement_count + 1
        if score > state.best_validation_score_:
            state.best_validation_score_ = score
            state.best_parameters = state.parameters.copy()
        return f", {self.name} = {score:.6f}"


def train(
    state: TrainingState,
    network: Trainable,
    loss: Loss,
    data: TrainingData,
    options: TrainingOptions,
    *,
    n_threads: int,
    validation_score: Callable[[np.ndarray], float] | None = None,
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
    validation_score : callable, default=None
        Takes flat parameters and returns a score, higher is better. If given, the score and not
        the training loss decides when to stop, and the best parameters are restored.

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
        for just these.
    UserWarning
        If `batch_size` is larger than the data, or if Ctrl-C ended training: the epochs done
        until then are kept. Without any, the KeyboardInterrupt goes on to the caller.
    """
    state = state.before_first_epoch()
    criterion = _TrainingLoss() if validation_score is None else _ValidationScore(validation_score)
    criterion.prepare(state)
    schedule = _schedule(options, state.solver)
    if schedule.is_planned and validation_score is None:
        options = replace(options, n_iter_no_change=math.inf)
    descent = Descent(network, loss, data, options, n_threads, state.parameters, schedule)
    descent.warn_if_clipped()
    try:
        _run_until_converged(state, descent, criterion, options)
    except KeyboardInterrupt:
        if state.n_iter_ == 0:
            raise
        warnings.warn(f"Training was interrupted after {state.n_iter_} epochs.", stacklevel=3)
    if state.best_parameters is not None:
        state.parameters = state.best_parameters.copy()
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
    be. When to stop is up to the caller.
    """
    state = state.before_first_epoch()
    criterion = _TrainingLoss()
    criterion.prepare(state)
    schedule = _schedule(options, state.solver)
    descent = Descent(network, loss, data, options, n_threads, state.parameters, schedule)
    _run_epoch(state, descent, criterion, options)
    if state.no_improvement_count > options.n_iter_no_change:
        _lower_learning_rate(state, schedule, options)
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
    options: TrainingOptions,
) -> None:
    for _ in range(options.max_iter):
        _run_epoch(state, descent, criterion, options)
        stalled = state.no_improvement_count > options.n_iter_no_change
        if stalled and not _lower_learning_rate(state, descent.schedule, options):
            if options.verbose:
                print(f"Stopping: the {criterion.name} no longer improves by tol={options.tol:g}")
            return
    if descent.schedule.is_planned:
        return
    warnings.warn(
        f"Stochastic Optimizer: Maximum iterations ({options.max_iter}) reached while the "
        f"{criterion.name} was still improving. Increase max_iter, learning_rate_init or tol.",
        ConvergenceWarning,
        stacklevel=4,
    )


def _run_epoch(
    state: TrainingState,
    descent: Descent,
    criterion: _TrainingLoss | _ValidationScore,
    options: TrainingOptions,
) -> None:
    state.loss_ = descent.run_epoch(state)
    state.n_iter_ += 1
    state.t_ += len(descent.indices)
    state.loss_curve_.append(state.loss_)
    observation = criterion.observe(state, options.tol)
    if options.verbose:
        print(f"Iteration {state.n_iter_}, loss = {state.loss_:.8f}{observation}")
    rate = state.current_learning_rate
    state.current_learning_rate = descent.schedule.after_epoch(rate, state.t_)


def _lower_learning_rate(
    state: TrainingState, schedule: Schedule, options: TrainingOptions
) -> bool:
    """Lower the rate of a stalled training if the schedule does so; return whether it does."""
    rate = schedule.after_stall(state.current_learning_rate)
    if rate is None:
        return False
    state.current_learning_rate = rate
    state.no_improvement_count = 0
    if options.verbose:
        print(f"Learning rate lowered to {state.current_learning_rate:g}")
    return True

"""What training works on: what is fixed while it runs, and what it changes."""

import math
from copy import copy, deepcopy
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol, Self

import numpy as np

from ..solvers import Solver


@dataclass(frozen=True)
class TrainingOptions:
    """The estimators' parameters that steer training, under their names there."""

    max_iter: int
    tol: float
    n_iter_no_change: float
    alpha: float
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_grad_norm: float | None
    verbose: bool | int
    scoring: Any = None
    averaging: str | None = None


class EpochHooks(Protocol):
    """What is called before and after every epoch."""

    def epoch_begins(self, state: "TrainingState") -> None:
        """Look at the state; it must not be changed."""
        ...

    def epoch_ends(self, state: "TrainingState") -> bool:
        """Look at the state; return whether training should stop."""
        ...


@dataclass
class TrainingState:
    """All that training changes, and all that it needs to go on; can be pickled.

    The fields that end in an underscore are the estimators' fitted attributes.
    """

    parameters: np.ndarray
    solver: Solver
    random_state: np.random.RandomState
    current_learning_rate: float = math.nan
    asked_rate: tuple[str, float] | None = None  # the schedule and where it begins
    # Where training is, while `parameters` are the best that it has seen.
    last_parameters: np.ndarray | None = None
    best_parameters: np.ndarray | None = None
    # The mean of the parameters of so many minibatches, if it is asked for and has begun.
    average: np.ndarray | None = None
    n_averaged: int = 0
    no_improvement_count: int = 0
    t_: int = 0
    n_iter_: int = 0
    loss_: float = math.nan
    loss_curve_: list[float] = field(default_factory=list)
    gradient_norm_curve_: list[float] = field(default_factory=list)
    best_loss_: float | None = math.inf
    validation_scores_: list[float] | None = None
    validation_loss_curve_: list[float] | None = None
    best_validation_score_: float | None = None
    loss_of_best: float = math.inf  # the validation loss of the parameters with the best score
    scoring: Any = None  # what the validation scores are scores of

    @classmethod
    def start(
        cls,
        parameters: np.ndarray,
        solver: Solver,
        random_state: np.random.RandomState,
        penalised: np.ndarray | None = None,
    ) -> Self:
        """Return the state before the first epoch; `penalised` is what `Solver.start` takes.

        The order of the sequences, and dropout, get a stream of random numbers of their own, seeded
        from `random_state`, so that a copy of the state goes on as the original would.
        """
        solver.start(parameters.size, parameters.dtype, penalised)
        seed = random_state.randint(np.iinfo(np.int32).max)
        return cls(parameters, solver, np.random.RandomState(seed))

    def going_on(self, solver: Solver, penalised: np.ndarray | None = None) -> Self:
        """Return the state to go on from with the estimator's present solver.

        A solver of another class starts fresh; of the same class, it keeps what it has gathered
        and takes the new one's parameters.
        """
        if type(solver) is type(self.solver):
            parameters = {name: getattr(solver, name) for name in solver.constraints}
            solver = copy(self.solver)
            vars(solver).update(parameters)
        else:
            solver.start(self.parameters.size, self.parameters.dtype, penalised)
        return replace(self, solver=solver)

    def settle_rate(self, options: TrainingOptions) -> None:
        """Leave the rate where the schedule has left it, unless another rate or one is asked."""
        asked = options.learning_rate, float(options.learning_rate_init)
        if asked != self.asked_rate:
            self.asked_rate, self.current_learning_rate = asked, asked[1]

    def fitted_attributes(self) -> dict[str, Any]:
        """Return the estimators' fitted attributes by name."""
        names = [field.name for field in fields(self) if field.name.endswith("_")]
        return {name: getattr(self, name) for name in names}

    def copied(self) -> Self:
        """Return a state that shares nothing changeable with this one."""
        return replace(
            self,
            parameters=np.array(self.parameters),  # not a memory map, which joblib may load
            solver=deepcopy(self.solver),
            random_state=deepcopy(self.random_state),
            last_parameters=(
                None if self.last_parameters is None else np.array(self.last_parameters)
            ),
            best_parameters=copy(self.best_parameters),
            average=copy(self.average),
            loss_curve_=self.loss_curve_.copy(),
            gradient_norm_curve_=self.gradient_norm_curve_.copy(),
            validation_scores_=copy(self.validation_scores_),
            validation_loss_curve_=copy(self.validation_loss_curve_),
        )

    def after_epoch(self, loss: float, gradient_norm: float) -> Self:
        """Return the state with one more epoch, without its validation; this one stays."""
        return replace(
            self,
            n_iter_=self.n_iter_ + 1,
            loss_=loss,
            loss_curve_=[*self.loss_curve_, loss],
            gradient_norm_curve_=[*self.gradient_norm_curve_, gradient_norm],
        )

    def average_in(self) -> None:
        """Let the parameters count in the mean, if there is one."""
        if self.average is not None:
            self.n_averaged += 1
            self.average += (self.parameters - self.average) / self.n_averaged

    def stop_averaging(self) -> None:
        """Have no mean any more."""
        self.average, self.n_averaged = None, 0

    def averaged(self) -> Self:
        """Return the state whose parameters are the mean, if there is one."""
        return self if self.average is None else replace(self, parameters=self.average)

    def forget_early_epochs(self, n_kept: int) -> None:
        """Keep the last values of the curves of training."""
        self.loss_curve_ = self.loss_curve_[-n_kept:]
        self.gradient_norm_curve_ = self.gradient_norm_curve_[-n_kept:]

    def stopped(self) -> Self:
        """Return what would be left if training ended here."""
        state = self.copied()
        state.restore_best()
        return state

    def restore_best(self) -> None:
        """Take the parameters that had the best validation score, if there was any score."""
        if self.validation_scores_:
            assert self.best_parameters is not None
            self.last_parameters = self.parameters
            self.parameters = self.best_parameters.copy()

    def forget_best(self) -> None:
        """Begin anew to look for the best: the parameters are others than training has come to."""
        self.last_parameters = self.best_parameters = None
        self.stop_averaging()
        self.best_loss_ = None if self.best_loss_ is None else math.inf
        self.no_improvement_count = 0

    def leave_best(self) -> None:
        """Take the parameters that training has come to, to go on from them."""
        if self.last_parameters is not None:
            self.parameters, self.last_parameters = self.last_parameters, None

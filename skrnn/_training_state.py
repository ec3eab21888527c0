"""What training works on: what is fixed while it runs, and what it changes."""

import math
from copy import copy, deepcopy
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Self

import numpy as np

from ._sequences import Sequences
from .solvers import Solver


@dataclass(frozen=True)
class TrainingOptions:
    """The estimators' parameters that steer training, under their names there."""

    max_iter: int
    tol: float
    n_iter_no_change: float
    batch_size: int | Literal["auto"]
    alpha: float
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_grad_norm: float | None
    shuffle: bool
    verbose: bool


@dataclass(frozen=True)
class TrainingData:
    """The sequences trained on.

    Parameters
    ----------
    sequences : Sequences
    targets : ndarray of shape (n_sequences, n_outputs), dtype of the network
    sample_weight : ndarray of shape (n_sequences,), float64, or None
        Not negative. A sequence of weight zero takes no part: it fills no place in a minibatch
        and `t_` does not count it, so that it might as well be absent.
    """

    sequences: Sequences
    targets: np.ndarray
    sample_weight: np.ndarray | None = None


@dataclass
class TrainingState:
    """All that training changes, and all that it needs to go on; can be pickled.

    The fields that end in an underscore are the estimators' fitted attributes.
    """

    parameters: np.ndarray
    solver: Solver
    random_state: np.random.RandomState
    current_learning_rate: float
    best_parameters: np.ndarray | None = None
    no_improvement_count: int = 0
    t_: int = 0
    n_iter_: int = 0
    loss_: float = math.nan
    loss_curve_: list[float] = field(default_factory=list)
    best_loss_: float | None = math.inf
    validation_scores_: list[float] | None = None
    best_validation_score_: float | None = None

    @classmethod
    def start(
        cls,
        parameters: np.ndarray,
        solver: Solver,
        learning_rate_init: float,
        random_state: np.random.RandomState,
        penalised: np.ndarray | None = None,
    ) -> Self:
        """Return the state before the first epoch; `penalised` is what `Solver.start` takes.

        The order of the sequences gets a stream of random numbers of its own, seeded from
        `random_state`, so that a copy of the state goes on as the original would.
        """
        solver.start(parameters.size, parameters.dtype, penalised)
        seed = random_state.randint(np.iinfo(np.int32).max)
        return cls(parameters, solver, np.random.RandomState(seed), float(learning_rate_init))

    def restarted(
        self, solver: Solver, learning_rate_init: float, penalised: np.ndarray | None = None
    ) -> Self:
        """Return the state for a warm start: a fresh solver, everything else goes on."""
        solver.start(self.parameters.size, self.parameters.dtype, penalised)
        return replace(self, solver=solver, current_learning_rate=float(learning_rate_init))

    def fitted_attributes(self) -> dict[str, Any]:
        """Return the estimators' fitted attributes by name."""
        names = [field.name for field in fields(self) if field.name.endswith("_")]
        return {name: getattr(self, name) for name in names}

    def before_first_epoch(self) -> Self:
        """Return a state that shares nothing changeable with this one and counts from zero."""
        return replace(
            self,
            parameters=np.array(self.parameters),  # not a memory map, which joblib may load
            solver=deepcopy(self.solver),
            random_state=deepcopy(self.random_state),
            best_parameters=copy(self.best_parameters),
            n_iter_=0,
            loss_curve_=self.loss_curve_.copy(),
            validation_scores_=copy(self.validation_scores_),
        )

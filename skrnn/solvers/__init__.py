"""The solvers: one module each, found by their being in this folder."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

import numpy as np

from .._registry import classes_of
from ._constraints import Boolean, Constraint, Interval, require_constraints
from .adam import Adam
from .adamw import AdamW
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = [
    "SGD",
    "SOLVERS",
    "Adam",
    "AdamW",
    "Boolean",
    "Constraint",
    "Interval",
    "RMSprop",
    "Solver",
]


class Solver(Protocol):
    """A rule that turns gradients into steps, and what it remembers between them.

    A solver is a dataclass whose fields are its hyperparameters, under the names that they have
    as parameters of the estimators, if these have them; all have defaults. It sees flat vectors
    and knows nothing of networks. It is a ``BaseEstimator`` besides: scikit-learn's `clone`,
    `set_params` and searches reach the fields of a solver that is a parameter of an estimator, and
    `clone` leaves behind what it remembers.
    """

    name: ClassVar[str]
    """The key in `SOLVERS`, and the value of the estimators' parameter `solver`."""

    follows_schedule: ClassVar[bool]
    """Whether schedules apply that are not for every solver; if not, the rate is constant."""

    constraints: ClassVar[Mapping[str, Constraint]]
    """What each field may be; a field without an entry is refused."""

    def start(
        self, n_parameters: int, dtype: np.dtype, penalised: np.ndarray | None = None
    ) -> None:
        """Forget every earlier update and prepare for vectors of this size and dtype.

        Parameters
        ----------
        n_parameters : int
        dtype : dtype
        penalised : ndarray of shape (n_parameters,), bool, default=None
            Which parameters a weight decay, if the solver has one, applies to; None is all.
        """
        ...

    def update(self, parameters: np.ndarray, gradient: np.ndarray, learning_rate: float) -> None:
        """Take one step, in place.

        Parameters
        ----------
        parameters : ndarray of shape (n_parameters,)
            Changed to their new values.
        gradient : ndarray of shape (n_parameters,)
            The gradient at `parameters`. It serves as working memory: afterwards its values
            mean nothing.
        learning_rate : float
            The rate of this step.
        """
        ...


SOLVERS: dict[str, type[Solver]] = classes_of(__name__, __path__)

# Pickles name a class by its module, and a solver's own file may move.
for _solver in SOLVERS.values():
    _solver.__module__ = __name__
    globals()[_solver.__name__] = _solver
for _solver in SOLVERS.values():
    require_constraints(_solver)

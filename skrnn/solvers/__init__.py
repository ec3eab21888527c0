"""The solvers: one module each, found by their being in this folder."""

import importlib
import pkgutil
from collections.abc import Mapping
from typing import ClassVar, Protocol

import numpy as np

from ._constraints import Boolean, Constraint, Interval

__all__ = ["SOLVERS", "Boolean", "Constraint", "Interval", "Solver"]


class Solver(Protocol):
    """A rule that turns gradients into steps, and what it remembers between them.

    A solver is a dataclass whose fields are its hyperparameters, under the names that they have
    as parameters of the estimators. It sees flat vectors and knows nothing of networks.
    """

    name: ClassVar[str]
    """The key in `SOLVERS`, and the value of the estimators' parameter `solver`."""

    follows_schedule: ClassVar[bool]
    """Whether the estimators' parameter `learning_rate` applies; if not, the rate is constant."""

    constraints: ClassVar[Mapping[str, Constraint]]
    """What each field may be."""

    def start(self, n_parameters: int, dtype: np.dtype) -> None:
        """Forget every earlier update and prepare for vectors of this size and dtype."""
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


SOLVERS: dict[str, type[Solver]] = {
    solver.name: solver
    for module in pkgutil.iter_modules(__path__, f"{__name__}.")
    if not module.name.startswith(f"{__name__}._")
    for solver in vars(importlib.import_module(module.name)).values()
    if getattr(solver, "__module__", None) == module.name and hasattr(solver, "name")
}

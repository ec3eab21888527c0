"""Parameters that are checked, each in its range and all together, before anything is done."""

from __future__ import annotations

from ..schedules import SCHEDULES
from ..solvers import SOLVERS
from ..solvers._constraints import require_constraints
from .checks import OneOf, check_activation, check_parameter
from .hyperparameters import Hyperparameters
from .parameter_fields import hyperparameters_of


class CheckedHyperparameters(Hyperparameters):
    """The parameters that all estimators share, and what they must be."""

    def _check_hyperparameters(self) -> None:
        """Raise ValueError for the first parameter that is out of range."""
        by_name = SOLVERS.get(self.solver) if isinstance(self.solver, str) else None
        of_solver = by_name.constraints if by_name else {}
        for parameter in hyperparameters_of(type(self)):
            name, value = parameter.name, getattr(self, parameter.name)
            if name in of_solver:  # narrower than that of all solvers
                check_parameter(self, name, value, of_solver[name])
            check_parameter(self, name, value, parameter.metadata["constraint"])
        require_constraints(by_name or type(self.solver))
        if not isinstance(self.solver, str):
            for name, constraint in self.solver.constraints.items():
                check_parameter(self, f"solver__{name}", getattr(self.solver, name), constraint)
        check_activation(type(self).__name__, self.cell, self.activation)

    def _check_partial_fit(self) -> None:
        """Raise ValueError for the first parameter that is out of range for `partial_fit`."""
        self._check_hyperparameters()
        if SCHEDULES[self.learning_rate].is_planned:
            unplanned = OneOf([name for name, one in SCHEDULES.items() if not one.is_planned])
            raise ValueError(
                f"The parameter learning_rate of {type(self).__name__} must be {unplanned} for "
                f"partial_fit, which does not know when training will end. Got "
                f"{self.learning_rate!r}, which is planned for the max_iter epochs of fit."
            )

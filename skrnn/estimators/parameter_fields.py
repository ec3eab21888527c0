"""How a parameter is declared, and what one gets that a saved file lacks."""

from __future__ import annotations

from collections.abc import MutableMapping
from copy import deepcopy
from dataclasses import MISSING, field, fields
from typing import Any

from ..solvers import SOLVERS, Constraint


def hyperparameter(
    default: Any, constraint: Constraint, description: str, *, before: Any = MISSING
) -> Any:
    """Return the dataclass field of one parameter.

    Parameters
    ----------
    default : object
    constraint : Constraint
        What it may be.
    description : str
        What it does.
    before : object
        The value with which an estimator behaves as in the versions that did not have it: what it
        gets when it is loaded from a file of theirs. To be declared where the default behaves
        otherwise, and where a default is changed that once did not.
    """
    metadata = {"constraint": constraint, "description": description}
    if before is not MISSING:
        metadata["before"] = before
    return field(default=default, metadata=metadata)


def hyperparameters_of(estimator: type) -> list[Any]:
    """Return the dataclass fields that are parameters; a subclass's own ``__init__`` adds none."""
    own = [parameter for parameter in fields(estimator) if "constraint" in parameter.metadata]
    return sorted(own, key=lambda parameter: parameter.kw_only)  # those by position first


def give_lacking_parameters(kind: type, state: MutableMapping[str, Any]) -> None:
    """Give a saved estimator, and a solver that it has, the parameters that its version had not.

    Without this a parameter that a file lacks would be that of the class: the default of the
    version that loads the file, and another one of every version that changes it.
    """
    _give(kind, hyperparameters_of(kind), state)
    give_solver_lacking_parameters(state.get("solver"))


def give_solver_lacking_parameters(solver: Any) -> None:
    """Give a solver from a file, if it is one, the parameters that its version had not."""
    if isinstance(solver, tuple(SOLVERS.values())):
        kind: Any = type(solver)
        _give(kind, list(fields(kind)), vars(solver))


def _give(kind: type, parameters: list[Any], state: MutableMapping[str, Any]) -> None:
    for parameter in parameters:
        if parameter.name not in state:
            # The class's, not the field's: a subclass may have written down another default.
            value = parameter.metadata.get("before", getattr(kind, parameter.name))
            state[parameter.name] = deepcopy(value)

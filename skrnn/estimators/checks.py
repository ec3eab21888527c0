"""What the estimators' parameters may be, beyond the numbers and booleans of the solvers."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np

from ..cells import CELLS
from ..solvers import SOLVERS, Boolean, Constraint, Interval
from ..solvers._constraints import shown


@dataclass(frozen=True)
class Integer:
    """The integers from `low` to `high`, by default the largest there are; no booleans."""

    low: int
    high: int = sys.maxsize

    def allows(self, value: object) -> bool:
        """Return whether `value` is an integer in the range."""
        if not isinstance(value, Integral) or isinstance(value, bool):
            return False
        return self.low <= int(value) <= self.high

    def __str__(self) -> str:
        if self.high == sys.maxsize:
            return f"an integer >= {self.low}"
        return f"an integer in [{self.low}, {self.high}]"


@dataclass(frozen=True)
class NonZeroInteger:
    """The integers but 0; booleans are not among them."""

    def allows(self, value: object) -> bool:
        """Return whether `value` is an integer other than 0."""
        return Integer(1).allows(value) or Integer(-sys.maxsize, -1).allows(value)

    def __str__(self) -> str:
        return "an integer other than 0"


@dataclass(frozen=True)
class OneOf:
    """A few values, such as the keys of a registry.

    A value of another type is not among them, even if it is equal.
    """

    options: Collection[object]

    def allows(self, value: object) -> bool:
        """Return whether `value` is one of the options."""
        return any(isinstance(value, type(option)) and value == option for option in self.options)

    def __str__(self) -> str:
        return " or ".join(repr(option) for option in self.options)


@dataclass(frozen=True)
class InstanceOf:
    """The instances of a class."""

    kind: type

    def allows(self, value: object) -> bool:
        """Return whether `value` is an instance."""
        return isinstance(value, self.kind)

    def __str__(self) -> str:
        return f"a {self.kind.__name__}"


@dataclass(frozen=True)
class Function:
    """The callables."""

    def allows(self, value: object) -> bool:
        """Return whether `value` can be called."""
        return callable(value)

    def __str__(self) -> str:
        return "a callable"


@dataclass(frozen=True)
class Splitter:
    """The splitters of scikit-learn, and whatever has their methods; not their classes."""

    def allows(self, value: object) -> bool:
        """Return whether `value` is a splitter."""
        methods = [getattr(value, name, None) for name in ("split", "get_n_splits")]
        return not isinstance(value, type) and all(map(callable, methods))

    def __str__(self) -> str:
        return "a splitter of scikit-learn's"


@dataclass(frozen=True)
class Scorer:
    """Callables, and the names of scikit-learn's scorers."""

    def allows(self, value: object) -> bool:
        """Return whether `value` is a callable or the name of a scorer."""
        if not isinstance(value, str):
            return callable(value)
        # Imported where it is needed: a tenth of what `import skrnn` would take.
        from sklearn.metrics import get_scorer_names

        return value in get_scorer_names()

    def __str__(self) -> str:
        return "a name of sklearn.metrics.get_scorer_names() or a callable"


@dataclass(frozen=True)
class InstanceFrom:
    """The instances of the classes in a registry."""

    registry: Mapping[str, type]

    def allows(self, value: object) -> bool:
        """Return whether `value` is an instance of one of the classes."""
        return isinstance(value, tuple(self.registry.values()))

    def __str__(self) -> str:
        *first, last = (kind.__name__ for kind in self.registry.values())
        return f"an instance of {', '.join(first)} or {last}"


@dataclass(frozen=True, init=False)
class AnyOf:
    """The union of some constraints."""

    constraints: tuple[Constraint, ...]

    def __init__(self, *constraints: Constraint) -> None:
        object.__setattr__(self, "constraints", constraints)

    def allows(self, value: object) -> bool:
        """Return whether any of the constraints allows `value`."""
        return any(constraint.allows(value) for constraint in self.constraints)

    def __str__(self) -> str:
        return " or ".join(str(constraint) for constraint in self.constraints)


@dataclass(frozen=True)
class SequenceOf:
    """Lists, tuples and 1-D arrays, not empty, of what a constraint allows."""

    element: Constraint

    def allows(self, value: object) -> bool:
        """Return whether `value` is a sequence of allowed elements."""
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if not isinstance(value, list | tuple):
            return False
        return len(value) > 0 and all(self.element.allows(one) for one in value)

    def __str__(self) -> str:
        return f"a non-empty sequence, each element {self.element}"


@dataclass(frozen=True)
class Features:
    """Lists, tuples and 1-D arrays of features: their numbers or names, or a mask."""

    def allows(self, value: object) -> bool:
        """Return whether `value` is a list of features."""
        return SequenceOf(AnyOf(Integer(-sys.maxsize), Boolean(), InstanceOf(str))).allows(value)

    def __str__(self) -> str:
        return "a non-empty sequence of integers, of names or of booleans"


@dataclass(frozen=True)
class ClassWeights:
    """Dicts whose values are numbers that are not negative."""

    def allows(self, value: object) -> bool:
        """Return whether `value` is a dict of weights."""
        weight = Interval(0, closed="left")
        return isinstance(value, dict) and all(map(weight.allows, value.values()))

    def __str__(self) -> str:
        return "a dict of a number >= 0 for each class"


def check_activation(owner: str, cell: str, activation: str) -> None:
    """Raise ValueError unless the cell offers the activation."""
    offered = tuple(CELLS[cell].kernels)
    if activation not in offered:
        fitting = tuple(name for name, one in CELLS.items() if activation in one.kernels)
        raise ValueError(
            f"The parameter activation of {owner} must be {OneOf(offered)} for cell={cell!r}. Got "
            f"{activation!r}, which needs cell to be {OneOf(fitting)}."
        )


def check_parameter(owner: object, name: str, value: object, constraint: Constraint) -> None:
    """Raise ValueError unless the value is allowed as this parameter of an estimator."""
    if not constraint.allows(value):
        raise ValueError(
            f"The parameter {name} of {type(owner).__name__} must be {constraint}. "
            f"Got {shown(value)}."
        )


def check_unchanged(requested: dict[str, Any], fitted: dict[str, Any]) -> None:
    """Raise ValueError if training that goes on is asked for something else than was fitted."""
    for name, value in requested.items():
        if value != fitted[name]:
            raise ValueError(
                f"The network was fitted with {name}={fitted[name]!s}, so training cannot go on "
                f"with {name}={value!s}. Set {name} back, or fit anew with warm_start=False."
            )


def check_solver_has_parameters(
    solver: object, names: Collection[str], estimators: Collection[str]
) -> None:
    """Raise ValueError if any of the names is ``solver__parameter``, but the solver is a string.

    `estimators` are the names of the estimator's own parameters.
    """
    nested = [name for name in names if name.startswith("solver__")]
    if not nested or not isinstance(solver, str):
        return
    parameter = nested[0].removeprefix("solver__")
    own = f"{parameter}, which the estimator has for it, or " if parameter in estimators else ""
    kind = SOLVERS[solver] if solver in SOLVERS else SOLVERS["adam"]
    raise ValueError(
        f"{nested[0]} cannot be set: solver is the string {solver!r}, which has no parameters of "
        f"its own. Set {own}solver to an instance: skrnn.solvers.{kind.__name__}()."
    )

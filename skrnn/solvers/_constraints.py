"""What a hyperparameter may be, and how a message says so."""

import math
from dataclasses import dataclass, fields
from typing import Any, Literal, Protocol

import numpy as np


class Constraint(Protocol):
    """A set of allowed values; ``str()`` of it ends the sentence "expected ..."."""

    def allows(self, value: object) -> bool:
        """Return whether `value`, which may be any object, is allowed."""
        ...


@dataclass(frozen=True)
class Interval:
    """The real numbers from `low` to `high`; `closed` says which ends are among them.

    Booleans are not numbers here, and NaN is in no interval.

    Examples
    --------
    >>> decay = Interval(0, 1, closed="left")
    >>> decay.allows(0.9), decay.allows(1), decay.allows("0.9")
    (True, False, False)
    >>> print(decay)
    a number in [0, 1)
    """

    low: float
    high: float = math.inf
    closed: Literal["left", "right", "both", "neither"] = "left"

    def allows(self, value: object) -> bool:
        """Return whether `value` is a real number in the interval."""
        if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
            return False
        above = value >= self.low if self.closed in ("left", "both") else value > self.low
        below = value <= self.high if self.closed in ("right", "both") else value < self.high
        return bool(above and below)

    def __str__(self) -> str:
        opening = "[" if self.closed in ("left", "both") else "("
        closing = "]" if self.closed in ("right", "both") else ")"
        return f"a number in {opening}{self.low}, {self.high}{closing}"


@dataclass(frozen=True)
class Boolean:
    """True and False, of Python or of NumPy."""

    def allows(self, value: object) -> bool:
        """Return whether `value` is a boolean."""
        return isinstance(value, bool | np.bool_)

    def __str__(self) -> str:
        return "True or False"


def require_constraints(solver: Any) -> None:
    """Raise TypeError for a field of a solver's class whose values nobody would check."""
    for field in fields(solver):
        if field.name not in solver.constraints:
            raise TypeError(
                f"{solver.__name__}.constraints has no entry for the field {field.name!r}."
            )

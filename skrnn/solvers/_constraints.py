"""What a hyperparameter may be, and how a message says so."""

import math
from dataclasses import dataclass, fields
from typing import Any, Literal, Protocol

import numpy as np

_LONGEST_SHOWN = 200  # characters


class Constraint(Protocol):
    """A set of allowed values; ``str()`` of it ends the sentence "expected ..."."""

    def allows(self, value: object) -> bool:
        """Return whether `value`, which may be any object, is allowed."""
        ...


@dataclass(frozen=True)
class Interval:
    """The real numbers from `low` to `high`; `closed` says which ends are among them.

    Booleans are not numbers here, NaN is in no interval, and neither is an integer that no float
    can hold.

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
        try:
            value = float(value)
        except OverflowError:
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


def plain(value: Any) -> Any:
    """Return a number or boolean of NumPy as Python's, and everything else as it is.

    A NumPy scalar would impose its dtype on the arithmetic: 60 epochs of 5 minibatches are 44 in
    uint8.
    """
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, np.integer):
        return int(value)
    return float(value) if isinstance(value, np.floating) else value


def shown(value: object) -> str:
    """Return what a message shows of a value."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write integers of thousands of digits
        return f"a value of type {type(value).__name__} that is too large to be written"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def require_constraints(solver: Any) -> None:
    """Raise TypeError for a field of a solver's class whose values nobody would check."""
    for field in fields(solver):
        if field.name not in solver.constraints:
            raise TypeError(
                f"{solver.__name__}.constraints has no entry for the field {field.name!r}."
            )

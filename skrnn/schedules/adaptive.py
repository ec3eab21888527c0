"""The adaptive rate."""

from dataclasses import dataclass
from typing import ClassVar

from ._schedule import Schedule

SMALLEST_RATE = 1e-6


@dataclass
class Adaptive(Schedule):
    """The rate is divided by five when nothing improves any more, as in ``MLPClassifier``.

    Training stops only when that happens at a rate of 1e-6 or less.

    Examples
    --------
    >>> schedule = Adaptive(learning_rate_init=0.1)
    >>> schedule.after_stall(0.1)
    0.02
    >>> schedule.after_stall(1e-6) is None
    True
    """

    name: ClassVar[str] = "adaptive"
    for_every_solver: ClassVar[bool] = False

    def after_stall(self, rate: float) -> float | None:
        """Return the lowered rate, or None if it is tiny already."""
        return None if rate <= SMALLEST_RATE else rate / 5

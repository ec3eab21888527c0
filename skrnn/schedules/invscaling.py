"""Inverse scaling."""

from dataclasses import dataclass
from typing import ClassVar

from ._schedule import Schedule


@dataclass
class InverseScaling(Schedule):
    """The rate falls with a power of the number of samples seen, as in ``MLPClassifier``.

    Before each epoch it becomes ``learning_rate_init / (n_seen + 1) ** power_t``.

    Examples
    --------
    >>> schedule = InverseScaling(learning_rate_init=0.1, power_t=0.5)
    >>> round(schedule.before_epoch(0.1, n_seen=99), 6)
    0.01
    """

    name: ClassVar[str] = "invscaling"
    for_every_solver: ClassVar[bool] = False

    power_t: float

    def before_epoch(self, rate: float, n_seen: int) -> float:
        """Return the scaled rate."""
        # Python floats: a NumPy scalar would impose its own dtype on the arithmetic.
        return float(self.learning_rate_init) * (n_seen + 1) ** -float(self.power_t)

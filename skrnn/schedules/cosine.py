"""Cosine annealing."""

import math
from dataclasses import dataclass
from typing import ClassVar

from ._schedule import Schedule


@dataclass
class Cosine(Schedule):
    """The rate falls to zero along half a cosine (Loshchilov and Hutter 2017, no restarts).

    ``rate = learning_rate_init * (1 + cos(pi * progress)) / 2``: nearly flat at both ends, half
    of `learning_rate_init` in the middle.

    Examples
    --------
    >>> schedule = Cosine(learning_rate_init=0.1)
    >>> [round(schedule.rate_at(progress), 3) for progress in (0.0, 0.25, 0.5, 0.75, 0.99)]
    [0.1, 0.085, 0.05, 0.015, 0.0]
    """

    name: ClassVar[str] = "cosine"
    for_every_solver: ClassVar[bool] = True
    is_planned: ClassVar[bool] = True

    def rate_at(self, progress: float) -> float:
        """Return the rate at a point of training; see `Schedule`."""
        return float(self.learning_rate_init) * (1 + math.cos(math.pi * progress)) / 2

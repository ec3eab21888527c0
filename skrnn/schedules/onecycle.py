"""The one-cycle policy."""

import math
from dataclasses import dataclass
from typing import ClassVar

from ._schedule import Schedule

WARM_UP = 0.3  # share of training
FIRST = 1 / 25  # shares of the peak
LAST = FIRST / 10_000


@dataclass
class OneCycle(Schedule):
    """The rate rises, then falls to next to nothing (Smith 2018, Smith and Topin 2019).

    In the first 30 % of training it rises from ``learning_rate_init / 25`` to its peak,
    `learning_rate_init`; in the rest it falls to ``learning_rate_init / 250_000``. Both ways are
    half cosines, not Smith's straight lines; the momentum stays as it is.

    Examples
    --------
    >>> schedule = OneCycle(learning_rate_init=0.1)
    >>> [round(schedule.rate_at(progress), 3) for progress in (0.0, 0.15, 0.3, 0.65, 0.99)]
    [0.004, 0.052, 0.1, 0.05, 0.0]
    """

    name: ClassVar[str] = "onecycle"
    for_every_solver: ClassVar[bool] = True
    is_planned: ClassVar[bool] = True

    def rate_at(self, progress: float) -> float:
        """Return the rate at a point of training; see `Schedule`."""
        if progress < WARM_UP:
            share = _half_cosine(FIRST, 1.0, progress / WARM_UP)
        else:
            share = _half_cosine(1.0, LAST, (progress - WARM_UP) / (1 - WARM_UP))
        return float(self.learning_rate_init) * share


def _half_cosine(begin: float, end: float, way: float) -> float:
    """Return the value between `begin` and `end` at the share `way` of the way."""
    return end + (begin - end) * (1 + math.cos(math.pi * way)) / 2

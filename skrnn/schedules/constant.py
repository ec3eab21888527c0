"""No schedule."""

from dataclasses import dataclass
from typing import ClassVar

from ._schedule import Schedule


@dataclass
class Constant(Schedule):
    """The rate stays what it is at the start.

    Examples
    --------
    >>> Constant(learning_rate_init=0.1).before_epoch(0.1, n_seen=1000)
    0.1
    """

    name: ClassVar[str] = "constant"
    for_every_solver: ClassVar[bool] = True

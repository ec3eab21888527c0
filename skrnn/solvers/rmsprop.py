"""RMSprop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from ._constraints import Constraint, Interval
from ._idle import CountedIdle, Idle
from ._scratch import Scratch


@dataclass(eq=False, repr=False)
class RMSprop(BaseEstimator):
    """Steps divided by a running root mean square of the gradient (Tieleman and Hinton 2012).

    `epsilon` is added outside the root::

        v = rho * v + (1 - rho) * g**2
        w -= learning_rate * g / (sqrt(v) + epsilon)

    Parameters
    ----------
    rho : float, default=0.9
        Decay of the mean of the squared gradients, in [0, 1).
    epsilon : float, default=1e-8
        Keeps the divisor from zero; positive.

    Examples
    --------
    >>> import numpy as np
    >>> solver = RMSprop(rho=0.75)
    >>> solver.start(2, np.dtype(float))
    >>> parameters = np.zeros(2)
    >>> solver.update(parameters, np.array([5.0, -0.01]), 0.1)
    >>> parameters.round(3)
    array([-0.2,  0.2])
    """

    name: ClassVar[str] = "rmsprop"
    follows_schedule: ClassVar[bool] = False
    constraints: ClassVar[Mapping[str, Constraint]] = {
        "rho": Interval(0, 1, closed="left"),
        "epsilon": Interval(0, closed="neither"),
    }

    rho: float = 0.9
    epsilon: float = 1e-8

    def start(
        self, n_parameters: int, dtype: np.dtype, penalised: np.ndarray | None = None
    ) -> None:
        """Set the mean square to zero."""
        self._mean_square = np.zeros(n_parameters, dtype)
        self._scratch = Scratch(n_parameters, dtype)

    def update(self, parameters: np.ndarray, gradient: np.ndarray, learning_rate: float) -> None:
        """Take one step, in place; see `Solver`."""
        rho = float(self.rho)  # a NumPy scalar would impose its own dtype on the arithmetic
        scratch = self._scratch.array
        self._mean_square *= rho
        np.multiply(gradient, gradient, out=scratch)
        scratch *= 1 - rho
        self._mean_square += scratch

        np.sqrt(self._mean_square, out=scratch)
        scratch += float(self.epsilon)
        gradient *= learning_rate
        gradient /= scratch
        parameters -= gradient

    def idle(self, n_updates: int) -> Idle:
        """Return how parameters move on while their gradient is zero: not at all."""
        return _IdleAtRest(float(self.rho))


class _IdleAtRest(CountedIdle):
    """Only the mean square changes."""

    def __init__(self, rho: float) -> None:
        super().__init__()
        self._rho = rho

    def catch_up(self, solver: RMSprop, parameters: np.ndarray, since: np.ndarray) -> None:
        """Bring some rows to where they would be; see `Idle`."""
        solver._mean_square *= (self._rho ** self.missed(since)).astype(parameters.dtype)

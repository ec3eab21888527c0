"""Stochastic gradient descent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from ._constraints import Boolean, Constraint, Interval
from ._idle import CountedIdle, Idle
from ._scratch import Scratch


@dataclass(eq=False, repr=False)
class SGD(BaseEstimator):
    """Gradient descent with momentum, Nesterov's or the classical (Sutskever et al. 2013).

    Nesterov's is written, as in ``MLPClassifier``, for the parameters *after* the look-ahead::

        velocity = momentum * velocity - learning_rate * g
        w += momentum * velocity - learning_rate * g    # Nesterov's
        w += velocity                                   # classical

    Parameters
    ----------
    momentum : float, default=0.9
        Share of the velocity that a step keeps, in [0, 1].
    nesterovs_momentum : bool, default=True
        Whether the momentum is Nesterov's.

    Examples
    --------
    >>> import numpy as np
    >>> solver = SGD(momentum=0.5)
    >>> solver.start(2, np.dtype(float))
    >>> parameters = np.zeros(2)
    >>> solver.update(parameters, np.array([5.0, -0.01]), 0.1)
    >>> parameters
    array([-0.75  ,  0.0015])
    """

    name: ClassVar[str] = "sgd"
    follows_schedule: ClassVar[bool] = True
    constraints: ClassVar[Mapping[str, Constraint]] = {
        "momentum": Interval(0, 1, closed="both"),
        "nesterovs_momentum": Boolean(),
    }

    momentum: float = 0.9
    nesterovs_momentum: bool = True

    def start(
        self, n_parameters: int, dtype: np.dtype, penalised: np.ndarray | None = None
    ) -> None:
        """Set the velocity to zero."""
        self._velocity = np.zeros(n_parameters, dtype)
        self._scratch = Scratch(n_parameters, dtype)

    def update(self, parameters: np.ndarray, gradient: np.ndarray, learning_rate: float) -> None:
        """Take one step, in place; see `Solver`."""
        momentum = float(self.momentum)  # a NumPy scalar would impose its own dtype
        step = gradient
        step *= learning_rate
        self._velocity *= momentum
        self._velocity -= step
        if self.nesterovs_momentum:
            ahead = np.multiply(self._velocity, momentum, out=self._scratch.array)
            ahead -= step
            parameters += ahead
        else:
            parameters += self._velocity

    def idle(self, n_updates: int) -> Idle:
        """Return how parameters move on while their gradient is zero: on the velocity they have."""
        return _IdleOnVelocity(float(self.momentum))


class _IdleOnVelocity(CountedIdle):
    """The sum of a geometric series."""

    def __init__(self, momentum: float) -> None:
        super().__init__()
        self._momentum = momentum

    def catch_up(self, solver: SGD, parameters: np.ndarray, since: np.ndarray) -> None:
        """Bring some rows to where they would be; see `Idle`."""
        momentum, n_missed = self._momentum, self.missed(since)
        kept = momentum**n_missed
        way = n_missed if momentum == 1 else momentum * (1 - kept) / (1 - momentum)
        if solver.nesterovs_momentum:
            way = way * momentum
        parameters += solver._velocity * way.astype(parameters.dtype)
        solver._velocity *= kept.astype(parameters.dtype)

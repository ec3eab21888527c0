"""AdamW."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ._constraints import Constraint, Interval
from ._idle import Idle
from .adam import Adam


@dataclass(eq=False, repr=False)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019).

    Before the step of `Adam`, with its epsilon where `Adam` has it, every penalised parameter
    shrinks by a share of itself::

        w -= learning_rate * weight_decay * w

    The share is multiplied by the whole learning rate, as in PyTorch; in the paper only by the
    schedule's factor, so that its decay is ``learning_rate_init * weight_decay`` here. Unlike a
    penalty in the loss, the decay is not divided by the gradients' mean square: weights with
    large gradients shrink as fast as the others.

    Parameters
    ----------
    beta_1 : float, default=0.9
        Decay of the mean of the gradients, in [0, 1).
    beta_2 : float, default=0.999
        Decay of the mean of the squared gradients, in [0, 1).
    epsilon : float, default=1e-8
        Keeps the divisor from zero; positive.
    weight_decay : float, default=0.01
        The share, before it is multiplied by the learning rate; not negative.

    Examples
    --------
    >>> import numpy as np
    >>> solver = AdamW(weight_decay=0.5)
    >>> solver.start(2, np.dtype(float), penalised=np.array([True, False]))
    >>> parameters = np.ones(2)
    >>> solver.update(parameters, np.zeros(2), 0.1)
    >>> parameters
    array([0.95, 1.  ])
    """

    name: ClassVar[str] = "adamw"
    constraints: ClassVar[Mapping[str, Constraint]] = {
        **Adam.constraints,
        "weight_decay": Interval(0, closed="left"),
    }

    weight_decay: float = 0.01

    def start(
        self, n_parameters: int, dtype: np.dtype, penalised: np.ndarray | None = None
    ) -> None:
        """Set both means and the count of updates to zero; note what is to shrink."""
        super().start(n_parameters, dtype)
        self._penalised = np.ones(n_parameters, bool) if penalised is None else penalised

    def update(self, parameters: np.ndarray, gradient: np.ndarray, learning_rate: float) -> None:
        """Take one step, in place; see `Solver`."""
        decay = np.multiply(parameters, self._penalised, out=self._scratch.array)
        decay *= learning_rate * float(self.weight_decay)
        parameters -= decay
        super().update(parameters, gradient, learning_rate)

    def idle(self, n_updates: int) -> Idle | None:
        """Return how parameters that do not shrink move on while their gradient is zero."""
        return super().idle(n_updates)

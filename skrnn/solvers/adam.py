"""Adam."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from ._constraints import Constraint, Interval
from ._idle import Idle
from ._idle_adam import idle_adam
from ._scratch import Scratch


@dataclass(eq=False, repr=False)
class Adam(BaseEstimator):
    """Steps scaled by running means of the gradient and of its square (Kingma and Ba 2015).

    The form of their section 2 with the bias corrections in the learning rate, which is also
    that of ``MLPClassifier``: `epsilon` is added to the root of the *uncorrected* mean square::

        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        w -= learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t) * m / (sqrt(v) + epsilon)

    Parameters
    ----------
    beta_1 : float, default=0.9
        Decay of the mean of the gradients, in [0, 1).
    beta_2 : float, default=0.999
        Decay of the mean of the squared gradients, in [0, 1).
    epsilon : float, default=1e-8
        Keeps the divisor from zero; positive.

    Examples
    --------
    >>> import numpy as np
    >>> solver = Adam()
    >>> solver.start(2, np.dtype(float))
    >>> parameters = np.zeros(2)
    >>> solver.update(parameters, np.array([5.0, -0.01]), 0.1)
    >>> parameters.round(3)
    array([-0.1,  0.1])
    """

    name: ClassVar[str] = "adam"
    follows_schedule: ClassVar[bool] = False
    constraints: ClassVar[Mapping[str, Constraint]] = {
        "beta_1": Interval(0, 1, closed="left"),
        "beta_2": Interval(0, 1, closed="left"),
        "epsilon": Interval(0, closed="neither"),
    }

    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8

    def start(
        self, n_parameters: int, dtype: np.dtype, penalised: np.ndarray | None = None
    ) -> None:
        """Set both means and the count of updates to zero."""
        self._n_updates = 0
        self._mean = np.zeros(n_parameters, dtype)
        self._mean_square = np.zeros(n_parameters, dtype)
        self._scratch = Scratch(n_parameters, dtype)

    def update(self, parameters: np.ndarray, gradient: np.ndarray, learning_rate: float) -> None:
        """Take one step, in place; see `Solver`."""
        # Python floats: a NumPy scalar would impose its own dtype on the arithmetic.
        beta_1, beta_2 = float(self.beta_1), float(self.beta_2)
        scratch = self._scratch.array
        self._n_updates += 1
        self._mean *= beta_1
        np.multiply(gradient, 1 - beta_1, out=scratch)
        self._mean += scratch

        self._mean_square *= beta_2
        gradient *= gradient
        gradient *= 1 - beta_2
        self._mean_square += gradient

        np.sqrt(self._mean_square, out=scratch)
        scratch += float(self.epsilon)
        np.divide(self._mean, scratch, out=scratch)
        scratch *= learning_rate * self._correction(self._n_updates)
        parameters -= scratch

    def _correction(self, n_updates: int) -> float:
        """Return what the rate is multiplied by after so many updates: both means begin at zero."""
        beta_1, beta_2 = float(self.beta_1), float(self.beta_2)
        return math.sqrt(1 - beta_2**n_updates) / (1 - beta_1**n_updates)

    def idle(self, n_updates: int) -> Idle | None:
        """Return how parameters move on while their gradient is zero: ever more slowly."""
        n_before = self._n_updates
        betas = float(self.beta_1), float(self.beta_2)
        return idle_adam(*betas, n_updates, lambda n: self._correction(n_before + n))

"""Where Adam has moved a parameter after many updates with a gradient of zero, in one formula.

With both means m and v at the last update that it took part in, r the root of v, and
``rho = sqrt(beta_2)``, the j-th update after it moves the parameter by

    rate_j * beta_1**j * m / (rho**j * r + epsilon)

Here rates are those of `Adam` with its corrections. The divisor is that of j = 0 times
``1 - (1 - rho**j) * u`` with ``u = r / (r + epsilon)``, which is between 0 and 1. So the sum over j
is a polynomial in u, whose coefficients are the same for all numbers of a row:

    m / (r + epsilon) * sum over i of u**i * (sum over j of rate_j * beta_1**j * (1 - rho**j)**i)

A few coefficients are enough, since beta_1**j has vanished long before rho**j is far from one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

# Of the first step after the last gradient, and of the sum of all: what is left out is less.
_NEGLIGIBLE = 1e-9
_MOST_UPDATES = 4096  # that a parameter moves on for; beta_1 is below 0.995
_MOST_COEFFICIENTS = 16


def idle_adam(
    beta_1: float, beta_2: float, n_updates: int, correction: Callable[[int], float]
) -> IdleAdam | None:
    """Return how idle parameters move on, or None where the series is long.

    Parameters
    ----------
    beta_1, beta_2 : float
    n_updates : int
        How many there will be at most.
    correction : callable
        Takes the number of an update, from 1 on; returns what its rate is multiplied by.
    """
    n_moving = 1 if beta_1 == 0 else math.ceil(math.log(_NEGLIGIBLE) / math.log(beta_1))
    if n_moving > _MOST_UPDATES:
        return None
    j = np.arange(1, n_moving + 1)
    powers = np.arange(_MOST_COEFFICIENTS + 1)
    terms = (beta_1**j)[:, np.newaxis] * (1 - beta_2 ** (j / 2))[:, np.newaxis] ** powers
    sums = terms.sum(axis=0)
    enough = np.flatnonzero(sums <= _NEGLIGIBLE * sums[0])
    if len(enough) == 0:
        return None
    return IdleAdam((beta_1, beta_2), terms[:, : max(1, enough[0])], n_updates, correction)


class IdleAdam:
    """The coefficients of the polynomial, for all numbers of updates that may have been missed.

    Parameters
    ----------
    betas : tuple of float
    terms : ndarray of shape (n_moving, n_coefficients)
        Of the j-th update after the last one.
    n_updates : int
    correction : callable
    """

    def __init__(
        self,
        betas: tuple[float, float],
        terms: np.ndarray,
        n_updates: int,
        correction: Callable[[int], float],
    ) -> None:
        self._betas, self._correction, self._n_updates = betas, correction, 0
        self._last_first = terms[::-1].copy()
        # Row k: of all updates from the k-th on.
        self._coefficients = np.zeros((n_updates + 1, terms.shape[1]))

    def count(self, learning_rate: float) -> None:
        """Note that there was one update more, of this rate."""
        n = self._n_updates + 1
        n_moving = min(n, len(self._last_first))
        rate = learning_rate * self._correction(n)
        self._coefficients[n - n_moving : n] += rate * self._last_first[-n_moving:]
        self._n_updates = n

    def catch_up(self, solver: Any, parameters: np.ndarray, since: np.ndarray) -> None:
        """Bring some rows to where they would be; see `Idle`."""
        mean, mean_square = solver._mean, solver._mean_square
        coefficients = self._coefficients[since].astype(parameters.dtype)[:, :, np.newaxis]
        root = np.sqrt(mean_square)
        divisor = root + float(solver.epsilon)
        root /= divisor
        way = np.zeros_like(root)
        for i in range(coefficients.shape[1] - 1, -1, -1):
            way *= root
            way += coefficients[:, i]
        way *= mean
        way /= divisor
        parameters -= way
        n_missed = (self._n_updates - since)[:, np.newaxis]
        for moment, beta in zip((mean, mean_square), self._betas, strict=True):
            moment *= (beta**n_missed).astype(parameters.dtype)

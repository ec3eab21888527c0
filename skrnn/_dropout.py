"""Dropout: random masks, drawn for a whole minibatch, so that no bit depends on the threads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# A random number of 16 bits decides: drawing it takes a quarter of the time of a uniform one, and a
# rate is met to within 0.001 %.
_N_VALUES = 1 << 16


class Dropout(NamedTuple):
    """How much is dropped in training."""

    rate: float = 0.0
    """Share of the outputs of a layer, at each time step anew (Srivastava et al. 2014)."""

    recurrent_rate: float = 0.0
    """Share of a layer's hidden units on their way to the next step (Gal and Ghahramani 2016)."""


NOTHING_DROPPED = Dropout()


def draw_mask(
    random_state: np.random.RandomState, rate: float, shape: tuple[int, int], dtype: np.dtype
) -> np.ndarray:
    """Return an array that is zero with probability `rate`, and elsewhere 1 / (1 - rate)."""
    n_zeros = min(round(rate * _N_VALUES), _N_VALUES - 1)
    numbers = np.frombuffer(random_state.bytes(2 * shape[0] * shape[1]), "<u2").reshape(shape)
    return (numbers >= n_zeros) * dtype.type(_N_VALUES / (_N_VALUES - n_zeros))

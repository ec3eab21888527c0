"""Dropout: random masks, drawn for a whole minibatch, so that no bit depends on the threads."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..kernels.dropout import drop_entries

_N_VALUES = 1 << 32  # of a random number that decides


class Dropout(NamedTuple):
    """How much is dropped in training."""

    rate: float = 0.0
    """Share of the outputs of a layer, at each time step anew (Srivastava et al. 2014)."""

    recurrent_rate: float = 0.0
    """Share of a layer's hidden units on their way to the next step (Gal and Ghahramani 2016)."""


NOTHING_DROPPED = Dropout()


def draw_seeds(random_state: np.random.RandomState, *shape: int) -> np.ndarray:
    """Return seeds for `drop`, uint64."""
    return random_state.randint(_N_VALUES**2, size=shape, dtype=np.uint64)


def drop(values: np.ndarray, rate: float, seed: np.uint64) -> None:
    """Set entries of a matrix to zero with probability `rate`; multiply others by 1 / (1 - rate).

    The seed decides which, so that a gradient can be dropped as its values were.
    """
    n_zeros = min(round(rate * _N_VALUES), _N_VALUES - 1)
    scale = values.dtype.type(_N_VALUES / (_N_VALUES - n_zeros))
    drop_entries(values, seed, np.uint64(n_zeros), scale)


def draw_mask(
    random_state: np.random.RandomState, rate: float, shape: tuple[int, int], dtype: np.dtype
) -> np.ndarray:
    """Return an array that is zero with probability `rate`, and elsewhere 1 / (1 - rate)."""
    mask = np.ones(shape, dtype)
    drop(mask, rate, draw_seeds(random_state, 1)[0])
    return mask

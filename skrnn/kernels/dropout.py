"""Dropout of the entries of a matrix, by random numbers that are a function of seed and place."""

from __future__ import annotations

import numpy as np

from .compilation import kernel

# SplitMix64 (Steele, Lea and Flood 2014): its n-th number follows from n, so that nothing is kept
# for the way back. NumPy's generators hand out one number after the other, at five times the cost.
_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_FACTOR = np.uint64(0x94D049BB133111EB)
_FIRST_SHIFT, _SECOND_SHIFT, _LAST_SHIFT = np.uint64(30), np.uint64(27), np.uint64(31)
_HIGH_BITS = np.uint64(32)


@kernel
def drop_entries(values, seed, n_zeros, scale):
    """Set entries of values (rows, columns) to zero, n_zeros of 2**32; multiply others by scale."""
    n_columns = values.shape[1]
    for i in range(values.shape[0]):
        for j in range(n_columns):
            z = seed + np.uint64(i * n_columns + j + 1) * _INCREMENT
            z = (z ^ (z >> _FIRST_SHIFT)) * _FIRST_FACTOR
            z = (z ^ (z >> _SECOND_SHIFT)) * _SECOND_FACTOR
            z ^= z >> _LAST_SHIFT
            values[i, j] *= scale if (z >> _HIGH_BITS) >= n_zeros else values.dtype.type(0)

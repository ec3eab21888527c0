"""Sums and largest values over the time steps of sequences, taken in step after step.

In the order of time, whatever window a step comes in: NumPy's `reduceat` sums a window apart from
the steps before it, so that windows would change the bits.
"""

from __future__ import annotations

from .compilation import kernel


@kernel
def add_steps(values, first, lengths, sums):
    """Add rows of values (n_rows, n_columns), sequence by sequence, to sums (.., n_columns)."""
    for s in range(lengths.size):
        for t in range(lengths[s]):
            for j in range(sums.shape[1]):
                sums[s, j] += values[first[s] + t, j]


@kernel
def find_largest(values, first, lengths, largest, n_equal):
    """Raise largest (.., n_columns) to the rows' values; count in n_equal how many are as large."""
    for s in range(lengths.size):
        for t in range(lengths[s]):
            for j in range(largest.shape[1]):
                value = values[first[s] + t, j]
                if value > largest[s, j]:
                    largest[s, j] = value
                    n_equal[s, j] = 1
                elif value == largest[s, j]:
                    n_equal[s, j] += 1

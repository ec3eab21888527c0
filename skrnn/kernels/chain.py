"""Chains of labels: sums over all sequences of labels, both ways through the steps (Rabiner 1989).

Factors are exponentials of scores, 0 for what is not allowed. Everything is float64, whatever the
network computes in, and padded to whole vectors by zeros: n_columns is at least n_labels.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .compilation import device, kernel

# A share below this may come to 0 at the next step, though what follows from it may count later on.
# In a sequence whose shares are all larger, nothing is lost.
SMALLEST_SHARE = 1e-200


class Factors(NamedTuple):
    """Of transitions (n_columns, n_columns), from and to, and of starts and ends (n_columns,)."""

    transitions: np.ndarray
    backwards: np.ndarray  # transitions, to and from
    start: np.ndarray
    end: np.ndarray


@device
def _go(shares, transitions, out):
    """Sum_i shares[i] * transitions[i, j] -> out[j]; both (n_columns,)."""
    n = shares.size
    for j in range(n):
        out[j] = 0.0
    for i in range(n):
        share = shares[i]
        for j in range(n):
            out[j] += share * transitions[i, j]


@device
def _share(values, factors):
    """Multiply values by factors and divide by their sum; return the sum, and the smallest."""
    total, smallest = 0.0, 1.0
    for j in range(values.size):
        values[j] *= factors[j]
        total += values[j]
    for j in range(values.size):
        values[j] /= total
        smallest = min(smallest, values[j] if values[j] > 0 else 1.0)
    return total, smallest


@kernel
def both_ways(lengths, factors, steps, shares, after, logs, safe):
    """Fill what is before and after each step, and the log of each sequence's sum -> logs.

    `steps`, `shares` and `after` are (n_rows, n_columns). `steps` comes with the factor of each
    label at each step. `shares` becomes the share of each label in the sum up to its step, and
    `shares * after` its probability. `steps` is overwritten: the share of a label, times the factor
    of a transition, times `steps` of the next label is the probability of both. `safe`
    (n_sequences,) becomes False where a share was so small that more may have been lost.
    """
    first = 0
    for s in range(lengths.size):
        last = first + lengths[s] - 1
        for j in range(factors.start.size):
            shares[first, j] = factors.start[j]
        total, smallest = _share(shares[first], steps[first])
        log = math.log(total)
        after[first, 0] = total
        for t in range(first + 1, last + 1):
            _go(shares[t - 1], factors.transitions, shares[t])
            total, least = _share(shares[t], steps[t])
            log += math.log(total)
            smallest = min(smallest, least)
            after[t, 0] = total  # until the way back
        of_end = 0.0
        for j in range(factors.end.size):
            of_end += shares[last, j] * factors.end[j]
        logs[s] = log + math.log(of_end)
        # A NaN is not safe either.
        safe[s] = smallest >= SMALLEST_SHARE and logs[s] > -math.inf
        total = after[last, 0]
        for j in range(factors.end.size):
            after[last, j] = factors.end[j] / of_end
        for t in range(last, first - 1, -1):
            for j in range(factors.end.size):
                # What cannot be before a step may be anything after it: never more than nothing.
                kept = after[t, j] if shares[t, j] > 0 else 0.0
                after[t, j] = kept
                steps[t, j] *= kept / total
            if t > first:
                total = after[t - 1, 0]
                _go(steps[t], factors.backwards, after[t - 1])
        first = last + 1


@kernel
def add_pairs(lengths, weights, shares, steps, sums):
    """Add weights (n_sequences,) times what `both_ways` left of two steps to sums (i, j)."""
    first = 0
    for s in range(lengths.size):
        for t in range(first + 1, first + lengths[s]):
            for i in range(sums.shape[0]):
                share = weights[s] * shares[t - 1, i]
                for j in range(sums.shape[1]):
                    sums[i, j] += share * steps[t, j]
        first += lengths[s]

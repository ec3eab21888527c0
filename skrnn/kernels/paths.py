"""The sequences of labels with the highest scores (Viterbi 1967), and as many more as asked for."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .compilation import device, kernel


class Scores(NamedTuple):
    """What is added for transitions (n_labels, n_labels), from and to, and starts and ends."""

    transitions: np.ndarray
    start: np.ndarray
    end: np.ndarray


@device
def _insert(score, origin, best, origins):
    """Put a score among the best (n,), highest first, unless n are as high; and its origin."""
    place = best.size
    while place > 0 and score > best[place - 1]:
        place -= 1
    if place == best.size:
        return
    for i in range(best.size - 1, place, -1):
        best[i], origins[i] = best[i - 1], origins[i - 1]
    best[place], origins[place] = score, origin


@device
def _extend(best, scores, output, extended, origins):
    """Extend the best (n_labels, n) of a step by one step more: the same of that step."""
    n_labels, n = best.shape
    for j in range(n_labels):
        extended[j] = -math.inf
        origins[j] = -1
        for i in range(n_labels):
            for rank in range(n):
                score = best[i, rank] + scores.transitions[i, j]
                if score == -math.inf or score <= extended[j, n - 1]:
                    break  # what comes after it is no better
                _insert(score, i * n + rank, extended[j], origins[j])
        for rank in range(n):
            extended[j, rank] += output[j]


@device
def _extend_one(best, scores, output, extended, origins):
    """Do what `_extend` does for the one best, with a loop that LLVM makes vectors of."""
    n_labels = output.size
    for j in range(n_labels):
        extended[j, 0] = -math.inf
        origins[j, 0] = -1
    for i in range(n_labels):
        score = best[i, 0]
        for j in range(n_labels):
            extends = score + scores.transitions[i, j]
            higher = extends > extended[j, 0]
            extended[j, 0] = extends if higher else extended[j, 0]
            origins[j, 0] = i if higher else origins[j, 0]
    for j in range(n_labels):
        extended[j, 0] += output[j]


@kernel
def best_paths(lengths, raw, scores, memory, codes, totals):
    """Write the n best sequences of labels to codes (n, n_rows), their scores to totals (.., n).

    `memory` is the best of two steps (2, n_labels, n), where those of each step come from (n_steps,
    n_labels, n), and where the n best do (n,). Of fewer than n the scores are minus infinity, and
    the codes -1.
    """
    best, origins, last = memory
    n_labels, n = raw.shape[1], codes.shape[0]
    first = 0
    for s in range(lengths.size):
        n_steps = lengths[s]
        best[0] = -math.inf
        for j in range(n_labels):
            best[0, j, 0] = scores.start[j] + raw[first, j]
        for t in range(1, n_steps):
            before, here = best[(t + 1) % 2], best[t % 2]
            if n == 1:
                _extend_one(before, scores, raw[first + t], here, origins[t])
            else:
                _extend(before, scores, raw[first + t], here, origins[t])
        totals[s] = -math.inf
        last[:] = -1
        for j in range(n_labels):
            for rank in range(n):
                score = best[(n_steps + 1) % 2, j, rank] + scores.end[j]
                if score > -math.inf:
                    _insert(score, j * n + rank, totals[s], last)
        for place in range(n):
            origin = last[place]
            for t in range(n_steps - 1, -1, -1):
                codes[place, first + t] = origin // n if origin >= 0 else -1
                if t > 0 and origin >= 0:
                    origin = origins[t, origin // n, origin % n]
        first += n_steps

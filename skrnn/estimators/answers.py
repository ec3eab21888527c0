"""Answers of all time steps, sequence by sequence."""

from __future__ import annotations

from itertools import pairwise

import numpy as np


def by_sequence(of_steps: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return an object array (n_sequences,) of what the steps of each sequence have."""
    answers = np.empty(len(offsets) - 1, dtype=object)
    for i, (first, end) in enumerate(pairwise(offsets)):
        answers[i] = of_steps[first:end]
    return answers

"""Weights of sequences, or of their steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from .foreign import to_numpy
from .steps import check_same_steps, first_place, joined, kept_within, read_sequences
from .values import as_numbers


def step_weights(sample_weight: Any, kept: list[np.ndarray], name: str) -> np.ndarray:
    """Return the weight of each step to keep, given one for each sequence or for each step.

    `kept` says which steps of the sequences in the argument `name` are to be kept.
    """
    if isinstance(sample_weight, list | tuple) and any(isinstance(w, str) for w in sample_weight):
        raise TypeError("sample_weight holds strings, but numbers are expected.")
    if _is_flat(sample_weight):
        of_sequences = sequence_weights(sample_weight, len(kept))
        weights = np.repeat(of_sequences, [mask.sum() for mask in kept])
    else:
        of_steps = read_sequences(sample_weight, "sample_weight")
        if len(of_steps) == len(kept):  # where y is padded, weights may be, or not
            kept = [kept_within(m, len(w)) for m, w in zip(kept, of_steps, strict=True)]
        check_same_steps(kept, of_steps, (name, "sample_weight"))
        weights = as_numbers(joined(of_steps, kept, "sample_weight"), "sample_weight")
        if weights.ndim != 1:
            raise ValueError(
                "sample_weight has several weights for a step. Pass one weight for each step, or "
                "one for each sequence."
            )
        _check_not_negative(of_steps, kept)
    check_some_weight(weights)
    return weights


def sequence_weights(sample_weight: Any, n_sequences: int) -> np.ndarray:
    """Return weights (n_sequences,), float64, none of which is negative."""
    weights = as_numbers(sample_weight, "sample_weight")
    if weights.shape != (n_sequences,):
        raise ValueError(
            f"sample_weight has shape {weights.shape}, but there are {n_sequences} sequences. "
            f"Pass an array of shape ({n_sequences},), one weight for each."
        )
    if weights.min() < 0:
        index = int(weights.argmin())
        raise ValueError(
            f"sample_weight[{index}] is {weights[index]}, but weights must not be negative. Give "
            "what should not count a weight of 0."
        )
    return weights


def check_some_weight(weights: np.ndarray) -> None:
    """Raise ValueError if all weights are zero."""
    if not weights.any():
        raise ValueError(
            "sample_weight is zero for all that has a label. Give some of it a positive weight."
        )


def _is_flat(weights: Any) -> bool:
    """Whether weights are numbers, as opposed to several for each sequence."""
    if not isinstance(weights, list | tuple):
        weights = np.atleast_1d(to_numpy(weights, "sample_weight"))
    return not any(np.ndim(item) > 0 for item in weights)


def _check_not_negative(of_steps: list[np.ndarray], kept: list[np.ndarray]) -> None:
    """Raise ValueError for the first weight below 0 of a step to keep."""
    place = first_place(
        [
            np.where(mask, weights, 0).astype(np.float64) < 0
            for weights, mask in zip(of_steps, kept, strict=True)
        ]
    )
    if place is not None:
        sequence, step = place
        raise ValueError(
            f"sample_weight[{sequence}] has {of_steps[sequence][step]} at step {step}, but weights "
            "must not be negative. Give what should not count a weight of 0."
        )

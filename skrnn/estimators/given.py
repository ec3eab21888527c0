"""y and its weights as they were given: one target for each sequence, or for each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .task import TargetTask


class Encoded(NamedTuple):
    """What training takes of y."""

    targets: np.ndarray  # as the loss wants them
    sample_weight: np.ndarray | None
    offsets: np.ndarray | None = None  # where each sequence's begin; None is one for each


@dataclass(frozen=True, eq=False)
class Given:
    """Targets of sequences.

    Parameters
    ----------
    values : ndarray of shape (n_samples,) or (n_samples, n_targets)
    weights : ndarray of shape (n_samples,), float64, or None
    """

    values: np.ndarray
    weights: np.ndarray | None

    def encoded(self, task: TargetTask) -> Encoded:
        """Return what training takes of them, given what they mean."""
        return Encoded(*task.encode(self.values, self.weights))


@dataclass(frozen=True, eq=False)
class GivenAtSteps(Given):
    """Targets of time steps, of those that have one.

    Parameters
    ----------
    values : ndarray of shape (n_labelled,) or (n_labelled, n_targets)
    weights : ndarray of shape (n_labelled,), float64, or None
    places : ndarray of shape (n_labelled,), int64
        Where these steps are among those of all sequences, one after the other.
    offsets : ndarray of shape (n_sequences + 1,), int64
        Where the steps of each sequence begin, and the end.
    """

    places: np.ndarray
    offsets: np.ndarray

    def encoded(self, task: TargetTask) -> Encoded:
        """Return what training takes: a step without a target has the weight 0."""
        of_labelled, weights = task.encode(self.values, self.weights)
        n_steps = int(self.offsets[-1])
        if len(self.places) == n_steps:
            return Encoded(of_labelled, weights, self.offsets)
        targets = np.zeros((n_steps, *of_labelled.shape[1:]), of_labelled.dtype)
        targets[self.places] = of_labelled
        of_steps = np.zeros(n_steps)
        of_steps[self.places] = 1.0 if weights is None else weights
        return Encoded(targets, of_steps, self.offsets)

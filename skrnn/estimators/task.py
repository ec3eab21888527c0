"""What y means to an estimator, once the first call has seen it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np

from ..losses import Loss
from ..network.architecture import Architecture
from ..network.ends import End, Outputs


@dataclass(frozen=True, eq=False)
class Strata:
    """What to stratify a split by.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        The stratum of each sample.
    names : ndarray of shape (n_strata,)
        What the user calls the stratum of each code.
    """

    codes: np.ndarray
    names: np.ndarray


class Task(Protocol):
    """What a network is trained for; never changed."""

    takes_codes: ClassVar[bool]
    """Whether the network sees codes of tokens, which the task knows, and no X is noted."""

    @property
    def loss(self) -> Loss:
        """What is minimised of a row, and saved."""
        ...

    @property
    def end(self) -> End:
        """What training minimises."""
        ...

    @property
    def n_outputs(self) -> int:
        """How many outputs the network has."""
        ...

    @property
    def attributes(self) -> dict[str, Any]:
        """What an estimator shows of it as fitted attributes."""
        ...

    def check(self, architecture: Architecture) -> None:
        """Raise ValueError unless it is for a network of this architecture."""
        ...

    def saved(self) -> dict[str, Any]:
        """Return it as plain data and arrays, but for the loss."""
        ...

    @classmethod
    def restored(cls, saved: Mapping[str, Any], loss: Loss) -> Self:
        """Return the task of which this was saved."""
        ...


class TargetTask(Task, Protocol):
    """Turns y into what the network is trained on, and outputs into scores."""

    def encode(
        self, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return what the outputs should be, as the loss wants it, and the training weights."""
        ...

    def strata(self, targets: np.ndarray) -> Strata | None:
        """Return the class of each sample, by which to stratify a split, or None."""
        ...

    def score(
        self, outputs: Outputs, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return the score, higher is better, of raw outputs."""
        ...

"""The end of a network: what training minimises of its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol, Self

import numpy as np

from ..losses import Loss


class Outputs(NamedTuple):
    """Raw outputs, or their gradient, with the parameters that belong to it by name."""

    raw: np.ndarray  # (n_rows, n_outputs)
    lengths: np.ndarray  # (n_sequences,) int64; the rows of a sequence follow each other
    parameters: Mapping[str, np.ndarray]


class End(Protocol):
    """Takes a network's outputs for whole sequences."""

    chained: ClassVar[bool]
    """Whether it is a `Chain`, whose parameters the network is to have."""

    def losses(
        self,
        outputs: Outputs,
        targets: np.ndarray,
        weights: np.ndarray,
        gradient: Outputs | None = None,
    ) -> np.ndarray:
        """Return losses, (n_rows,) float64, and write the gradient of their weighted sum.

        That of raw outputs is overwritten, that of parameters is added.

        Parameters
        ----------
        outputs : Outputs
        targets : ndarray
            What the outputs of each row should be.
        weights : ndarray of shape (n_rows,), float64
            Not negative.
        gradient : Outputs or None
            None: nobody wants one.
        """
        ...

    def of_true_targets(self) -> End:
        """Return the end by which data that nothing is trained on is judged."""
        ...


@dataclass(frozen=True)
class EachRow:
    """A loss of each row, whatever the rows beside it are."""

    chained: ClassVar[bool] = False

    loss: Loss

    def losses(
        self,
        outputs: Outputs,
        targets: np.ndarray,
        weights: np.ndarray,
        gradient: Outputs | None = None,
    ) -> np.ndarray:
        """Return the loss of each row; see `End`."""
        d_raw = None if gradient is None else gradient.raw
        return self.loss.losses(outputs.raw, targets, weights, d_raw)

    def of_true_targets(self) -> Self:
        """Return the loss of targets as they are."""
        return type(self)(self.loss.of_true_targets())

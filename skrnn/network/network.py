"""The network of classifier and regressor: a reader, dropout and a dense head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..cells import CELLS
from ..runtime.parameters import Layout
from ..runtime.rows import Rows, Sequences
from ..runtime.run import Run
from .direction import Kind
from .dropout import NOTHING_DROPPED, Dropout, drop, dropped, places
from .head import Head
from .pooling import POOLINGS
from .reader import Reader, ReaderTape
from .stack import Stack

# Multiply-adds of a forward pass that are worth another thread, some tens of microseconds.
_WORK_OF_THREAD = 1_500_000


@dataclass(frozen=True)
class Architecture:
    """What determines the parameters of a network, and what it computes from them.

    Parameters
    ----------
    n_features : int
        Features of a time step.
    n_outputs : int
        Outputs of the head.
    hidden_layer_sizes : tuple of int
        Hidden units of each recurrent layer.
    cell : str
        A name in ``skrnn.cells.CELLS``.
    activation : str
        An activation that the cell offers.
    bidirectional : bool
        Whether every layer also runs from the last step to the first; the hidden states of the two
        directions lie side by side.
    pooling : str
        A name in `POOLINGS`: what the head sees of the top layer's hidden states.
    dtype : str
        "float32" or "float64", in which everything is computed.
    """

    n_features: int
    n_outputs: int
    hidden_layer_sizes: tuple[int, ...]
    cell: str
    activation: str
    bidirectional: bool = False
    pooling: str = "last"
    dtype: str = "float32"


class NetworkTape(NamedTuple):
    """What the way there leaves for the way back."""

    reader: ReaderTape
    read: Rows  # what the head saw


class Network:
    """One row of raw outputs for each sequence, as a function of named parameters.

    Parameters
    ----------
    architecture : Architecture
    dropout : Dropout
        What training drops.
    bptt_steps : int or None
        Time steps of a window of truncated backpropagation, in training.
    """

    def __init__(
        self,
        architecture: Architecture,
        dropout: Dropout = NOTHING_DROPPED,
        bptt_steps: int | None = None,
    ) -> None:
        self.architecture, self.dropout = architecture, dropout
        self.dtype = np.dtype(architecture.dtype)
        stack = Stack(
            Kind(CELLS[architecture.cell], architecture.activation, self.dtype),
            architecture.n_features,
            architecture.hidden_layer_sizes,
            bidirectional=architecture.bidirectional,
            dropout=dropout,
        )
        self.reader = Reader(stack, POOLINGS[architecture.pooling], bptt_steps)
        self.head = Head(stack.columns, architecture.n_outputs, self.dtype)
        self.layout = Layout([*self.reader.parameters, *self.head.parameters])
        (self._place,) = places("output", 1)

    def check(self, sequences: Sequences) -> None:
        """Raise ValueError unless these may be given to the kernels, which look at no type."""
        values, units = sequences.values, sequences.units
        n_features = self.architecture.n_features
        if values.dtype != self.dtype or values.shape[1] != n_features:
            raise ValueError(
                f"The network takes time steps of {n_features} features and dtype {self.dtype}, "
                f"but got {values.shape[1]} of dtype {values.dtype}."
            )
        if len(units) > 0 and units.shape != (2, n_features):
            raise ValueError(
                f"The network takes units of shape (2, {n_features}), but got {units.shape}."
            )

    def named(self, parameters: np.ndarray) -> dict[str, np.ndarray]:
        """Return the parameters by name; raise ValueError unless kernels may be given them."""
        expected, flags = (self.layout.n_parameters,), parameters.flags
        if (
            parameters.dtype != self.dtype
            or parameters.shape != expected
            or not (flags.c_contiguous and flags.aligned)
        ):
            raise ValueError(
                f"The network takes parameters of shape {expected} and dtype {self.dtype}, in "
                f"order, but got shape {parameters.shape} and dtype {parameters.dtype}."
            )
        return self.layout.named(parameters)

    def worthwhile_threads(self, n_rows: int, n_threads: int) -> int:
        """Return how many of the threads a pass over so many rows should use."""
        return max(1, min(n_threads, n_rows * self.layout.n_parameters // _WORK_OF_THREAD))

    def pack(self, run: Run) -> None:
        """Pack all weights for the way there."""
        self.reader.pack(run)
        self.head.pack(run)

    def forward(self, run: Run, rows: Rows) -> tuple[Rows, NetworkTape]:
        """Return the raw outputs, a row for each sequence in the order of the plan."""
        read, tape = self.reader.forward(run, rows)
        read = dropped(run, self._place, self.dropout.rate, read)
        raw, _ = self.head.forward(run, read)
        return raw, NetworkTape(tape, read)

    def backward(self, run: Run, tape: NetworkTape, d_raw: np.ndarray) -> None:
        """Add the gradients of all parameters, given that of the raw outputs, padded as these."""
        d_read = self.head.backward(run, tape.read, d_raw)
        drop(run, self._place, self.dropout.rate, tape.read._replace(values=d_read))
        self.reader.backward(run, tape.reader, d_read)

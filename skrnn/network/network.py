"""What the networks of all estimators share: recurrent layers, dropout and a dense head."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..cells import CELLS
from ..runtime.arena import Arena
from ..runtime.parameters import Layout, Parameter
from ..runtime.rows import Rows, Sequences
from ..runtime.run import Run
from .architecture import Architecture
from .carry import Carry
from .chain import chain_parameters
from .direction import Kind
from .dropout import Dropout, places
from .embedded_stack import AnyEmbedding, EmbeddedStack
from .embedding import Categories, Embedding
from .head import Head
from .pooling import Fold
from .spelling import SpelledEmbedding, Spelling
from .stack import Stack, StackTape

# Multiply-adds of a forward pass that are worth another thread, some tens of microseconds.
_WORK_OF_THREAD = 1_500_000

# Takes raw outputs, which it may overwrite, the tape of the layers that they are of, and which of
# the plan's rows they are; returns the outputs' gradient.
GradientOf = Callable[[Rows, StackTape, slice], np.ndarray]
ALL_ROWS = slice(None)


class Network(ABC):
    """Raw outputs for sequences, as a function of named parameters.

    Parameters
    ----------
    architecture : Architecture
    dropout : Dropout
        What training drops.
    """

    def __init__(self, architecture: Architecture, dropout: Dropout) -> None:
        self.architecture, self.dropout = architecture, dropout
        self.dtype = np.dtype(architecture.dtype)
        self.stack = _stack(architecture, dropout, self.dtype)
        # Of a language model, whose tokens go in and come out (Press and Wolf 2017).
        tied_to = "embedding_0.weight" if architecture.tied else None
        self.head = Head(self.stack.columns, architecture.n_outputs, self.dtype, tied_to)
        parameters: Sequence[Parameter] = [*self.stack.parameters, *self.head.parameters]
        if architecture.chained:
            parameters = [*parameters, *chain_parameters(architecture.n_outputs)]
        self.layout = Layout(parameters)
        (self._place,) = places("output", 1)

    @abstractmethod
    def answers(self, run: Run, rows: Rows) -> Iterator[Rows]:
        """Yield raw outputs, of some sequences or steps after the other, without a way back.

        The plan of what is yielded says of which they are. It is valid until the next is yielded.
        """

    @abstractmethod
    def learn(self, run: Run, rows: Rows, gradient_of: GradientOf) -> None:
        """Add the gradients of all parameters; what is learnt from says the outputs' gradient."""

    @abstractmethod
    def begin(self, n_sequences: int) -> Carry:
        """Return what is carried of sequences of which nothing has been read."""

    @abstractmethod
    def go_on(self, run: Run, rows: Rows, carry: Carry) -> Iterator[Rows]:
        """Read more steps, from where `carry` is; yield raw outputs as `answers` does.

        What is carried, in the order of the plan, is changed. One answer for each sequence is that
        of all steps so far. No direction may go from the end to the beginning.
        """

    @abstractmethod
    def bound(self, run: Run, rows: Rows, carry: Carry) -> Callable[[], np.ndarray]:
        """Return what reads one step of each sequence as often as it is called.

        It takes the step from where `rows` are, changes the states and what is gathered, and
        returns the raw outputs, (n_sequences, n_outputs), valid until the next call.
        """

    @abstractmethod
    def most_sequences(self, n_steps: int) -> int:
        """Return how many sequences of so many steps should be answered at once."""

    def check(self, sequences: Sequences) -> None:
        """Raise ValueError unless these may be given to the kernels, which look at no type."""
        values, units = sequences.values, sequences.units
        n_features = self.architecture.n_features
        if values.dtype != self.dtype or values.shape[1] != n_features:
            raise ValueError(
                f"The network takes time steps of {n_features} features and dtype {self.dtype}, "
                f"but got {values.shape[1]} of dtype {values.dtype}."
            )
        if (sequences.words is None) != (self.architecture.spelling is None):
            raise ValueError("The network takes words with their letters, or no words at all.")
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

    def _nothing_read(self, n_sequences: int, fold: Fold | None) -> Carry:
        """Return what is carried of sequences of which nothing has been read."""
        n_steps = np.zeros(n_sequences, np.int64)
        raw = np.zeros((n_sequences, self.head.n_outputs), self.dtype)
        return Carry(self.stack.zeros(Arena(self.dtype), n_sequences), fold, n_steps, raw)

    def pack(self, run: Run) -> None:
        """Pack all weights for the way there."""
        self.stack.pack(run)
        self.head.pack(run)


def _stack(architecture: Architecture, dropout: Dropout, dtype: np.dtype) -> Stack:
    """Return the recurrent layers, on an embedding if there are categories."""
    kind = Kind(CELLS[architecture.cell], architecture.activation, dtype)
    n_features, sizes = architecture.n_features, architecture.hidden_layer_sizes
    options: Any = {"bidirectional": architecture.bidirectional, "dropout": dropout}
    if not architecture.categories:
        return Stack(kind, n_features, sizes, **options)
    embedding: AnyEmbedding
    n_kept = architecture.n_kept or (0,) * len(architecture.categories)
    of_columns = zip(architecture.categories, n_kept, strict=True)
    categories = [Categories(*one, kept) for one, kept in of_columns]
    if architecture.spelling is None:
        embedding = Embedding(
            n_features, categories, dropout_rate=dropout.embedding_rate, tied=architecture.tied
        )
    else:
        embedding = SpelledEmbedding(n_features, categories, Spelling(*architecture.spelling), kind)
    return EmbeddedStack(embedding, kind, sizes, **options)

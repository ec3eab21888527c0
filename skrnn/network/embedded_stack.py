"""Recurrent layers on what makes vectors of codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from ..cells import CELLS
from ..runtime.parameters import Parameter
from ..runtime.rows import Columns, Rows
from ..runtime.run import Run
from .direction import Direction, Kind
from .dropout import drop, places
from .embedding import Categories, Embedding
from .looked_up import LookedUp
from .part import Example
from .stack import Stack, StackTape
from .states import States


class AnyEmbedding(Protocol):
    """What makes rows of numbers for the layers of the rows of data."""

    columns: Columns

    @property
    def parameters(self) -> list[Parameter]:
        """Those that it declares."""
        ...

    def pack(self, run: Run) -> None:
        """Pack all weights for the way there."""
        ...

    def looked_up_by(self, bottom: Direction) -> LookedUp | None:
        """Return what looks up the sums of the layer above, if this pays."""
        ...

    def forward(self, run: Run, rows: Rows) -> tuple[Rows, Any]:
        """Return the rows that the layers see, and the tape."""
        ...

    def bound(self, run: Run, rows: Rows) -> tuple[Callable[[], None], Rows]:
        """Return what writes the rows that the layers see, and these."""
        ...

    def backward(self, run: Run, tape: Any, d_values: np.ndarray) -> np.ndarray:
        """Add the gradients of the parameters; return that of the rows of data."""
        ...


class EmbeddedStack(Stack):
    """Recurrent layers on an embedding.

    Parameters
    ----------
    embedding : Embedding or SpelledEmbedding
    kind : Kind
        Of all layers.
    hidden_layer_sizes : tuple of int
        From the inputs up.
    **options
        As of `Stack`.
    """

    def __init__(
        self,
        embedding: AnyEmbedding,
        kind: Kind,
        hidden_layer_sizes: tuple[int, ...],
        **options: Any,
    ) -> None:
        super().__init__(kind, embedding.columns.block_width, hidden_layer_sizes, **options)
        self._embedding = embedding
        self._looked_up = embedding.looked_up_by(self._layers[0].directions[0])
        (self._place,) = places("embedded", 1)

    @property
    def parameters(self) -> list[Parameter]:
        """The vectors, and those of the layers."""
        return [*self._embedding.parameters, *super().parameters]

    @staticmethod
    def examples(dtype: np.dtype) -> Iterator[Example]:
        """Give both directions for the tests that hold for all parts."""
        kind, sizes = Kind(CELLS["gru"], "tanh", dtype), (3, 2)
        for way, bidirectional in (("forwards", False), ("both ways", True)):
            embedding = Embedding(2, [Categories(1, 3, 2)])
            stack = EmbeddedStack(embedding, kind, sizes, bidirectional=bidirectional)
            yield Example(way, stack, Columns(1, 2, 2), sizes)

    def pack(self, run: Run) -> None:
        """Pack all weights for the way there."""
        self._embedding.pack(run)
        super().pack(run)

    def forward(
        self, run: Run, rows: Rows, states: States | None = None, *, every_step: bool = True
    ) -> tuple[Rows | None, States, StackTape]:
        """Embed the rows, and run all layers; see `Stack.forward`."""
        embedded, codes = self._embedding.forward(run, rows)
        drop(run, self._place, self._dropout.input_rate, embedded)
        passed = super().forward(run, embedded, states, every_step=every_step)
        return *passed[:2], passed[2]._replace(below=(rows, codes))

    def bound(self, run: Run, rows: Rows, states: States) -> tuple[list[Callable[[], None]], Rows]:
        """Return what embeds these rows and runs over them as often as it is called."""
        if self._looked_up is not None and rows.plan.n_sequences == 1:
            return self._bound_from(self._looked_up, run, rows, states)
        embed, embedded = self._embedding.bound(run, rows)
        calls, outputs = super().bound(run, embedded, states)
        return [embed, *calls], outputs

    def backward_from(
        self, run: Run, tape: StackTape, d_outputs: np.ndarray | None, d_states: States
    ) -> tuple[np.ndarray | None, States]:
        """Do as `Stack.backward_from`, down to the vectors."""
        d_values, d_states = super().backward_from(run, tape, d_outputs, d_states)
        rows, codes = tape.below
        assert d_values is not None
        drop(run, self._place, self._dropout.input_rate, tape.rows[0]._replace(values=d_values))
        d_rows = self._embedding.backward(run, codes, d_values)
        return (d_rows if rows.wants_gradient else None), d_states

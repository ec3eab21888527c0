"""Recurrent layers on what makes vectors of codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import numpy as np

from ..cells import CELLS
from ..runtime.parameters import Parameter
from ..runtime.rows import Columns, Rows
from ..runtime.run import Run
from .direction import Kind
from .dropout import drop, places
from .embedding import Categories, Embedding
from .looked_up import LookedUp
from .part import Example
from .stack import Stack, StackTape
from .states import States

# Of the sums of all codes: for more, they take longer to compute than they save in a short text.
_MOST_BYTES = 1 << 22


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

    def few_vectors(self, run: Run, rows: Rows) -> tuple[Rows, np.ndarray] | None:
        """Return rows with few vectors, which each row has one of, and their codes."""
        ...

    def forward(self, run: Run, rows: Rows) -> tuple[Rows, Any]:
        """Return the rows that the layers see, and the tape."""
        ...

    def bound(self, run: Run, rows: Rows) -> tuple[Callable[[], None], Rows]:
        """Return what writes the rows that the layers see, and these."""
        ...

    def bound_code(self, run: Run, rows: Rows) -> tuple[Callable[[], None], Rows] | None:
        """Return what notes the code of the only row, and a row with the vectors of all codes."""
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
        bottom, *above = self._layers
        self._looked_up = [LookedUp(direction) for direction in bottom.directions]
        self._on_codes = [bottom.on(self._looked_up), *above]
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
        few = self._few_vectors(run, rows)
        if few is not None:
            layers, (embedded, codes) = self._on_codes, few
        else:
            layers, (embedded, codes) = self._layers, self._embedding.forward(run, rows)
            drop(run, self._place, self._dropout.input_rate, embedded)
        passed = self._forward_over(layers, run, embedded, states, every_step=every_step)
        return *passed[:2], passed[2]._replace(below=(rows, codes))

    def _few_vectors(self, run: Run, rows: Rows) -> tuple[Rows, np.ndarray] | None:
        """Return rows of codes for `_on_codes`, with the codes, if this is allowed and pays."""
        if run.gradient is None:
            # What is predicted for a sequence does not depend on those beside it, to the bit.
            allowed = self._has_same_bits
        else:
            allowed = run.seed is None or self._dropout.input_rate == 0
        return self._embedding.few_vectors(run, rows) if allowed else None

    @property
    def _has_same_bits(self) -> bool:
        """Whether outputs are to the bit the same where the bottom layer looks up."""
        return all(one.has_same_bits for one in self._looked_up)

    def bound(self, run: Run, rows: Rows, states: States) -> tuple[list[Callable[[], None]], Rows]:
        """Return what embeds these rows and runs over them as often as it is called."""
        of_code = self._bound_code(run, rows)
        if of_code is not None:
            layers, (embed, embedded) = self._on_codes, of_code
        else:
            layers, (embed, embedded) = self._layers, self._embedding.bound(run, rows)
        calls, outputs = self._bound_over(layers, run, embedded, states)
        return [embed, *calls], outputs

    def _bound_code(self, run: Run, rows: Rows) -> tuple[Callable[[], None], Rows] | None:
        """Return what notes a code for `_on_codes`, and its row, if this pays."""
        if rows.plan.n_sequences > 1 or not self._has_same_bits:
            return None
        of_code = self._embedding.bound_code(run, rows)
        width, itemsize = self._layers[0].directions[0].gates_width, rows.values.itemsize
        if of_code is None or len(of_code[1].values) * width * itemsize > _MOST_BYTES:
            return None
        return of_code

    def backward_from(
        self, run: Run, tape: StackTape, d_outputs: np.ndarray | None, d_states: States
    ) -> tuple[np.ndarray | None, States]:
        """Do as `Stack.backward_from`, down to the vectors."""
        d_values, d_states = super().backward_from(run, tape, d_outputs, d_states)
        rows, codes = tape.below
        assert d_values is not None
        if tape.layers is self._on_codes:
            self._embedding.backward(run, [codes], d_values)
            d_rows = np.zeros((rows.plan.n_rows, rows.values.shape[1]), d_values.dtype)
        else:
            drop(run, self._place, self._dropout.input_rate, tape.rows[0]._replace(values=d_values))
            d_rows = self._embedding.backward(run, codes, d_values)
        return (d_rows if rows.wants_gradient else None), d_states

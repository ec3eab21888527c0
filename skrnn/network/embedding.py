"""Categories as vectors that are learnt (Bengio et al. 2003), beside the numbers of a time step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.random import RandomState

from ..cells import CELLS
from ..runtime.parameters import Initialiser, Parameter
from ..runtime.rows import Columns, Rows, ranges
from ..runtime.run import Run
from .direction import Kind
from .dropout import drop, mask_of_weights, places
from .part import Example
from .stack import Stack, StackTape
from .states import States


class Categories(NamedTuple):
    """A column of codes, from 0 on, and how long the vector of each code is."""

    column: int
    n_codes: int  # 0 is what training does not know
    size: int
    n_kept: int = 0  # codes, from 1 on, whose vectors stay as they are


class Embedding:
    """Replaces columns of codes by vectors; the numbers come first, then the vectors.

    Codes are exact in the dtype of the other columns: float32 has every integer up to 2**24.

    Parameters
    ----------
    n_features : int
        Columns of numbers and codes.
    categories : sequence of Categories
    prefix : str
        What the names of the parameters begin with, where a network has several embeddings.
    dropout_rate : float
        Share of the codes whose vectors are zero in a minibatch of training.
    """

    def __init__(
        self,
        n_features: int,
        categories: Sequence[Categories],
        prefix: str = "",
        dropout_rate: float = 0.0,
    ) -> None:
        self._named = [(f"{prefix}embedding_{one.column}.weight", one) for one in categories]
        self._rate, self._places = dropout_rate, places(f"{prefix}embedding", len(categories))
        columns_of_codes = {one.column for one in categories}
        self._numbers = [i for i in range(n_features) if i not in columns_of_codes]
        width = len(self._numbers) + sum(one.size for one in categories)
        self._n_features, self.columns = n_features, Columns(1, width, width)

    @property
    def parameters(self) -> list[Parameter]:
        """A table of vectors for each column of codes."""
        return [
            Parameter(
                name,
                (one.n_codes, one.size),
                _vectors(one.n_codes, one.size),
                penalised=one.n_kept == 0,
                group="embedding",
            )
            for name, one in self._named
        ]

    @staticmethod
    def examples(dtype: np.dtype) -> Iterator[Example]:
        """Give embeddings with and without numbers for the tests that hold for all parts."""
        beside, alone = [Categories(1, 3, 2), Categories(2, 2, 3)], [Categories(0, 3, 4)]
        yield Example("beside numbers", Embedding(4, beside), Columns(1, 4, 4))
        yield Example("alone", Embedding(1, alone), Columns(1, 1, 1))

    def forward(self, run: Run, rows: Rows) -> tuple[Rows, list[np.ndarray]]:
        """Return numbers and vectors of the rows of a plan; the tape is the codes."""
        plan = rows.plan
        values = run.arena.empty(plan.n_rows, self.columns.n_padded)
        codes = self._write(run, rows.values[ranges(rows.first, plan.lengths)], rows.units, values)
        return Rows(values, plan, plan.first, self.columns), codes

    def bound(self, run: Run, rows: Rows) -> tuple[Callable[[], None], Rows]:
        """Return what embeds the rows of a plan of single steps, as often as it is called."""
        values = run.arena.empty(rows.plan.n_rows, self.columns.n_padded)
        embedded = Rows(values, rows.plan, rows.plan.first, self.columns)
        if self._numbers or len(self._named) > 1:

            def write() -> None:
                self._write(run, rows.values, rows.units, values)

            return write, embedded
        # One code a row, as in a text: a call of NumPy's, and no other.
        name, category = self._named[0]
        table, numbers = self._table(run, name), rows.values[:, category.column]

        def embed() -> None:
            look_up(table, numbers, values)

        return embed, embedded

    def _write(
        self, run: Run, rows: np.ndarray, units: np.ndarray, values: np.ndarray
    ) -> list[np.ndarray]:
        """Write numbers and vectors of rows (n, n_features) to values; return the codes."""
        end = len(self._numbers)
        numbers = rows[:, self._numbers]
        if len(units) > 0:
            numbers = (numbers - units[0, self._numbers]) * units[1, self._numbers]
        values[:, :end] = numbers
        codes = []
        for name, one in self._named:
            place = values[:, end : end + one.size]
            codes.append(look_up(self._table(run, name), rows[:, one.column], place))
            end += one.size
        return codes

    def pack(self, run: Run) -> None:
        """Note the vectors of the run's weights."""
        for name, _ in self._named:
            self._table(run, name)

    def _table(self, run: Run, name: str) -> np.ndarray:
        """Return the vectors of all codes, without those that are dropped."""
        return run.packing.of((self, name), lambda run: self._kept_table(run, name), run)

    def _kept_table(self, run: Run, name: str) -> np.ndarray:
        kept, table = self._kept(run, name), run.weights[name]
        return table if kept is None else table * kept

    def _kept(self, run: Run, name: str) -> np.ndarray | None:
        """Return what the vectors are multiplied by, (n_codes, 1), if some are dropped."""
        if run.seed is None or self._rate == 0:
            return None
        return run.packing.of((self, name, "kept"), lambda run: self._draw_kept(run, name), run)

    def _draw_kept(self, run: Run, name: str) -> np.ndarray:
        place = self._places[[one for one, _ in self._named].index(name)]
        return mask_of_weights(run, place, self._rate, (len(run.weights[name]), 1))

    def backward(self, run: Run, tape: list[np.ndarray], d_values: np.ndarray) -> np.ndarray:
        """Add the gradients of the vectors; return that of the rows, 0 for codes."""
        assert run.gradient is not None
        d_rows = np.zeros((len(d_values), self._n_features), d_values.dtype)
        end = len(self._numbers)
        d_rows[:, self._numbers] = d_values[:, :end]
        for (name, one), codes in zip(self._named, tape, strict=True):
            d_vectors = d_values[:, end : end + one.size]
            if one.n_kept > 0:
                learnt = (codes == 0) | (codes > one.n_kept)
                codes, d_vectors = codes[learnt], d_vectors[learnt]
            kept = self._kept(run, name)
            if kept is not None:
                d_vectors = d_vectors * kept[codes]
            add_to_rows(run.gradient[name], codes, d_vectors)
            end += one.size
        return d_rows


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


def look_up(table: np.ndarray, numbers: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Write the rows of a table that numbers (n,) say to values (n, size); return the codes."""
    codes = numbers.astype(np.int64)
    # What is not a code cannot come from an estimator, but from a file that was changed.
    table.take(codes, axis=0, out=values, mode="clip")
    return codes


def _vectors(n_codes: int, size: int) -> Initialiser:
    """Return an initialiser of vectors as long as one on average.

    Code 0 begins with zeros: where training has no rare categories it stays there, and says
    nothing.
    """

    def initial(random_state: RandomState, timescale: float | None) -> np.ndarray:
        bound = np.sqrt(3.0 / size)
        vectors = random_state.uniform(-bound, bound, size=(n_codes, size))
        vectors[0] = 0
        return vectors

    return initial


def add_to_rows(table: np.ndarray, codes: np.ndarray, rows: np.ndarray) -> None:
    """Add each of the rows (n, size) to the row of the table that its code (n,) says."""
    if len(codes) == 0:
        return
    # By sorted codes: `np.add.at` takes ten times as long.
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    table[ordered[first]] += np.add.reduceat(rows[order], first, axis=0)

"""Categories as vectors that are learnt (Bengio et al. 2003), beside the numbers of a time step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.random import RandomState

from ..runtime.parameters import Initialiser, Parameter
from ..runtime.rows import Columns, Rows, ranges
from ..runtime.run import Run
from .dropout import mask_of_weights, places
from .part import Example

_FEW_CODES = 256  # so few that all are frequent
# Codes to rows, above which the rows' products with the layer above take as long as the codes'.
_MOST_OF_ROWS = 0.5


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
    tied : bool
        Whether another part reads the vectors too, as its weights.
    """

    def __init__(
        self,
        n_features: int,
        categories: Sequence[Categories],
        prefix: str = "",
        dropout_rate: float = 0.0,
        tied: bool = False,
    ) -> None:
        self._named = [(f"{prefix}embedding_{one.column}.weight", one) for one in categories]
        self._tied = tied
        self._rate, self._places = dropout_rate, places(f"{prefix}embedding", len(categories))
        columns_of_codes = {one.column for one in categories}
        self._numbers = [i for i in range(n_features) if i not in columns_of_codes]
        width = len(self._numbers) + sum(one.size for one in categories)
        self._n_features, self.columns = n_features, Columns(1, width, width)
        self._is_one_code = not self._numbers and len(categories) == 1  # all of a row, as in a text

    @property
    def parameters(self) -> list[Parameter]:
        """A table of vectors for each column of codes.

        A penalty is for weights: it would shrink the vectors of rare codes at every minibatch,
        most of which say nothing of them.
        """
        return [
            Parameter(
                name,
                (one.n_codes, one.size),
                _vectors(one.n_codes, one.size, self._tied),
                penalised=self._tied,
                group="embedding",
                looked_up=not self._tied,
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

    def few_vectors(self, run: Run, rows: Rows) -> tuple[Rows, np.ndarray] | None:
        """Return rows with the vectors of the codes that there are, and these codes.

        None if a row is more than a code, or if most rows have a code of their own.
        """
        if not self._is_one_code:
            return None
        ((name, one),), plan = self._named, rows.plan
        of_rows = codes_of(rows.values[ranges(rows.first, plan.lengths), one.column], one.n_codes)
        present = np.flatnonzero(np.bincount(of_rows, minlength=one.n_codes))
        if len(present) > _MOST_OF_ROWS * len(of_rows):
            return None
        places = np.empty(one.n_codes, np.int64)
        places[present] = np.arange(len(present))
        vectors = self._vectors_of(run, name, present)
        return Rows(vectors, plan, plan.first, self.columns, codes=places[of_rows]), present

    def bound(self, run: Run, rows: Rows) -> tuple[Callable[[], None], Rows]:
        """Return what embeds the rows of a plan of single steps, as often as it is called."""
        values = run.arena.empty(rows.plan.n_rows, self.columns.n_padded)
        embedded = Rows(values, rows.plan, rows.plan.first, self.columns)
        if not self._is_one_code:

            def write() -> None:
                self._write(run, rows.values, rows.units, values)

            return write, embedded
        # NumPy's take needs twice as long for a single row.
        table, numbers = self._only_table(run), rows.values[:, 0]

        def embed_one() -> None:
            values[0] = table[int(numbers[0])]

        def embed() -> None:
            table.take(numbers.astype(np.int64), axis=0, out=values, mode="clip")

        return (embed_one if len(numbers) == 1 else embed), embedded

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
            of_rows = codes_of(rows[:, one.column], one.n_codes)
            values[:, end : end + one.size] = self._vectors_of(run, name, of_rows)
            codes.append(of_rows)
            end += one.size
        return codes

    def _vectors_of(self, run: Run, name: str, codes: np.ndarray) -> np.ndarray:
        """Return a copy of the vectors of some codes, (n, size), without those that are dropped."""
        if run.reads is not None:
            run.reads(name, codes)
        vectors, kept = self._table(run, name)[codes], self._kept(run, name)
        if kept is not None:
            vectors *= kept[codes]
        return vectors

    def pack(self, run: Run) -> None:
        """Note the vectors of the run's weights."""
        for name, _ in self._named:
            self._table(run, name)

    def bound_code(self, run: Run, rows: Rows) -> tuple[Callable[[], None], Rows] | None:
        """Return what notes the code of the only row, and a row with the vectors of all codes.

        None if a row is more than a code.
        """
        if not self._is_one_code:
            return None
        table, numbers = self._only_table(run), rows.values[:, 0]
        codes, last = np.zeros(1, np.int64), len(table) - 1

        def note() -> None:
            codes[0] = max(0, min(int(numbers[0]), last))  # the kernel looks at no bound

        return note, Rows(table, rows.plan, rows.plan.first, self.columns, codes=codes)

    def _only_table(self, run: Run) -> np.ndarray:
        """Return the vectors of all codes of the only column."""
        return self._table(run, self._named[0][0])

    def _table(self, run: Run, name: str) -> np.ndarray:
        """Return the vectors of all codes, which are read where they are."""
        return run.packing.of((self, name), lambda run: run.weights[name], run)

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


def codes_of(numbers: np.ndarray, n_codes: int) -> np.ndarray:
    """Return as codes, (n,) int64, what stands among other numbers."""
    # What is not a code cannot come from an estimator, but from a file that was changed.
    return np.clip(np.rint(numbers), 0, n_codes - 1).astype(np.int64)


def _vectors(n_codes: int, size: int, tied: bool) -> Initialiser:
    """Return an initialiser of vectors.

    With few codes, the numbers are of the order of one, as standardised features are. With many,
    most codes are rare, and their first vectors are noise: vectors are then as long as one on
    average. Tied vectors are also the weights of an output. Their numbers are the geometric mean of
    the other two cases. Longer vectors, tied or not, made a language model of characters better by
    a tenth of a bit after two epochs.

    Code 0 begins with zeros: where training has no rare categories it stays there, and says
    nothing.
    """
    scale = 1.0 if n_codes <= _FEW_CODES else size**-0.5
    if tied:
        scale = size**-0.25

    def initial(random_state: RandomState, timescale: float | None) -> np.ndarray:
        bound = scale * np.sqrt(3.0)
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

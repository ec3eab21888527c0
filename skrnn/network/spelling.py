"""Words as their letters say: a small recurrent network reads each (Lample et al. 2016)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..runtime.parameters import Parameter
from ..runtime.rows import Columns, Plan, Rows, ranges, rows_of
from ..runtime.run import Run
from .direction import Kind
from .embedded_stack import EmbeddedStack
from .embedding import Categories, Embedding, add_to_rows
from .reader import Reader, ReaderTape

# Numbers that are learnt for a letter: an alphabet needs no more.
_SIZE_OF_LETTER = 25


class Spelling(NamedTuple):
    """A column of words, and how their letters are read."""

    column: int
    n_letters: int  # codes of letters, 0 among them, which training does not know
    n_hidden: int  # units of each of the two directions that read a word


class SpelledTape(NamedTuple):
    """What the way there leaves for the way back."""

    codes: list[np.ndarray]  # as of `Embedding`
    read: ReaderTape
    places: np.ndarray  # (n_rows,) which of the words that were read each row has


class SpelledEmbedding:
    """An embedding, and beside it what was read of the letters of each row's word.

    Each word of a minibatch is read once, however often it occurs. So a word that training has not
    seen has a meaning too.

    Parameters
    ----------
    n_features : int
        Columns of numbers and codes.
    categories : sequence of Categories
        That of the words among them.
    spelling : Spelling
    kind : Kind
        Of the layer that reads letters.
    """

    def __init__(
        self, n_features: int, categories: list[Categories], spelling: Spelling, kind: Kind
    ) -> None:
        self._embedding, self._column = Embedding(n_features, categories), spelling.column
        letters = [Categories(0, spelling.n_letters, _SIZE_OF_LETTER)]
        of_letters = Embedding(1, letters, prefix="letters.")
        sizes = (spelling.n_hidden,)
        self._reader = Reader(
            EmbeddedStack(of_letters, kind, sizes, bidirectional=True, prefix="letters.")
        )
        self._n_embedded = self._embedding.columns.block_width
        width = self._n_embedded + 2 * spelling.n_hidden
        self.columns = Columns(1, width, width)

    @property
    def parameters(self) -> list[Parameter]:
        """Those of the vectors, of the letters, and of the layer that reads them."""
        return [*self._embedding.parameters, *self._reader.parameters]

    def pack(self, run: Run) -> None:
        """Pack all weights for the way there."""
        self._embedding.pack(run)
        self._reader.pack(run)

    def few_vectors(self, run: Run, rows: Rows) -> None:
        """Return None: the vectors are not those of codes alone."""

    def bound_code(self, run: Run, rows: Rows) -> None:
        """Return None, as `few_vectors` does."""

    def bound(self, run: Run, rows: Rows) -> tuple[Callable[[], None], Rows]:
        """Refuse: each chunk has its own words."""
        raise NotImplementedError("Words are read chunk by chunk, and `forward` reads chunks.")

    def forward(self, run: Run, rows: Rows) -> tuple[Rows, SpelledTape]:
        """Return numbers, vectors and what was read for the rows of a plan, and the tape."""
        assert rows.words is not None
        plan, words = rows.plan, rows.words
        values = run.arena.empty(plan.n_rows, self.columns.n_padded)
        coded = rows.values[ranges(rows.first, plan.lengths)]
        numbers = np.rint(coded[:, self._column]).astype(np.int64)
        coded[:, self._column] = words.codes[numbers]
        # A copy, whose rows lie in the order of the plan.
        embedded, codes = self._embedding.forward(
            run, rows._replace(values=coded, first=plan.first)
        )
        values[:, : self._n_embedded] = embedded.values
        distinct, of_rows = np.unique(numbers, return_inverse=True)
        to_read = Plan.of(words.letters.lengths[distinct])
        read, tape = self._reader.forward(
            run, rows_of(words.letters, to_read, distinct[to_read.order])
        )
        place = np.empty(len(distinct), np.int64)
        place[to_read.order] = np.arange(len(distinct))
        places = place[of_rows.ravel()]
        for among_numbers, padded in self._reader.columns.blocks:
            values[:, self._shifted(among_numbers)] = read.values[places, padded]
        return Rows(values, plan, plan.first, self.columns), SpelledTape(codes, tape, places)

    def _shifted(self, columns: slice) -> slice:
        """Return where columns of what was read lie among all."""
        return slice(self._n_embedded + columns.start, self._n_embedded + columns.stop)

    def backward(self, run: Run, tape: SpelledTape, d_values: np.ndarray) -> np.ndarray:
        """Add the gradients of the parameters; return that of the rows, 0 for codes and words."""
        d_rows = self._embedding.backward(run, tape.codes, d_values[:, : self._n_embedded])
        d_read = run.arena.zeros(tape.read.rows.plan.n_sequences, self._reader.columns.n_padded)
        for among_numbers, padded in self._reader.columns.blocks:
            add_to_rows(d_read[:, padded], tape.places, d_values[:, self._shifted(among_numbers)])
        self._reader.backward(run, tape.read, d_read)
        return d_rows

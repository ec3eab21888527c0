"""One step of one text: what the bottom layer's gates owe to a token is looked up."""

from __future__ import annotations

from collections.abc import Callable
from threading import local
from typing import Self

import numba
import numpy as np

from ..kernels.dense import multiply_strided
from ..kernels.processor import TILE_ROWS
from ..kernels.product import Packed, address_of_row_product
from ..kernels.recurrence import Outputs
from ..runtime.rows import Columns, Rows
from ..runtime.run import Run
from .direction import Direction
from .states import Carried

# Of the sums of all codes: for more, they take longer to compute than they save in a short text.
_MOST_BYTES = 1 << 22


def _of_threads(run: Run) -> local:
    """Return an object whose attributes each thread has for itself, for as long as it lives."""
    return local()


class LookedUp(Direction):
    """A direction over one step of one sequence, whose inputs are one of a few vectors.

    A gate's sum begins with the bias and the products of the inputs. For each vector these are
    added up once; a step goes on from there, and reads the weights of the hidden state only. It
    has the same bits as a step of the direction itself.

    Parameters
    ----------
    of_vectors : Direction
        The direction itself.
    vectors : callable
        Takes a run, and returns the vectors of all codes, (n_codes, n_inputs).
    """

    def __init__(self, of_vectors: Direction, vectors: Callable[[Run], np.ndarray]) -> None:
        kind, n_hidden = of_vectors.kind, of_vectors.shape.n_hidden
        super().__init__(kind, 0, n_hidden, of_vectors.prefix, reverse=False)
        self._of_vectors, self._vectors = of_vectors, vectors
        self._n_rows_of_start = 1 + of_vectors.shape.n_inputs

    @classmethod
    def where_it_pays(
        cls, direction: Direction, vectors: Callable[[Run], np.ndarray], n_codes: int
    ) -> Self | None:
        """Return one if every sum begins with the inputs, and all of them take little memory."""
        inputs_first = len(direction.stages) == 1 and direction.stages[0].inputs_at == 0
        n_bytes = n_codes * direction.gates_width * direction.dtype.itemsize
        if not inputs_first or n_bytes > _MOST_BYTES or numba.config.DISABLE_JIT:
            return None  # without the compiler, sums are NumPy's, in an order of its own
        return cls(direction, vectors)

    def bound(
        self, run: Run, rows: Rows, carried: Carried, mask: np.ndarray, outputs: Outputs
    ) -> Callable[[], None]:
        """Return what runs over the vector of the one code in `rows`, as often as it is called."""
        sums = run.packing.of((self, "sums"), self._sums, run)
        nothing = rows._replace(values=run.arena.empty(1, 0), columns=Columns(0, 0, 0))
        arguments_with, _ = self._forward_arguments(run, nothing, carried, mask, outputs)
        codes, of_threads = rows.values[0], run.packing.of((self, "threads"), _of_threads, run)

        def run_over_code() -> None:
            # A thread's own: the first row of the panels is what the sums of one token start from.
            if not hasattr(of_threads, "packed"):
                of_threads.packed = self._of_hidden(run)
            of_threads.packed.panels[:, 0] = sums[int(codes[0])]
            self._forward.call(*arguments_with((of_threads.packed,)))

        return run_over_code

    def _sums(self, run: Run) -> np.ndarray:
        """Return bias and products of all vectors, (n_codes, n_panels, tile columns)."""
        vectors, (whole,) = self._vectors(run), self._of_vectors.pack(run)
        panels = whole.panels[:, : self._n_rows_of_start].copy()
        n_panels, _, n_columns = panels.shape
        sums = np.empty((len(vectors), n_panels * n_columns), self.dtype)
        multiply_strided(
            run.team.mailbox, TILE_ROWS, vectors, vectors.shape[1], 1,
            Packed(panels, whole.product), sums,
        )  # fmt: skip
        return sums.reshape(-1, n_panels, n_columns)

    def _of_hidden(self, run: Run) -> Packed:
        """Return the weights of the hidden state, packed for one row."""
        (whole,) = self._of_vectors.pack(run)
        panels = np.delete(whole.panels, slice(1, self._n_rows_of_start), axis=1)
        return Packed(panels, whole.product, address_of_row_product(self.dtype))

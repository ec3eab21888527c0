"""Inputs that are one of a few vectors: what the bottom layer's gates owe to each is looked up."""

from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np

from ..kernels.coded import add_by_code
from ..kernels.compilation import Bound
from ..kernels.packing import Weights
from ..kernels.processor import round_up
from ..kernels.product import Packed
from ..kernels.recurrence import Inputs, Outputs
from ..runtime.rows import Columns, Rows
from ..runtime.run import Run
from .direction import Direction, DirectionTape, Panels
from .products import Products
from .states import Carried

# Whole cache lines, so that no two threads write to one.
_COLUMNS_OF_SHARD = 32
_NO_COLUMNS = Columns(0, 0, 0)


class LookedUp(Direction):
    """A direction whose inputs are one of a few vectors.

    A gate's sum begins with the bias and the products of the inputs. For each vector these are
    added up once; a step goes on from there, and its products are with the hidden state only. On
    the way back, the gradients of the steps that have one vector are added up first.

    The rows that it sees have codes, and the vectors as their values.

    Parameters
    ----------
    of_vectors : Direction
        The direction itself.
    """

    def __init__(self, of_vectors: Direction) -> None:
        super().__init__(
            of_vectors.kind, 0, of_vectors.shape.n_hidden, of_vectors.prefix,
            reverse=of_vectors._reverse, weight_dropout=of_vectors._weight_dropout,
        )  # fmt: skip
        self._of_vectors, self._n_inputs = of_vectors, of_vectors.shape.n_inputs
        self._products, self._add_by_code = Products(self.dtype), Bound(add_by_code)
        self._no_values = np.empty((0, 0), self.dtype)

    @property
    def has_same_bits(self) -> bool:
        """Whether its outputs are to the bit those of the direction itself."""
        # Without the compiler, sums are NumPy's, in an order of its own.
        inputs_first = all(stage.inputs_at == 0 for stage in self._of_vectors.stages)
        return inputs_first and not numba.config.DISABLE_JIT

    def _weights(self, run: Run) -> Weights:
        return _of_hidden(super()._weights(run))

    def _gradient(self, run: Run) -> Weights:
        return _of_hidden(super()._gradient(run))

    def _pack_forward(self, run: Run) -> Panels:
        """Take the weights of the hidden state from the packed weights."""
        return tuple(_with_rows(one, ~of_sums) for one, of_sums in self._packed_stages(run))

    def _pack_bias_and_inputs(self, run: Run) -> Panels:
        """Take bias and weights of the inputs from the packed weights."""
        return tuple(_with_rows(one, of_sums) for one, of_sums in self._packed_stages(run))

    def _packed_stages(self, run: Run) -> Iterator[tuple[Packed, np.ndarray]]:
        """Give the packed weights of each stage, and which of their rows are bias and inputs'."""
        whole = self._of_vectors
        for packed, stage in zip(whole.pack(run), whole.stages, strict=True):
            of_sums = np.zeros(1 + stage.depth, bool)
            of_sums[0] = of_sums[1 + stage.inputs_at :][: self._n_inputs] = True
            yield packed, of_sums

    def _sums(self, run: Run, vectors: np.ndarray) -> np.ndarray:
        """Return bias and products of the vectors, (n_vectors, n_gates * width or more)."""
        of_stages = run.packing.of((self, "bias and inputs"), self._pack_bias_and_inputs, run)
        parts = [self._products.of(run, vectors, packed) for packed in of_stages]
        if len(parts) == 1:
            return parts[0]
        widths = [stage.n_gates * self.width for stage in self.stages]
        return np.concatenate([part[:, :n] for part, n in zip(parts, widths, strict=True)], axis=1)

    def _inputs(self, run: Run, rows: Rows) -> Inputs:
        return _look_up(self._sums(run, rows.values), rows)

    def _inputs_of_step(self, run: Run, rows: Rows) -> Inputs:
        """Look up in sums that are computed once for all streams; the values are all vectors."""
        sums = run.packing.of((self, "sums"), lambda run: self._kept_sums(run, rows.values), run)
        return _look_up(sums, rows)

    def _kept_sums(self, run: Run, vectors: np.ndarray) -> np.ndarray:
        mark = run.arena.mark()
        sums = self._sums(run, vectors).copy()
        run.arena.release(mark)
        return sums

    def backward(
        self,
        run: Run,
        passed: DirectionTape,
        d_carried: Carried,
        d_outputs: Outputs,
        d_values: np.ndarray,
    ) -> None:
        """Add the gradients of the weights, and those of the vectors to `d_values`."""
        super().backward(run, passed, d_carried, d_outputs, self._no_values)
        mark, whole = run.arena.mark(), self._of_vectors
        rows, gates = passed.rows, passed.tape.gates
        d_sums = run.arena.zeros(len(rows.values), gates.shape[1])
        columns = round_up(-(-gates.shape[1] // run.team.n_threads), _COLUMNS_OF_SHARD)
        self._add_by_code.call(
            run.team.mailbox, columns, passed.timetable, rows.as_inputs(), gates, d_sums
        )
        padded = self._products.of_transpose(run, rows.values, d_sums)
        d_weights = whole._gradient(run).input
        for gate, d_weight in enumerate(np.split(d_weights, len(self.kind.cell.gates), axis=1)):
            d_weight += padded[:, gate * self.width :][:, : self.shape.n_hidden]
        transposed = run.packing.of((whole, "inputs"), whole._pack_inputs, run)
        d_values += self._products.of(run, d_sums, transposed)[:, : self._n_inputs]
        run.arena.release(mark)


def _with_rows(packed: Packed, are_wanted: np.ndarray) -> Packed:
    """Return packed weights with some of their rows, in C order."""
    return packed._replace(panels=packed.panels.take(np.flatnonzero(are_wanted), axis=1))


def _look_up(sums: np.ndarray, rows: Rows) -> Inputs:
    """Return inputs that are looked up in the sums."""
    return rows._replace(values=sums, columns=_NO_COLUMNS).as_inputs()


def _of_hidden(weights: Weights) -> Weights:
    """Return the weights, or their gradient, as if there were no inputs."""
    return weights._replace(input=weights.input[:0])

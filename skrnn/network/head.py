"""The dense head: a product with weights and a bias, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from ..kernels.compilation import Bound
from ..kernels.dense import multiply_row, multiply_strided, pack_columns
from ..kernels.processor import TILE_ROWS, round_up, tile_columns
from ..kernels.product import Packed, address_of_row_product
from ..runtime.parameters import Parameter, glorot_uniform, zeros
from ..runtime.rows import Columns, Rows, in_c_order
from ..runtime.run import Run
from ..runtime.threads import team_of
from .part import Example
from .products import Products

# Weights of one row's product that are worth a thread of their own: they come from memory, or from
# the last level of the cache, in a tenth of a millisecond.
_WEIGHTS_OF_THREAD = 1 << 19


class Head:
    """A dense layer.

    Parameters
    ----------
    columns : Columns
        Of the rows that it sees.
    n_outputs : int
    dtype : dtype
        float32 or float64.
    tied_to : str or None
        The name of another part's parameter, (n_outputs, n_features), whose transpose are the
        weights (Press and Wolf 2017); the head then declares its bias only.
    """

    def __init__(
        self, columns: Columns, n_outputs: int, dtype: np.dtype, tied_to: str | None = None
    ) -> None:
        self._columns, self.n_outputs, self._tied_to = columns, n_outputs, tied_to
        self._n_features = columns.n_blocks * columns.block_width
        self._blocks = columns.blocks  # a minibatch asks for them four times
        self._products, self._tile_columns = Products(dtype), tile_columns(dtype)
        self.outputs = Columns(1, n_outputs, round_up(n_outputs, self._tile_columns))

    @property
    def parameters(self) -> list[Parameter]:
        """The weights, unless they are another part's, and the bias."""
        shape, n = (self._n_features, self.n_outputs), (self.n_outputs,)
        bias = Parameter("output.bias", n, zeros(n), penalised=False, group="output")
        if self._tied_to is not None:
            return [bias]
        return [Parameter("output.weight", shape, glorot_uniform(shape), group="output"), bias]

    @staticmethod
    def examples(dtype: np.dtype) -> Iterator[Example]:
        """Give heads on one and on two blocks for the tests that hold for all parts."""
        for columns in (Columns(1, 3, 8), Columns(2, 3, 16)):
            yield Example(f"{columns.n_blocks} blocks", Head(columns, 4, dtype), columns)

    def _weight_in(self, named: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the weights, or their gradient, (n_features, n_outputs)."""
        return named["output.weight"] if self._tied_to is None else named[self._tied_to].T

    def pack(self, run: Run) -> Packed:
        """Return weights and bias packed for the way there."""
        return run.packing.of(self, self._pack_forward, run)

    def _pack_forward(self, run: Run) -> Packed:
        n_columns = self._columns.n_padded
        panels = self._panels(run, "forward", n_columns, self.n_outputs)
        pack_columns(run.weights["output.bias"].reshape(1, -1), panels[:, :1])
        weight = self._weight_in(run.weights)
        # Rows of weights for the padding of what the head sees stay zero.
        for among_features, padded in self._blocks:
            rows = slice(1 + padded.start, 1 + padded.stop)
            pack_columns(weight[among_features], panels[:, rows])
        return self._products.packed(panels)

    def _pack_backward(self, run: Run) -> Packed:
        panels = self._panels(run, "backward", self.n_outputs, self._columns.n_padded)
        transposed = self._weight_in(run.weights).T
        if self._columns.n_blocks > 1:
            side_by_side = transposed
            transposed = np.zeros((self.n_outputs, self._columns.n_padded), panels.dtype)
            for among_features, padded in self._blocks:
                transposed[:, padded] = side_by_side[:, among_features]
        pack_columns(transposed, panels[:, 1:])
        return self._products.packed(panels)

    def _panels(self, run: Run, name: str, depth: int, n_columns: int) -> np.ndarray:
        """Return panels (n_panels, 1 + depth, tile columns), zero where nothing was packed."""
        n_panels = -(-n_columns // self._tile_columns)
        return run.packing.memory((self, name), n_panels, 1 + depth, self._tile_columns)

    def forward(self, run: Run, rows: Rows) -> tuple[Rows, Rows]:
        """Return the raw outputs of rows that lie as those of `columns`, and the tape."""
        raw = self._products.of(run, in_c_order(rows.values), self.pack(run))
        return Rows(raw, rows.plan, rows.first, self.outputs), rows

    def bound(self, run: Run, rows: Rows) -> tuple[Callable[[], None], np.ndarray]:
        """Return what computes the raw outputs as often as it is called, and where they are."""
        values, packed = in_c_order(rows.values), self.pack(run)
        n_panels, _, columns = packed.panels.shape
        raw = run.arena.empty(len(values), n_panels * columns)
        outputs = raw[:, : self.n_outputs]
        if len(values) == 1:
            return self._bound_row(run, values, packed, raw), outputs
        arguments = run.team.mailbox, TILE_ROWS, values, values.shape[1], 1, packed, raw
        product = Bound(multiply_strided)
        return lambda: product.call(*arguments), outputs

    def _bound_row(
        self, run: Run, values: np.ndarray, packed: Packed, raw: np.ndarray
    ) -> Callable[[], None]:
        """Return what multiplies one row, by threads that share the weights if there are many."""
        product, n_panels = Bound(multiply_row), len(packed.panels)
        packed = packed._replace(row_product=address_of_row_product(values.dtype))
        n_threads = min(run.team.n_threads, 1 + packed.panels.size // _WEIGHTS_OF_THREAD)
        panels_of_shard = round_up(-(-n_panels // n_threads), TILE_ROWS)
        arguments = panels_of_shard, values, packed, raw
        if n_threads == 1:
            return lambda: product.call(run.team.mailbox, *arguments)

        def by_team() -> None:
            with team_of(n_threads) as team:
                product.call(team.mailbox, *arguments)

        return by_team

    def backward(self, run: Run, tape: Rows, d_raw: np.ndarray) -> np.ndarray:
        """Add the gradients of weights and bias; return that of the rows.

        Parameters
        ----------
        run : Run
        tape : Rows
        d_raw : ndarray of shape (n_rows, whole panels)
            The gradient of the raw outputs, in C order; its padding is not read.

        Returns
        -------
        ndarray of shape (n_rows, whole panels)
            Its first columns lie as those of the rows.
        """
        assert run.gradient is not None
        d_raw = in_c_order(d_raw)
        of_outputs = d_raw[:, : self.n_outputs]
        d_bias = run.gradient["output.bias"]
        d_bias += np.add.reduce(of_outputs, axis=0)
        # What is packed is the narrower of the two, as a rule.
        if self._tied_to is None:
            d_weight = self._products.of_transpose(run, tape.values, of_outputs)
        else:
            d_weight = self._products.of_transpose(run, d_raw, tape.values).T
        gradient = self._weight_in(run.gradient)
        for among_features, padded in self._blocks:
            gradient[among_features] += d_weight[padded, : self.n_outputs]
        transposed = run.packing.of((self, "backward"), self._pack_backward, run)
        return self._products.of(run, d_raw, transposed)

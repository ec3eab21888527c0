"""The dense head on the last hidden states."""

from __future__ import annotations

import numpy as np

from ..kernels.dense import multiply_strided, pack_columns
from ..kernels.processor import tile_columns
from ..kernels.product import Packed, address_of_product
from ..runtime.arena import Workspace


class Head:
    """A dense layer on the hidden states of the top layer's directions, side by side.

    Parameters
    ----------
    n_features : int
        Number of those hidden states.
    n_outputs : int
        Number of outputs.
    dtype : dtype
        float32 or float64.
    """

    def __init__(self, n_features: int, n_outputs: int, dtype: np.dtype) -> None:
        self._n_features = n_features
        self.n_outputs = n_outputs
        self._dtype = dtype

    def forward(
        self, named: dict[str, np.ndarray], features: np.ndarray, workspace: Workspace
    ) -> np.ndarray:
        """Return the raw outputs, (n_sequences, n_outputs), of (n_sequences, n_features).

        They are lost at the next call.
        """
        panels = self._panels("weight", self._n_features, self.n_outputs, workspace)
        pack_columns(named["output.bias"].reshape(1, -1), panels[:, :1])
        pack_columns(named["output.weight"], panels[:, 1:])
        raw = self._columns("raw", len(features), panels, workspace)
        packed = Packed(panels, address_of_product(self._dtype))
        multiply_strided(features, self._n_features, 1, packed, raw)
        return raw[:, : self.n_outputs]

    def backward(
        self,
        named: dict[str, np.ndarray],
        features: np.ndarray,
        d_raw: np.ndarray,
        gradient: dict[str, np.ndarray],
        workspace: Workspace,
    ) -> np.ndarray:
        """Write the gradients of weight and bias; return that of the features."""
        product = address_of_product(self._dtype)
        np.add.reduce(d_raw, axis=0, out=gradient["output.bias"])
        panels = self._panels(f"d_raw {len(d_raw)}", len(d_raw), self.n_outputs, workspace)
        pack_columns(d_raw, panels[:, 1:])
        d_weight = self._columns("d_weight", self._n_features, panels, workspace)
        # The transpose of the features: row and column change places.
        multiply_strided(features, 1, self._n_features, Packed(panels, product), d_weight)
        gradient["output.weight"][...] = d_weight[:, : self.n_outputs]

        panels = self._panels("transpose", self.n_outputs, self._n_features, workspace)
        pack_columns(named["output.weight"].T, panels[:, 1:])
        d_features = self._columns("d_features", len(features), panels, workspace)
        multiply_strided(d_raw, self.n_outputs, 1, Packed(panels, product), d_features)
        return d_features[:, : self._n_features]

    def _panels(self, name: str, depth: int, n_columns: int, workspace: Workspace) -> np.ndarray:
        """Return panels (n_panels, 1 + depth, tile columns), zero where nothing was packed."""
        columns = tile_columns(self._dtype)
        return workspace.kept(f"head {name}", -(-n_columns // columns), 1 + depth, columns)

    def _columns(
        self, name: str, n_rows: int, panels: np.ndarray, workspace: Workspace
    ) -> np.ndarray:
        """Return what a product with panels writes to, (n_rows, n_panels * tile columns)."""
        return workspace.empty(f"head {name}", n_rows, panels.shape[0] * panels.shape[2])

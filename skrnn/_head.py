"""The dense head on the last hidden states."""

from __future__ import annotations

import numpy as np

from ._workspace import Workspace
from .kernels.dense import multiply_arrays, pack_columns
from .kernels.processor import tile_columns


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
        return self._product("raw", features, panels, workspace)[:, : self.n_outputs]

    def backward(
        self,
        named: dict[str, np.ndarray],
        features: np.ndarray,
        d_raw: np.ndarray,
        gradient: dict[str, np.ndarray],
        workspace: Workspace,
    ) -> np.ndarray:
        """Write the gradients of weight and bias; return that of the features."""
        np.add.reduce(d_raw, axis=0, out=gradient["output.bias"])
        panels = self._panels("d_raw", len(d_raw), self.n_outputs, workspace)
        pack_columns(d_raw, panels[:, 1:])
        d_weight = self._product("d_weight", features.T, panels, workspace)
        gradient["output.weight"][...] = d_weight[:, : self.n_outputs]
        panels = self._panels("transpose", self.n_outputs, self._n_features, workspace)
        pack_columns(named["output.weight"].T, panels[:, 1:])
        return self._product("d_features", d_raw, panels, workspace)[:, : self._n_features]

    def _panels(self, name: str, depth: int, n_columns: int, workspace: Workspace) -> np.ndarray:
        """Return panels of zeros, (n_panels, 1 + depth, tile columns)."""
        columns = tile_columns(self._dtype)
        return workspace.zeros(f"head {name}", -(-n_columns // columns), 1 + depth, columns)

    def _product(
        self, name: str, a: np.ndarray, panels: np.ndarray, workspace: Workspace
    ) -> np.ndarray:
        """Return panels[:, 0] + a . panels[:, 1:], with columns to spare."""
        result = workspace.empty(f"head {name}", len(a), panels.shape[0] * panels.shape[2])
        multiply_arrays(a, panels, result)
        return result

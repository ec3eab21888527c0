"""The dense head on the last hidden states."""

from __future__ import annotations

import numpy as np

from ._parameters import LayerSizes
from ._workspace import Workspace
from .kernels.head import head_backward, head_forward
from .kernels.processor import lanes, round_up


class Head:
    """A dense layer on the hidden states of the top layer's directions, side by side.

    Parameters
    ----------
    sizes : LayerSizes
        Sizes of the top recurrent layer.
    n_outputs : int
        Number of outputs.
    dtype : dtype
        float32 or float64.
    """

    def __init__(self, sizes: LayerSizes, n_outputs: int, dtype: np.dtype) -> None:
        self.n_outputs = n_outputs
        self._dtype = dtype
        self._n_hidden = sizes.n_hidden
        self._width = round_up(sizes.n_hidden, lanes(dtype))
        self._n_directions = len(sizes.directions)

    def pack(self, named: dict[str, np.ndarray], workspace: Workspace) -> np.ndarray:
        """Return the weights transposed and padded, (n_outputs, n_directions * width)."""
        weight = named["output.weight"]
        packed = workspace.zeros("head weight", self.n_outputs, self._n_directions * self._width)
        for target, source in self._blocks():
            packed[:, target] = weight[source].T
        return packed

    def _blocks(self) -> list[tuple[slice, slice]]:
        """Pair each direction's padded columns with its rows of ``output.weight``."""
        return [
            (
                slice(index * self._width, index * self._width + self._n_hidden),
                slice(index * self._n_hidden, (index + 1) * self._n_hidden),
            )
            for index in range(self._n_directions)
        ]

    def forward(
        self, named: dict[str, np.ndarray], packed: np.ndarray, features: np.ndarray
    ) -> np.ndarray:
        """Return the raw outputs, (n_sequences, n_outputs)."""
        raw = np.empty((len(features), self.n_outputs), self._dtype)
        head_forward(features, packed, named["output.bias"].reshape(1, -1), raw)
        return raw

    def backward(
        self,
        packed: np.ndarray,
        features: np.ndarray,
        d_raw: np.ndarray,
        gradient: dict[str, np.ndarray],
        workspace: Workspace,
    ) -> np.ndarray:
        """Write the gradients of weight and bias; return that of the features."""
        d_features = workspace.zeros("head d_features", *features.shape)
        d_packed = workspace.zeros("head d_weight", *packed.shape)
        d_bias = gradient["output.bias"].reshape(1, -1)
        d_bias[...] = 0
        head_backward(features, packed, d_raw, d_features, d_packed, d_bias)
        for source, target in self._blocks():
            gradient["output.weight"][target] = d_packed[:, source].T
        return d_features

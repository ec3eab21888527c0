"""The parameters of a network: one flat vector, named views into it, and its initial values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.random import RandomState

from ..cells import Cell

DIRECTIONS = ("forward", "backward")
# With the identity itself, rectified units add up what they see, and the outputs of an untrained
# network grow with the length of the sequence; this much less bounds them at ten steps' worth.
_SCALE_OF_IDENTITY = 0.9


@dataclass(frozen=True)
class LayerSizes:
    """One recurrent layer: its inputs, its hidden units and its directions."""

    n_inputs: int
    n_hidden: int
    directions: tuple[str, ...]


class ParameterLayout:
    """Where each named array lies in the flat vector.

    Parameters
    ----------
    cell : Cell
        The kind of the recurrent layers.
    layers : tuple of LayerSizes
        From the inputs up.
    n_outputs : int
        Outputs of the dense head.
    """

    def __init__(self, cell: Cell, layers: tuple[LayerSizes, ...], n_outputs: int) -> None:
        self.cell = cell
        self.layers = layers
        self.shapes: dict[str, tuple[int, ...]] = {}
        for prefix, layer in self._directions():
            n_columns = len(cell.gates) * layer.n_hidden
            self.shapes[f"{prefix}.input"] = (layer.n_inputs, n_columns)
            self.shapes[f"{prefix}.recurrent"] = (layer.n_hidden, n_columns)
            self.shapes[f"{prefix}.bias"] = (n_columns,)
        self.n_recurrent = sum(map(math.prod, self.shapes.values()))
        n_features = layers[-1].n_hidden * len(layers[-1].directions)
        self.shapes["output.weight"] = (n_features, n_outputs)
        self.shapes["output.bias"] = (n_outputs,)
        sizes = [math.prod(shape) for shape in self.shapes.values()]
        stops = list(accumulate(sizes))
        self.n_parameters = stops[-1]
        self._places = [
            (name, slice(stop - size, stop), shape)
            for (name, shape), size, stop in zip(self.shapes.items(), sizes, stops, strict=True)
        ]

    def _directions(self) -> Iterator[tuple[str, LayerSizes]]:
        for index, layer in enumerate(self.layers):
            for direction in layer.directions:
                yield f"layer_{index}.{direction}", layer

    def named(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """Return the named arrays as views into the flat vector."""
        return {name: flat[place].reshape(shape) for name, place, shape in self._places}

    def penalised(self) -> np.ndarray:
        """Return a (n_parameters,) bool array: true for weights, false for biases."""
        flat = np.ones(self.n_parameters, dtype=bool)
        for name, view in self.named(flat).items():
            if name.endswith(".bias"):
                view[:] = False
        return flat

    def initial(self, activation: str, dtype: np.dtype, random_state: RandomState) -> np.ndarray:
        """Return initial values for all parameters.

        Input and output matrices are uniform within Glorot and Bengio's (2010) bounds, a gate at
        a time. Recurrent matrices are orthogonal, a gate at a time (Saxe et al. 2014), or 0.9
        times the identity for rectified units (Le, Jaitly and Hinton 2015). Biases are zero, but
        for those that the cell names (the LSTM's forget gate starts at one).
        """
        flat = np.zeros(self.n_parameters)
        views = self.named(flat)
        for prefix, layer in self._directions():
            for index, gate in enumerate(self.cell.gates):
                columns = slice(index * layer.n_hidden, (index + 1) * layer.n_hidden)
                input_shape = (layer.n_inputs, layer.n_hidden)
                views[f"{prefix}.input"][:, columns] = _glorot_uniform(input_shape, random_state)
                views[f"{prefix}.recurrent"][:, columns] = (
                    _SCALE_OF_IDENTITY * np.eye(layer.n_hidden)
                    if activation == "relu"
                    else _orthogonal(layer.n_hidden, random_state)
                )
                views[f"{prefix}.bias"][columns] = self.cell.initial_bias.get(gate, 0.0)
        views["output.weight"][:] = _glorot_uniform(self.shapes["output.weight"], random_state)
        # Drawn in float64 whatever the network computes in: one seed, one network.
        return flat.astype(dtype)


def _glorot_uniform(shape: tuple[int, ...], random_state: RandomState) -> np.ndarray:
    bound = np.sqrt(6.0 / (shape[0] + shape[1]))
    return random_state.uniform(-bound, bound, size=shape)


def _orthogonal(size: int, random_state: RandomState) -> np.ndarray:
    q, r = np.linalg.qr(random_state.standard_normal((size, size)))
    # Without the signs, QR's convention would favour some rotations over others.
    return q * np.sign(np.diag(r))

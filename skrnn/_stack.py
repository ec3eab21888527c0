"""The recurrent layers, one on the other, over a window of time steps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._direction import Panels
from ._dropout import Dropout, draw_mask, drop
from ._layer import Layer, LayerPass
from ._minibatch import Minibatch
from ._parallel import Team
from ._parameters import LayerSizes
from ._sequences import Sequences
from ._workspace import Workspace
from .cells import Cell
from .kernels.recurrence import Inputs, Schedule, State


class StackPass(NamedTuple):
    """What the forward pass over a window leaves for the backward pass."""

    schedule: Schedule
    layers: list[LayerPass]
    seeds: np.ndarray | None  # with which the outputs of each layer but the last were dropped


class Stack:
    """Recurrent layers, each on the hidden states of the one below.

    Parameters
    ----------
    cell : Cell
        The kind of cell.
    activation : str
        One of the cell's activations.
    sizes : list of LayerSizes
        From the inputs up.
    dropout : Dropout
        What training drops.
    dtype : dtype
        float32 or float64.
    """

    def __init__(
        self,
        cell: Cell,
        activation: str,
        sizes: list[LayerSizes],
        dropout: Dropout,
        dtype: np.dtype,
    ) -> None:
        self._dtype = dtype
        self._dropout = dropout
        self._sizes = sizes
        self._layers = [
            Layer(cell, activation, layer_sizes, index, dtype)
            for index, layer_sizes in enumerate(sizes)
        ]
        self.top = self._layers[-1]

    @property
    def n_drops(self) -> int:
        """How many seeds a pass with dropout wants: one for each layer but the last."""
        return len(self._layers) - 1 if self._dropout.rate > 0 else 0

    def pack(
        self, named: dict[str, np.ndarray], workspace: Workspace, n_sequences: int
    ) -> list[list[Panels]]:
        """Pack all weights for a forward pass over so many sequences."""
        return [layer.pack(named, workspace, n_sequences) for layer in self._layers]

    def states(self, n_sequences: int, workspace: Workspace) -> list[list[State]]:
        """Return states of zeros, of each layer and direction."""
        return [
            layer.states(n_sequences, "state", [None] * len(layer.directions), workspace)
            for layer in self._layers
        ]

    def states_with_dropout(
        self, n_sequences: int, random_state: np.random.RandomState, workspace: Workspace
    ) -> list[list[State]]:
        """Return states of zeros with masks for recurrent dropout, if there is any."""
        states = self.states(n_sequences, workspace)
        if self._dropout.recurrent_rate == 0:
            return states
        return [
            [
                state._replace(
                    mask=draw_mask(
                        random_state,
                        self._dropout.recurrent_rate,
                        (n_sequences, layer.directions[0].width),
                        self._dtype,
                    )
                )
                for state in states_of_layer
            ]
            for layer, states_of_layer in zip(self._layers, states, strict=True)
        ]

    def forward(
        self,
        team: Team,
        schedule: Schedule,
        packed: list[list[Panels]],
        sequences: Sequences,
        window: Minibatch,
        states: list[list[State]],
        *,
        n_tape_rows: int,
        with_outputs: bool,
        workspace: Workspace,
        seeds: np.ndarray | None = None,
    ) -> StackPass:
        """Run all layers, from the inputs up; `states` go on.

        `with_outputs` is for those of the top layer. Outputs of the others are dropped if there are
        `seeds`, (n_drops,).
        """
        n_features = sequences.n_features
        inputs = Inputs(sequences.values, window.first_value, 1, n_features, n_features)
        passes: list[LayerPass] = []
        for index, (layer, panels, state) in enumerate(
            zip(self._layers, packed, states, strict=True)
        ):
            passed = layer.forward(
                team,
                schedule,
                panels,
                inputs,
                window,
                state,
                n_tape_rows=n_tape_rows,
                n_output_rows=window.n_rows if with_outputs or layer is not self.top else 0,
                workspace=workspace,
            )
            passes.append(passed)
            inputs = layer.inputs_of_next(passed, window)
            if seeds is not None and layer is not self.top:
                drop(passed.outputs, self._dropout.rate, seeds[index])
        return StackPass(schedule, passes, seeds)

    def backward(
        self,
        team: Team,
        named: dict[str, np.ndarray],
        passed: StackPass,
        window: Minibatch,
        *,
        d_features: np.ndarray | None,
        d_outputs: np.ndarray | None,
        gradient: dict[str, np.ndarray],
        workspace: Workspace,
    ) -> None:
        """Run all layers, from the top down, and write the gradients of their weights.

        What comes from above is the gradient of the last states (`d_features`) or of all of the
        top layer's outputs (`d_outputs`).
        """
        nothing = np.empty((0, 0), self._dtype)
        d_above = nothing if d_outputs is None else d_outputs
        for index in range(len(self._layers) - 1, -1, -1):
            below = nothing if index == 0 else passed.layers[index - 1].outputs
            d_values = workspace.zeros(f"layer_{index} d_values", *below.shape)
            self._layers[index].backward(
                team,
                passed.schedule,
                named,
                passed.layers[index],
                window,
                d_features=d_features if index == len(self._layers) - 1 else None,
                d_outputs=d_above,
                d_values=d_values,
                gradient=gradient,
                workspace=workspace,
            )
            d_above = d_values
            if index > 0 and passed.seeds is not None:
                drop(d_above, self._dropout.rate, passed.seeds[index - 1])

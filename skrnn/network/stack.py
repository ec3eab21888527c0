"""The recurrent layers, one on the other, over a window of time steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..cells import Cell
from ..kernels.recurrence import Inputs, Outputs, Schedule, State, Tape
from ..runtime.arena import Workspace
from ..runtime.rows import Minibatch, Sequences
from ..runtime.threads import Team
from .direction import Direction, Panels
from .dropout import Dropout, draw_mask, drop
from .parameters import LayerSizes


class LayerPass(NamedTuple):
    """What the forward pass over one layer leaves for the backward pass."""

    inputs: Inputs
    outputs: np.ndarray  # (n_rows, n_directions * width); no rows if nobody wants them
    tapes: list[Tape]
    states: list[State]


class Layer:
    """A recurrent layer with one or two directions.

    Parameters
    ----------
    cell, activation, sizes, dtype
        As for `Direction`.
    index : int
        Number of the layer, from 0 for the one on the inputs.
    """

    def __init__(
        self, cell: Cell, activation: str, sizes: LayerSizes, index: int, dtype: np.dtype
    ) -> None:
        self.name = f"layer_{index}"
        self.directions = [
            Direction(cell, activation, sizes, f"{self.name}.{direction}", number, dtype)
            for number, direction in enumerate(sizes.directions)
        ]
        self._n_hidden = sizes.n_hidden
        self._width = self.directions[0].width
        self.n_columns = len(self.directions) * self._width  # of the outputs
        # Where each direction's units are among the features that the head sees.
        self._blocks = [
            slice(index * sizes.n_hidden, (index + 1) * sizes.n_hidden)
            for index in range(len(self.directions))
        ]

    def pack(
        self, named: dict[str, np.ndarray], workspace: Workspace, n_sequences: int
    ) -> list[Panels]:
        """Pack the weights of all directions for a forward pass over so many sequences."""
        return [direction.pack(named, workspace, n_sequences) for direction in self.directions]

    def states(
        self,
        n_sequences: int,
        name: str,
        masks: Sequence[np.ndarray | None],
        workspace: Workspace,
    ) -> list[State]:
        """Return states of zeros for all directions, each with its mask for recurrent dropout."""
        return [
            direction.state(n_sequences, name, mask, workspace)
            for direction, mask in zip(self.directions, masks, strict=True)
        ]

    def forward(
        self,
        team: Team,
        schedule: Schedule,
        packed: list[Panels],
        inputs: Inputs,
        batch: Minibatch,
        states: list[State],
        *,
        n_tape_rows: int,
        n_output_rows: int,
        workspace: Workspace,
    ) -> LayerPass:
        """Run all directions, `states` going on; `n_output_rows` is 0 if nobody wants outputs."""
        outputs = workspace.empty(f"{self.name} outputs", n_output_rows, self.n_columns)
        tapes = [direction.tape(n_tape_rows, workspace) for direction in self.directions]
        for direction, panels, tape, state in zip(
            self.directions, packed, tapes, states, strict=True
        ):
            target = Outputs(outputs, batch.first_output, direction.column)
            direction.forward(team, schedule, panels, inputs, tape, state, target)
        return LayerPass(inputs, outputs, tapes, states)

    def inputs_of_next(self, passed: LayerPass, batch: Minibatch) -> Inputs:
        """Return where the layer above finds this layer's hidden states."""
        return Inputs(
            passed.outputs,
            batch.first_output,
            len(self.directions),
            self._n_hidden,
            self._width,
        )

    def features_of_states(self, states: list[State], workspace: Workspace) -> np.ndarray:
        """Return the hidden states of all directions side by side, without padding."""
        return self._side_by_side([state.hidden for state in states], workspace)

    def features_of_columns(self, columns: np.ndarray, workspace: Workspace) -> np.ndarray:
        """Return columns laid out as the layer's outputs are, without padding."""
        blocks = [columns[:, direction.column :] for direction in self.directions]
        return self._side_by_side(blocks, workspace)

    def _side_by_side(self, blocks: list[np.ndarray], workspace: Workspace) -> np.ndarray:
        n_columns = len(blocks) * self._n_hidden
        features = workspace.empty(f"{self.name} features", len(blocks[0]), n_columns)
        for place, block in zip(self._blocks, blocks, strict=True):
            features[:, place] = block[:, : self._n_hidden]
        return features

    def columns_of_features(self, features: np.ndarray) -> np.ndarray:
        """Undo `features_of_columns`; padding is zero."""
        columns = np.zeros((len(features), self.n_columns), features.dtype)
        for place, direction in zip(self._blocks, self.directions, strict=True):
            block = slice(direction.column, direction.column + self._n_hidden)
            columns[:, block] = features[:, place]
        return columns

    def backward(
        self,
        team: Team,
        schedule: Schedule,
        named: dict[str, np.ndarray],
        passed: LayerPass,
        batch: Minibatch,
        *,
        d_features: np.ndarray | None,
        d_outputs: np.ndarray,
        d_values: np.ndarray,
        gradient: dict[str, np.ndarray],
        workspace: Workspace,
    ) -> None:
        """Backpropagate from the last states (`d_features`) or from every step (`d_outputs`)."""
        masks = [state.mask if len(state.mask) else None for state in passed.states]
        d_states = self.states(batch.n_sequences, "d_state", masks, workspace)
        for direction, tape, place, d_state in zip(
            self.directions, passed.tapes, self._blocks, d_states, strict=True
        ):
            if d_features is not None:
                d_state.hidden[:, : self._n_hidden] = d_features[:, place]
            source = Outputs(d_outputs, batch.first_output, direction.column)
            direction.backward(
                team, schedule, named, passed.inputs, tape, d_state, source, d_values,
                gradient, workspace,
            )  # fmt: skip


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

"""One recurrent layer: one or two directions over the same inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ._direction import Direction, Panels
from ._minibatch import Minibatch
from ._parallel import Team
from ._parameters import LayerSizes
from ._workspace import Workspace
from .cells import Cell
from .kernels.recurrence import Inputs, Outputs, Schedule, State, Tape


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

"""One recurrent layer: its directions, their packed weights, and the calls of the kernels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._minibatch import Minibatch
from ._parallel import Team
from ._parameters import LayerSizes
from ._workspace import Workspace
from .cells import Cell, Stage
from .kernels.packing import pack_stage, pack_transposed
from .kernels.processor import TILE_ROWS, lanes, round_up, tile_columns
from .kernels.recurrence import Inputs, Outputs, Schedule, State, Tape, backward, forward
from .kernels.weight_gradient import CHUNK, Scratch, weight_gradient

Panels = tuple[np.ndarray, ...]

_TASKS_OF_THREAD = 4


class _Weights(NamedTuple):
    """The weights of one direction, or their gradients, as the kernels see them."""

    input: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray  # (1, n_gates * n_hidden)


class Direction:
    """One direction of a recurrent layer.

    Parameters
    ----------
    cell : Cell
        The kind of cell.
    activation : str
        One of the cell's activations.
    sizes : LayerSizes
        Sizes of the layer.
    prefix : str
        What the names of its parameters begin with, such as ``"layer_0.forward"``.
    index : int
        0 for the direction that runs from the first step to the last, 1 for the other.
    dtype : dtype
        float32 or float64.
    """

    def __init__(
        self,
        cell: Cell,
        activation: str,
        sizes: LayerSizes,
        prefix: str,
        index: int,
        dtype: np.dtype,
    ) -> None:
        self.prefix = prefix
        self.reverse = index == 1
        self.width = round_up(sizes.n_hidden, lanes(dtype))
        self.column = index * self.width
        self.shape = cell.kernels[activation](
            sizes.n_inputs, sizes.n_hidden, self.width, self.width if cell.own_operand else 0
        )
        self.stages = cell.stages(self.shape)
        self._n_gates = len(cell.gates)
        self._n_saved = cell.n_saved
        self._panel_columns = tile_columns(dtype)
        self._padded_width = round_up(self.width, self._panel_columns)
        # A product writes whole panels: the last one of a stage may run over into what a later
        # stage writes, or into the padding of the row.
        self._gates_width = max(
            stage.first_gate * self.width
            + round_up(stage.n_gates * self.width, self._panel_columns)
            for stage in self.stages
        )

    def _weights(self, named: dict[str, np.ndarray]) -> _Weights:
        return _Weights(
            named[f"{self.prefix}.input"],
            named[f"{self.prefix}.recurrent"],
            named[f"{self.prefix}.bias"].reshape(1, -1),
        )

    def pack(self, named: dict[str, np.ndarray], workspace: Workspace) -> Panels:
        """Pack the weights for the forward pass, a panel set for each stage."""
        weights = self._weights(named)
        packed = []
        for index, stage in enumerate(self.stages):
            panels = self._panels(
                f"forward {index}", stage.n_gates * self.width, stage.depth, workspace
            )
            pack_stage(self.shape, stage, weights, panels)
            packed.append(panels)
        return tuple(packed)

    def _panels(self, name: str, n_columns: int, depth: int, workspace: Workspace) -> np.ndarray:
        n_panels = -(-n_columns // self._panel_columns)
        name = f"{self.prefix} panels {name}"
        # Zeros, of which the padding stays.
        return workspace.zeros(name, n_panels, 1 + depth, self._panel_columns)

    def _pack_backward(self, weights: _Weights, workspace: Workspace) -> Panels:
        """Pack the transposed recurrent weights, a panel set for each stage."""
        packed = []
        for index, stage in enumerate(self.stages):
            panels = self._panels(
                f"backward {index}", self.shape.n_hidden, stage.n_gates * self.width, workspace
            )
            pack_transposed(self.shape, stage.first_gate, stage.n_gates, weights.recurrent, panels)
            packed.append(panels)
        return tuple(packed)

    def _pack_inputs_backward(self, weights: _Weights, workspace: Workspace) -> np.ndarray:
        """Pack the transposed input weights of all gates."""
        depth = self._n_gates * self.width
        panels = self._panels("inputs", self.shape.n_inputs, depth, workspace)
        pack_transposed(self.shape, 0, self._n_gates, weights.input, panels)
        return panels

    def tape(self, n_rows: int, workspace: Workspace) -> Tape:
        """Return an unwritten tape."""
        shape = self.shape
        operand_width = shape.inputs_at + shape.n_inputs + self.width
        return Tape(
            workspace.empty(f"{self.prefix} operand", n_rows, operand_width),
            workspace.empty(f"{self.prefix} gates", n_rows, self._gates_width),
            workspace.empty(f"{self.prefix} saved", n_rows, self._n_saved * self.width),
        )

    def _weight_gradient(
        self, team: Team, stage: Stage, tape: Tape, gradient: _Weights, workspace: Workspace
    ) -> None:
        """Write the gradients of one stage's weights."""
        n_panels = -(-stage.n_gates * self.width // self._panel_columns)
        # A few tasks a thread, so that none is idle for long when the others still have one.
        n_wanted = 1 if team.n_threads == 1 else _TASKS_OF_THREAD * team.n_threads
        part_depth = round_up(-(-stage.depth // -(-n_wanted // n_panels)), TILE_ROWS)
        n_tasks = n_panels * -(-stage.depth // part_depth)
        scratch = Scratch(
            workspace.empty("scratch packed", n_tasks * CHUNK, self._panel_columns),
            workspace.empty("scratch product", n_tasks * part_depth, self._panel_columns),
            workspace.empty("scratch sums", n_tasks, self._panel_columns),
        )
        weight_gradient(
            team.mailbox, n_tasks, self.shape, stage, part_depth, tape, scratch, gradient
        )

    def state(self, n_sequences: int, name: str, workspace: Workspace) -> State:
        """Return a state of zeros."""
        return State(
            workspace.zeros(f"{self.prefix} {name} hidden", n_sequences, self._padded_width),
            workspace.zeros(f"{self.prefix} {name} memory", n_sequences, self._padded_width),
        )

    def forward(
        self,
        team: Team,
        schedule: Schedule,
        panels: Panels,
        inputs: Inputs,
        tape: Tape,
        state: State,
        outputs: Outputs,
    ) -> None:
        """Run over the minibatch; `state` holds the last states afterwards."""
        forward(
            team.mailbox, self.shape, self.reverse, schedule, panels, inputs, tape, state, outputs
        )  # fmt: skip

    def backward(
        self,
        team: Team,
        schedule: Schedule,
        named: dict[str, np.ndarray],
        inputs: Inputs,
        tape: Tape,
        d_state: State,
        d_outputs: Outputs,
        d_values: np.ndarray,
        gradient: dict[str, np.ndarray],
        workspace: Workspace,
    ) -> None:
        """Write the gradients of the weights; add the inputs' to `d_values`, if it has rows."""
        weights = self._weights(named)
        n_inputs = round_up(self.shape.n_inputs, self._panel_columns) if len(d_values) else 0
        d_operand = workspace.empty(f"{self.prefix} d_operand", len(d_state.hidden), n_inputs)
        input_panels = self._pack_inputs_backward(weights, workspace)
        panels = self._pack_backward(weights, workspace)
        backward(
            team.mailbox, self.shape, self.reverse, schedule, panels, inputs, tape, d_state,
            d_outputs, input_panels, d_operand, d_values,
        )  # fmt: skip
        for stage in self.stages:
            self._weight_gradient(team, stage, tape, self._weights(gradient), workspace)


class LayerPass(NamedTuple):
    """What the forward pass over one layer leaves for the backward pass."""

    inputs: Inputs
    outputs: np.ndarray  # (n_rows, n_directions * width); no rows for the top layer
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

    def pack(self, named: dict[str, np.ndarray], workspace: Workspace) -> list[Panels]:
        """Pack the weights of all directions for the forward pass."""
        return [direction.pack(named, workspace) for direction in self.directions]

    def forward(
        self,
        team: Team,
        schedule: Schedule,
        packed: list[Panels],
        inputs: Inputs,
        batch: Minibatch,
        *,
        n_tape_rows: int,
        n_output_rows: int,
        workspace: Workspace,
    ) -> LayerPass:
        """Run all directions; `n_output_rows` is 0 where no layer stands above."""
        n_columns = len(self.directions) * self._width
        outputs = workspace.empty(f"{self.name} outputs", n_output_rows, n_columns)
        tapes = [direction.tape(n_tape_rows, workspace) for direction in self.directions]
        states = [
            direction.state(batch.n_sequences, "state", workspace) for direction in self.directions
        ]
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

    def features(self, passed: LayerPass, workspace: Workspace) -> np.ndarray:
        """Return the last hidden states of all directions side by side, each padded."""
        n_sequences = len(passed.states[0].hidden)
        n_columns = len(self.directions) * self._width
        features = workspace.empty(f"{self.name} features", n_sequences, n_columns)
        for direction, state in zip(self.directions, passed.states, strict=True):
            block = slice(direction.column, direction.column + self._width)
            features[:, block] = state.hidden[:, : self._width]
        return features

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
        for direction, tape in zip(self.directions, passed.tapes, strict=True):
            d_state = direction.state(batch.n_sequences, "d_state", workspace)
            if d_features is not None:
                block = slice(direction.column, direction.column + self._width)
                d_state.hidden[:, : self._width] = d_features[:, block]
            source = Outputs(d_outputs, batch.first_output, direction.column)
            direction.backward(
                team, schedule, named, passed.inputs, tape, d_state, source, d_values,
                gradient, workspace,
            )  # fmt: skip

"""One direction of a recurrent layer: its packed weights, its memory, the calls of the kernels."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..cells import Cell, Stage
from ..kernels.packing import Weights, pack_stage, pack_transposed, unpack_stage
from ..kernels.processor import lanes, round_up, tile_columns
from ..kernels.product import Packed, address_of_product, address_of_row_product
from ..kernels.recurrence import Inputs, Outputs, Schedule, State, Tape, backward, forward
from ..kernels.weight_gradient import STRIDE, Blocks, Scratch, weight_gradient
from ..runtime.arena import Workspace
from ..runtime.threads import Team
from .parameters import LayerSizes

Panels = tuple[Packed, ...]

# Columns of the operand in a block of the weight gradient: a chunk of more would fill half of the
# second-level cache.
_DEEPEST_PART = 1024


@cache
def _blocks(depth: int, n_panels: int, panel_columns: int, vector: int, n_wanted: int) -> Blocks:
    """Cut a weight gradient into about `n_wanted` blocks, as square as can be: they copy least."""
    n_parts, n_groups = -(-depth // _DEEPEST_PART), 1
    while n_parts * n_groups < n_wanted:
        if n_groups < n_panels and n_panels * panel_columns * n_parts >= depth * n_groups:
            n_groups *= 2
        elif depth > n_parts * vector:
            n_parts *= 2
        else:
            break
    part_depth = round_up(-(-depth // n_parts), vector)
    group_panels = -(-n_panels // min(n_groups, n_panels))
    return Blocks(-(-depth // part_depth), part_depth, -(-n_panels // group_panels), group_panels)


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
        self._dtype = dtype
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

    def _weights(self, named: dict[str, np.ndarray]) -> Weights:
        return Weights(
            named[f"{self.prefix}.input"],
            named[f"{self.prefix}.recurrent"],
            named[f"{self.prefix}.bias"].reshape(1, -1),
        )

    def pack(self, named: dict[str, np.ndarray], workspace: Workspace, n_sequences: int) -> Panels:
        """Pack the weights for a forward pass over so many sequences, a panel set a stage."""
        weights = self._weights(named)
        # Compiled only where every product is of one row.
        row_product = address_of_row_product(self._dtype) if n_sequences == 1 else 0
        packed = []
        for index, stage in enumerate(self.stages):
            n_columns = stage.n_gates * self.width
            panels = self._panels(f"forward {index}", n_columns, stage.depth, workspace)
            pack_stage(self.shape, stage, weights, panels)
            packed.append(Packed(panels, address_of_product(self._dtype), row_product))
        return tuple(packed)

    def _panels(self, name: str, n_columns: int, depth: int, workspace: Workspace) -> np.ndarray:
        n_panels = -(-n_columns // self._panel_columns)
        # Packing leaves the padding alone, which stays zero.
        return workspace.kept(
            f"{self.prefix} panels {name}", n_panels, 1 + depth, self._panel_columns
        )

    def _pack_backward(self, weights: Weights, workspace: Workspace) -> Panels:
        """Pack the transposed recurrent weights, a panel set for each stage."""
        return tuple(
            self._pack_transposed(
                f"backward {index}",
                weights.recurrent,
                stage.gates,
                workspace,
            )
            for index, stage in enumerate(self.stages)
        )

    def _pack_transposed(
        self, name: str, weights: np.ndarray, gates: range, workspace: Workspace
    ) -> Packed:
        """Pack the transposed rows (.., n_all_gates * n_hidden) of weights, if there are any."""
        panels = self._panels(name, len(weights), len(gates) * self.width, workspace)
        pack_transposed(self.shape, gates, weights, panels)
        return Packed(panels, address_of_product(self._dtype))

    def tape(self, n_rows: int, workspace: Workspace) -> Tape:
        """Return an unwritten tape."""
        shape = self.shape
        # Whole vectors: no two rows share a cache line, nor then two threads.
        n_columns = shape.inputs_at + shape.n_inputs + self.width
        operand_width = round_up(n_columns, lanes(self._dtype))
        return Tape(
            workspace.empty(f"{self.prefix} operand", n_rows, operand_width),
            workspace.empty(f"{self.prefix} gates", n_rows, self._gates_width),
            workspace.empty(f"{self.prefix} saved", n_rows, self._n_saved * self.width),
        )

    def _weight_gradient(
        self, team: Team, stage: Stage, tape: Tape, gradient: Weights, workspace: Workspace
    ) -> None:
        """Write the gradients of one stage's weights."""
        columns, vector = self._panel_columns, lanes(self._dtype)
        n_panels = -(-stage.n_gates * self.width // columns)
        # One for each thread: with four, which would leave a late thread less to do, each side is
        # copied more often, and the whole took 1.2 to 1.4 times as long.
        blocks = _blocks(stage.depth, n_panels, columns, vector, team.n_threads)
        n_tasks = blocks.n_parts * blocks.n_groups
        n_strips = n_tasks * blocks.part_depth // vector
        scratch = Scratch(
            workspace.empty("scratch strips", n_strips * STRIDE, vector),
            workspace.empty("scratch panels", n_tasks * blocks.group_panels * STRIDE, columns),
            address_of_product(self._dtype),
        )
        result = workspace.zeros("scratch result", n_panels * (1 + stage.depth), columns)
        weight_gradient(team.mailbox, self.shape, stage, blocks, tape, scratch, result)
        panels = result.reshape(n_panels, 1 + stage.depth, columns)
        unpack_stage(self.shape, stage, panels, gradient)

    def state(
        self, n_sequences: int, name: str, mask: np.ndarray | None, workspace: Workspace
    ) -> State:
        """Return a state of zeros; `mask` (n_sequences, width) is for recurrent dropout."""
        return State(
            workspace.zeros(f"{self.prefix} {name} hidden", n_sequences, self._padded_width),
            workspace.zeros(f"{self.prefix} {name} memory", n_sequences, self._padded_width),
            workspace.empty("no mask", 0, self.width) if mask is None else mask,
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
        # The bottom layer's inputs are data, of which nobody wants the gradient.
        n_inputs = self.shape.n_inputs if len(d_values) else 0
        n_columns = round_up(n_inputs, self._panel_columns)
        d_operand = workspace.empty(f"{self.prefix} d_operand", len(d_state.hidden), n_columns)
        input_panels = self._pack_transposed(
            "inputs", weights.input[:n_inputs], range(self._n_gates), workspace
        )
        panels = self._pack_backward(weights, workspace)
        backward(
            team.mailbox, self.shape, self.reverse, schedule, panels, inputs, tape, d_state,
            d_outputs, input_panels, d_operand, d_values,
        )  # fmt: skip
        for stage in self.stages:
            self._weight_gradient(team, stage, tape, self._weights(gradient), workspace)

"""One direction of a recurrent layer: its parameters, packed weights, and calls of the kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..cells import Cell
from ..kernels.compilation import Bound
from ..kernels.packing import Weights, add_unpacked, pack_stage, pack_transposed
from ..kernels.processor import lanes, round_up, tile_columns
from ..kernels.product import Packed, address_of_product, address_of_row_product
from ..kernels.recurrence import Inputs, Outputs, State, Tape, Timetable, backward, forward
from ..kernels.weight_gradient import weight_gradient
from ..runtime.arena import Arena
from ..runtime.parameters import Parameter
from ..runtime.rows import Rows
from ..runtime.run import Run
from .dropout import mask_of_weights, places
from .gradient_blocks import gradient_task
from .initial import Initial
from .saturation import saturated_share
from .states import Carried

Panels = tuple[Packed, ...]


class Kind(NamedTuple):
    """What all recurrent layers of a network have in common."""

    cell: Cell
    activation: str
    dtype: np.dtype


class DirectionTape(NamedTuple):
    """What the way there leaves for the way back."""

    rows: Rows
    timetable: Timetable
    tape: Tape
    mask: np.ndarray  # (n_sequences, width) for recurrent dropout; no rows if nothing is dropped


class Direction:
    """One direction of a recurrent layer.

    Parameters
    ----------
    kind : Kind
    n_inputs, n_hidden : int
    prefix : str
        What the names of its parameters begin with, such as ``"layer_0.forward"``.
    reverse : bool
        Whether it runs from the last step to the first.
    weight_dropout : float
        Share of the weights of the hidden state that training drops.
    """

    def __init__(
        self,
        kind: Kind,
        n_inputs: int,
        n_hidden: int,
        prefix: str,
        *,
        reverse: bool,
        weight_dropout: float = 0.0,
    ) -> None:
        cell, _, dtype = kind
        self._weight_dropout, (self._place,) = weight_dropout, places(prefix, 1)
        self.kind, self.prefix, self._reverse, self.dtype = kind, prefix, reverse, dtype
        self._names = tuple(f"{prefix}.{name}" for name in ("input", "recurrent", "bias"))
        self.width = round_up(n_hidden, lanes(dtype))
        own_operand = self.width if cell.own_operand else 0
        self.shape = cell.kernels[kind.activation](n_inputs, n_hidden, self.width, own_operand)
        self.stages = cell.stages(self.shape)
        self._forward, self._backward = Bound(forward), Bound(backward)
        self._gradient_of_weights = Bound(weight_gradient)
        self._product = address_of_product(dtype)
        self._panel_columns = tile_columns(dtype)
        self.padded_width = round_up(self.width, self._panel_columns)
        depth = len(cell.gates) * self.width
        no_panels = np.zeros((0, 1 + depth, self._panel_columns), dtype)
        self._no_inputs = Packed(no_panels, self._product)
        # Whole vectors: no two rows share a cache line, nor then two threads.
        self._operand_width = round_up(self.shape.inputs_at + n_inputs + self.width, lanes(dtype))
        # A product writes whole panels: the last one of a stage may run over into what a later
        # stage writes, or into the padding of the row.
        self.gates_width = max(
            stage.first_gate * self.width
            + round_up(stage.n_gates * self.width, self._panel_columns)
            for stage in self.stages
        )

    @property
    def parameters(self) -> list[Parameter]:
        """Weights of the inputs and of the hidden state, and a bias, gate beside gate."""
        n_inputs, n_hidden = self.shape.n_inputs, self.shape.n_hidden
        n_columns = len(self.kind.cell.gates) * n_hidden
        of_inputs, recurrent, bias = self._names
        initial = Initial(self.kind.cell, self.kind.activation, n_inputs, n_hidden)
        return [
            Parameter(of_inputs, (n_inputs, n_columns), initial.input),
            Parameter(recurrent, (n_hidden, n_columns), initial.recurrent),
            Parameter(bias, (n_columns,), initial.bias, penalised=False),
        ]

    def _weights(self, run: Run) -> Weights:
        weights, kept = Weights(*(run.weights[name] for name in self._names)), self._kept(run)
        return weights if kept is None else weights._replace(recurrent=weights.recurrent * kept)

    def _gradient(self, run: Run) -> Weights:
        assert run.gradient is not None
        return Weights(*(run.gradient[name] for name in self._names))

    def _kept(self, run: Run) -> np.ndarray | None:
        """Return what the weights of the hidden state are multiplied by, if some are dropped."""
        if run.seed is None or self._weight_dropout == 0:
            return None
        return run.packing.of((self, "kept"), self._draw_kept, run)

    def _draw_kept(self, run: Run) -> np.ndarray:
        shape = run.weights[self._names[1]].shape
        return mask_of_weights(run, self._place, self._weight_dropout, shape)

    def pack(self, run: Run) -> Panels:
        """Return the weights packed for the way there, a panel set a stage."""
        return run.packing.of((self, "forward"), self._pack_forward, run)

    def _pack_forward(self, run: Run) -> Panels:
        weights, packed = self._weights(run), []
        for index, stage in enumerate(self.stages):
            panels = self._panels(run, f"forward {index}", stage.n_gates * self.width, stage.depth)
            pack_stage(self.shape, stage, weights, panels)
            packed.append(Packed(panels, self._product))
        return tuple(packed)

    def _pack_for_one_row(self, run: Run) -> Panels:
        # Compiled only where every product is of one row.
        row_product = address_of_row_product(self.dtype)
        return tuple(packed._replace(row_product=row_product) for packed in self.pack(run))

    def _panels(self, run: Run, name: str, n_columns: int, depth: int) -> np.ndarray:
        n_panels = -(-n_columns // self._panel_columns)
        return run.packing.memory((self, name), n_panels, 1 + depth, self._panel_columns)

    def _pack_backward(self, run: Run) -> Panels:
        """Pack the transposed recurrent weights, a panel set for each stage."""
        recurrent = self._weights(run).recurrent
        return tuple(
            self._transposed(run, f"backward {index}", recurrent, stage.gates)
            for index, stage in enumerate(self.stages)
        )

    def _pack_inputs(self, run: Run) -> Packed:
        """Pack the transposed weights of the inputs, for their gradient."""
        gates = range(len(self.kind.cell.gates))
        return self._transposed(run, "inputs", self._weights(run).input, gates)

    def _transposed(self, run: Run, name: str, weights: np.ndarray, gates: range) -> Packed:
        """Pack the transposed rows (.., n_all_gates * n_hidden) of weights, if there are any."""
        panels = self._panels(run, name, len(weights), len(gates) * self.width)
        pack_transposed(self.shape, gates, weights, panels)
        return Packed(panels, self._product)

    def forward(
        self, run: Run, rows: Rows, carried: Carried, mask: np.ndarray, outputs: Outputs
    ) -> DirectionTape:
        """Run over the rows; `carried` holds the last states afterwards."""
        inputs = self._inputs(run, rows)
        arguments, passed = self._forward_arguments(run, rows, inputs, carried, mask, outputs)
        self._forward.call(*arguments)
        return passed

    def bound(
        self, run: Run, rows: Rows, carried: Carried, mask: np.ndarray, outputs: Outputs
    ) -> Callable[[], None]:
        """Return what runs over these rows, whatever is in them then, as often as it is called."""
        inputs = self._inputs_of_step(run, rows)
        arguments, _ = self._forward_arguments(run, rows, inputs, carried, mask, outputs)
        return lambda: self._forward.call(*arguments)

    def _panels_for(self, run: Run, rows: Rows) -> Panels:
        """Return the packed weights for so many sequences."""
        if rows.plan.n_sequences == 1:
            return run.packing.of((self, "one row"), self._pack_for_one_row, run)
        return self.pack(run)

    def _inputs(self, run: Run, rows: Rows) -> Inputs:
        """Return what the kernel takes as inputs."""
        return rows.as_inputs()

    def _inputs_of_step(self, run: Run, rows: Rows) -> Inputs:
        """Return what the kernel takes as inputs, whatever is in the rows later."""
        return self._inputs(run, rows)

    def _forward_arguments(
        self,
        run: Run,
        rows: Rows,
        inputs: Inputs,
        carried: Carried,
        mask: np.ndarray,
        outputs: Outputs,
    ) -> tuple[tuple[Any, ...], DirectionTape]:
        """Return the kernel's arguments, and what it leaves."""
        plan = rows.plan
        taped = run.gradient is not None
        n_rows = plan.n_rows if taped else plan.n_sequences
        tape = run.arena.made((self, n_rows), self._new_tape, run.arena, n_rows)
        timetable = plan.timetable(run.team.n_threads, taped=taped)
        arguments = (
            run.team.mailbox, self.shape, self._reverse, timetable, self._panels_for(run, rows),
            inputs, tape, State(*carried, mask), outputs,
        )  # fmt: skip
        return arguments, DirectionTape(rows, timetable, tape, mask)

    def saturated_share(self, passed: DirectionTape) -> float:
        """Return which share of the gates is saturated, before the way back; or NaN."""
        cell, activation, _ = self.kind
        return saturated_share(cell, activation, self.shape, passed.tape.gates)

    def _new_tape(self, arena: Arena, n_rows: int) -> Tape:
        """Return an unwritten tape."""
        return Tape(
            arena.empty(n_rows, self._operand_width),
            arena.empty(n_rows, self.gates_width),
            arena.empty(n_rows, self.kind.cell.n_saved * self.width),
        )

    def backward(
        self,
        run: Run,
        passed: DirectionTape,
        d_carried: Carried,
        d_outputs: Outputs,
        d_values: np.ndarray,
    ) -> None:
        """Add the gradients of the weights, and the inputs' to `d_values` if it has rows.

        `d_carried` comes as the gradient of the last states and leaves as that of the first.
        """
        packing, mark = run.packing, run.arena.mark()
        panels = packing.of((self, "backward"), self._pack_backward, run)
        # The bottom layer's inputs may be data, of which nobody wants the gradient.
        if len(d_values):
            input_panels = packing.of((self, "inputs"), self._pack_inputs, run)
        else:
            input_panels = self._no_inputs
        n_columns = input_panels.panels.shape[0] * self._panel_columns
        d_operand = run.arena.empty(len(d_carried.hidden), n_columns)
        self._backward.call(
            run.team.mailbox, self.shape, self._reverse, passed.timetable, panels,
            passed.rows.as_inputs(), passed.tape, State(*d_carried, passed.mask), d_outputs,
            input_panels, d_operand, d_values,
        )  # fmt: skip
        if not self.kind.cell.has_memory:
            d_carried.memory.fill(0)  # it served as working memory
        gradient, kept = self._gradient(run), self._kept(run)
        if kept is not None:
            of_kept, gradient = gradient, gradient._replace(recurrent=np.zeros_like(kept))
        for stage in self.stages:
            run.arena.release(mark)
            n_threads, n_columns = run.team.n_threads, stage.n_gates * self.width
            key = self, stage.first_gate, n_threads
            task = run.arena.made(
                key, gradient_task, run.arena, stage.depth, n_columns, n_threads, self._product
            )
            task.result.fill(0)
            self._gradient_of_weights.call(
                run.team.mailbox, self.shape, stage, task.blocks, passed.tape, task.workspace,
                task.result,
            )  # fmt: skip
            add_unpacked(self.shape, stage, task.panels, gradient)
        if kept is not None:
            np.add(of_kept.recurrent, gradient.recurrent * kept, out=of_kept.recurrent)
        run.arena.release(mark)

"""The recurrent layers, one on the other, over the rows of a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..cells import CELLS
from ..kernels.recurrence import Outputs
from ..runtime.arena import Arena
from ..runtime.parameters import Parameter
from ..runtime.rows import Columns, Plan, Rows, in_c_order
from ..runtime.run import Run
from .direction import Direction, DirectionTape, Kind
from .dropout import NOTHING_DROPPED, Dropout, drop, mask_of, places
from .part import Example
from .states import Carried, States

DIRECTIONS = ("forward", "backward")


class _Layer:
    """One or two directions over the same inputs, their hidden states side by side."""

    def __init__(self, name: str, directions: Sequence[Direction], n_hidden: int) -> None:
        self.name, self.directions = name, directions
        self.columns = Columns(len(directions), n_hidden, directions[0].width)
        self.no_mask = np.empty((0, self.columns.block_stride), directions[0].dtype)
        # Where the outputs are dropped from, and the hidden states of each direction.
        self.place, *self.places_of_masks = places(name, 1 + len(directions))

    def on(self, directions: Sequence[Direction]) -> _Layer:
        """Return the same layer with other directions."""
        return _Layer(self.name, directions, self.columns.block_width)

    def parts_of(self, values: np.ndarray, plan: Plan) -> list[Outputs]:
        """Return where each direction has its columns of the outputs, or of their gradient."""
        stride = self.columns.block_stride
        return [
            Outputs(values, plan.first, number * stride) for number in range(len(self.directions))
        ]


class StackTape(NamedTuple):
    """What the way there leaves for the way back."""

    rows: list[Rows]  # that each layer saw
    outputs: Rows | None  # of the top layer, if anybody wants them
    directions: list[list[DirectionTape]]
    layers: Sequence[_Layer]  # from the inputs up
    n_states: int  # sequences that there are states of
    below: Any = None  # what a part below the layers leaves


class Stack:
    """Recurrent layers, each on the hidden states of the one below.

    Parameters
    ----------
    kind : Kind
        Of all layers.
    n_features : int
        Numbers in a row that the bottom layer sees.
    hidden_layer_sizes : tuple of int
        From the inputs up.
    bidirectional : bool
    dropout : Dropout
        What training drops.
    prefix : str
        What the names of the parameters begin with, where a network has several stacks.
    """

    def __init__(
        self,
        kind: Kind,
        n_features: int,
        hidden_layer_sizes: tuple[int, ...],
        *,
        bidirectional: bool = False,
        dropout: Dropout = NOTHING_DROPPED,
        prefix: str = "",
    ) -> None:
        directions = DIRECTIONS if bidirectional else DIRECTIONS[:1]
        self.bidirectional, self._dropout = bidirectional, dropout
        self._layers: list[_Layer] = []
        n_inputs = n_features
        for index, n_hidden in enumerate(hidden_layer_sizes):
            name = f"{prefix}layer_{index}"
            of_layer = [
                Direction(
                    kind, n_inputs, n_hidden, f"{name}.{way}",
                    reverse=way == "backward", weight_dropout=dropout.weight_rate,
                )
                for way in directions
            ]  # fmt: skip
            self._layers.append(_Layer(name, of_layer, n_hidden))
            n_inputs = n_hidden * len(directions)
        self.columns = self._layers[-1].columns

    @property
    def parameters(self) -> list[Parameter]:
        """Those of all directions, from the inputs up."""
        return [p for layer in self._layers for one in layer.directions for p in one.parameters]

    def n_handed_on(self, *, every_step: bool) -> int:
        """Return how many numbers the layers hand on at a time step; the top one, if wanted."""
        handed_on = self._layers if every_step else self._layers[:-1]
        return sum(layer.columns.n_padded for layer in handed_on)

    @staticmethod
    def examples(dtype: np.dtype) -> Iterator[Example]:
        """Give stacks of every cell for the tests that hold for all parts."""
        for cell in CELLS.values():
            for activation in cell.kernels:
                for bidirectional in (False, True):
                    kind = Kind(cell, activation, dtype)
                    sizes = (3, 2)
                    stack = Stack(kind, 2, sizes, bidirectional=bidirectional)
                    way = "both ways" if bidirectional else "forwards"
                    name = f"{cell.name} {activation} {way}"
                    yield Example(name, stack, Columns(1, 2, 2), sizes, cell.has_memory)

    def pack(self, run: Run) -> None:
        """Pack all weights for the way there."""
        for layer in self._layers:
            for direction in layer.directions:
                direction.pack(run)

    def zeros(self, arena: Arena, n_sequences: int) -> States:
        """Return states of zeros."""
        numbers, states = arena.made((self, n_sequences), self._states, arena, n_sequences)
        numbers.fill(0)
        return states

    def _states(self, arena: Arena, n_sequences: int) -> tuple[np.ndarray, States]:
        """Return the memory of all states, and states that it holds."""
        widths = [one.padded_width for layer in self._layers for one in layer.directions]
        numbers = arena.empty(2 * n_sequences * sum(widths))
        parts = iter(np.split(numbers, np.cumsum(np.repeat(widths, 2))[:-1] * n_sequences))
        return numbers, States(
            [
                [
                    Carried(*(next(parts).reshape(n_sequences, -1) for _ in Carried._fields))
                    for _ in layer.directions
                ]
                for layer in self._layers
            ]
        )

    def forward(
        self, run: Run, rows: Rows, states: States | None = None, *, every_step: bool = True
    ) -> tuple[Rows | None, States, StackTape]:
        """Run all layers, from the inputs up.

        Parameters
        ----------
        run : Run
        rows : Rows
        states : States or None
            Where to begin; they are not changed. There may be more of them than sequences, if the
            rows are a window that not all have come to. None begins with zeros.
        every_step : bool
            Whether the top layer's outputs are wanted.

        Returns
        -------
        outputs : Rows or None
            The top layer's hidden states.
        states : States
            Those after the last step.
        tape : StackTape
        """
        return self._forward_over(self._layers, run, rows, states, every_step=every_step)

    def _forward_over(
        self,
        layers: Sequence[_Layer],
        run: Run,
        rows: Rows,
        states: States | None,
        *,
        every_step: bool,
    ) -> tuple[Rows | None, States, StackTape]:
        """Do as `forward` over these layers."""
        plan, arena = rows.plan, run.arena
        states = states.copied(arena) if states else self.zeros(arena, plan.n_sequences)
        seen: list[Rows] = []
        tapes: list[list[DirectionTape]] = []
        for layer, carried in zip(layers, states, strict=True):
            is_top = layer is layers[-1]
            n_rows = plan.n_rows if every_step or not is_top else 0
            values = arena.empty(n_rows, layer.columns.n_padded)
            outputs = Rows(values, plan, plan.first, layer.columns)
            of_directions = layer.parts_of(values, plan)
            tapes.append(
                [
                    direction.forward(
                        run,
                        rows,
                        carried[number],
                        self._mask(run, layer, number, plan),
                        of_directions[number],
                    )
                    for number, direction in enumerate(layer.directions)
                ]
            )
            seen.append(rows)
            rows = outputs
            if not is_top:
                drop(run, layer.place, self._dropout.rate, outputs)
        wanted = rows if every_step else None
        return wanted, states, StackTape(seen, wanted, tapes, layers, states.n_sequences)

    def bound(self, run: Run, rows: Rows, states: States) -> tuple[list[Callable[[], None]], Rows]:
        """Return what runs over these rows as often as it is called, and where its outputs are.

        The states are changed. No direction may go from the end to the beginning.
        """
        return self._bound_over(self._layers, run, rows, states)

    def _bound_over(
        self, layers: Sequence[_Layer], run: Run, rows: Rows, states: States
    ) -> tuple[list[Callable[[], None]], Rows]:
        """Do as `bound` over these layers."""
        calls: list[Callable[[], None]] = []
        for layer, (carried,) in zip(layers, states, strict=True):
            values = run.arena.empty(rows.plan.n_rows, layer.columns.n_padded)
            (outputs,) = layer.parts_of(values, rows.plan)
            (direction,) = layer.directions
            calls.append(direction.bound(run, rows, carried, layer.no_mask, outputs))
            rows = Rows(values, rows.plan, rows.plan.first, layer.columns)
        return calls, rows

    def _mask(self, run: Run, layer: _Layer, number: int, plan: Plan) -> np.ndarray:
        if run.seed is None:
            return layer.no_mask
        columns = layer.columns._replace(n_blocks=1)
        place, rate = layer.places_of_masks[number], self._dropout.recurrent_rate
        return mask_of(run, place, rate, plan, columns)

    def saturated_share(self, tape: StackTape) -> float:
        """Return which share of the bottom layer's gates is saturated, before the way back."""
        directions = tape.layers[0].directions
        shares = [
            direction.saturated_share(passed)
            for direction, passed in zip(directions, tape.directions[0], strict=True)
        ]
        return sum(shares) / len(shares)

    def backward(
        self,
        run: Run,
        tape: StackTape,
        d_outputs: np.ndarray | None = None,
        d_states: States | None = None,
    ) -> tuple[np.ndarray | None, States]:
        """Run all layers, from the top down, and add the gradients of their weights.

        Parameters
        ----------
        run : Run
        tape : StackTape
        d_outputs : ndarray of shape (n_rows, n_columns) or None
            The gradient of the top layer's outputs.
        d_states : States or None
            The gradient of the last states; it is not changed.

        Returns
        -------
        d_values : ndarray or None
            The gradient of the rows' values, if the rows want one.
        d_states : States
            The gradient of the states that the way there began with.
        """
        arena = run.arena
        d_states = d_states.copied(arena) if d_states else self.zeros(arena, tape.n_states)
        return self.backward_from(run, tape, d_outputs, d_states)

    def backward_from(
        self, run: Run, tape: StackTape, d_outputs: np.ndarray | None, d_states: States
    ) -> tuple[np.ndarray | None, States]:
        """Do as `backward`, but overwrite `d_states` with the gradient of the first states."""
        arena = run.arena
        nothing = arena.empty(0, 0)
        d_above = nothing if d_outputs is None else in_c_order(d_outputs)
        for index in range(len(tape.layers) - 1, -1, -1):
            layer, rows = tape.layers[index], tape.rows[index]
            d_values = arena.zeros(*rows.values.shape) if rows.wants_gradient else nothing
            of_directions = layer.parts_of(d_above, rows.plan)
            for number, direction in enumerate(layer.directions):
                direction.backward(
                    run, tape.directions[index][number], d_states[index][number],
                    of_directions[number], d_values,
                )  # fmt: skip
            if index > 0:
                dropped = rows._replace(values=d_values)
                drop(run, tape.layers[index - 1].place, self._dropout.rate, dropped)
            d_above = d_values
        return (d_above if tape.rows[0].wants_gradient else None), d_states

"""What the rest of the package must know of a cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..kernels.cell_type import tell_apart


class CellShape(NamedTuple):
    """The numbers that a cell's kernels see; each cell subclasses it, and the type chooses kernels.

    `width` is `n_hidden` rounded up to whole vectors. Each step's operand holds the inputs at
    column `inputs_at` and the hidden state right after them; columns before `inputs_at` are the
    cell's own.
    """

    n_inputs: int
    n_hidden: int
    width: int
    inputs_at: int

    @classmethod
    def __init_subclass__(cls) -> None:
        tell_apart(cls)


class Stage(NamedTuple):
    """One matrix product of a step: some columns of the operand times the weights of some gates.

    The operand's columns are `depth` many from `operand_at` on; in them the recurrent weights'
    rows begin at `recurrent_at` and the input weights' rows at `inputs_at`.
    """

    first_gate: int
    n_gates: int
    operand_at: int
    depth: int
    recurrent_at: int
    inputs_at: int

    @property
    def gates(self) -> range:
        """The gates, as numbers among all of the cell's."""
        return range(self.first_gate, self.first_gate + self.n_gates)


@dataclass(frozen=True)
class Cell:
    """A cell, as the network sees it."""

    name: str
    gates: tuple[str, ...]
    kernels: Mapping[str, type[CellShape]]  # for each activation it offers
    stages: Callable[[CellShape], tuple[Stage, ...]]
    own_operand: bool = False  # a block as wide as the state, before the inputs
    has_memory: bool = False  # whether it carries more than the hidden state
    n_saved: int = 0  # vectors a step saves on the tape besides operand and gates
    # Biases that do not begin at zero; and the gates whose biases decide how long a unit remembers:
    # 1.0 where a large bias keeps the state, -1.0 where it replaces it.
    initial_bias: Mapping[str, float] = field(default_factory=dict)
    remembering: Mapping[str, float] = field(default_factory=dict)
    gate_activations: Mapping[str, str] = field(default_factory=dict)  # others have the layer's


def single_stage(n_gates: int) -> Callable[[CellShape], tuple[Stage, ...]]:
    """Return the stages of a cell whose gates all see the inputs and the last hidden state."""

    def stages(shape: CellShape) -> tuple[Stage, ...]:
        depth = shape.n_inputs + shape.n_hidden
        return (Stage(0, n_gates, 0, depth, recurrent_at=shape.n_inputs, inputs_at=0),)

    return stages

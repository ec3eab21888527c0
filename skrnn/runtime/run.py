"""What a pass through the parts of a network works with."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from .arena import Arena
from .threads import Team

T = TypeVar("T")
Reads = Callable[[str, np.ndarray], None]


class Packing:
    """Weights in the order in which kernels read them, packed when they are first asked for.

    Their memory is kept: packing leaves the padding alone, which stays zero.
    """

    def __init__(self, dtype: np.dtype) -> None:
        self._dtype = dtype
        self._packed: dict[Hashable, Any] = {}
        self._memory: dict[Hashable, np.ndarray] = {}

    def of(self, key: Hashable, pack: Callable[[Run], T], run: Run) -> T:
        """Return what `pack` makes of the run's weights, made once for these weights."""
        packed = self._packed.get(key)
        if packed is None:
            packed = self._packed[key] = pack(run)
        return packed

    def memory(self, key: Hashable, *shape: int) -> np.ndarray:
        """Return an array of zeros at first, later as it was left."""
        array = self._memory.get(key)
        if array is None:
            array = self._memory[key] = np.zeros(shape, self._dtype)
        return array

    def forget(self) -> None:
        """Note that the weights have changed."""
        self._packed.clear()


@dataclass(slots=True)
class Run:
    """One pass there, and one back if it has a gradient.

    Parameters
    ----------
    weights : mapping of str to ndarray
        The parameters by name.
    gradient : mapping of str to ndarray, or None
        Where parts add the gradients of their parameters. None: there is no way back, and parts
        leave no tape.
    seed : int or None
        What dropout's random numbers follow from, below 2**64. None: nothing is dropped.
    team : Team
        Who shares the work.
    arena : Arena
        Where parts take memory from.
    packing : Packing
        Packed forms of `weights`.
    reads : callable or None
        To be called before a pass reads rows of a parameter that is `looked_up`, with its name and
        the rows, (n,) int.
    """

    weights: Mapping[str, np.ndarray]
    gradient: Mapping[str, np.ndarray] | None
    seed: int | None
    team: Team
    arena: Arena
    packing: Packing
    reads: Reads | None = None

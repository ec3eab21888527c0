"""What a part of a network is, and where tests find all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..runtime.parameters import Parameter
from ..runtime.rows import Columns, Rows
from ..runtime.run import Run


class Part(Protocol):
    """A function of rows and of its parameters, and the way back through it.

    Parts know neither what comes before them nor what comes after. `forward` leaves no tape if
    ``run.gradient`` is None. What it returns is in the run's arena, and it writes neither into the
    rows nor into the states that it was given. `backward` adds to ``run.gradient``: a parameter
    may be in use by several parts, or several times by one.

    One class with `examples` in a file of this folder is a part, and is found by the tests that
    hold for all: the gradient is that of central differences for every parameter, for the rows and
    for the states; nothing that was given is changed; and the bits depend neither on threads, nor
    on the other sequences, nor on whether there is a way back.
    """

    @property
    def parameters(self) -> Iterable[Parameter]:
        """The parameters that it declares."""
        ...

    def forward(self, run: Run, rows: Rows) -> tuple[Any, ...]:
        """Return rows first and the tape last; a part with states has them in between."""
        ...

    def backward(self, run: Run, tape: Any, d_values: np.ndarray) -> Any:
        """Add the gradients of the parameters, given that of the values of the rows returned.

        It is in C order, as wide as these values.

        Return the gradient of the values that it was given, or None if nobody wants it; a part
        with states returns it before the gradient of these.
        """
        ...

    @staticmethod
    def examples(dtype: np.dtype) -> Iterator[Example]:
        """Give parts of this kind that take little time."""
        ...


class Example(NamedTuple):
    """A part to be tested."""

    name: str
    part: Part
    columns: Columns  # of the rows that it takes
    hidden_layer_sizes: tuple[int, ...] = ()  # of its states; what is wider in them is padding
    has_memory: bool = False  # whether its states mean something besides the hidden ones

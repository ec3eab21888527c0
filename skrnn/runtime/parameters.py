"""The parameters of parts: one flat vector, named views into it, and initial values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import NamedTuple

import numpy as np
from numpy.random import RandomState

# Takes where to draw from, and over how many steps the network should remember at the start; None
# is whatever is usual. Returns float64.
Initialiser = Callable[[RandomState, float | None], np.ndarray]


def zeros(shape: tuple[int, ...]) -> Initialiser:
    """Return an initialiser that draws nothing."""
    return lambda random_state, timescale: np.zeros(shape)


def glorot_uniform(shape: tuple[int, int]) -> Initialiser:
    """Return an initialiser within the bounds of Glorot and Bengio (2010)."""
    bound = np.sqrt(6.0 / (shape[0] + shape[1]))
    return lambda random_state, timescale: random_state.uniform(-bound, bound, size=shape)


@dataclass(frozen=True)
class Parameter:
    """One array of weights that a part declares.

    Parameters
    ----------
    name : str
        Under which the part finds it in ``run.weights`` and ``run.gradient``.
    shape : tuple of int
    initial : callable
        An `Initialiser`.
    penalised : bool
        Whether an L2 penalty or a weight decay is for it: weights, not biases.
    group : str
        "recurrent" or "output"; what is watched or reported by group never looks at names.
    looked_up : bool
        Whether it is a table of which a pass reads some rows, and names them to ``run.reads``.
    """

    name: str
    shape: tuple[int, ...]
    initial: Initialiser
    penalised: bool = True
    group: str = "recurrent"
    looked_up: bool = False

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


class Table(NamedTuple):
    """Where a parameter lies whose rows are looked up."""

    name: str
    place: slice
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)

    def of(self, flat: np.ndarray) -> np.ndarray:
        """Return it as a view into a vector (n_parameters,)."""
        return flat[self.place].reshape(self.shape)


class Layout:
    """Where each parameter lies in the flat vector.

    Parameters
    ----------
    parameters : iterable of Parameter
        In this order; no two of one name.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.runtime.parameters import Layout, Parameter, zeros
    >>> layout = Layout([Parameter("w", (2, 1), zeros((2, 1))), Parameter("b", (1,), zeros((1,)))])
    >>> layout.named(np.arange(3.0))["w"]
    array([[0.],
           [1.]])
    """

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self.parameters = tuple(parameters)
        names = [parameter.name for parameter in self.parameters]
        if len(set(names)) < len(names):
            raise ValueError(f"Two parts declare a parameter of one name: {names}")
        stops = list(accumulate(parameter.size for parameter in self.parameters))
        self.n_parameters = stops[-1] if stops else 0
        self._places = [
            (parameter, slice(stop - parameter.size, stop))
            for parameter, stop in zip(self.parameters, stops, strict=True)
        ]

    def named(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """Return the parameters as views into the flat vector."""
        return {one.name: flat[place].reshape(one.shape) for one, place in self._places}

    def penalised(self) -> np.ndarray:
        """Return which entries a penalty is for, (n_parameters,) bool."""
        sizes = [parameter.size for parameter in self.parameters]
        return np.repeat([parameter.penalised for parameter in self.parameters], sizes)

    def tables(self) -> tuple[Table, ...]:
        """Return the tables before every other parameter."""
        looked_up = takewhile(lambda one: one[0].looked_up, self._places)
        return tuple(Table(one.name, place, one.shape) for one, place in looked_up)

    def places_of(self, group: str) -> tuple[slice, ...]:
        """Return where the parameters of a group lie; neighbours are one slice."""
        places: list[slice] = []
        for parameter, place in self._places:
            if parameter.group == group:
                if places and places[-1].stop == place.start:
                    place = slice(places.pop().start, place.stop)
                places.append(place)
        return tuple(places)

    def initial(
        self, random_state: RandomState, dtype: np.dtype, timescale: float | None = None
    ) -> np.ndarray:
        """Return initial values, (n_parameters,), drawn in the order of the parameters."""
        # Drawn in float64 whatever the network computes in: one seed, one network.
        flat = np.empty(self.n_parameters)
        for parameter, place in self._places:
            flat[place] = parameter.initial(random_state, timescale).ravel()
        return flat.astype(dtype)

"""What a record of a fit may hold: looked at when it is loaded, and before a kernel is given it.

Kernels trust the sizes that they are given. A record from a damaged file, or one that somebody has
changed, would let them read and write beside their arrays.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..cells import CELLS
from ..inputs.units import FeatureUnits
from ..network.architecture import Architecture
from ..network.network import Network
from ..network.pooling import POOLINGS
from ..solvers import SOLVERS, Boolean, Constraint, Interval
from ..solvers._constraints import shown
from ..training.state import TrainingState
from .categorical_checks import fault_of_architecture, fault_of_inputs
from .checks import AnyOf, InstanceFrom, InstanceOf, Integer, OneOf, SequenceOf

_SIZE = Integer(1, 1 << 26)  # two of them and an array's bytes can still be counted
TIMESCALE = AnyOf(OneOf((None,)), Interval(1))
FLOATS = OneOf(("float32", "float64"))
_ARCHITECTURE: Mapping[str, Constraint] = {
    "n_features": _SIZE,
    "n_outputs": _SIZE,
    "hidden_layer_sizes": SequenceOf(_SIZE),
    "cell": OneOf(CELLS),
    "activation": OneOf({name for cell in CELLS.values() for name in cell.kernels}),
    "bidirectional": Boolean(),
    "pooling": OneOf(POOLINGS),
    "dtype": FLOATS,
    "every_step": Boolean(),
    "chained": Boolean(),
    "categories": InstanceOf(tuple),
    "n_kept": InstanceOf(tuple),
    "spelling": AnyOf(OneOf((None,)), InstanceOf(tuple)),
    "tied": Boolean(),
}
# Fields that later versions have added to the form in which a fit is saved, under the path that
# error messages show, each with the value that behaves as the versions without it did.
ADDED_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "_fitted": {"timescale": None},
    "architecture": {
        "every_step": False,
        "chained": False,
        "categories": (),
        "n_kept": (),
        "spelling": None,
        "tied": False,
    },
    "loss": {},
    "task": {"decoder": "softmax", "scheme": None},
    # Whichever comes next with the best score is then taken for the better one.
    "training": {"loss_of_best": math.inf, "average": None, "n_averaged": 0},
}
_INPUTS = ("n_features_in_", "_n_features_step", "_fitted_on_table")


@dataclass(frozen=True)
class Number:
    """The floats, NaN and infinity among them."""

    def allows(self, value: object) -> bool:
        """Return whether `value` is a float."""
        return isinstance(value, float | np.floating)

    def __str__(self) -> str:
        return "a float"


@dataclass(frozen=True)
class ArrayOf:
    """The arrays of a shape and dtype in C order.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
    reason : str
        Why they must be so.
    """

    shape: tuple[int, ...]
    dtype: np.dtype
    reason: str = ""

    def allows(self, value: object) -> bool:
        """Return whether `value` is such an array."""
        if not isinstance(value, np.ndarray) or value.dtype != self.dtype:
            return False
        return value.shape == self.shape and value.flags.c_contiguous and value.flags.aligned

    def __str__(self) -> str:
        return f"an array of shape {self.shape} and dtype {self.dtype}{self.reason}"


def damaged(what: str) -> ValueError:
    """Return the error that says what is wrong with what was learnt."""
    return ValueError(
        f"What the estimator has learnt is damaged: {what}. Load it from an undamaged file, or fit "
        "it again."
    )


def require(constraint: Constraint, value: Any, field: str) -> None:
    """Raise ValueError, which names the field, unless its value is allowed."""
    if not constraint.allows(value):
        what = shown(value)
        if isinstance(value, np.ndarray):
            what = f"an array of shape {value.shape} and dtype {value.dtype}"
        raise damaged(f"{field} must be {constraint}, but it is {what}")


def require_finite(value: np.ndarray, field: str) -> None:
    """Raise ValueError, which names the field, for NaN or infinity."""
    if not np.isfinite(value).all():
        raise damaged(f"{field} must be finite, but it holds NaN or infinity")


def check_architecture(fields: Mapping[str, Any]) -> None:
    """Raise ValueError unless these are the fields of an `Architecture`."""
    check_names(fields, _ARCHITECTURE, "architecture")
    for name, constraint in _ARCHITECTURE.items():
        require(constraint, fields[name], f"architecture.{name}")
    _refuse(fault_of_architecture(fields))
    offered = OneOf(tuple(CELLS[fields["cell"]].kernels))
    require(offered, fields["activation"], "architecture.activation")


def _refuse(fault: str | None) -> None:
    """Raise ValueError if there is a fault."""
    if fault is not None:
        raise damaged(fault)


def check_names(saved: Any, names: Collection[str], field: str) -> None:
    """Raise ValueError unless `saved` is a dict with just these keys."""
    require(InstanceOf(dict), saved, field)
    for name in names:
        if name not in saved:
            raise damaged(f"{field}.{name} is missing")
    for name in saved:
        if name not in names:
            raise damaged(
                f"{field}.{name} is not known, as it may be if a later version of skrnn saved it"
            )


def completed(saved: Any, names: Collection[str], field: str) -> dict[str, Any]:
    """Return a saved dict with the fields that its version did not have yet.

    Raises
    ------
    ValueError
        If it still lacks one of these names, or has others.
    """
    require(InstanceOf(dict), saved, field)
    added = ADDED_FIELDS[field]
    complete = {name: deepcopy(added[name]) for name in names if name in added} | saved
    check_names(complete, names, field)
    return complete


def vectors_of(network: Network) -> ArrayOf:
    """Return what a vector of the network's parameters is."""
    reason = ", by the architecture"
    return ArrayOf((network.layout.n_parameters,), network.dtype, reason)


def check_parameters(training: TrainingState, network: Network) -> None:
    """Raise ValueError unless all parameters are the network's.

    What a solver gathers may be of any shape; `loading` compares it with what the solver starts
    with. NumPy, which looks at every size, is all that it is given to.
    """
    vector = vectors_of(network)
    for name in ("parameters", "last_parameters", "best_parameters", "average"):
        value = getattr(training, name)
        if value is not None or name == "parameters":
            require(vector, value, f"training.{name}")
            require_finite(value, f"training.{name}")
    require(InstanceFrom(SOLVERS), training.solver, "training.solver")


def check_inputs(inputs: Any, architecture: Architecture) -> None:
    """Raise ValueError unless what is known of X goes with the architecture."""
    n_features = architecture.n_features
    require(InstanceOf(dict), inputs, "inputs")
    missing = [name for name in _INPUTS if name not in inputs]
    if missing:
        raise damaged(f"inputs.{missing[0]} is missing")
    require(Boolean(), inputs["_fitted_on_table"], "inputs._fitted_on_table")
    require(Integer(n_features, n_features), inputs["_n_features_step"], "inputs._n_features_step")
    on_table = inputs["_fitted_on_table"]
    n_columns = Integer(1) if on_table else Integer(n_features, n_features)
    require(n_columns, inputs["n_features_in_"], "inputs.n_features_in_")
    if on_table and n_features != 1:
        raise damaged("inputs._fitted_on_table is True, but a time step has several features")
    _refuse(fault_of_inputs(inputs, architecture))
    if "feature_names_in_" in inputs:
        names = ArrayOf((inputs["n_features_in_"],), np.dtype(object))
        require(names, inputs["feature_names_in_"], "inputs.feature_names_in_")
        if not all(isinstance(name, str) for name in inputs["feature_names_in_"]):
            raise damaged("inputs.feature_names_in_ must hold strings, but it holds other objects")


def check_units(units: Any, n_features: int) -> None:
    """Raise ValueError unless these are units of so many features."""
    require(InstanceOf(FeatureUnits), units, "units")
    for name in ("mean", "scale"):
        values = getattr(units, name, None)
        require(ArrayOf((n_features,), np.dtype(np.float64)), values, f"units.{name}")
    require_finite(units.mean, "units.mean")
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        usable = (units.scale > 0) & np.isfinite(1.0 / units.scale)
    if not usable.all():
        raise damaged("units.scale must be positive, but it holds zero, NaN or a negative number")

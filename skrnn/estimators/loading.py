"""A fit from the form in which it was saved; whatever does not fit is named, and nothing is loaded.

A file may be cut off, of another version, or written by somebody who means harm. What NumPy and the
kernels would trust is looked at here: sizes, dtypes, the place in a stream of random numbers.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from ..inputs.units import FeatureUnits
from ..losses import LOSSES, Loss
from ..network.architecture import Architecture
from ..network.kinds import network_of
from ..network.network import Network
from ..solvers import SOLVERS
from ..training.state import TrainingState
from .checks import AnyOf, InstanceFrom, InstanceOf, Integer, OneOf
from .fitted import Fitted
from .parameter_fields import give_solver_lacking_parameters, hyperparameters_of
from .record_checks import (
    ArrayOf,
    Number,
    check_architecture,
    check_names,
    completed,
    damaged,
    require,
    require_finite,
    vectors_of,
)
from .saving import CURVES, FORMAT, OTHER_PARAMETERS, THE_SAME, TWISTER, started
from .task import Task

_PARTS = (
    "format",
    "inputs",
    "architecture",
    "loss",
    "task",
    "training",
    "first_stream",
    "timescale",
)
_NOTHING = OneOf((None,))
_WORDS = 624  # of the state of a Mersenne twister


def restored_fit(saved: Any, kind: type[Task], estimator: type) -> Fitted:
    """Return the fit of which this was saved.

    Parameters
    ----------
    saved : mapping
        What `saved_fit` returned, here or in another version.
    kind : type
        What y means to the estimator.
    estimator : type
        The class of the estimator.

    Raises
    ------
    ValueError
        If another version has saved it in a form that this one does not know, or if anything in it
        does not fit the rest.
    """
    require(InstanceOf(dict), saved, "_fitted")
    if saved.get("format") not in (1, FORMAT):
        raise ValueError(
            f"This {estimator.__name__} was saved in format {saved.get('format')!r}, but this "
            f"version of skrnn reads formats 1 and {FORMAT}. Load it with the version that saved "
            "it, or fit again."
        )
    parts = _PARTS if saved["format"] == 1 else (*_PARTS, "units")
    saved = completed(saved, parts, "_fitted")
    names = [field.name for field in fields(Architecture)]
    of_architecture = completed(saved["architecture"], names, "architecture")
    check_architecture(of_architecture)
    architecture = Architecture(**of_architecture)
    task = kind.restored(saved["task"], _loss(saved["loss"], estimator))
    network = network_of(architecture)
    training = _training(saved["training"], network)
    stream = _stream(saved["first_stream"], "first_stream")
    units = FeatureUnits.of_x(architecture.n_features)
    if "units" in saved:
        units = _units(saved["units"])
    fitted = Fitted(
        saved["inputs"], architecture, task, training, stream, saved["timescale"], units
    )
    fitted.check(network)
    return fitted


def _loss(saved: Any, estimator: type) -> Loss:
    """Return a loss whose parameters are what the estimator's may be."""
    require(InstanceOf(dict), saved, "loss")
    require(OneOf(LOSSES), saved.get("name"), "loss.name")
    kind = LOSSES[saved["name"]]
    names = [field.name for field in fields(kind)]
    saved = completed(saved, ["name", *names], "loss")
    ranges = {one.name: one.metadata["constraint"] for one in hyperparameters_of(estimator)}
    for field in fields(kind):
        # One that the estimator has no parameter for is as it is by default.
        allowed = ranges.get(field.name, OneOf((field.default,)))
        require(allowed, saved[field.name], f"loss.{field.name}")
    return kind(**{name: saved[name] for name in names})


def _units(saved: Any) -> FeatureUnits:
    check_names(saved, ("mean", "scale"), "units")
    return FeatureUnits(saved["mean"], saved["scale"])


def _training(saved: Any, network: Network) -> TrainingState:
    names = [*(field.name for field in fields(TrainingState)), "gathered"]
    values = completed(saved, names, "training")
    values["parameters"] = _vector(values["parameters"], network, "training.parameters")
    for name in OTHER_PARAMETERS:
        if isinstance(values[name], str) and values[name] == THE_SAME:
            values[name] = values["parameters"]
        elif values[name] is not None:
            values[name] = _vector(values[name], network, f"training.{name}")
    for name in CURVES:
        values[name] = _curve(values[name], f"training.{name}")
    values["random_state"] = _stream(values["random_state"], "training.random_state")
    values["solver"] = _solver(values["solver"], values.pop("gathered"), network)
    number = AnyOf(_NOTHING, Number())
    for name in ("no_improvement_count", "n_averaged", "t_", "n_iter_"):
        require(Integer(0), values[name], f"training.{name}")
    for name in ("current_learning_rate", "loss_", "best_loss_", "best_validation_score_"):
        require(number, values[name], f"training.{name}")
    require(Number(), values["loss_of_best"], "training.loss_of_best")
    require(AnyOf(_NOTHING, InstanceOf(tuple)), values["asked_rate"], "training.asked_rate")
    return TrainingState(**values)


def _vector(saved: Any, network: Network, field: str) -> np.ndarray:
    """Return parameters as the network takes them."""
    require(InstanceOf(np.ndarray), saved, field)
    # From a machine of the other order of bytes, or not aligned in its file.
    if saved.dtype.newbyteorder("=") == network.dtype:
        saved = np.require(saved, network.dtype, ["C", "A"])
    require(vectors_of(network), saved, field)
    return saved


def _curve(saved: Any, field: str) -> list[float] | None:
    if saved is None and "validation" in field:
        return None
    require(InstanceOf(np.ndarray), saved, field)
    require(ArrayOf((saved.size,), np.dtype(np.float64)), saved, field)
    return saved.tolist()


def _solver(saved: Any, gathered: Any, network: Network) -> Any:
    """Return a solver that has gathered what the saved one had."""
    require(InstanceFrom(SOLVERS), saved, "training.solver")
    give_solver_lacking_parameters(saved)
    for name, constraint in saved.constraints.items():
        require(constraint, getattr(saved, name, None), f"training.solver.{name}")
    at_start = vars(started(saved, network))
    require(InstanceOf(dict), gathered, "training.gathered")
    for name, value in gathered.items():
        field = f"training.gathered.{name}"
        if name not in at_start:
            raise damaged(f"{field} is not known")
        if isinstance(at_start[name], np.ndarray):
            require(ArrayOf(at_start[name].shape, at_start[name].dtype), value, field)
            require_finite(value, field)
        else:
            # Counts, and parameters: these were looked at above.
            require(saved.constraints.get(name, Integer(0)), value, field)
    at_start.update(gathered)
    return saved


def _stream(saved: Any, field: str) -> np.random.RandomState:
    if isinstance(saved, np.random.RandomState):
        return saved
    state = _state_of_twister(saved, field)
    stream = np.random.RandomState(0)
    stream.set_state(state)
    return stream


def _state_of_twister(saved: Any, field: str) -> dict[str, Any]:
    """Return a state of which NumPy, which does not look, may take every number on trust."""
    check_names(saved, ("bit_generator", "state", "has_gauss", "gauss"), field)
    check_names(saved["state"], ("key", "pos"), f"{field}.state")
    require(OneOf((TWISTER,)), saved["bit_generator"], f"{field}.bit_generator")
    key = saved["state"]["key"]
    require(ArrayOf((_WORDS,), np.dtype(np.uint32)), key, f"{field}.state.key")
    require(Integer(0, _WORDS), saved["state"]["pos"], f"{field}.state.pos")
    require(Integer(0, 1), saved["has_gauss"], f"{field}.has_gauss")
    require(Number(), saved["gauss"], f"{field}.gauss")
    return saved

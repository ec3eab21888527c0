"""The form in which a fit is saved, by pickle and by joblib: plain data and arrays.

No class of this package but the estimator's own and the solver's is named in a file, so that the
others may move.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import numpy as np
from sklearn.base import clone

from ..losses import LOSSES
from ..network.network import Architecture, Network
from ..solvers import Solver
from ..solvers._scratch import Scratch
from ..training.state import TrainingState
from .fitted import Fitted
from .task import Task

FORMAT = 1  # raised when an older version could not read what this one writes
_CURVES = ("loss_curve_", "gradient_norm_curve_", "validation_scores_", "validation_loss_curve_")
_OTHER_PARAMETERS = ("last_parameters", "best_parameters")
_THE_SAME = "the same"
_TWISTER = "MT19937"


def saved_fit(fitted: Fitted) -> dict[str, Any]:
    """Return what to save of a fit."""
    loss = fitted.task.loss
    return {
        "format": FORMAT,
        "inputs": dict(fitted.inputs),
        "architecture": asdict(fitted.architecture),
        "loss": {"name": loss.name, **asdict(loss)},
        "task": fitted.task.saved(),
        "training": _saved_training(fitted.training, fitted.network),
        "first_stream": _saved_stream(fitted.first_stream),
    }


def restored_fit(saved: Mapping[str, Any], kind: type[Task], owner: str) -> Fitted:
    """Return the fit of which this was saved.

    Parameters
    ----------
    saved : mapping
        What `saved_fit` returned, here or in another version.
    kind : type
        What y means to the estimator.
    owner : str
        The estimator's name, for messages.

    Raises
    ------
    ValueError
        If another version has saved it in a form that this one does not know.
    """
    if saved.get("format") != FORMAT:
        raise ValueError(
            f"This {owner} was saved in format {saved.get('format')!r}, but this version of skrnn "
            f"reads format {FORMAT}. Load it with the version that saved it, or fit again."
        )
    loss = dict(saved["loss"])
    task = kind.restored(saved["task"], LOSSES[loss.pop("name")](**loss))
    architecture = Architecture(**saved["architecture"])
    training = _restored_training(saved["training"], Network(architecture))
    stream = _restored_stream(saved["first_stream"])
    return Fitted(saved["inputs"], architecture, task, training, stream)


def _saved_training(training: TrainingState, network: Network) -> dict[str, Any]:
    saved = {field.name: getattr(training, field.name) for field in fields(training)}
    for name in _CURVES:
        if saved[name] is not None:
            saved[name] = np.array(saved[name], np.float64)
    for name in _OTHER_PARAMETERS:
        if saved[name] is not None and np.array_equal(saved[name], training.parameters):
            saved[name] = _THE_SAME  # as the best are after early stopping: not twice in a file
    saved["random_state"] = _saved_stream(training.random_state)
    # A solver that has gathered nothing, and what it has gathered since its start.
    saved["solver"] = clone(training.solver)
    at_start: dict[str, Any] = dict(vars(_started(clone(training.solver), network)))
    saved["gathered"] = {
        name: value
        for name, value in vars(training.solver).items()
        if not isinstance(value, Scratch) and not np.array_equal(value, at_start.get(name, ()))
    }
    return saved


def _started(solver: Solver, network: Network) -> Solver:
    solver.start(network.layout.n_parameters, network.dtype, network.layout.penalised())
    return solver


def _restored_training(saved: Mapping[str, Any], network: Network) -> TrainingState:
    values = dict(saved)
    for name in _CURVES:
        if values[name] is not None:
            values[name] = values[name].tolist()
    for name in _OTHER_PARAMETERS:
        if isinstance(values[name], str) and values[name] == _THE_SAME:
            values[name] = values["parameters"]
    values["random_state"] = _restored_stream(values["random_state"])
    solver = _started(values["solver"], network)
    vars(solver).update(values.pop("gathered"))
    return TrainingState(**values)


def _saved_stream(stream: np.random.RandomState) -> Any:
    """Return the state of a stream: a pickle of it names private parts of NumPy."""
    state = stream.get_state(legacy=False)
    # A user's own stream may be of another generator, which only the object tells.
    return state if state["bit_generator"] == _TWISTER else stream


def _restored_stream(saved: Any) -> np.random.RandomState:
    if isinstance(saved, np.random.RandomState):
        return saved
    stream = np.random.RandomState(0)
    stream.set_state(saved)
    return stream

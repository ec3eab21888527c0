"""The form in which a fit is saved, by pickle, joblib or skops: plain data and arrays.

No class of this package but the estimator's own and the solver's is named in a file, so that the
others may move.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np
from sklearn.base import clone

from ..network.network import Network
from ..solvers import Solver
from ..solvers._scratch import Scratch
from ..training.state import TrainingState
from .fitted import Fitted

FORMAT = 2  # raised when an older version could not read what this one writes
CURVES = ("loss_curve_", "gradient_norm_curve_", "validation_scores_", "validation_loss_curve_")
OTHER_PARAMETERS = ("last_parameters", "best_parameters", "average")
THE_SAME = "the same"
TWISTER = "MT19937"


def saved_fit(fitted: Fitted) -> dict[str, Any]:
    """Return what to save of a fit."""
    loss, units = fitted.task.loss, fitted.units
    return {
        "format": FORMAT,
        "inputs": dict(fitted.inputs),
        "architecture": asdict(fitted.architecture),
        "loss": {"name": loss.name, **asdict(loss)},
        "task": fitted.task.saved(),
        "training": _saved_training(fitted.training, fitted.network),
        "first_stream": _saved_stream(fitted.first_stream),
        "timescale": fitted.timescale,
        "units": {"mean": units.mean, "scale": units.scale},
    }


def _saved_training(training: TrainingState, network: Network) -> dict[str, Any]:
    saved = {field.name: getattr(training, field.name) for field in fields(training)}
    for name in CURVES:
        if saved[name] is not None:
            saved[name] = np.array(saved[name], np.float64)
    for name in OTHER_PARAMETERS:
        if saved[name] is not None and np.array_equal(saved[name], training.parameters):
            saved[name] = THE_SAME  # as the best are after early stopping: not twice in a file
    saved["random_state"] = _saved_stream(training.random_state)
    # A solver that has gathered nothing, and what it has gathered since its start.
    saved["solver"] = clone(training.solver)
    at_start: dict[str, Any] = dict(vars(started(clone(training.solver), network)))
    saved["gathered"] = {
        name: value
        for name, value in vars(training.solver).items()
        if not isinstance(value, Scratch) and not np.array_equal(value, at_start.get(name, ()))
    }
    return saved


def started(solver: Solver, network: Network) -> Solver:
    """Let a solver start on the parameters of a network, and return it."""
    solver.start(network.layout.n_parameters, network.dtype, network.layout.penalised())
    return solver


def _saved_stream(stream: np.random.RandomState) -> Any:
    """Return the state of a stream: a pickle of it names private parts of NumPy."""
    state = stream.get_state(legacy=False)
    # A user's own stream may be of another generator, which only the object tells.
    return state if state["bit_generator"] == TWISTER else stream

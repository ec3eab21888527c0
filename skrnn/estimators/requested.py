"""What an estimator's parameters ask of the floors below."""

from __future__ import annotations

import warnings
from copy import deepcopy
from dataclasses import fields
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from ..inputs.packing import Passed
from ..inputs.units import FeatureUnits
from ..losses import LOSSES, Loss
from ..network.architecture import AllCategories
from ..network.corpus import CorpusObjective
from ..network.dropout import Dropout
from ..network.kinds import network_of
from ..network.objective import Batching, Objective, TrainingData
from ..network.step_network import StepNetwork
from ..runtime.callers import user_level
from ..runtime.threads import effective_n_threads
from ..solvers import SOLVERS, Solver
from ..solvers._constraints import plain
from ..training.state import TrainingOptions
from .fitted import Fitted
from .hyperparameters import Hyperparameters
from .parameter_fields import hyperparameters_of
from .supervised_parameters import SupervisedParameters


def architecture(asked: Hyperparameters) -> dict[str, Any]:
    """Return what an `Architecture` has besides what X and y decide."""
    return {
        "hidden_layer_sizes": tuple(map(int, np.atleast_1d(asked.hidden_layer_sizes))),
        "cell": str(asked.cell),
        "activation": str(asked.activation),
        "bidirectional": bool(getattr(asked, "bidirectional", False)),
        "pooling": str(getattr(asked, "pooling", "last")),
        "dtype": str(asked.dtype),
        "every_step": asked._every_step,
    }


def timescale(
    asked: Hyperparameters, lengths: np.ndarray, weights: np.ndarray | None
) -> float | None:
    """Return over how many steps units are to remember before training."""
    if asked.max_timescale == "auto":
        return float(lengths.max() if weights is None else lengths[weights > 0].max())
    return None if asked.max_timescale is None else float(asked.max_timescale)


def units(
    asked: SupervisedParameters,
    passed: Passed,
    weights: np.ndarray | None,
    categories: AllCategories,
) -> FeatureUnits:
    """Return the units to put features into; warn of those of X if they are to be left so."""
    codes = [column for column, _, _ in categories]
    learnt = FeatureUnits.learnt(passed, weights).keeping(codes)
    if asked.standardize:
        return learnt
    feature = learnt.far_from_unit()
    if feature is not None:
        warnings.warn(
            f"Feature {feature} of X has a mean of {learnt.mean[feature]:.3g} and a standard "
            f"deviation of {learnt.scale[feature]:.3g}, but with standardize=False the network "
            "takes values as they are and learns badly unless they are of the order of one. Set "
            "standardize=True, or scale X in fit and predict alike.",
            UserWarning,
            stacklevel=user_level(),
        )
    return FeatureUnits.of_x(passed.n_features)


def loss(asked: Hyperparameters, name: str) -> Loss:
    """Return the loss of this name."""
    kind = LOSSES[name]
    # Copies, so that a list that the caller changes later does not change a fitted loss.
    values = {
        field.name: np.asarray(getattr(asked, field.name), np.float64).tolist()
        for field in fields(kind)
    }
    return kind(**values)


def solver(asked: Hyperparameters) -> Solver:
    """Return a solver that nobody else has, since training changes it."""
    if not isinstance(asked.solver, str):
        own = clone(asked.solver)
        vars(own).update({name: plain(value) for name, value in vars(own).items()})
        return own
    kind = SOLVERS[asked.solver]
    ours = {parameter.name for parameter in hyperparameters_of(type(asked))}
    return kind(**{name: plain(getattr(asked, name)) for name in ours & set(kind.constraints)})


def streams(
    asked: Hyperparameters, before: Fitted | None
) -> tuple[np.random.RandomState, np.random.RandomState]:
    """Return where split and initial weights are drawn from, and a copy from the beginning."""
    if before is not None:
        return deepcopy(before.first_stream), before.first_stream
    stream = check_random_state(asked.random_state)
    return stream, deepcopy(stream)


def options(asked: Hyperparameters) -> TrainingOptions:
    """Return when to stop, and at which rates to learn."""
    return TrainingOptions(
        **{
            field.name: plain(getattr(asked, field.name))
            for field in fields(TrainingOptions)
            if hasattr(asked, field.name)
        }
    )


def dropout(asked: Hyperparameters) -> Dropout:
    """Return what training drops."""
    return Dropout(
        float(asked.dropout),
        float(asked.recurrent_dropout),
        *(float(getattr(asked, f"{name}_dropout", 0)) for name in ("input", "embedding", "weight")),
    )


def batching(asked: Hyperparameters) -> Batching:
    """Return how an epoch is cut into minibatches."""
    batch_size = None if isinstance(asked.batch_size, str) else int(asked.batch_size)
    return Batching(batch_size, bool(asked.shuffle))


def objective(asked: Hyperparameters, draft: Fitted, data: TrainingData) -> Objective:
    """Return what to minimise: all that is constant for a call is bound to it."""
    bptt_steps = None if asked.bptt_steps is None else int(asked.bptt_steps)
    return Objective(
        network_of(draft.architecture, dropout(asked), bptt_steps),
        draft.task.end,
        data,
        batching(asked),
        effective_n_threads(asked.n_jobs),
    )


def corpus_objective(
    asked: Hyperparameters, draft: Fitted, data: TrainingData, n_steps: int
) -> CorpusObjective:
    """Return what to minimise over parallel streams of texts."""
    return CorpusObjective(
        StepNetwork(draft.architecture, dropout(asked)),
        draft.task.end,
        data,
        batching(asked),
        effective_n_threads(asked.n_jobs),
        n_steps,
    )

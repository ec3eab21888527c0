"""Two objectives that stand in for that of a recurrent network, and short ways to train them.

One is linear in the mean of each sequence over time, the other yields what it is told to.
"""

import math
import pickle
from dataclasses import fields, replace
from typing import NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skrnn.losses import LOSSES
from skrnn.network.objective import TrainingData
from skrnn.runtime.rows import Sequences
from skrnn.schedules import SCHEDULES
from skrnn.solvers import SOLVERS
from skrnn.training.state import TrainingOptions, TrainingState
from skrnn.training.train import train, train_epoch

N_FEATURES = 4
DEFAULTS = TrainingOptions(
    max_iter=20,
    tol=1e-4,
    n_iter_no_change=np.inf,
    alpha=1e-2,
    learning_rate="constant",
    learning_rate_init=0.05,
    power_t=0.5,
    max_grad_norm=None,
    verbose=False,
)

PLANNED = [name for name, schedule in SCHEDULES.items() if schedule.is_planned]

parametrize_solver = pytest.mark.parametrize("solver", SOLVERS)
parametrize_schedule = pytest.mark.parametrize("schedule", SCHEDULES)
parametrize_planned = pytest.mark.parametrize("schedule", PLANNED)


class Batch(NamedTuple):
    """What training wants to know of a minibatch, and which sequences are in it."""

    indices: np.ndarray
    n_samples: int
    weight: float


class StandIn:
    """Draws minibatches as the objective of a network does, and notes them."""

    def __init__(self, sample_weight, batch_size, shuffle):
        self.sample_weight, self.shuffle = sample_weight, shuffle
        self.indices = np.flatnonzero(sample_weight)
        self.batch_size = batch_size
        self.n_batches = math.ceil(len(self.indices) / batch_size)
        self.minibatches = []

    tables = ()

    def report_reads(self, reads):
        assert reads is None

    def batches(self, random_state):
        indices = self.indices
        if self.shuffle and self.n_batches > 1:
            indices = indices[random_state.permutation(len(indices))]
        for first in range(0, len(indices), self.batch_size):
            chosen = indices[first : first + self.batch_size]
            self.minibatches.append(chosen)
            yield Batch(chosen, len(chosen), float(self.sample_weight[chosen].sum()))


class LinearObjective(StandIn):
    """Raw outputs are ``mean over time . W + b``."""

    def __init__(self, data, n_outputs, *, loss="squared_error", batch_size=8, shuffle=True):
        weight = data.sample_weight
        weight = np.ones(len(data.targets)) if weight is None else weight
        super().__init__(weight, batch_size, shuffle)
        self.data, self.loss = data, LOSSES[loss]()
        self.means = time_means(data.sequences)
        self.dtype = self.means.dtype
        self.shape = (N_FEATURES, n_outputs)
        n_weights = N_FEATURES * n_outputs
        self.penalised = np.arange(n_weights + n_outputs) < n_weights
        self.recurrent = (slice(0, n_weights),)
        self.saturated_share = math.nan

    def __call__(self, parameters, batch, gradient):
        means, n_weights = self.means[batch.indices], math.prod(self.shape)
        weights = parameters[:n_weights].reshape(self.shape)
        raw = means @ weights + parameters[n_weights:]
        shares, d_raw = self.sample_weight[batch.indices] / batch.weight, np.empty_like(raw)
        losses = self.loss.losses(raw, self.data.targets[batch.indices], shares, d_raw)
        gradient[:n_weights] = (means.T @ d_raw).ravel()
        gradient[n_weights:] = d_raw.sum(axis=0)
        return float(np.sum(losses * shares))


class ScriptedObjective(StandIn):
    """Two parameters, one penalised; yields the losses and gradients that it is told to.

    By default there are five sequences in one minibatch.
    """

    dtype = np.dtype("float64")
    penalised = np.array([True, False])
    recurrent = (slice(0, 1),)
    saturated_share = math.nan

    def __init__(
        self, losses=(), gradients=(), *, sample_weight=(1.0,) * 5, batch_size=5, shuffle=True
    ):
        super().__init__(np.array(sample_weight), batch_size, shuffle)
        self.losses, self.gradients = iter(losses), iter(gradients)

    def __call__(self, parameters, batch, gradient):
        gradient[:] = next(self.gradients, 0.0)
        return next(self.losses, 1.0)


def time_means(sequences):
    sums = np.add.reduceat(sequences.values, sequences.offsets[:-1], axis=0)
    return sums / sequences.lengths[:, np.newaxis].astype(sums.dtype)


def make_data(rng, n_sequences=30, n_outputs=2, dtype="float64", kind="identity"):
    """Return sequences of 1 to 5 steps and targets that their means explain but for noise."""
    offsets = np.concatenate([[0], rng.integers(1, 6, size=n_sequences).cumsum()])
    sequences = Sequences(rng.normal(size=(offsets[-1], N_FEATURES)).astype(dtype), offsets)
    scores = time_means(sequences) @ rng.normal(size=(N_FEATURES, n_outputs))
    scores += 0.1 * rng.normal(size=scores.shape)
    targets = {
        "identity": scores.astype(dtype),
        "softmax": scores.argmax(axis=1),
        "logistic": (scores > 0).astype(np.uint8),
    }[kind]
    return TrainingData(sequences, targets)


def take(data, indices, sample_weight=None):
    offsets = data.sequences.offsets
    parts = [data.sequences.values[offsets[i] : offsets[i + 1]] for i in indices]
    ends = np.cumsum([0] + [len(part) for part in parts])
    return TrainingData(
        Sequences(np.concatenate(parts), ends), data.targets[indices], sample_weight
    )


def start(parameters, solver="adam", seed=0, penalised=None, **hyperparameters):
    solver = SOLVERS[solver](**hyperparameters)
    return TrainingState.start(parameters, solver, np.random.RandomState(seed), penalised)


def restarted(state, solver, penalised=None):
    """Return the state with a fresh solver and the rate at which it began."""
    solver.start(state.parameters.size, state.parameters.dtype, penalised)
    return replace(state, solver=solver, asked_rate=None)


def minimise(objective, *, solver="adam", state=None, validate=None, **options):
    """Train from zero, or from `state`."""
    if state is None:
        state = start(np.zeros(len(objective.penalised), objective.dtype), solver)
    return train(state, objective, replace(DEFAULTS, **options), validate=validate)


def fit(data, *, batch_size=8, shuffle=True, **options):
    """Train a linear network on squared error; the options are those of `minimise`."""
    n_outputs = data.targets.shape[1]
    objective = LinearObjective(data, n_outputs, batch_size=batch_size, shuffle=shuffle)
    return minimise(objective, **options)


def partial_fit(data, state, *, shuffle=True, **options):
    objective = LinearObjective(data, data.targets.shape[1], shuffle=shuffle)
    return train_epoch(state, objective, replace(DEFAULTS, **options))


def script(losses=(), gradients=(), *, alpha=0.0, batch_size=5, **options):
    """Train a scripted network on five sequences, by default in one minibatch an epoch."""
    objective = ScriptedObjective(losses, gradients, batch_size=batch_size)
    return minimise(objective, alpha=alpha, **options)


def scripted_scores(*scores):
    """Return a validation whose score takes these values in turn, and whose loss is 1 - score."""
    remaining = iter(scores)

    def validate(state):
        score = next(remaining)
        return score, 1 - score

    return validate


def assert_same_state(state, other):
    """Assert equality to the bit."""
    for field in fields(state):
        value, expected = getattr(state, field.name), getattr(other, field.name)
        if field.name == "solver":
            assert pickle.dumps(value) == pickle.dumps(expected)
        elif field.name == "random_state":
            assert_array_equal(value.get_state()[1], expected.get_state()[1])
            assert value.get_state()[2] == expected.get_state()[2]
        else:
            assert_array_equal(value, expected, err_msg=field.name)

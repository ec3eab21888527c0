"""Two networks that stand in for the recurrent one, and short ways to train them.

One is linear in the mean of each sequence over time, the other yields what it is told to.
"""

import pickle
from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skrnn.losses import LOSSES
from skrnn.runtime.rows import Sequences
from skrnn.schedules import SCHEDULES
from skrnn.solvers import SOLVERS
from skrnn.training.train import TrainingData, TrainingOptions, TrainingState, train, train_epoch

N_FEATURES = 4
DEFAULTS = TrainingOptions(
    max_iter=20,
    tol=1e-4,
    n_iter_no_change=np.inf,
    batch_size=8,
    alpha=1e-2,
    learning_rate="constant",
    learning_rate_init=0.05,
    power_t=0.5,
    max_grad_norm=None,
    shuffle=True,
    verbose=False,
)

PLANNED = [name for name, schedule in SCHEDULES.items() if schedule.is_planned]

parametrize_solver = pytest.mark.parametrize("solver", SOLVERS)
parametrize_schedule = pytest.mark.parametrize("schedule", SCHEDULES)
parametrize_planned = pytest.mark.parametrize("schedule", PLANNED)


class LinearNetwork:
    """Raw outputs are ``mean over time . W + b``; it notes which sequences it was given."""

    def __init__(self, n_outputs):
        self.shape = (N_FEATURES, n_outputs)
        self.penalised = np.arange((N_FEATURES + 1) * n_outputs) < N_FEATURES * n_outputs
        self.n_recurrent = N_FEATURES * n_outputs
        self.minibatches = []

    def loss_and_gradient(
        self, parameters, sequences, indices, targets, sample_weight, loss, gradient, n_threads,
        random_state,
    ):  # fmt: skip
        self.minibatches.append(indices.copy())
        means = time_means(sequences)[indices]
        n_weights = means.shape[1] * targets.shape[1]
        weights = parameters[:n_weights].reshape(self.shape)
        raw = means @ weights + parameters[n_weights:]
        value, raw_gradient = loss.value_and_gradient(raw, targets, sample_weight)
        gradient[:n_weights] = (means.T @ raw_gradient).ravel()
        gradient[n_weights:] = raw_gradient.sum(axis=0)
        return value


class ScriptedNetwork:
    """Two parameters, one penalised; yields the losses and gradients that it is told to."""

    penalised = np.array([True, False])
    n_recurrent = 1

    def __init__(self, losses=(), gradients=()):
        self.losses, self.gradients = iter(losses), iter(gradients)

    def loss_and_gradient(
        self, parameters, sequences, indices, targets, sample_weight, loss, gradient, n_threads,
        random_state,
    ):  # fmt: skip
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
        "identity": scores,
        "softmax": np.eye(n_outputs)[scores.argmax(axis=1)],
        "logistic": scores > 0,
    }[kind]
    return TrainingData(sequences, targets.astype(dtype))


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


def fit(data, *, solver="adam", state=None, validate=None, network=None, **options):
    """Train a linear network on squared error from zero, or from `state`."""
    network = network or LinearNetwork(data.targets.shape[1])
    options = replace(DEFAULTS, **options)
    if state is None:
        parameters = np.zeros(len(network.penalised), data.targets.dtype)
        state = start(parameters, solver)
    loss = LOSSES["squared_error"]()
    return train(state, network, loss, data, options, n_threads=1, validate=validate)


def partial_fit(data, state, *, network=None, **options):
    network = network or LinearNetwork(data.targets.shape[1])
    loss = LOSSES["squared_error"]()
    return train_epoch(state, network, loss, data, replace(DEFAULTS, **options), n_threads=1)


def script(losses=(), gradients=(), **options):
    """Train a scripted network on five sequences, by default in one minibatch an epoch."""
    data = TrainingData(None, np.zeros((5, 1)))
    options = {"alpha": 0.0, "batch_size": "auto"} | options
    network = ScriptedNetwork(losses, gradients)
    return fit(data, network=network, **options)


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

"""One pass through skrnn's network, for tests that have weights and sequences of their own."""

from dataclasses import replace

import numpy as np

from skrnn.kernels.team import new_mailbox
from skrnn.network import kinds
from skrnn.network.architecture import Architecture
from skrnn.network.ends import EachRow
from skrnn.network.objective import Batching, Objective, TrainingData
from skrnn.network.prediction import Predictor
from skrnn.runtime.arena import Arena
from skrnn.runtime.rows import Plan, Rows
from skrnn.runtime.run import Packing, Run
from skrnn.runtime.threads import Team

from . import naive


class GivenGradient:
    """The loss whose gradient with respect to the raw outputs is whatever the targets are.

    The mean over equal weights of what it returns is the sum of ``raw * targets``.
    """

    name = "given_gradient"
    out_activation = "identity"

    def losses(self, raw, targets, weights, d_raw=None):
        if d_raw is not None:
            d_raw[...] = targets
        return len(raw) * np.sum(raw * targets, axis=1, dtype=np.float64)


def network_of(weights, *, cell, activation, dtype, pooling="last", every_step=False, **options):
    """Return skrnn's network for named weights, and its flat parameters."""
    architecture = Architecture(
        n_features=weights["layer_0.forward.input"].shape[0],
        n_outputs=len(weights["output.bias"]),
        hidden_layer_sizes=tuple(
            weights[f"layer_{layer}.forward.recurrent"].shape[0]
            for layer in range(naive.n_layers_of(weights))
        ),
        cell=cell,
        activation=activation,
        bidirectional=len(naive.directions_of(weights)) == 2,
        pooling=pooling,
        dtype=str(np.dtype(dtype)),
        every_step=every_step,
    )
    network = kinds.network_of(architecture, **options)
    parameters = np.full(network.layout.n_parameters, np.nan, dtype=dtype)
    views = network.layout.named(parameters)
    for name, array in weights.items():
        views[name][...] = array
    return network, parameters


def raw_outputs(network, parameters, sequences, n_threads=1):
    """Return the raw outputs of all sequences."""
    return Predictor(network, parameters).raw_outputs(sequences, n_threads)


def loss_and_gradient(network, parameters, data, loss, *, n_threads=1, seed=None):
    """Return the mean loss over all of the data, in one batch, and its gradient.

    The loss is one of each row, or the end of a network.
    """
    end = loss if hasattr(loss, "chained") else EachRow(loss)
    objective = Objective(network, end, data, Batching(len(data.targets), False), n_threads)
    (batch,) = objective.batches(np.random.RandomState(seed))
    if seed is None:
        batch = replace(batch, seed=None)
    gradient = np.full_like(parameters, np.nan)  # every entry must be written
    return objective(parameters, batch, gradient), gradient


def data_of(sequences, indices, targets, sample_weight=None):
    """Return the data of some sequences, with the targets and weights of just these."""
    return TrainingData(sequences.take(indices), targets, sample_weight)


def run_of(layout, parameters, gradient=None, *, seed=None, team=None):
    """Return a run over one flat vector, with memory of its own."""
    return Run(
        layout.named(parameters),
        None if gradient is None else layout.named(gradient),
        seed,
        Team(new_mailbox(), 1) if team is None else team,
        Arena(parameters.dtype),
        Packing(parameters.dtype),
    )


def rows_of_arrays(arrays, columns, *, wants_gradient=True):
    """Return the rows of sequences (length, n_features), laid out as `columns`; padding is 0."""
    plan = Plan.of(np.array([len(array) for array in arrays], np.int64))
    values = np.zeros((plan.n_rows, columns.n_padded), arrays[0].dtype)
    for first, place in zip(plan.first, plan.order, strict=True):
        for among_features, padded in columns.blocks:
            array = arrays[place]
            values[first : first + len(array), padded] = array[:, among_features]
    return Rows(values, plan, plan.first, columns, wants_gradient)

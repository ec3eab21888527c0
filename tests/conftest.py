"""Fixtures that several test modules use."""

import numpy as np
import pytest

from . import naive


@pytest.fixture
def rng():
    """Return a generator of the same random numbers for every test."""
    return np.random.default_rng(0)


@pytest.fixture
def network_of():
    """Return the maker of skrnn's network, and its flat parameters, from named weights."""

    def network_of(weights, *, cell, activation, dtype):
        from skrnn._network import Network

        network = Network(
            n_features=weights["layer_0.forward.input"].shape[0],
            hidden_layer_sizes=tuple(
                weights[f"layer_{layer}.forward.recurrent"].shape[0]
                for layer in range(naive.n_layers_of(weights))
            ),
            cell=cell,
            activation=activation,
            bidirectional=len(naive.directions_of(weights)) == 2,
            n_outputs=len(weights["output.bias"]),
            dtype=np.dtype(dtype),
        )
        parameters = np.full(network.n_parameters, np.nan, dtype=dtype)
        views = network.named(parameters)
        for name, array in weights.items():
            views[name][...] = array
        return network, parameters

    return network_of


@pytest.fixture
def packed():
    """Return the maker of skrnn's Sequences from (length, n_features) arrays."""

    def packed(sequences, dtype):
        from skrnn._sequences import Sequences

        lengths = [len(sequence) for sequence in sequences]
        return Sequences(
            values=np.concatenate(sequences).astype(dtype),
            offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        )

    return packed

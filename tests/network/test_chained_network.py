"""A network that ends in a chain: gradients, windows, dropout and threads."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.network.architecture import Architecture
from skrnn.network.chain import Allowed, Chain
from skrnn.network.dropout import NOTHING_DROPPED, Dropout
from skrnn.network.kinds import network_of
from skrnn.network.objective import TrainingData
from skrnn.runtime.rows import Sequences, offsets_of

from ..naive import central_differences
from ..passes import loss_and_gradient

N_LABELS = 3
LENGTHS = np.array([3, 1, 5, 2])
CHAIN = Chain(
    Allowed(np.ones((N_LABELS, N_LABELS), bool), np.ones(N_LABELS, bool), np.ones(N_LABELS, bool))
)


def network_for(dtype="float64", dropout=NOTHING_DROPPED, bptt_steps=None, **options):
    architecture = {
        "n_features": 2,
        "n_outputs": N_LABELS,
        "hidden_layer_sizes": (4,),
        "cell": "gru",
        "activation": "tanh",
        "dtype": dtype,
        "every_step": True,
        "chained": True,
    }
    return network_of(Architecture(**architecture | options), dropout, bptt_steps)


def parameters_of(network):
    flat = network.layout.initial(np.random.RandomState(0), network.dtype)
    return flat + np.random.default_rng(1).normal(scale=0.3, size=flat.size).astype(network.dtype)


def data_for(rng, dtype="float64"):
    """Return ragged data with weights; the third sequence has two steps without a label."""
    offsets = offsets_of(LENGTHS)
    sequences = Sequences(rng.normal(size=(offsets[-1], 2)).astype(dtype), offsets)
    weights = np.repeat([1.0, 0.5, 2.0, 3.0], LENGTHS)
    weights[[5, 7]] = 0
    return TrainingData(sequences, rng.integers(0, N_LABELS, offsets[-1]), weights, None, offsets)


def evaluated(network, parameters, data, **options):
    loss, gradient = loss_and_gradient(network, parameters, data, CHAIN, **options)
    return loss, network.layout.named(gradient)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_gradient_equals_central_differences(rng, cell, bidirectional):
    network = network_for(cell=cell, bidirectional=bidirectional, hidden_layer_sizes=(3, 2))
    parameters, data = parameters_of(network), data_for(rng)
    _, gradient = evaluated(network, parameters, data)
    for name, array in network.layout.named(parameters).items():
        slopes = central_differences(lambda: evaluated(network, parameters, data)[0], array)
        assert_allclose(gradient[name], slopes, rtol=1e-6, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("dropout", [NOTHING_DROPPED, Dropout(0.4, 0.3)])
def test_windows_see_whole_sequences_of_labels(rng, dropout):
    data = data_for(rng)
    whole, windows = network_for(dropout=dropout), network_for(dropout=dropout, bptt_steps=2)
    parameters, seed = parameters_of(whole), 3 if dropout.rate else None
    loss, gradient = evaluated(whole, parameters, data, seed=seed)
    of_windows, cut = evaluated(windows, parameters, data, seed=seed)
    assert of_windows == pytest.approx(loss, rel=1e-12)
    # Only the states' gradients end at the beginning of a window.
    for name in gradient:
        if name.startswith(("chain", "output")):
            assert_allclose(cut[name], gradient[name], rtol=1e-10, atol=1e-12, err_msg=name)
    assert np.abs(cut["layer_0.forward.recurrent"]).max() > 0
    assert not np.allclose(cut["layer_0.forward.recurrent"], gradient["layer_0.forward.recurrent"])


def test_a_window_as_long_as_all_changes_no_bit(rng):
    data, network = data_for(rng, "float32"), network_for("float32", bptt_steps=5)
    parameters = parameters_of(network)
    expected = evaluated(network_for("float32"), parameters, data)
    actual = evaluated(network, parameters, data)
    assert actual[0] == expected[0]
    for name, array in actual[1].items():
        assert_array_equal(array, expected[1][name], err_msg=name)


@pytest.mark.parametrize("bptt_steps", [None, 2])
def test_threads_change_no_bit(rng, bptt_steps):
    data = data_for(rng, "float32")
    network = network_for("float32", bptt_steps=bptt_steps, hidden_layer_sizes=(40,))
    parameters = parameters_of(network)
    one = evaluated(network, parameters, data)
    two = evaluated(network, parameters, data, n_threads=2)
    assert one[0] == two[0]
    for name, array in one[1].items():
        assert_array_equal(array, two[1][name], err_msg=name)

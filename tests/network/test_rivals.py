"""The twin against ONNX Runtime and PyTorch, so that it is trusted; then skrnn against them."""

import numpy as np
import pytest

from skrnn.losses import LOSSES
from skrnn.network.objective import TrainingData

from .. import naive, rivals
from ..passes import loss_and_gradient, network_of, raw_outputs

LENGTHS = [3, 7, 1, 7, 5]
N_FEATURES, N_OUTPUTS = 3, 2

every_onnx_cell = pytest.mark.parametrize(("cell", "activation"), naive.EVERY_CELL)
every_torch_cell = pytest.mark.parametrize(("cell", "activation"), rivals.TorchNetwork.CELLS)
every_network = pytest.mark.parametrize("network", naive.EVERY_WAY)
every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


def problem(rng, cell, network):
    """Return weights and sequences that float32 holds exactly, and sample weights."""
    shapes = naive.weight_shapes(
        n_features=N_FEATURES,
        n_gates=naive.CELLS[cell].n_gates,
        n_outputs=N_OUTPUTS,
        **naive.EVERY_WAY[network],
    )
    weights = naive.random_weights(rng, shapes)
    sequences = naive.random_sequences(rng, LENGTHS, N_FEATURES)
    return (
        {name: np.float32(array) for name, array in weights.items()},
        [np.float32(sequence) for sequence in sequences],
        rng.uniform(0.5, 2.0, size=len(LENGTHS)),
    )


def tolerance(dtype, network):
    """Return the error to allow a computation in dtype, relative to the largest entry."""
    sizes = naive.EVERY_WAY[network]["hidden_layer_sizes"]
    n_terms = max(N_FEATURES, 2 * max(sizes)) + max(sizes)
    return naive.rounding_bound(dtype, n_terms, max(LENGTHS) * len(sizes))


@every_network
@every_onnx_cell
def test_twin_equals_onnx_runtime(rng, cell, activation, network):
    weights, sequences, _ = problem(rng, cell, network)
    theirs = rivals.onnx_raw_outputs(weights, sequences, cell=cell, activation=activation)
    ours = naive.raw_outputs(weights, sequences, cell=cell, activation=activation)
    naive.assert_close(theirs, ours, tolerance("float32", network))


@every_network
@every_torch_cell
def test_twin_equals_torch(rng, cell, activation, network):
    weights, sequences, _ = problem(rng, cell, network)
    d_raw = rng.normal(size=(len(sequences), N_OUTPUTS))
    rule = {"cell": cell, "activation": activation}
    torch_network = rivals.TorchNetwork(weights, **rule)

    raw = torch_network.raw_outputs(sequences).detach().numpy()
    naive.assert_close(naive.raw_outputs(weights, sequences, **rule), raw, 1e-13)

    d_raw_tensor = rivals.import_torch().from_numpy(d_raw)
    theirs = torch_network.gradient(sequences, lambda raw: (raw * d_raw_tensor).sum())
    ours = naive.gradient(weights, sequences, d_raw, **rule)
    assert list(ours) == list(theirs)
    for name in theirs:
        naive.assert_close(ours[name], theirs[name], 1e-13)


@every_dtype
@every_network
@every_onnx_cell
def test_skrnn_equals_onnx_runtime(rng, packed, cell, activation, network, dtype):
    weights, sequences, _ = problem(rng, cell, network)
    theirs = rivals.onnx_raw_outputs(weights, sequences, cell=cell, activation=activation)
    skrnn_network, parameters = network_of(weights, cell=cell, activation=activation, dtype=dtype)
    ours = raw_outputs(skrnn_network, parameters, packed(sequences, dtype), n_threads=2)
    # ONNX Runtime computes in float32, so it is what bounds the difference.
    naive.assert_close(ours, theirs, 2 * tolerance("float32", network))


@every_dtype
@every_network
@every_torch_cell
def test_skrnn_gradient_equals_torch_autograd(rng, packed, cell, activation, network, dtype):
    torch = rivals.import_torch()
    weights, sequences, sample_weight = problem(rng, cell, network)
    labels = rng.integers(N_OUTPUTS, size=len(sequences))

    def cross_entropy(raw):
        each = torch.nn.functional.cross_entropy(raw, torch.from_numpy(labels), reduction="none")
        share = torch.from_numpy(sample_weight / sample_weight.sum())
        return (share * each).sum()

    torch_network = rivals.TorchNetwork(weights, cell=cell, activation=activation)
    theirs = torch_network.gradient(sequences, cross_entropy)
    loss_value = float(cross_entropy(torch_network.raw_outputs(sequences)).detach())

    skrnn_network, parameters = network_of(weights, cell=cell, activation=activation, dtype=dtype)
    data = TrainingData(packed(sequences, dtype), labels, sample_weight)
    loss = LOSSES["softmax_cross_entropy"]()
    value, gradient = loss_and_gradient(skrnn_network, parameters, data, loss, n_threads=2)
    bound = 2 * tolerance(dtype, network)  # there and back
    assert value == pytest.approx(loss_value, rel=bound)
    for name, array in skrnn_network.layout.named(gradient).items():
        naive.assert_close(array, theirs[name], bound)

"""Answers at every time step, and their gradient, against ONNX Runtime and PyTorch."""

import numpy as np
import pytest

from skrnn.losses import LOSSES
from skrnn.network.objective import TrainingData

from .. import naive, rivals
from ..passes import loss_and_gradient, network_of, raw_outputs
from .test_rivals import (
    N_OUTPUTS,
    every_dtype,
    every_network,
    every_onnx_cell,
    every_torch_cell,
    problem,
    tolerance,
)


@every_dtype
@every_network
@every_onnx_cell
def test_step_outputs_equal_onnx_runtime(rng, packed, cell, activation, network, dtype):
    weights, sequences, _ = problem(rng, cell, network)
    rule = {"cell": cell, "activation": activation}
    theirs = rivals.onnx_step_outputs(weights, sequences, **rule)
    twin = np.concatenate(naive.step_outputs(weights, sequences, **rule))
    naive.assert_close(theirs, twin, tolerance("float32", network))
    ours, parameters = network_of(weights, **rule, dtype=dtype, every_step=True)
    steps = raw_outputs(ours, parameters, packed(sequences, dtype), n_threads=2)
    naive.assert_close(steps, theirs, 2 * tolerance("float32", network))


@every_dtype
@every_network
@every_torch_cell
def test_gradient_of_all_steps_equals_torch_autograd(rng, packed, cell, activation, network, dtype):
    torch = rivals.import_torch()
    weights, sequences, _ = problem(rng, cell, network)
    n_steps = sum(map(len, sequences))
    labels = rng.integers(N_OUTPUTS, size=n_steps)
    step_weights = rng.uniform(0.5, 2.0, size=n_steps)
    step_weights[[2, 8]] = 0

    rule = {"cell": cell, "activation": activation}
    torch_network = rivals.TorchNetwork(weights, **rule)
    each = torch.nn.functional.cross_entropy(
        torch_network.step_outputs(sequences), torch.from_numpy(labels), reduction="none"
    )
    loss = (torch.from_numpy(step_weights / step_weights.sum()) * each).sum()
    theirs = torch_network.gradient_of(loss)

    ours, parameters = network_of(weights, **rule, dtype=dtype, every_step=True)
    steps = packed(sequences, dtype)
    data = TrainingData(steps, labels, step_weights, None, steps.offsets)
    softmax = LOSSES["softmax_cross_entropy"]()
    value, gradient = loss_and_gradient(ours, parameters, data, softmax, n_threads=2)
    bound = 2 * tolerance(dtype, network)  # there and back
    assert value == pytest.approx(float(loss.detach()), rel=bound)
    for name, array in ours.layout.named(gradient).items():
        naive.assert_close(array, theirs[name], bound)

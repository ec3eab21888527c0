"""The slow twin's gradients against central differences of its own outputs."""

import numpy as np
import pytest

from .. import naive


@pytest.mark.parametrize("network", naive.EVERY_WAY)
@pytest.mark.parametrize(("cell", "activation"), naive.EVERY_CELL)
def test_gradient_equals_central_differences(rng, cell, activation, network):
    shapes = naive.weight_shapes(
        n_features=2,
        n_gates=naive.CELLS[cell].n_gates,
        n_outputs=2,
        **naive.EVERY_WAY[network],
    )
    weights = naive.random_weights(rng, shapes)
    sequences = naive.random_sequences(rng, [4, 1, 3], 2)
    d_raw = rng.normal(size=(3, 2))
    rule = {"cell": cell, "activation": activation}

    gradient = naive.gradient(weights, sequences, d_raw, **rule)

    def loss():
        return np.sum(d_raw * naive.raw_outputs(weights, sequences, **rule))

    assert list(gradient) == list(weights)
    for name, array in weights.items():
        slopes = naive.central_differences(loss, array)
        np.testing.assert_allclose(gradient[name], slopes, rtol=1e-7, atol=1e-8, err_msg=name)


def test_lstm_step_is_the_equations_by_hand():
    # One unit, one feature, every number worked out separately from the twin's array code.
    weights = {
        "layer_0.forward.input": np.array([[0.1, 0.2, 0.3, 0.4]]),
        "layer_0.forward.recurrent": np.array([[0.5, 0.6, 0.7, 0.8]]),
        "layer_0.forward.bias": np.array([0.01, 0.02, 0.03, 0.04]),
        "output.weight": np.array([[1.0]]),
        "output.bias": np.array([0.0]),
    }
    h = C = 0.0
    for x in (1.0, -2.0):
        i, f, o = (
            1.0 / (1.0 + np.exp(-(w * x + u * h + b)))
            for w, u, b in ((0.1, 0.5, 0.01), (0.2, 0.6, 0.02), (0.4, 0.8, 0.04))
        )
        C = f * C + i * np.tanh(0.3 * x + 0.7 * h + 0.03)
        h = o * np.tanh(C)
    raw = naive.raw_outputs(weights, [np.array([[1.0], [-2.0]])], cell="lstm", activation="tanh")
    np.testing.assert_allclose(raw, [[h]], rtol=1e-15)


def test_gru_resets_the_state_before_the_product_and_z_takes_the_new_state():
    # Two units, so that (r * h) . U differs from r * (h . U).
    U_n = np.array([[0.3, -0.8], [0.9, 0.2]])
    weights = {
        "layer_0.forward.input": np.array([[0.4, -1.0, 0.3, 0.2, 1.5, -0.7]]),
        "layer_0.forward.recurrent": np.hstack([np.eye(2), -np.eye(2), U_n]),
        "layer_0.forward.bias": np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
        "output.weight": np.eye(2),
        "output.bias": np.zeros(2),
    }
    h_0 = h_1 = 0.0
    for x in (1.0, 0.5):
        r_0 = 1.0 / (1.0 + np.exp(-(0.4 * x + h_0 + 0.1)))
        r_1 = 1.0 / (1.0 + np.exp(-(-1.0 * x + h_1 + 0.2)))
        z_0 = 1.0 / (1.0 + np.exp(-(0.3 * x - h_0 + 0.3)))
        z_1 = 1.0 / (1.0 + np.exp(-(0.2 * x - h_1 + 0.4)))
        n_0 = np.tanh(1.5 * x + 0.3 * (r_0 * h_0) + 0.9 * (r_1 * h_1) + 0.5)
        n_1 = np.tanh(-0.7 * x - 0.8 * (r_0 * h_0) + 0.2 * (r_1 * h_1) + 0.6)
        h_0 = (1.0 - z_0) * h_0 + z_0 * n_0
        h_1 = (1.0 - z_1) * h_1 + z_1 * n_1
    raw = naive.raw_outputs(weights, [np.array([[1.0], [0.5]])], cell="gru", activation="tanh")
    np.testing.assert_allclose(raw, [[h_0, h_1]], rtol=1e-14)

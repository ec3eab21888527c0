"""Norms of gradients, and the warnings of those that explode or vanish."""

import re
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import ConvergenceWarning

from skrnn import RNNClassifier, RNNRegressor
from skrnn.cells import CELLS
from skrnn.network.objective import Objective
from skrnn.network.saturation import saturated_share

from ..toys import QUICK, labelled, ragged

OPTIONS = QUICK | {"batch_size": 20, "tol": 0.0}
AS_IT_IS = OPTIONS | {"standardize": False}


def messages_of(fit):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit()
    return [str(one.message) for one in caught if "gradient" in str(one.message).lower()]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("max_grad_norm", [None, 1.0, 0.05])
@pytest.mark.parametrize("alpha", [0.0, 3.0])
def test_curve_is_the_mean_norm_before_clipping(max_grad_norm, alpha, monkeypatch):
    gradient_of, norms = Objective.__call__, []

    def noted(self, parameters, batch, gradient):
        loss = gradient_of(self, parameters, batch, gradient)
        penalty = alpha / batch.n_samples * parameters * self.penalised
        norms.append(np.linalg.norm((gradient + penalty).astype(float)))
        return loss

    monkeypatch.setattr(Objective, "__call__", noted)
    options = OPTIONS | {"max_iter": 4, "max_grad_norm": max_grad_norm, "alpha": alpha}
    fitted = RNNRegressor(**options).fit(*ragged())
    assert_allclose(fitted.gradient_norm_curve_, np.reshape(norms, (4, 3)).mean(axis=1), rtol=1e-5)
    assert len(fitted.partial_fit(*ragged()).gradient_norm_curve_) == 5


def slowly_forgotten(n_samples=60, n_steps=60):
    """Return noise of many steps, and the sign of its sum."""
    X = np.random.default_rng(0).normal(size=(n_samples, n_steps, 1))
    return X, X.sum(axis=(1, 2)) > 0


class TestExploding:
    def test_rectified_units_with_large_steps(self):
        X, y = slowly_forgotten()
        network = RNNClassifier(**OPTIONS | {"learning_rate_init": 0.3, "hidden_layer_sizes": 16})
        network.set_params(cell="simple", activation="relu")
        (message,) = messages_of(lambda: network.fit(X, y))
        assert message.startswith("Gradients exploded")
        for name in ("learning_rate_init", "cell='lstm'", "activation='tanh'", "max_grad_norm"):
            assert name in message
        assert max(network.gradient_norm_curve_) > 100

    def test_small_steps_are_no_matter(self):
        X, y = slowly_forgotten()
        network = RNNClassifier(**OPTIONS | {"learning_rate_init": 1e-3})
        network.set_params(cell="simple", activation="relu")
        assert messages_of(lambda: network.fit(X, y)) == []

    def test_a_tight_limit_is_no_matter(self):
        network = RNNRegressor(**OPTIONS | {"max_grad_norm": 1e-4})
        assert messages_of(lambda: network.fit(*ragged())) == []


class TestSaturated:
    @pytest.mark.parametrize("bidirectional", [False, True])
    @pytest.mark.parametrize("task", ["classes", "numbers"])
    @pytest.mark.parametrize("cell", CELLS)
    def test_by_x_that_is_not_scaled(self, cell, task, bidirectional):
        X, y = labelled([0, 1]) if task == "classes" else ragged()
        kind = RNNClassifier if task == "classes" else RNNRegressor
        network = kind(**AS_IT_IS, cell=cell, bidirectional=bidirectional)
        *_, message = messages_of(lambda: network.fit([3000 + 100 * x for x in X], y))
        assert re.match(r"Gates are saturated: ([89]\d|100)% of those of the first layer", message)
        assert "values of X are too large" in message
        assert messages_of(lambda: network.fit(X, y)) == []

    @pytest.mark.parametrize("cell", CELLS)
    def test_by_one_feature_of_several(self, cell):
        X, y = ragged()
        wide = [x * [1.0, 3000.0] + [0.0, 3000.0] for x in X]
        *_, message = messages_of(lambda: RNNRegressor(**AS_IT_IS, cell=cell).fit(wide, y))
        assert "values of X are too large" in message

    def test_by_large_steps(self):
        X, _ = ragged()
        y = np.random.default_rng(0).permutation(60) % 2
        network = RNNClassifier(**OPTIONS | {"learning_rate_init": 20.0, "max_grad_norm": None})
        *_, message = messages_of(lambda: network.fit(X, y))
        assert "before training, which has not halved the loss" in message
        assert "learning_rate_init" in message


@pytest.mark.parametrize("cell", CELLS)
def test_share_of_saturated_gates_is_that_of_flat_slopes(cell):
    """Every slope below a hundredth of the steepest, by the gates of the slow twin's formulas."""
    cell = CELLS[cell]
    shape = cell.kernels["tanh"](1, 3, 8, 0)
    before = np.linspace(-12, 12, 40 * 8 * len(cell.gates)).reshape(40, -1)
    values, flat = before.copy(), []
    for number, gate in enumerate(cell.gates):
        columns = slice(8 * number, 8 * number + 3)
        steepest, function = 1.0, np.tanh
        if cell.gate_activations.get(gate) == "sigmoid":
            steepest, function = 0.25, lambda x: 1 / (1 + np.exp(-x))
        values[:, columns] = function(before[:, columns])
        slopes = (function(before[:, columns] + 1e-6) - values[:, columns]) / 1e-6
        flat.append(slopes < 0.01 * steepest)
    assert saturated_share(cell, "tanh", shape, values) == pytest.approx(np.mean(flat), abs=1e-3)


def test_rectified_units_are_never_saturated():
    cell = CELLS["simple"]
    shape = cell.kernels["relu"](1, 3, 8, 0)
    assert np.isnan(saturated_share(cell, "relu", shape, np.full((4, 8), 1e9)))


class TestVanishing:
    def test_dead_rectified_units(self):
        X, y = labelled([0, 1])
        network = RNNClassifier(**OPTIONS, cell="simple", activation="relu", warm_start=True)
        with pytest.warns(ConvergenceWarning):
            network.set_params(max_iter=1).fit(X, y)
        network.set_weights({"layer_0.forward.bias": np.full(OPTIONS["hidden_layer_sizes"], -100)})
        (message,) = messages_of(lambda: network.set_params(max_iter=5).fit(X, y))
        assert message.startswith("Gradients vanished")

    @pytest.mark.parametrize("cell", CELLS)
    def test_not_of_what_has_converged(self, cell):
        X, y = labelled([0, 1])
        options = OPTIONS | {"max_iter": 300, "n_iter_no_change": np.inf, "alpha": 0.0}
        network = RNNClassifier(**options, cell=cell)
        assert messages_of(lambda: network.fit(X, y)) == []
        assert network.loss_ < 1e-2

    def test_not_of_a_constant_target(self):
        X, _ = ragged()
        assert messages_of(lambda: RNNRegressor(**OPTIONS).fit(X, np.ones(60))) == []

    def test_not_of_single_steps_or_a_strong_penalty(self):
        X, y = ragged()
        steps = [x[:1] for x in X]
        assert messages_of(lambda: RNNRegressor(**OPTIONS).fit(steps, y)) == []
        assert messages_of(lambda: RNNRegressor(**OPTIONS, alpha=100.0).fit(X, y)) == []

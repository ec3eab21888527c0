"""Norms of gradients, and the warnings of those that explode or vanish."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.exceptions import ConvergenceWarning

from skrnn import RNNClassifier, RNNRegressor
from skrnn.cells import CELLS
from skrnn.network.objective import Objective

from ..toys import QUICK, labelled, ragged

OPTIONS = QUICK | {"batch_size": 20, "tol": 0.0}


def messages_of(fit):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit()
    return [str(one.message) for one in caught if "Gradients" in str(one.message)]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("max_grad_norm", [None, 1.0, 0.05])
@pytest.mark.parametrize("alpha", [0.0, 3.0])
def test_curve_is_the_mean_norm_before_clipping(max_grad_norm, alpha, monkeypatch):
    gradient_of, norms = Objective.__call__, []

    def noted(self, parameters, batch, gradient):
        loss = gradient_of(self, parameters, batch, gradient)
        penalty = alpha / batch.n_sequences * parameters * self.penalised
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


class TestVanishing:
    @pytest.mark.parametrize("cell", CELLS)
    def test_saturated_units(self, cell):
        X, y = labelled([0, 1])
        network = RNNClassifier(**OPTIONS | {"cell": cell})
        *_, message = messages_of(lambda: network.fit([1e5 + 1e3 * x for x in X], y))
        assert message.startswith("Gradients vanished")
        for name in ("Scale X", "learning_rate_init", "cell='lstm'"):
            assert name in message

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

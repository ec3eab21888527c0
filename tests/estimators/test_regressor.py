import warnings
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import r2_score
from sklearn.neural_network import MLPRegressor

from skrnn import RNNClassifier, RNNRegressor
from skrnn.cells import CELLS
from skrnn.losses import REGRESSION_LOSSES
from skrnn.losses._units import mean_and_deviation

from ..toys import QUICK, ragged

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def regressor(**parameters):
    return RNNRegressor(**(QUICK | parameters))


def two_outputs():
    X, y = ragged()
    return X, np.column_stack([y, 5 - 3 * y**2])


class TestParameters:
    def test_are_those_of_the_classifier_but_of_classes_and_losses(self):
        ours, theirs = RNNRegressor().get_params(), RNNClassifier().get_params()
        assert set(theirs) - set(ours) == {"class_weight", "label_smoothing"}
        assert set(ours) - set(theirs) == {"loss", "delta", "quantile"}
        assert all(ours[name] == theirs[name] for name in set(ours) & set(theirs))
        names = {
            parameter.name for loss in REGRESSION_LOSSES.values() for parameter in fields(loss)
        }
        assert names <= set(ours)
        different = {
            name
            for name, default in MLPRegressor().get_params().items()
            if name in ours and ours[name] != default
        }
        assert different == {"hidden_layer_sizes", "activation", "learning_rate_init"}

    def test_are_documented(self):
        for name, default in RNNRegressor().get_params().items():
            line = RNNRegressor.__doc__.split(f"\n{name} : ")[1].split("\n")[0]
            assert line.endswith(f", default={default!r}")

    def test_error_names_the_class(self):
        with pytest.raises(TypeError, match=r"RNNRegressor.*class_weight"):
            RNNRegressor(class_weight="balanced")


class TestFit:
    @pytest.mark.parametrize("cell", CELLS)
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_learns(self, cell, dtype):
        X, y = ragged()
        fitted = regressor(cell=cell, dtype=dtype).fit(X, y)
        predicted = fitted.predict(X)
        assert predicted.shape == y.shape
        assert predicted.dtype == np.float64
        assert fitted.score(X, y) == r2_score(y, predicted) > 0.8
        assert fitted.out_activation_ == "identity"
        assert fitted.n_outputs_ == 1

    def test_learns_several_outputs(self):
        X, Y = two_outputs()
        fitted = regressor(max_iter=60).fit(X, Y)
        predicted = fitted.predict(X)
        assert predicted.shape == Y.shape
        assert min(r2_score(Y, predicted, multioutput="raw_values")) > 0.6
        assert fitted.n_outputs_ == 2

    @pytest.mark.parametrize("container", [list, pd.Series, np.float32, lambda y: y.astype(object)])
    def test_takes_y_in_any_container(self, container):
        X, y = ragged()
        y = np.round(y, 2)
        given = regressor(max_iter=2, dtype="float64").fit(X, container(y)).predict(X)
        expected = regressor(max_iter=2, dtype="float64").fit(X, y).predict(X)
        assert_allclose(given, expected, rtol=1e-4)

    def test_of_a_column_gives_the_usual_warning(self):
        X, y = ragged()
        with pytest.warns(DataConversionWarning):
            fitted = regressor(max_iter=1).fit(X, y[:, np.newaxis])
        assert fitted.predict(X).shape == y.shape

    def test_weight_two_is_as_good_as_twice(self):
        X, y = ragged(15)
        weight = np.arange(15) % 3
        weighted = regressor(dtype="float64").fit(X, y, sample_weight=weight)
        indices = np.repeat(np.arange(15), weight)
        repeated = regressor(dtype="float64").fit([X[i] for i in indices], y[indices])
        assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-7)


class TestScaleOfTargets:
    @pytest.mark.parametrize("scale", [1e-300, 1e-12, 1e-3, 1e3, 1e12, 1e300])
    def test_changes_nothing(self, scale):
        X, y = ragged()
        expected = regressor(max_iter=3, dtype="float64").fit(X, y)
        fitted = regressor(max_iter=3, dtype="float64").fit(X, y * scale)
        assert_allclose(fitted.predict(X) / scale, expected.predict(X), rtol=1e-9)
        assert_allclose(fitted.loss_curve_, expected.loss_curve_, rtol=1e-9)

    @pytest.mark.parametrize("offset", [-1e6, 1e9])
    def test_offset_is_learnt_at_once(self, offset):
        X, y = ragged()
        predicted = regressor().fit(X, y + offset).predict(X)
        assert r2_score(y + offset, predicted) > 0.8

    def test_is_each_outputs_own(self):
        X, Y = two_outputs()
        fitted = regressor(max_iter=3, dtype="float64").fit(X, Y)
        scales = np.array([1e-9, 1e9])
        scaled = regressor(max_iter=3, dtype="float64").fit(X, Y * scales)
        assert_allclose(scaled.predict(X) / scales, fitted.predict(X), rtol=1e-9)

    @pytest.mark.parametrize("value", [0.0, -5e-12, 0.1, 3e12])
    def test_of_a_constant_gives_the_constant(self, value):
        X, _ = ragged()
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            fitted = regressor().fit(X, np.full(60, value))
        assert_array_equal(fitted.predict(X), value)

    def test_of_a_constant_among_others(self):
        X, Y = two_outputs()
        Y[:, 1] = 7
        predicted = regressor().fit(X, Y).predict(X)
        assert_array_equal(predicted[:, 1], 7)
        assert r2_score(Y[:, 0], predicted[:, 0]) > 0.8

    def test_does_not_heed_samples_without_weight(self):
        X, y = ragged()
        weight = np.ones(60)
        y[:5], weight[:5] = 1e9, 0
        fitted = regressor().fit(X, y, sample_weight=weight)
        assert fitted.score(X[5:], y[5:]) > 0.8
        constant = np.where(weight > 0, 2.5, y)
        assert_array_equal(regressor().fit(X, constant, sample_weight=weight).predict(X), 2.5)

    def test_is_weighted(self):
        rng = np.random.default_rng(0)
        y, weight = rng.normal(size=(20, 2)), rng.integers(0, 4, 20)
        repeated = np.repeat(y, weight, axis=0)
        mean, scale = mean_and_deviation(y, weight.astype(float))
        assert_allclose(mean, repeated.mean(axis=0))
        assert_allclose(scale, repeated.std(axis=0))

    def test_is_kept_by_a_warm_start(self):
        X, y = ragged()
        warm = regressor(warm_start=True).fit(X, y)
        before = warm.predict(X)
        warm.set_params(max_iter=1, learning_rate_init=1e-9).fit(X, 100 * y)
        assert_allclose(warm.predict(X), before, rtol=1e-4, atol=1e-6)
        assert warm.loss_ > 1000


class TestPartialFit:
    def test_learns_from_batches(self):
        X, y = ragged()
        online = regressor()
        for _ in range(20):
            for start in range(0, 60, 20):
                online.partial_fit(X[start : start + 20], 1e6 * y[start : start + 20])
        assert online.score(X, 1e6 * y) > 0.8
        assert online.t_ == 1200

    def test_is_one_epoch_of_fit(self):
        X, y = ragged()
        assert_array_equal(
            regressor().partial_fit(X, y).predict(X), regressor(max_iter=1).fit(X, y).predict(X)
        )

    def test_takes_the_scale_from_the_first_call(self):
        X, y = ragged()
        online = regressor(learning_rate_init=1e-9).partial_fit(X, y)
        before = online.predict(X)
        online.partial_fit(X, 1000 * y)
        assert_allclose(online.predict(X), before, rtol=1e-4, atol=1e-6)

    def test_learns_from_single_samples(self):
        X, y = ragged()
        online = regressor(max_grad_norm=0.1, learning_rate_init=0.01)
        for _ in range(5):
            for sequence, target in zip(X, y, strict=True):
                online.partial_fit([sequence], [1e6 * target])
        assert online.score(X, 1e6 * y) > 0.7

    def test_takes_the_scale_when_a_constant_begins_to_vary(self):
        X, y = ragged()
        online = regressor().fit(X, np.full(60, 3.0))
        for _ in range(30):
            online.partial_fit(X, 1e6 * y)
        assert online.score(X, 1e6 * y) > 0.7

    def test_of_another_number_of_outputs_is_an_error(self):
        X, Y = two_outputs()
        online = regressor().partial_fit(X, Y)
        with pytest.raises(ValueError, match=r"y has 1 outputs.* fitted with 2"):
            online.partial_fit(X, Y[:, 0])


class TestEarlyStopping:
    @pytest.mark.parametrize("data", [ragged, two_outputs])
    def test_restores_the_best_weights(self, data):
        X, y = data()
        fitted = regressor(early_stopping=True, validation_fraction=0.3, max_iter=60).fit(X, y)
        assert fitted.best_validation_score_ == max(fitted.validation_scores_) > 0.5
        assert fitted.best_loss_ is None

    def test_needs_two_samples_to_score(self):
        X, y = ragged(10)
        with pytest.raises(ValueError, match="at least 2 samples to validate on"):
            regressor(early_stopping=True).fit(X, y)

    def test_score_does_not_depend_on_the_units(self):
        X, y = ragged()
        one, other = (
            regressor(early_stopping=True, dtype="float64").fit(X, unit * y + 3 * unit)
            for unit in (1, 1e-6)
        )
        assert_allclose(one.validation_scores_, other.validation_scores_, rtol=1e-6)


def test_predictions_of_a_sequence_do_not_depend_on_its_neighbours():
    X, y = ragged()
    fitted = regressor(max_iter=2).fit(X, y)
    together = fitted.predict(X)
    assert_array_equal([fitted.predict([sequence])[0] for sequence in X], together)
    assert_array_equal(fitted.predict(X[::-1]), together[::-1])

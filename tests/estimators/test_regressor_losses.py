"""The regressor with every loss of the registry, fitted by it and asked for what it predicts."""

import pickle
from dataclasses import fields

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.metrics import d2_pinball_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNRegressor
from skrnn.losses import REGRESSION_LOSSES

from ..toys import QUICK, ragged, state_of

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Every loss, with the default values of its own parameters; then those of several numbers.
ONE_NUMBER = {
    name: {"loss": name} | {field.name: field.default for field in fields(loss)}
    for name, loss in REGRESSION_LOSSES.items()
}
LEVELS = [0.9, 0.1, 0.5]
EVERY_LOSS = ONE_NUMBER | {"several quantiles": {"loss": "quantile", "quantile": LEVELS}}

parametrize_loss = pytest.mark.parametrize("loss", EVERY_LOSS.values(), ids=EVERY_LOSS)
parametrize_loss_of_one = pytest.mark.parametrize("loss", ONE_NUMBER.values(), ids=ONE_NUMBER)


def regressor(**parameters):
    return RNNRegressor(**(QUICK | parameters))


def positive():
    """Return ragged sequences and targets above zero, which every loss takes."""
    X, levels = ragged()
    return X, np.exp(levels)


def noisy(n_samples, seed=0):
    """Return tables (n_samples, 4) of a level, and normal noise as large as the level."""
    rng = np.random.default_rng(seed)
    levels = rng.uniform(0.5, 2, n_samples)
    return np.repeat(levels[:, np.newaxis], 4, axis=1), levels * rng.standard_normal(n_samples)


@parametrize_loss
class TestEveryLoss:
    def test_learns(self, loss):
        X, y = positive()
        fitted = regressor(**loss, max_iter=60).fit(X, y)
        predicted = fitted.predict(X)
        n_quantiles = (3,) if loss.get("quantile") == LEVELS else ()
        assert predicted.shape == (60, *n_quantiles)
        assert predicted.dtype == np.float64
        assert fitted.out_activation_ == REGRESSION_LOSSES[loss["loss"]].out_activation
        assert fitted.score(X, y) > 0.4 if n_quantiles else fitted.score(X, y) > 0.6
        assert fitted.loss_ < fitted.loss_curve_[0] / 1.5

    def test_weight_two_is_as_good_as_twice(self, loss):
        X, y = positive()
        X, y, weight = X[:15], y[:15], np.arange(15) % 3
        weighted = regressor(**loss, dtype="float64", max_iter=10).fit(X, y, sample_weight=weight)
        indices = np.repeat(np.arange(15), weight)
        X_twice, y_twice = [X[i] for i in indices], y[indices]
        repeated = regressor(**loss, dtype="float64", max_iter=10).fit(X_twice, y_twice)
        assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-7)
        score = repeated.score(X_twice, y_twice)
        assert_allclose(weighted.score(X, y, sample_weight=weight), score, rtol=1e-6)

    @pytest.mark.parametrize("scale", [1e-9, 1e9])
    def test_scale_of_targets_changes_nothing(self, loss, scale):
        X, y = positive()
        one, other = (
            regressor(**loss, max_iter=3, dtype="float64").fit(X, y * unit) for unit in (1, scale)
        )
        assert_allclose(other.predict(X) / scale, one.predict(X), rtol=1e-9)
        assert_allclose(other.loss_curve_, one.loss_curve_, rtol=1e-9)

    def test_constant_is_predicted(self, loss):
        X, _ = positive()
        predicted = regressor(**loss, max_iter=100).fit(X, np.full(60, 3.0)).predict(X)
        assert_allclose(predicted, 3, rtol=0.05)

    def test_early_stopping_restores_the_best_weights(self, loss):
        X, y = positive()
        fitted = regressor(**loss, early_stopping=True, validation_fraction=0.3).fit(X, y)
        assert fitted.best_validation_score_ == max(fitted.validation_scores_) > 0.2
        assert len(fitted.validation_loss_curve_) == fitted.n_iter_

    def test_partial_fit_is_one_epoch_of_fit(self, loss):
        X, y = positive()
        assert_array_equal(
            regressor(**loss).partial_fit(X, y).predict(X),
            regressor(**loss, max_iter=1).fit(X, y).predict(X),
        )

    def test_warm_start_goes_on(self, loss):
        X, y = positive()
        warm = regressor(**loss, warm_start=True, max_iter=2).fit(X, y)
        at_once = regressor(**loss, max_iter=4).fit(X, y)
        assert_array_equal(warm.fit(X, y).predict(X), at_once.predict(X))

    def test_pickles_and_clones(self, loss):
        X, y = positive()
        fitted = regressor(**loss, max_iter=2).fit(X, y)
        copy = pickle.loads(pickle.dumps(fitted))
        assert_array_equal(copy.predict(X), fitted.predict(X))
        assert copy.score(X, y) == fitted.score(X, y)
        assert_array_equal(clone(fitted).fit(X, y).predict(X), fitted.predict(X))

    def test_works_in_a_pipeline(self, loss):
        X, y = noisy(40)
        pipeline = make_pipeline(StandardScaler(), regressor(**loss, max_iter=2))
        assert len(pipeline.fit(X, np.abs(y)).predict(X)) == 40
        assert np.isfinite(cross_val_score(pipeline, X, np.abs(y), cv=2, error_score="raise")).all()


@parametrize_loss_of_one
def test_several_outputs(loss):
    X, y = positive()
    Y = np.column_stack([y, 1e6 * (3 - y)])
    fitted = regressor(**loss, max_iter=60).fit(X, Y)
    assert fitted.predict(X).shape == Y.shape
    assert min(r2_score(Y, fitted.predict(X), multioutput="raw_values")) > 0.6
    assert fitted.score(X, Y) > 0.4


@pytest.mark.parametrize(
    ("loss", "statistic"),
    [
        ({"loss": "squared_error"}, np.mean),
        ({"loss": "poisson"}, np.mean),
        ({"loss": "absolute_error"}, np.median),
        ({"loss": "huber", "delta": 1e-3}, np.median),
        ({"loss": "huber", "delta": 1e3}, np.mean),
        ({"loss": "quantile", "quantile": 0.5}, np.median),
        ({"loss": "quantile", "quantile": 0.9}, lambda y: np.quantile(y, 0.9)),
        ({"loss": "quantile", "quantile": LEVELS}, lambda y: np.quantile(y, LEVELS)),
    ],
)
def test_best_constant_is_found(loss, statistic):
    y = np.random.default_rng(0).exponential(size=201)  # skew, so that mean and median differ
    X = np.zeros((201, 2))
    fitted = regressor(**loss, max_iter=300, batch_size=201, n_iter_no_change=np.inf).fit(X, y)
    assert_allclose(fitted.predict(X[:1])[0], statistic(y), rtol=0.05)


class TestOutliers:
    @pytest.mark.parametrize("loss", [{"loss": "absolute_error"}, {"loss": "huber", "delta": 0.1}])
    def test_spoil_the_squared_error_more(self, loss):
        X, y = positive()
        spoilt = y.copy()
        spoilt[:3] = 20
        robust, least_squares = (
            regressor(**loss, max_iter=60).fit(X, spoilt).predict(X)[3:]
            for loss in (loss, {"loss": "squared_error"})
        )
        assert r2_score(y[3:], robust) > 0.6 > r2_score(y[3:], least_squares)


# The rate falls to zero: with a constant one, each minibatch moves the quantiles to and fro.
SEVERAL = {"loss": "quantile", "learning_rate": "cosine", "max_iter": 20}


@pytest.fixture(scope="module")
def fitted():
    """Return a regressor of three quantiles; tests must not change it."""
    return regressor(**SEVERAL, quantile=LEVELS).fit(*noisy(1000))


class TestQuantiles:
    def test_give_an_interval_that_holds_its_share(self, fitted):
        X, y = noisy(1000, seed=1)
        high, low, _ = fitted.predict(X).T
        assert_allclose(np.mean((low <= y) & (y <= high)), 0.8, atol=0.05)
        assert_allclose(np.mean(y <= high), 0.9, atol=0.05)
        narrow, wide = X[:, 0] < 0.8, X[:, 0] > 1.7
        assert (high - low)[wide].mean() > 1.5 * (high - low)[narrow].mean()

    def test_do_not_cross(self, fitted):
        X = np.random.default_rng(2).normal(scale=5, size=(500, 4))
        high, low, median = fitted.predict(X).T
        assert (low <= median).all()
        assert (median <= high).all()

    def test_score_is_d2_of_each(self, fitted):
        X, y = noisy(100, seed=3)
        weight = np.random.default_rng(4).uniform(size=100)
        scores = [
            d2_pinball_score(y, prediction, sample_weight=weight, alpha=level)
            for prediction, level in zip(fitted.predict(X).T, LEVELS, strict=True)
        ]
        assert_allclose(fitted.score(X, y, sample_weight=weight), np.mean(scores))

    def test_of_one_output_are_scored_as_by_scikit_learn(self):
        X, y = noisy(50)
        Y = np.column_stack([y, -y])
        fitted = regressor(loss="quantile", quantile=0.2).fit(X, Y)
        expected = d2_pinball_score(Y, fitted.predict(X), alpha=0.2)
        assert_allclose(fitted.score(X, Y), expected)

    @pytest.mark.parametrize("container", [tuple, np.array, lambda levels: levels])
    def test_may_be_in_any_sequence(self, fitted, container):
        X, y = noisy(1000)
        given = regressor(**SEVERAL | {"quantile": container(LEVELS), "max_iter": 1}).fit(X, y)
        assert_array_equal(
            given.predict(X),
            clone(fitted).set_params(max_iter=1).fit(X, y).predict(X),
        )

    def test_sequence_of_one_gives_one_column(self):
        X, y = positive()
        fitted = regressor(loss="quantile", quantile=[0.5], max_iter=2).fit(X, y)
        alone = regressor(loss="quantile", quantile=0.5, max_iter=2).fit(X, y)
        assert_array_equal(fitted.predict(X), alone.predict(X)[:, np.newaxis])

    def test_do_not_follow_a_list_that_changes_after_fit(self):
        X, y = positive()
        levels = LEVELS.copy()
        fitted = regressor(loss="quantile", quantile=levels, max_iter=2).fit(X, y)
        before = fitted.predict(X)
        levels[:] = [0.1, 0.9]
        assert_array_equal(fitted.predict(X), before)


class TestPoisson:
    def test_predictions_are_positive(self):
        X, levels = ragged()
        y = np.random.default_rng(0).poisson(np.exp(levels))
        assert y.min() == 0
        fitted = regressor(loss="poisson").fit(X, y)
        assert (fitted.predict(X) > 0).all()
        assert (fitted.predict([100 * sequence for sequence in X]) > 0).all()


@pytest.mark.parametrize(
    "change",
    [
        {"loss": "huber"},
        {"loss": "squared_error"},
        {"quantile": 0.4},
        {"quantile": [0.5]},
        {"quantile": [0.1, 0.9]},
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_another_loss_is_an_error_while_training_goes_on(method, change):
    X, y = positive()
    fitted = regressor(loss="quantile", quantile=0.5, warm_start=True, max_iter=1).fit(X, y)
    expected = fitted.predict(X)
    fitted.set_params(**change)
    assert_array_equal(fitted.predict(X), expected)
    before = state_of(fitted)
    (name,) = change
    with pytest.raises(ValueError, match=f"was fitted with {name}=.*Set {name} back"):
        getattr(fitted, method)(X, y)
    assert state_of(fitted) == before


def test_another_delta_is_an_error_for_huber_only():
    X, y = positive()
    fitted = {
        loss: regressor(loss=loss, max_iter=1).fit(X, y).set_params(delta=2.0)
        for loss in ("huber", "squared_error")
    }
    fitted["squared_error"].partial_fit(X, y)
    with pytest.raises(ValueError, match=r"was fitted with delta=1.0.*delta=2.0"):
        fitted["huber"].partial_fit(X, y)


def test_search_compares_losses():
    X, y = positive()
    search = GridSearchCV(
        regressor(max_iter=15, quantile=0.5),
        {"loss": list(ONE_NUMBER)},
        cv=2,
        error_score="raise",
    ).fit(X, y)
    assert search.best_params_["loss"] in ONE_NUMBER
    assert search.best_score_ == max(search.cv_results_["mean_test_score"]) > 0.5


def test_tags_say_what_y_may_be():
    def tags(**parameters):
        return RNNRegressor(**parameters).__sklearn_tags__().target_tags

    assert tags().multi_output
    assert tags(loss="quantile", quantile=[0.1, 0.5]).multi_output
    assert tags(loss="poisson").positive_only
    assert not tags().positive_only

"""Every loss of the registry: value, gradient, extremes, and rows that ignore their neighbours."""

from dataclasses import fields

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import huber
from sklearn.metrics import (
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

from skrnn.losses import LOSSES, REGRESSION_LOSSES
from skrnn.losses._units import mean_and_deviation, median_and_deviation

from .. import naive

DTYPES = ("float32", "float64")

# Every loss, and once more with a value that is allowed and no default for every parameter.
INSTANCES = {name: cls() for name, cls in LOSSES.items()} | {
    f"{name} with parameters": cls(**{field.name: 0.3 for field in fields(cls)})
    for name, cls in LOSSES.items()
    if fields(cls)
}
parametrize_loss = pytest.mark.parametrize("loss", INSTANCES.values(), ids=INSTANCES)
SEVERAL_QUANTILES = LOSSES["quantile"](quantile=[0.9, 0.05, 0.5])
# For problems that have three outputs.
parametrize_loss_of_three = pytest.mark.parametrize(
    "loss",
    [*INSTANCES.values(), SEVERAL_QUANTILES],
    ids=[*INSTANCES, "several quantiles"],
)
REGRESSION_INSTANCES = {
    name: loss for name, loss in INSTANCES.items() if loss.task == "regression"
} | {"several quantiles": SEVERAL_QUANTILES}
parametrize_regression_loss = pytest.mark.parametrize(
    "loss", REGRESSION_INSTANCES.values(), ids=REGRESSION_INSTANCES
)


def make_problem(loss, rng, shape=(7, 3), dtype="float64"):
    """Return raw outputs, targets and weights, one of which is zero."""
    raw = rng.normal(size=shape, scale=2.0).astype(dtype)
    targets = naive.random_targets(rng, loss, shape).astype(dtype)
    weights = rng.uniform(0.1, 3.0, size=shape[0])
    weights[0] = 0.0
    return raw, targets, weights


def test_registry_is_keyed_by_name():
    assert set(LOSSES) >= {"softmax_cross_entropy", "logistic_cross_entropy", "squared_error"}
    assert all(loss.name == name for name, loss in LOSSES.items())
    assert set(REGRESSION_LOSSES) >= {"squared_error", "absolute_error", "huber", "poisson"}
    assert all(loss.task == "regression" for loss in REGRESSION_LOSSES.values())
    assert not {"softmax_cross_entropy", "logistic_cross_entropy"} & set(REGRESSION_LOSSES)


@pytest.mark.parametrize("weighted", [False, True])
@parametrize_loss_of_three
def test_gradient_is_that_of_the_value(loss, weighted, rng):
    raw, targets, weights = make_problem(loss, rng)
    weights = weights if weighted else None
    _, gradient = loss.value_and_gradient(raw, targets, weights)
    step = 1e-6
    differences = np.empty_like(raw)
    for place in np.ndindex(raw.shape):
        beside = [raw.copy(), raw.copy()]
        beside[0][place] += step
        beside[1][place] -= step
        above, below = (loss.value_and_gradient(r, targets, weights)[0] for r in beside)
        differences[place] = (above - below) / (2 * step)
    assert_allclose(gradient, differences, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@parametrize_loss_of_three
def test_results_have_the_dtype_of_raw_and_arguments_are_left_alone(loss, dtype, rng):
    arguments = make_problem(loss, rng, dtype=dtype)
    before = [argument.copy() for argument in arguments]
    value, gradient = loss.value_and_gradient(*arguments)
    predictions = loss.predict(arguments[0])
    assert type(value) is float
    assert gradient.dtype == predictions.dtype == dtype
    assert gradient.shape == predictions.shape == arguments[0].shape
    assert not np.shares_memory(predictions, arguments[0])
    for argument, copy in zip(arguments, before, strict=True):
        assert_array_equal(argument, copy)


@parametrize_loss_of_three
def test_float32_agrees_with_float64(loss, rng):
    raw, targets, weights = make_problem(loss, rng, dtype="float32")
    value, gradient = loss.value_and_gradient(raw, targets, weights)
    exact_value, exact_gradient = loss.value_and_gradient(
        raw.astype(float), targets.astype(float), weights
    )
    assert_allclose(value, exact_value, rtol=1e-6)
    assert_allclose(gradient, exact_gradient, rtol=1e-5, atol=1e-7)


@parametrize_loss_of_three
def test_weights_are_repetitions(loss, rng):
    raw, targets, _ = make_problem(loss, rng)
    repeats = np.array([0, 1, 2, 3, 1, 0, 4])
    value, gradient = loss.value_and_gradient(raw, targets, repeats.astype(float))
    repeated = [np.repeat(array, repeats, axis=0) for array in (raw, targets)]
    expected_value, expected_gradient = loss.value_and_gradient(*repeated, None)
    assert_allclose(value, expected_value, rtol=1e-13)
    rows = np.repeat(np.arange(7), repeats)
    sums = np.zeros_like(gradient)
    np.add.at(sums, rows, expected_gradient)
    assert_allclose(gradient, sums, rtol=1e-13)
    assert not gradient[repeats == 0].any()


@pytest.mark.parametrize("dtype", DTYPES)
@parametrize_loss_of_three
def test_extremes_stay_finite(loss, dtype, rng):
    extremes = np.array([-1e4, -100.0, -1e-4, 0.0, 100.0, 1e4], dtype=dtype)
    raw = np.stack([a.ravel() for a in np.meshgrid(extremes, extremes, extremes)], axis=1)
    targets = naive.random_targets(rng, loss, raw.shape).astype(dtype)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        value, gradient = loss.value_and_gradient(raw, targets, None)
        predictions = loss.predict(raw)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert np.isfinite(predictions).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_outputs", [1, 2, 3, 8, 10, 17, 130])
@parametrize_loss
def test_rows_ignore_their_neighbours(loss, n_outputs, dtype, rng):
    raw = rng.normal(size=(37, n_outputs), scale=5.0).astype(dtype)
    together = loss.predict(raw)
    alone = np.concatenate([loss.predict(raw[i : i + 1]) for i in range(len(raw))])
    assert_array_equal(together, alone)
    assert_array_equal(loss.predict(raw[::-1])[::-1], together)
    assert_array_equal(loss.predict(np.asfortranarray(raw)), together)


def sum_of_log_losses(targets, probabilities, weights):
    return sum(
        log_loss(target, probability, sample_weight=weights, labels=[0, 1])
        for target, probability in zip(targets.T, probabilities.T, strict=True)
    )


# The value, in terms of predictions, by scikit-learn; of Huber's loss by SciPy.
SCIKIT_LEARN_VALUES = {
    "softmax_cross_entropy": lambda targets, predictions, weights: log_loss(
        targets.argmax(axis=1), predictions, sample_weight=weights, labels=[0, 1, 2]
    ),
    "logistic_cross_entropy": sum_of_log_losses,
    "squared_error": lambda targets, predictions, weights: (
        0.5 * mean_squared_error(targets, predictions, sample_weight=weights)
    ),
    "absolute_error": lambda targets, predictions, weights: mean_absolute_error(
        targets, predictions, sample_weight=weights
    ),
    "huber": lambda targets, predictions, weights: np.average(
        huber(1.0, targets - predictions).mean(axis=1), weights=weights
    ),
    "poisson": lambda targets, predictions, weights: np.mean(
        [
            0.5 * mean_poisson_deviance(target, prediction, sample_weight=weights)
            for target, prediction in zip(targets.T, predictions.T, strict=True)
        ]
    ),
    "quantile": lambda targets, predictions, weights: mean_pinball_loss(
        targets, predictions, sample_weight=weights, alpha=0.5
    ),
}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", SCIKIT_LEARN_VALUES)
def test_value_is_that_of_scikit_learn(name, weighted, rng):
    loss = LOSSES[name]()
    raw, targets, weights = make_problem(loss, rng)
    weights = weights if weighted else None
    value, _ = loss.value_and_gradient(raw, targets, weights)
    expected = SCIKIT_LEARN_VALUES[name](targets, loss.predict(raw), weights)
    assert_allclose(value, expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_of_extremes(dtype):
    loss = LOSSES["softmax_cross_entropy"]()
    raw, targets = np.array([[1e4, -1e4]], dtype), np.array([[0, 1]], dtype)
    value, gradient = loss.value_and_gradient(raw, targets, None)
    assert value == 2e4
    assert_array_equal(gradient, [[1, -1]])


@pytest.mark.parametrize("dtype", DTYPES)
def test_logistic_of_extremes(dtype):
    loss = LOSSES["logistic_cross_entropy"]()
    raw, targets = np.array([[1e4], [-1e4], [-1e4]], dtype), np.array([[0], [1], [0]], dtype)
    weights = np.array([1.0, 3.0, 4.0])
    value, gradient = loss.value_and_gradient(raw, targets, weights)
    assert value == (1e4 + 3e4) / 8
    assert_array_equal(gradient, [[1 / 8], [-3 / 8], [0]])


def test_small_probabilities_keep_their_digits():
    probability = LOSSES["logistic_cross_entropy"]().predict(np.float32([[-80.0]]))
    assert_allclose(probability, np.exp(-80.0), rtol=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_poisson_of_extremes(dtype):
    loss = LOSSES["poisson"]()
    raw, targets = np.array([[-1e4], [31.0], [1e4]], dtype), np.array([[2], [0], [0]], dtype)
    predictions = loss.predict(raw)
    assert (predictions > 0).all()
    assert_allclose(predictions, np.exp([[-30], [30], [30]]), rtol=1e-6)
    _, gradient = loss.value_and_gradient(raw, targets, None)
    assert_allclose(gradient, np.array([[-2], [np.exp(30)], [np.exp(30)]]) / 3, rtol=1e-6)


def test_poisson_goes_on_as_its_tangent():
    loss = LOSSES["poisson"]()
    values = [loss.value_and_gradient(np.array([[x]]), np.zeros((1, 1)), None)[0] for x in (30, 31)]
    assert_allclose(values, [np.exp(30), 2 * np.exp(30)], rtol=1e-14)


def test_several_quantiles_are_those_of_one_each(rng):
    raw, targets, weights = make_problem(SEVERAL_QUANTILES, rng)
    value, gradient = SEVERAL_QUANTILES.value_and_gradient(raw, targets, weights)
    columns = [slice(i, i + 1) for i in range(3)]
    alone = [
        LOSSES["quantile"](level).value_and_gradient(raw[:, i], targets[:, i], weights)
        for level, i in zip(SEVERAL_QUANTILES.quantile, columns, strict=True)
    ]
    assert_allclose(value, np.mean([value for value, _ in alone]), rtol=1e-14)
    assert_allclose(gradient, np.hstack([gradient for _, gradient in alone]) / 3, rtol=1e-14)


def test_quantiles_do_not_cross_and_sorting_does_not_cost(rng):
    raw, targets, weights = make_problem(SEVERAL_QUANTILES, rng)
    targets[:] = targets[:, :1]
    predictions = SEVERAL_QUANTILES.predict(raw)
    assert (predictions[:, 1] <= predictions[:, 2]).all()
    assert (predictions[:, 2] <= predictions[:, 0]).all()
    assert_array_equal(np.sort(predictions, axis=1), np.sort(raw, axis=1))
    before, after = (
        SEVERAL_QUANTILES.value_and_gradient(outputs, targets, weights)[0]
        for outputs in (raw, predictions)
    )
    assert after < before


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "logistic_cross_entropy"])
def test_smoothing_is_of_the_targets(name, rng):
    plain, smoothed = LOSSES[name](), LOSSES[name](label_smoothing=0.3)
    raw, targets, weights = make_problem(plain, rng)
    value, gradient = smoothed.value_and_gradient(raw, targets, weights)
    share = 1 / 3 if name.startswith("softmax") else 1 / 2
    expected = plain.value_and_gradient(raw, 0.7 * targets + 0.3 * share, weights)
    assert_allclose(value, expected[0], rtol=1e-14)
    assert_allclose(gradient, expected[1], rtol=1e-14, atol=1e-16)


@parametrize_regression_loss
class TestScore:
    def test_is_one_for_perfect_predictions_and_less_for_worse(self, loss, rng):
        _, targets, weights = make_problem(loss, rng, (50, 3))
        better, worse = targets + 0.1, targets + 0.2
        scores = [loss.score(p, targets, weights) for p in (targets, better, worse)]
        assert scores[0] == 1
        assert 1 > scores[1] > scores[2] > 0

    def test_is_about_zero_for_the_best_constant(self, loss, rng):
        _, targets, _ = make_problem(loss, rng, (101, 3))
        raw = np.zeros_like(targets)
        for step in 0.5 ** np.arange(12):  # subgradient descent on the constants
            for _ in range(50):
                _, gradient = loss.value_and_gradient(raw, targets, None)
                raw -= step * np.sign(gradient.sum(axis=0)) * 0.1
        # Quantiles between two targets are as good as each other for the loss, and Huber's loss
        # is compared with that of the median.
        assert abs(loss.score(loss.predict(raw), targets, None)) < 0.05

    def test_counts_weight_two_as_two_samples(self, loss, rng):
        raw, targets, _ = make_problem(loss, rng, (30, 3))
        predictions, repeats = loss.predict(0.1 * raw), rng.integers(0, 3, 30)
        weighted = loss.score(predictions, targets, repeats.astype(float))
        repeated = [np.repeat(array, repeats, axis=0) for array in (predictions, targets)]
        expected = loss.score(*repeated, np.ones(repeats.sum()))
        assert_allclose(weighted, expected, rtol=1e-12)


@pytest.mark.parametrize("cls", REGRESSION_LOSSES.values(), ids=REGRESSION_LOSSES)
class TestUnits:
    def test_count_weight_two_as_two_samples(self, cls, rng):
        y, weight = rng.uniform(1, 2, size=(21, 2)), rng.integers(0, 4, 21)
        units = cls().location_and_scale(y, weight.astype(float))
        assert_allclose(units, cls().location_and_scale(np.repeat(y, weight, axis=0), None))

    @pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e9, 1e300])
    def test_grow_with_the_targets(self, cls, scale, rng):
        y = rng.uniform(1, 2, size=(20, 2))
        units = cls().location_and_scale(y, None)
        assert_allclose(
            np.divide(cls().location_and_scale(y * scale, None), scale), units, rtol=1e-12
        )


def test_units_of_a_constant_are_exact():
    for units in (mean_and_deviation, median_and_deviation):
        location, scale = units(np.full((7, 1), 0.1), None)
        assert_array_equal(location, 0.1)
        assert_array_equal(scale, 0)


def test_units_of_median_and_deviation():
    y = np.array([[0.0], [1.0], [2.0], [3.0], [100.0]])
    location, scale = median_and_deviation(y, None)
    assert_array_equal(location, 2)
    assert_allclose(scale, (2 + 1 + 0 + 1 + 98) / 5)


def test_poisson_has_no_scale_without_a_positive_target():
    y = np.array([[0.0, 0.0], [1.0, 2.0]])
    with pytest.raises(ValueError, match="output 1 of y is 0 for every sample"):
        LOSSES["poisson"]().location_and_scale(y * [1, 0], None)
    with pytest.raises(ValueError, match="output 0 of y is 0"):
        LOSSES["poisson"]().location_and_scale(y, np.array([1.0, 0.0]))

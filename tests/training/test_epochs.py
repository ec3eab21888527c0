"""One step, the minibatches and the loss of an epoch, and the weights of the samples."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.schedules import SCHEDULES
from skrnn.solvers import SOLVERS

from .stand_ins import (
    LinearObjective,
    ScriptedObjective,
    assert_same_state,
    fit,
    make_data,
    minimise,
    parametrize_schedule,
    parametrize_solver,
    restarted,
    script,
    start,
    take,
    time_means,
)

# Most tests end at max_iter on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# --- One step ---------------------------------------------------------------------------------


def test_penalty_is_on_weights_only_and_divided_by_the_weight_of_the_minibatch():
    objective = ScriptedObjective([7.0], [[0.25, 0.5]], sample_weight=[0.5, 0.0, 1.0, 1.0])
    state = start(np.array([2.0, 3.0]), "sgd", momentum=0.0, nesterovs_momentum=False)
    state = minimise(objective, state=state, alpha=5.0, max_iter=1, learning_rate_init=0.1)
    assert state.loss_ == 7.0 + 0.5 * 5.0 * 2.0**2 / 2.5
    assert_allclose(state.parameters, [2.0 - 0.1 * (0.25 + 5.0 * 2.0 / 2.5), 3.0 - 0.1 * 0.5])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        ([3.0, 4.0], [0.6, 0.8]),
        ([0.3, 0.4], [0.3, 0.4]),
        ([0.0, 0.0], [0.0, 0.0]),
        ([3e30, -4e30], [0.6, -0.8]),  # its squares overflow in float32
    ],
)
def test_clipping_by_global_norm(gradient, expected, dtype):
    state = start(np.zeros(2, dtype), "sgd", momentum=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        options = {"max_grad_norm": 1.0, "max_iter": 1, "learning_rate_init": 1.0}
        state = script(gradients=[gradient], state=state, **options)
    assert state.parameters.dtype == dtype
    assert_allclose(state.parameters, -np.array(expected), rtol=1e-6)


@parametrize_schedule
@parametrize_solver
def test_numpy_scalars_are_as_good_as_python_floats(solver, schedule, rng):
    data = make_data(rng, dtype="float32")
    numbers = {"alpha": 0.25, "learning_rate_init": 0.125, "max_grad_norm": 0.5, "power_t": 0.25}
    expected = fit(data, solver=solver, **numbers, learning_rate=schedule)
    for kind in (np.float32, np.float64):
        scalars = {name: kind(number) for name, number in numbers.items()}
        state = fit(data, solver=solver, **scalars, learning_rate=schedule)
        assert_same_state(state, expected)


# --- Epochs -----------------------------------------------------------------------------------


@parametrize_solver
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_finds_the_least_squares_solution(solver, dtype, rng):
    data = make_data(rng, dtype=dtype)
    nothing = np.zeros(10, bool)  # no weight decay, which would change the solution
    state = start(np.zeros(10, dtype), solver, penalised=nothing)
    for rate in (0.1, 0.02, 0.004, 0.0008):
        state = restarted(state, SOLVERS[solver](), nothing)
        state = fit(data, state=state, alpha=0.0, max_iter=300, learning_rate_init=rate)
    means = time_means(data.sequences).astype(float)
    columns = np.column_stack([means, np.ones(len(means))])
    solution = np.linalg.lstsq(columns, data.targets, rcond=None)[0]
    assert state.parameters.dtype == dtype
    assert_allclose(state.parameters.reshape(-1, 2), solution, atol=2e-3)


def test_shuffling_permutes_every_epoch_and_is_reproducible(rng):
    data = make_data(rng)
    objectives = [
        LinearObjective(data, 2, batch_size=7, shuffle=shuffle) for shuffle in (True, True, False)
    ]
    for objective in objectives:
        minimise(objective, max_iter=2)
    assert [len(batch) for batch in objectives[0].minibatches] == [7, 7, 7, 7, 2] * 2
    orders = [np.concatenate(objective.minibatches).reshape(2, 30) for objective in objectives]
    assert_array_equal(orders[0], orders[1])
    assert_array_equal(np.sort(orders[0]), [np.arange(30)] * 2)
    assert (orders[0][0] != orders[0][1]).any()
    assert_array_equal(orders[2], [np.arange(30)] * 2)


def test_loss_is_the_mean_over_the_weights_of_the_epoch():
    weights = [1.0, 0.5, 1.0, 0.0, 5.0]
    objective = ScriptedObjective([1.0, 4.0], sample_weight=weights, batch_size=3, shuffle=False)
    state = minimise(objective, alpha=0.0, max_iter=1)
    assert_allclose(state.loss_, (2.5 * 1 + 5 * 4) / 7.5)
    assert state.t_ == 4


def test_loss_is_the_mean_over_the_epoch():
    state = script([1.0, 4.0, 2.0, 8.0], batch_size=3, max_iter=2)  # minibatches of 3 and 2
    assert_allclose(state.loss_curve_, [(3 * 1 + 2 * 4) / 5, (3 * 2 + 2 * 8) / 5])
    assert state.loss_ == state.loss_curve_[-1]
    assert state.best_loss_ == state.loss_curve_[0]
    assert (state.n_iter_, state.t_) == (2, 10)
    assert state.validation_scores_ is None
    assert state.validation_loss_curve_ is None
    assert state.best_validation_score_ is None


# --- Sample weights ---------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", sorted({*SCHEDULES} - {"invscaling"}))  # it counts samples
@parametrize_solver
def test_weights_are_repetitions_when_one_minibatch_covers_the_data(solver, schedule, rng):
    data = make_data(rng, 12)
    repeats = rng.integers(0, 4, size=12)
    repeated = take(data, np.repeat(np.arange(12), repeats))
    order = rng.permutation(12)
    weighted = take(data, order, repeats[order].astype(float))
    options = dict(max_grad_norm=0.3, alpha=0.1, tol=1e-2, n_iter_no_change=2, max_iter=60)
    options |= dict(batch_size=32, solver=solver, learning_rate=schedule)
    assert len(repeated.targets) <= 32
    state, expected = fit(weighted, **options), fit(repeated, **options)
    assert state.n_iter_ == expected.n_iter_
    assert_allclose(state.parameters, expected.parameters, rtol=1e-9)
    assert_allclose(state.loss_curve_, expected.loss_curve_, rtol=1e-9)


@parametrize_schedule
@parametrize_solver
def test_weight_zero_is_absence_to_the_bit_for_any_batch_size(solver, schedule, rng):
    data = make_data(rng)
    weights = rng.uniform(0.5, 2.0, size=30)
    weights[rng.permutation(30)[:20]] = 0.0
    present = np.flatnonzero(weights)
    options = dict(solver=solver, batch_size=3, learning_rate=schedule)
    state = fit(replace(data, sample_weight=weights), **options)
    assert_same_state(state, fit(take(data, present, weights[present]), **options))


def test_equal_weights_are_no_weights(rng):
    data = make_data(rng)
    ones = replace(data, sample_weight=np.ones(30))
    assert_allclose(fit(ones).parameters, fit(data).parameters, rtol=1e-10)

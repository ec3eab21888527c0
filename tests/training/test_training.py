"""Training, with a network that is linear in the mean of each sequence over time."""

import pickle
import warnings
from copy import deepcopy
from dataclasses import fields, replace

import joblib
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skrnn.losses import LOSSES
from skrnn.runtime.rows import Sequences
from skrnn.schedules import SCHEDULES
from skrnn.solvers import SOLVERS
from skrnn.training.train import TrainingData, TrainingOptions, TrainingState, train, train_epoch

N_FEATURES = 4
DEFAULTS = TrainingOptions(
    max_iter=20,
    tol=1e-4,
    n_iter_no_change=np.inf,
    batch_size=8,
    alpha=1e-2,
    learning_rate="constant",
    learning_rate_init=0.05,
    power_t=0.5,
    max_grad_norm=None,
    shuffle=True,
    verbose=False,
)

PLANNED = [name for name, schedule in SCHEDULES.items() if schedule.is_planned]

parametrize_solver = pytest.mark.parametrize("solver", SOLVERS)
parametrize_schedule = pytest.mark.parametrize("schedule", SCHEDULES)
parametrize_planned = pytest.mark.parametrize("schedule", PLANNED)
# Most tests end at max_iter on purpose; the one that is about it looks for the warning.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class LinearNetwork:
    """Raw outputs are ``mean over time . W + b``; it notes which sequences it was given."""

    def __init__(self, n_outputs):
        self.shape = (N_FEATURES, n_outputs)
        self.penalised = np.arange((N_FEATURES + 1) * n_outputs) < N_FEATURES * n_outputs
        self.n_recurrent = N_FEATURES * n_outputs
        self.minibatches = []

    def loss_and_gradient(
        self, parameters, sequences, indices, targets, sample_weight, loss, gradient, n_threads,
        random_state,
    ):  # fmt: skip
        self.minibatches.append(indices.copy())
        means = time_means(sequences)[indices]
        n_weights = means.shape[1] * targets.shape[1]
        weights = parameters[:n_weights].reshape(self.shape)
        raw = means @ weights + parameters[n_weights:]
        value, raw_gradient = loss.value_and_gradient(raw, targets, sample_weight)
        gradient[:n_weights] = (means.T @ raw_gradient).ravel()
        gradient[n_weights:] = raw_gradient.sum(axis=0)
        return value


class ScriptedNetwork:
    """Two parameters, one penalised; yields the losses and gradients that it is told to."""

    penalised = np.array([True, False])
    n_recurrent = 1

    def __init__(self, losses=(), gradients=()):
        self.losses, self.gradients = iter(losses), iter(gradients)

    def loss_and_gradient(
        self, parameters, sequences, indices, targets, sample_weight, loss, gradient, n_threads,
        random_state,
    ):  # fmt: skip
        gradient[:] = next(self.gradients, 0.0)
        return next(self.losses, 1.0)


def time_means(sequences):
    sums = np.add.reduceat(sequences.values, sequences.offsets[:-1], axis=0)
    return sums / sequences.lengths[:, np.newaxis].astype(sums.dtype)


def make_data(rng, n_sequences=30, n_outputs=2, dtype="float64", kind="identity"):
    """Return sequences of 1 to 5 steps and targets that their means explain but for noise."""
    offsets = np.concatenate([[0], rng.integers(1, 6, size=n_sequences).cumsum()])
    sequences = Sequences(rng.normal(size=(offsets[-1], N_FEATURES)).astype(dtype), offsets)
    scores = time_means(sequences) @ rng.normal(size=(N_FEATURES, n_outputs))
    scores += 0.1 * rng.normal(size=scores.shape)
    targets = {
        "identity": scores,
        "softmax": np.eye(n_outputs)[scores.argmax(axis=1)],
        "logistic": scores > 0,
    }[kind]
    return TrainingData(sequences, targets.astype(dtype))


def take(data, indices, sample_weight=None):
    offsets = data.sequences.offsets
    parts = [data.sequences.values[offsets[i] : offsets[i + 1]] for i in indices]
    ends = np.cumsum([0] + [len(part) for part in parts])
    return TrainingData(
        Sequences(np.concatenate(parts), ends), data.targets[indices], sample_weight
    )


def start(parameters, solver="adam", seed=0, penalised=None, **hyperparameters):
    solver = SOLVERS[solver](**hyperparameters)
    return TrainingState.start(parameters, solver, np.random.RandomState(seed), penalised)


def restarted(state, solver, penalised=None):
    """Return the state with a fresh solver and the rate at which it began."""
    solver.start(state.parameters.size, state.parameters.dtype, penalised)
    return replace(state, solver=solver, asked_rate=None)


def fit(data, *, solver="adam", state=None, validate=None, network=None, **options):
    """Train a linear network on squared error from zero, or from `state`."""
    network = network or LinearNetwork(data.targets.shape[1])
    options = replace(DEFAULTS, **options)
    if state is None:
        parameters = np.zeros(len(network.penalised), data.targets.dtype)
        state = start(parameters, solver)
    loss = LOSSES["squared_error"]()
    return train(state, network, loss, data, options, n_threads=1, validate=validate)


def partial_fit(data, state, *, network=None, **options):
    network = network or LinearNetwork(data.targets.shape[1])
    loss = LOSSES["squared_error"]()
    return train_epoch(state, network, loss, data, replace(DEFAULTS, **options), n_threads=1)


def script(losses=(), gradients=(), **options):
    """Train a scripted network on five sequences, by default in one minibatch an epoch."""
    data = TrainingData(None, np.zeros((5, 1)))
    options = {"alpha": 0.0, "batch_size": "auto"} | options
    network = ScriptedNetwork(losses, gradients)
    return fit(data, network=network, **options)


def scripted_scores(*scores):
    """Return a validation whose score takes these values in turn, and whose loss is 1 - score."""
    remaining = iter(scores)

    def validate(state):
        score = next(remaining)
        return score, 1 - score

    return validate


def assert_same_state(state, other):
    """Assert equality to the bit."""
    for field in fields(state):
        value, expected = getattr(state, field.name), getattr(other, field.name)
        if field.name == "solver":
            assert pickle.dumps(value) == pickle.dumps(expected)
        elif field.name == "random_state":
            assert_array_equal(value.get_state()[1], expected.get_state()[1])
            assert value.get_state()[2] == expected.get_state()[2]
        else:
            assert_array_equal(value, expected, err_msg=field.name)


# --- One step ---------------------------------------------------------------------------------


def test_penalty_is_on_weights_only_and_divided_by_the_weight_of_the_minibatch():
    data = TrainingData(None, np.zeros((4, 1)), np.array([0.5, 0.0, 1.0, 1.0]))
    state = start(np.array([2.0, 3.0]), "sgd", momentum=0.0, nesterovs_momentum=False)
    network = ScriptedNetwork(losses=[7.0], gradients=[[0.25, 0.5]])
    options = {"alpha": 5.0, "max_iter": 1, "batch_size": 3, "learning_rate_init": 0.1}
    state = fit(data, state=state, network=network, **options)
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
    data = TrainingData(None, np.zeros((4, 1), dtype))
    network = ScriptedNetwork(gradients=[gradient])
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        options = {"alpha": 0.0, "max_grad_norm": 1.0, "max_iter": 1, "batch_size": 4}
        options["learning_rate_init"] = 1.0
        state = fit(data, state=state, network=network, **options)
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
    networks = [LinearNetwork(2) for _ in range(3)]
    for network in networks[:2]:
        fit(data, network=network, max_iter=2, batch_size=7)
    fit(data, network=networks[2], max_iter=2, batch_size=7, shuffle=False)
    assert [len(batch) for batch in networks[0].minibatches] == [7, 7, 7, 7, 2] * 2
    orders = [np.concatenate(network.minibatches).reshape(2, 30) for network in networks]
    assert_array_equal(orders[0], orders[1])
    assert_array_equal(np.sort(orders[0]), [np.arange(30)] * 2)
    assert (orders[0][0] != orders[0][1]).any()
    assert_array_equal(orders[2], [np.arange(30)] * 2)


@pytest.mark.parametrize(("n_sequences", "sizes"), [(40, [32, 8]), (32, [32]), (5, [5])])
def test_automatic_batch_size(n_sequences, sizes, rng):
    network = LinearNetwork(2)
    fit(make_data(rng, n_sequences), network=network, max_iter=1, batch_size="auto")
    assert [len(batch) for batch in network.minibatches] == sizes


def test_too_large_a_batch_is_clipped_with_a_warning(rng):
    data, network = make_data(rng), LinearNetwork(2)
    with pytest.warns(UserWarning, match="batch_size=31 is larger .* 30 is used"):
        fit(data, network=network, max_iter=1, batch_size=31)
    assert [len(batch) for batch in network.minibatches] == [30]


def test_loss_is_the_mean_over_the_weights_of_the_epoch():
    data = TrainingData(None, np.zeros((5, 1)), np.array([1.0, 0.5, 1.0, 0.0, 5.0]))
    network = ScriptedNetwork(losses=[1.0, 4.0])
    state = fit(data, network=network, alpha=0.0, batch_size=3, max_iter=1, shuffle=False)
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
    options |= dict(batch_size="auto", solver=solver, learning_rate=schedule)
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


def test_all_weights_zero():
    data = TrainingData(None, np.zeros((4, 1)), np.zeros(4))
    with pytest.raises(ValueError, match="sample_weight is zero for every"):
        fit(data, network=ScriptedNetwork())


# --- When to stop -----------------------------------------------------------------------------


def test_stops_when_the_loss_no_longer_improves(recwarn):
    # 3.0 sets the best; 2.95 and the next are within tol of it, the third in a row ends it.
    state = script([4.0, 3.0, 2.95, 2.93, 2.92, 0.0], tol=0.1, n_iter_no_change=2)
    assert state.n_iter_ == 5
    assert state.best_loss_ == 2.92
    assert not recwarn


def test_warns_at_max_iter():
    with pytest.warns(ConvergenceWarning, match=r"Stochastic Optimizer: Maximum iterations \(3\)"):
        state = script(max_iter=3)
    assert state.n_iter_ == 3


def test_early_stopping_restores_the_best_parameters():
    scripted = scripted_scores(0.5, 0.75, 1.0, 1.0, 0.875, 0.9375, 2.0)
    seen = []

    def validate(state):
        seen.append(state.parameters.copy())
        return scripted(state)

    state = script(
        gradients=[[1.0, 1.0]] * 10,
        validate=validate,
        tol=0.05,
        n_iter_no_change=2,
    )
    assert state.n_iter_ == 6
    assert state.validation_scores_ == [0.5, 0.75, 1.0, 1.0, 0.875, 0.9375]
    assert state.validation_loss_curve_ == [0.5, 0.25, 0.0, 0.0, 0.125, 0.0625]
    assert state.best_validation_score_ == 1.0
    assert state.best_loss_ is None
    assert_array_equal(state.parameters, seen[2])
    assert not np.shares_memory(state.parameters, state.best_parameters)


def test_a_score_of_nan_is_no_improvement():
    with pytest.warns(UserWarning, match="No validation score was a finite number"):
        state = script(
            gradients=[[1.0, 1.0]] * 10,
            validate=lambda state: (np.nan, np.nan),
            n_iter_no_change=2,
        )
    assert state.n_iter_ == 3
    assert_array_equal(state.parameters, [0.0, 0.0])


def test_warm_start_keeps_the_best_of_all_calls():
    options = {"gradients": [[1.0, 1.0]] * 2, "max_iter": 2}
    first = script(**options, validate=scripted_scores(0.5, 0.9))
    again = restarted(first, SOLVERS["adam"]())
    worse = script(**options, state=again, validate=scripted_scores(0.6, 0.7))
    assert_array_equal(worse.parameters, first.parameters)
    assert worse.validation_scores_ == [0.5, 0.9, 0.6, 0.7]
    assert worse.best_validation_score_ == 0.9
    assert len(worse.loss_curve_) == 4
    assert (worse.n_iter_, worse.t_) == (2, 20)


def test_warm_start_with_another_scoring_compares_with_none_of_the_scores_before():
    options = {"gradients": [[1.0, 1.0]] * 2, "max_iter": 2}
    first = script(**options, validate=scripted_scores(0.5, 0.9))
    state = script(**options, state=first, scoring="loss", validate=scripted_scores(-0.5, -0.25))
    assert state.validation_scores_ == [-0.5, -0.25]
    assert state.validation_loss_curve_ == [1.5, 1.25]
    assert state.best_validation_score_ == -0.25
    assert (state.parameters != first.parameters).all()
    assert first.validation_scores_ == [0.5, 0.9]


def test_early_stopping_can_be_switched_between_calls():
    options = {"gradients": [[1.0, 1.0]] * 2, "max_iter": 2}
    state = script(**options)
    state = script(**options, state=state, validate=scripted_scores(0.5, 0.9))
    assert state.best_loss_ is None
    assert state.validation_scores_ == [0.5, 0.9]
    state = script([3.0, 2.0], max_iter=2, state=state)
    assert state.best_loss_ == 2.0
    assert state.validation_scores_ is None
    assert state.validation_loss_curve_ is None
    assert state.best_validation_score_ is None
    assert state.best_parameters is None


def test_adaptive_rate_is_divided_by_five_until_it_is_tiny(capsys):
    options = {"learning_rate": "adaptive", "n_iter_no_change": 1, "max_iter": 100}
    state = script(solver="sgd", learning_rate_init=1e-5, verbose=2, **options)
    # One epoch that improves, then two that do not before each of: 2e-6, 4e-7, the end.
    assert state.n_iter_ == 1 + 2 * 3
    assert_allclose(state.current_learning_rate, 1e-5 / 25)
    assert "Learning rate lowered to 2e-06" in capsys.readouterr().out


@pytest.mark.parametrize(
    "schedule", [name for name, cls in SCHEDULES.items() if not cls.for_every_solver]
)
@pytest.mark.parametrize(
    "solver", [name for name, cls in SOLVERS.items() if not cls.follows_schedule]
)
def test_other_solvers_have_a_constant_rate(solver, schedule):
    state = script(solver=solver, learning_rate=schedule, n_iter_no_change=1)
    assert state.n_iter_ == 3
    assert state.current_learning_rate == DEFAULTS.learning_rate_init


def test_adaptive_rate_goes_on_over_partial_fits():
    data, network = TrainingData(None, np.zeros((5, 1))), ScriptedNetwork()
    state = start(np.zeros(2), "sgd")
    rates = []
    for _ in range(7):
        options = {"learning_rate": "adaptive", "learning_rate_init": 1.0, "n_iter_no_change": 1}
        state = partial_fit(data, state, network=network, **options, batch_size="auto", alpha=0.0)
        rates.append(state.current_learning_rate)
    assert_allclose(rates, [1, 1, 0.2, 0.2, 0.04, 0.04, 0.008])


# --- Planned schedules ------------------------------------------------------------------------


def rates_of(monkeypatch, solver, **options):
    """Train on five sequences by a solver that only notes its rates; return state and rates."""
    rates = []
    with monkeypatch.context() as patch:
        patch.setattr(SOLVERS[solver], "update", lambda *arguments: rates.append(arguments[-1]))
        state = script(solver=solver, batch_size=2, **options)
    return state, rates


@parametrize_planned
@parametrize_solver
def test_planned_rates_are_those_of_the_minibatches_of_all_epochs(solver, schedule, monkeypatch):
    state, rates = rates_of(monkeypatch, solver, learning_rate=schedule, max_iter=4)
    planned = SCHEDULES[schedule](learning_rate_init=DEFAULTS.learning_rate_init)
    assert rates == [planned.rate_at(k / 12) for k in range(12)]
    assert state.current_learning_rate == rates[-1]


@parametrize_planned
def test_planned_rates_start_anew_with_every_fit(schedule, monkeypatch):
    options = {"learning_rate": schedule, "max_iter": 3}
    state, first = rates_of(monkeypatch, "adam", **options)
    _, second = rates_of(monkeypatch, "adam", **options, state=state)
    assert second == first


@parametrize_planned
@pytest.mark.filterwarnings("error")  # max_iter epochs are what was planned
def test_a_stalled_loss_does_not_end_a_planned_schedule(schedule):
    assert script(learning_rate=schedule, n_iter_no_change=1, max_iter=8).n_iter_ == 8


@parametrize_planned
def test_early_stopping_ends_a_planned_schedule(schedule):
    options = {"learning_rate": schedule, "n_iter_no_change": 1, "max_iter": 8}
    state = script(validate=lambda state: (0.5, 0.5), **options)
    assert state.n_iter_ == 3


# --- States -----------------------------------------------------------------------------------


def test_partial_fits_are_the_epochs_of_a_fit_that_does_not_shuffle(rng):
    data = make_data(rng)
    expected = fit(data, shuffle=False, max_iter=6)
    state = start(np.zeros(10))
    for _ in range(6):
        state = partial_fit(data, state, shuffle=False)
        assert state.n_iter_ == 1
    assert_same_state(replace(state, n_iter_=6), expected)


@parametrize_schedule
@parametrize_solver
def test_a_pickled_state_goes_on_to_the_bit(solver, schedule, rng):
    data = make_data(rng)
    options = {"solver": solver, "max_iter": 3, "learning_rate": schedule}
    halfway = fit(data, **options)
    for go_on in (partial_fit, lambda data, state: fit(data, state=state, **options)):
        expected = go_on(data, halfway)
        assert_same_state(go_on(data, pickle.loads(pickle.dumps(halfway))), expected)
        assert_same_state(go_on(data, deepcopy(halfway)), expected)


@parametrize_solver
def test_a_state_in_a_read_only_memory_map_can_be_trained(solver, rng, tmp_path):
    data = make_data(rng)
    state = fit(data, solver=solver)
    joblib.dump(state, tmp_path / "state.joblib")
    mapped = joblib.load(tmp_path / "state.joblib", mmap_mode="r")
    assert not mapped.parameters.flags.writeable
    trained = partial_fit(data, mapped)
    assert type(trained.parameters) is np.ndarray
    assert_array_equal(trained.parameters, partial_fit(data, state).parameters)


@pytest.mark.parametrize("validate", [None, lambda state: (-np.abs(state.parameters).sum(), 1.0)])
def test_the_given_state_is_left_alone(validate, rng):
    data = make_data(rng)
    before = fit(data, validate=validate)
    copy = deepcopy(before)
    fit(data, state=before, validate=validate)
    partial_fit(data, before)
    with pytest.raises(ValueError, match="loss became"):
        fit(replace(data, targets=np.full_like(data.targets, np.inf)), state=before)
    before.going_on(SOLVERS["sgd"]())
    before.going_on(SOLVERS["adam"](beta_1=0.5))
    assert_same_state(before, copy)


def test_training_draws_from_a_stream_of_its_own(rng):
    data, streams = make_data(rng), [np.random.RandomState(3) for _ in range(2)]
    states = [TrainingState.start(np.zeros(10), SOLVERS["adam"](), stream) for stream in streams]
    expected = fit(data, state=states[0])
    assert streams[0].randint(1000) == streams[1].randint(1000)  # fit took nothing from it
    streams[1].seed(5)
    assert_same_state(fit(data, state=states[1]), expected)


def test_fitted_attributes():
    assert set(script(max_iter=2).fitted_attributes()) == {
        "t_",
        "n_iter_",
        "loss_",
        "loss_curve_",
        "gradient_norm_curve_",
        "best_loss_",
        "validation_scores_",
        "validation_loss_curve_",
        "best_validation_score_",
    }


# --- What goes wrong, and what is printed -----------------------------------------------------


@pytest.mark.parametrize(
    ("what", "trouble"),
    [
        ("The loss", {"losses": [1.0, 1.0, np.nan]}),
        ("The loss", {"losses": [1.0, 1.0, np.inf]}),
        ("The loss", {"gradients": [[1, 1], [1e200, 1]], "alpha": 1.0, "solver": "sgd"}),
        ("The gradient", {"gradients": [[1, 1], [1, 1], [np.inf, 1]], "max_grad_norm": 1.0}),
        ("The gradient", {"gradients": [[1, 1], [1, 1], [np.nan, 1]], "max_grad_norm": 1.0}),
        ("A parameter", {"gradients": [[1, 1], [1, 1], [np.inf, 1]]}),
    ],
)
@pytest.mark.filterwarnings("error")
def test_divergence_says_what_to_lower(what, trouble):
    pattern = f"{what} became infinite or NaN in epoch 3 .*Lower learning_rate_init .now 0.05.*"
    pattern += "lower" if "max_grad_norm" in trouble else "set"
    with pytest.raises(ValueError, match=rf"{pattern} max_grad_norm .*scale X"):
        script(**trouble)


def test_verbose_prints_one_line_an_epoch(capsys):
    script([2.0, 1.0, 1.0], verbose=2, n_iter_no_change=1, tol=0.5, max_iter=5)
    assert capsys.readouterr().out.splitlines() == [
        "Iteration 1, loss = 2.00000000",
        "Iteration 2, loss = 1.00000000",
        "Iteration 3, loss = 1.00000000",
        "Iteration 4, loss = 1.00000000",
        "Stopping: the training loss no longer improves by tol=0.5",
    ]
    script(verbose=2, max_iter=1, validate=scripted_scores(0.25))
    assert capsys.readouterr().out == (
        "Iteration 1, loss = 1.00000000, validation score = 0.250000\n"
    )
    script(max_iter=1)
    assert capsys.readouterr().out == ""


def interrupted_losses(n_epochs):
    yield from [1.0] * n_epochs
    raise KeyboardInterrupt


def test_ctrl_c_keeps_the_epochs_done():
    with pytest.warns(UserWarning, match="interrupted after 3 epochs"):
        state = script(interrupted_losses(3))
    assert state.n_iter_ == 3
    with pytest.raises(KeyboardInterrupt):
        script(interrupted_losses(0))


# --- MLPClassifier and MLPRegressor without hidden layers -------------------------------------


def mlp_case(kind, rng):
    """Return a class of MLP, the loss of the same name, the data, and y as the MLP takes it."""
    data = make_data(
        rng, 45, n_outputs={"softmax": 3, "logistic": 1, "identity": 1}[kind], kind=kind
    )
    if kind == "identity":
        # One output: for more, the gradient that MLPRegressor follows is not its loss's.
        return MLPRegressor, "squared_error", data, data.targets[:, 0]
    y = data.targets.argmax(axis=1) if kind == "softmax" else data.targets[:, 0].astype(int)
    return MLPClassifier, f"{kind}_cross_entropy", data, y


def parameters_of(mlp):
    return np.concatenate([mlp.coefs_[0].ravel(), mlp.intercepts_[0]])


def initial_parameters(mlp, X, y):
    """Return what the MLP starts from, by a fit whose steps are too small to change it."""
    mlp = type(mlp)(**mlp.get_params() | {"learning_rate_init": 1e-300, "max_iter": 1})
    return parameters_of(mlp.fit(X, y))


MLP_OPTIONS = ("batch_size", "alpha", "learning_rate", "learning_rate_init", "power_t", "max_iter")
MLP_OPTIONS += ("tol", "n_iter_no_change", "shuffle")


@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
@pytest.mark.parametrize(
    ("solver", "hyperparameters"),
    [
        ("adam", {"beta_1": 0.8, "epsilon": 1e-4}),
        ("sgd", {"momentum": 0.7, "nesterovs_momentum": False}),
        ("sgd", {"momentum": 0.7, "nesterovs_momentum": True}),
    ],
    ids=["adam", "momentum", "nesterov"],
)
@pytest.mark.parametrize("kind", ["softmax", "logistic", "identity"])
def test_trains_as_mlp_does(kind, solver, hyperparameters, schedule, rng):
    mlp_class, loss_name, data, y = mlp_case(kind, rng)
    X = time_means(data.sequences)
    options = replace(
        DEFAULTS,
        learning_rate=schedule,
        batch_size=10,
        tol=1e-2,
        n_iter_no_change=2,
        max_iter=40,
        shuffle=False,  # the orders of two streams of random numbers would differ
        alpha=0.5,
    )
    mlp = mlp_class(
        hidden_layer_sizes=(),
        solver=solver,
        random_state=0,
        **hyperparameters,
        **{name: getattr(options, name) for name in MLP_OPTIONS},
    )
    state = start(initial_parameters(mlp, X, y), solver, **hyperparameters)
    network, loss = LinearNetwork(data.targets.shape[1]), LOSSES[loss_name]()

    mlp.set_params(warm_start=True)
    # A second fit of the MLP takes the undecayed rate for an epoch; ours goes on with the schedule.
    for n_fits in (1,) if schedule == "invscaling" else (1, 2):
        mlp.fit(X, y)
        state = train(state, network, loss, data, options, n_threads=1)
        assert (state.n_iter_, state.t_) == (mlp.n_iter_, mlp.t_), n_fits
        assert_allclose(state.loss_curve_, mlp.loss_curve_, rtol=1e-9)
        assert_allclose(state.best_loss_, mlp.best_loss_, rtol=1e-9)
        assert_allclose(state.parameters, parameters_of(mlp), rtol=1e-7, atol=1e-10)
        state = restarted(state, SOLVERS[solver](**hyperparameters))  # as the MLP does


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fits_are_those_of_mlp(solver, rng):
    mlp_class, loss_name, data, y = mlp_case("softmax", rng)
    X = time_means(data.sequences)
    options = replace(DEFAULTS, batch_size=5, shuffle=False, learning_rate="invscaling")
    mlp = mlp_class(
        hidden_layer_sizes=(),
        solver=solver,
        random_state=0,
        **{name: getattr(options, name) for name in MLP_OPTIONS},
    )
    state = start(initial_parameters(mlp, X, y), solver)
    for indices in np.split(np.arange(45), 3):
        mlp.partial_fit(X[indices], y[indices], classes=[0, 1, 2])
        state = train_epoch(
            state, LinearNetwork(3), LOSSES[loss_name](), take(data, indices), options, n_threads=1
        )
        assert (state.n_iter_, state.t_) == (mlp.n_iter_, mlp.t_)
        assert_allclose(state.loss_, mlp.loss_, rtol=1e-9)
        assert_allclose(state.parameters, parameters_of(mlp), rtol=1e-7, atol=1e-10)

"""The state of a training: it can be saved, copied and trained on, and is never changed."""

import pickle
from copy import deepcopy
from dataclasses import replace

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skrnn.solvers import SOLVERS
from skrnn.training.state import TrainingState

from .stand_ins import (
    assert_same_state,
    fit,
    make_data,
    parametrize_schedule,
    parametrize_solver,
    partial_fit,
    script,
    start,
)

# Most tests end at max_iter on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("shuffle", [False, True])
def test_partial_fits_are_the_epochs_of_a_fit(shuffle, rng):
    data = make_data(rng)
    expected = fit(data, shuffle=shuffle, max_iter=6)
    state = start(np.zeros(10))
    for _ in range(6):
        state = partial_fit(data, state, shuffle=shuffle)
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

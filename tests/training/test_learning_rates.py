"""The learning rates that training makes of every schedule."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skrnn.schedules import SCHEDULES
from skrnn.solvers import SOLVERS
from skrnn.training.train import train_epoch

from .stand_ins import (
    DEFAULTS,
    ScriptedObjective,
    parametrize_planned,
    parametrize_solver,
    script,
    start,
)

# Most tests end at max_iter on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


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
    options = {"learning_rate": "adaptive", "learning_rate_init": 1.0, "n_iter_no_change": 1}
    options = replace(DEFAULTS, **options, alpha=0.0)
    objective, state = ScriptedObjective(), start(np.zeros(2), "sgd")
    rates = []
    for _ in range(7):
        state = train_epoch(state, objective, options)
        rates.append(state.current_learning_rate)
    assert_allclose(rates, [1, 1, 0.2, 0.2, 0.04, 0.04, 0.008])


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

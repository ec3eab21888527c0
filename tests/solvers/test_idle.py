"""Idle parameters: many updates with a gradient of zero at once are those updates, one by one."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.solvers import SOLVERS, Adam
from skrnn.solvers._idle import idle_of, part_of, vectors_of

KNOWING = [name for name, solver in SOLVERS.items() if "idle" in vars(solver)]
SETTINGS = [
    {},
    {"beta_1": 0.0},
    {"beta_1": 0.99},
    {"beta_2": 0.99},
    {"epsilon": 1e-3},
    {"momentum": 1.0},
    {"momentum": 0.5, "nesterovs_momentum": False},
    {"rho": 0.0},
]
CASES = [
    pytest.param(name, setting, id=f"{name} {setting}")
    for name in KNOWING
    for setting in SETTINGS
    if setting.keys() <= SOLVERS[name].constraints.keys()
]
SHAPE = 6, 5


def begun(name, setting, rng):
    """Return a solver after some updates of a table whose gradients are of all sizes; the table."""
    solver = SOLVERS[name](**setting)
    size = SHAPE[0] * SHAPE[1]
    solver.start(size, np.dtype(float), np.zeros(size, bool))
    parameters = rng.normal(size=size)
    for _ in range(3):
        gradient = rng.normal(size=size) * 10.0 ** rng.integers(-9, 2, size=size)
        solver.update(parameters, gradient, 0.01)
    return solver, parameters


def test_the_solvers_of_the_package_know_it():
    assert set(KNOWING) >= {"adam", "adamw", "rmsprop", "sgd"}


@pytest.mark.parametrize(("name", "setting"), CASES)
def test_missed_updates_are_made_up_for(name, setting, rng):
    solver, parameters = begun(name, setting, rng)
    before, n_updates = parameters.copy(), 300
    idle = idle_of(solver, n_updates)
    # Row i takes part until update since[i].
    since = np.array([0, 1, 150, 290, 299, 300])
    rows = {"parameters": parameters.reshape(SHAPE).copy()}
    remembered = {n: v.reshape(SHAPE).copy() for n, v in vectors_of(solver).items()}
    for number in range(n_updates):
        for i in np.flatnonzero(since == number):
            rows["parameters"][i] = parameters.reshape(SHAPE)[i]
            for n, vector in vectors_of(solver).items():
                remembered[n][i] = vector.reshape(SHAPE)[i]
        rate = rng.uniform(0.001, 0.02)
        solver.update(parameters, np.zeros(parameters.size), rate)
        idle.count(rate)
    last = since == n_updates
    rows["parameters"][last] = parameters.reshape(SHAPE)[last]
    for n, vector in vectors_of(solver).items():
        remembered[n][last] = vector.reshape(SHAPE)[last]

    part = part_of(solver, lambda n, _: remembered[n])
    idle.catch_up(part, rows["parameters"], since)
    longest_way = np.abs(parameters - before).max()
    assert_allclose(rows["parameters"].ravel(), parameters, rtol=0, atol=3e-8 * longest_way)
    for n, vector in vectors_of(solver).items():
        assert_allclose(remembered[n].ravel().astype(float), vector, rtol=1e-10, atol=1e-25)


def test_rows_that_have_missed_nothing_stay_to_the_bit(rng):
    solver, parameters = begun("adam", {}, rng)
    idle = idle_of(solver, 1)
    rows = parameters.reshape(SHAPE).copy()
    part = part_of(solver, lambda _, vector: vector.reshape(SHAPE).copy())
    idle.catch_up(part, rows, np.zeros(len(rows), np.int64))
    assert_array_equal(rows.ravel(), parameters)
    for name, vector in vectors_of(solver).items():
        assert_array_equal(vectors_of(part)[name].ravel(), vector)


@pytest.mark.parametrize("betas", [(0.9999, 0.999), (0.99, 0.1)])
def test_a_series_that_is_long_is_refused(betas):
    solver = Adam(*betas)
    solver.start(2, np.dtype(float))
    assert idle_of(solver, 10) is None


def test_a_subclass_does_not_inherit_what_may_not_be_true_of_it():
    @dataclass(eq=False, repr=False)
    class Other(Adam):
        name: ClassVar = "other"

    solver = Other()
    solver.start(2, np.dtype(float))
    assert idle_of(solver, 10) is None

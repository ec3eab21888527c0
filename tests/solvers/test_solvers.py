"""Every solver of the registry: rivals, convergence, memory of earlier updates."""

import pickle
from copy import deepcopy
from dataclasses import fields

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.solvers import SOLVERS, Boolean, Interval

DTYPES = ("float32", "float64")

parametrize_solver = pytest.mark.parametrize("name", SOLVERS)


def started(name, n_parameters, dtype="float64", *, penalised=None, **hyperparameters):
    solver = SOLVERS[name](**hyperparameters)
    solver.start(n_parameters, np.dtype(dtype), penalised)
    return solver


def nothing(n_parameters):
    """Return the mask with which a solver that decays weights decays none."""
    return np.zeros(n_parameters, bool)


def descend(solver, parameters, gradients, learning_rate=0.05):
    """Update `parameters` in place by copies of the gradients, (n_updates, n_parameters)."""
    for gradient in gradients:
        solver.update(parameters, gradient.copy(), learning_rate)
    return parameters


def test_registry_is_keyed_by_name():
    assert set(SOLVERS) >= {"adam", "adamw", "rmsprop", "sgd"}
    assert all(solver.name == name for name, solver in SOLVERS.items())


@parametrize_solver
def test_every_hyperparameter_has_a_constraint_that_its_default_meets(name):
    solver = SOLVERS[name]
    assert set(solver.constraints) == {field.name for field in fields(solver)}
    for field in fields(solver):
        constraint = solver.constraints[field.name]
        assert constraint.allows(field.default)
        assert str(constraint)
        assert not any(constraint.allows(value) for value in ("text", None, np.nan, [0.5], 1j))


@pytest.mark.parametrize(
    ("interval", "inside", "outside", "text"),
    [
        (Interval(0, 1, "left"), [0, 0.5], [-1e-9, 1, True, np.True_], "a number in [0, 1)"),
        (Interval(0, 1, "right"), [1, 0.5], [0, 1.1], "a number in (0, 1]"),
        (Interval(0, 1, "both"), [0, 1, np.float32(0.5)], [-1, 2], "a number in [0, 1]"),
        (Interval(0, closed="neither"), [1e-9, np.int64(5)], [0, np.inf], "a number in (0, inf)"),
    ],
)
def test_interval(interval, inside, outside, text):
    assert all(interval.allows(value) for value in inside)
    assert not any(interval.allows(value) for value in outside)
    assert str(interval) == text


def test_boolean():
    assert all(Boolean().allows(value) for value in (True, False, np.True_))
    assert not any(Boolean().allows(value) for value in (0, 1, "True", None))


@pytest.mark.parametrize("dtype", DTYPES)
@parametrize_solver
def test_converges_on_a_quadratic(name, dtype, rng):
    curvatures = rng.uniform(0.5, 2.0, size=20).astype(dtype)
    minimum = rng.normal(size=20).astype(dtype)
    parameters = np.zeros(20, dtype)
    solver = started(name, 20, dtype, penalised=nothing(20))
    for t in range(1000):
        # The rate falls, because a normalised step is about as long as the rate to the end.
        solver.update(parameters, curvatures * (parameters - minimum), 0.1 * 0.99**t)
    assert parameters.dtype == dtype
    assert_allclose(parameters, minimum, atol=1e-3)


@parametrize_solver
def test_a_start_forgets_and_a_copy_remembers(name, rng):
    gradients = rng.normal(size=(6, 10))
    solver = started(name, 10)
    halfway = descend(solver, np.zeros(10), gradients[:3])
    copies = [deepcopy(solver), pickle.loads(pickle.dumps(solver))]
    expected = descend(solver, halfway.copy(), gradients[3:])
    for copy in copies:
        assert_array_equal(descend(copy, halfway.copy(), gradients[3:]), expected)
    solver.start(10, np.dtype(float))
    assert_array_equal(descend(solver, np.zeros(10), gradients[:3]), halfway)


@parametrize_solver
def test_working_memory_is_not_pickled(name):
    sizes = [len(pickle.dumps(started(name, n))) for n in (0, 1000)]
    n_vectors = (sizes[1] - sizes[0]) / (1000 * np.dtype(float).itemsize)
    # AdamW keeps a mask too, a byte for each parameter.
    assert n_vectors < {"adam": 2.1, "adamw": 2.2, "rmsprop": 1.1, "sgd": 1.1}.get(name, np.inf)


@parametrize_solver
def test_zero_gradients_from_the_start_change_nothing_that_is_not_penalised(name):
    solver = started(name, 3, penalised=np.array([False, True, False]))
    parameters = descend(solver, np.array([1.0, 2.0, 3.0]), np.zeros((5, 3)))
    assert_array_equal(parameters[[0, 2]], [1.0, 3.0])
    if "weight_decay" in solver.constraints:
        assert_allclose(parameters[1], 2 * (1 - 0.05 * solver.weight_decay) ** 5)
    else:
        assert parameters[1] == 2.0


def test_adamw_without_decay_is_adam_to_the_bit(rng):
    start, gradients = rng.normal(size=10), rng.normal(size=(30, 10))
    expected = descend(started("adam", 10, beta_1=0.8), start.copy(), gradients)
    without = started("adamw", 10, beta_1=0.8, weight_decay=0.0)
    assert_array_equal(descend(without, start.copy(), gradients), expected)
    masked = started("adamw", 10, beta_1=0.8, weight_decay=0.5, penalised=nothing(10))
    assert_array_equal(descend(masked, start.copy(), gradients), expected)


# --- PyTorch ---------------------------------------------------------------------------------


def torch_descend(optimizer_name, gradients, learning_rate, prepare, start=None, **options):
    """Return the parameters that torch.optim reaches; `prepare(options, t)` every step.

    `options` are those of the optimizer's one parameter group, and t counts from 1. The start is
    zero if it is not given.
    """
    torch = pytest.importorskip(
        "torch", reason="PyTorch is gigabytes, so the test extra leaves it out; CI installs it"
    )
    parameters = torch.tensor(np.zeros(gradients.shape[1]) if start is None else start)
    parameters.requires_grad = True
    optimizer = getattr(torch.optim, optimizer_name)([parameters], lr=learning_rate, **options)
    for t, gradient in enumerate(gradients, start=1):
        prepare(optimizer.param_groups[0], t)
        parameters.grad = torch.tensor(gradient)
        optimizer.step()
    return parameters.detach().numpy()


def epsilon_of_torch(options, t):
    """Set what is 1e-3 for our Adam, which adds epsilon before the bias correction.

    torch adds it to the root of the *corrected* mean square: in update t that is our epsilon
    divided by sqrt(1 - beta_2^t).
    """
    options["eps"] = 1e-3 / np.sqrt(1 - 0.999**t)


def test_adam_is_that_of_torch(rng):
    gradients = rng.normal(size=(30, 10))
    ours = descend(started("adam", 10, epsilon=1e-3), np.zeros(10), gradients)
    theirs = torch_descend("Adam", gradients, 0.05, epsilon_of_torch, betas=(0.9, 0.999))
    assert_allclose(ours, theirs, rtol=1e-10)


def test_adamw_is_that_of_torch(rng):
    start, gradients = rng.normal(size=10), rng.normal(size=(30, 10))
    solver = started("adamw", 10, epsilon=1e-3, weight_decay=0.3)
    ours = descend(solver, start.copy(), gradients)
    options = {"betas": (0.9, 0.999), "weight_decay": 0.3, "start": start}
    theirs = torch_descend("AdamW", gradients, 0.05, epsilon_of_torch, **options)
    assert_allclose(ours, theirs, rtol=1e-10)


def test_rmsprop_is_that_of_torch(rng):
    gradients = rng.normal(size=(30, 10))
    ours = descend(started("rmsprop", 10, rho=0.8, epsilon=1e-3), np.zeros(10), gradients)
    theirs = torch_descend("RMSprop", gradients, 0.05, lambda options, t: None, alpha=0.8, eps=1e-3)
    assert_allclose(ours, theirs, rtol=1e-10)


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_is_that_of_torch(nesterov, rng):
    """As long as the rate is constant: torch's velocity is in gradients, ours is in steps."""
    gradients = rng.normal(size=(30, 10))
    solver = started("sgd", 10, momentum=0.8, nesterovs_momentum=nesterov)
    ours = descend(solver, np.zeros(10), gradients)
    theirs = torch_descend(
        "SGD", gradients, 0.05, lambda options, t: None, momentum=0.8, nesterov=nesterov
    )
    assert_allclose(ours, theirs, rtol=1e-10)

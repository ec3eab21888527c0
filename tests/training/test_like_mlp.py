"""Training is that of MLPClassifier and MLPRegressor without hidden layers."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skrnn.solvers import SOLVERS
from skrnn.training.train import train, train_epoch

from .stand_ins import DEFAULTS, LinearObjective, make_data, restarted, start, take, time_means

# Most tests end at max_iter on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def mlp_case(kind, rng):
    """Return a class of MLP, the loss of the same name, the data, and y as the MLP takes it."""
    data = make_data(
        rng, 45, n_outputs={"softmax": 3, "logistic": 1, "identity": 1}[kind], kind=kind
    )
    if kind == "identity":
        # One output: for more, the gradient that MLPRegressor follows is not its loss's.
        return MLPRegressor, "squared_error", data, data.targets[:, 0]
    y = data.targets if kind == "softmax" else data.targets[:, 0].astype(int)
    return MLPClassifier, f"{kind}_cross_entropy", data, y


def parameters_of(mlp):
    return np.concatenate([mlp.coefs_[0].ravel(), mlp.intercepts_[0]])


def initial_parameters(mlp, X, y):
    """Return what the MLP starts from, by a fit whose steps are too small to change it."""
    mlp = type(mlp)(**mlp.get_params() | {"learning_rate_init": 1e-300, "max_iter": 1})
    return parameters_of(mlp.fit(X, y))


MLP_OPTIONS = ("alpha", "learning_rate", "learning_rate_init", "power_t", "max_iter", "tol")
MLP_OPTIONS += ("n_iter_no_change",)


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
    mlp_class, loss, data, y = mlp_case(kind, rng)
    X = time_means(data.sequences)
    # The orders of two streams of random numbers would differ.
    batching = {"batch_size": 10, "shuffle": False}
    options = replace(
        DEFAULTS,
        learning_rate=schedule,
        tol=1e-2,
        n_iter_no_change=2,
        max_iter=40,
        alpha=0.5,
    )
    mlp = mlp_class(
        hidden_layer_sizes=(),
        solver=solver,
        random_state=0,
        **hyperparameters,
        **batching,
        **{name: getattr(options, name) for name in MLP_OPTIONS},
    )
    state = start(initial_parameters(mlp, X, y), solver, **hyperparameters)
    objective = LinearObjective(data, 3 if kind == "softmax" else 1, loss=loss, **batching)

    mlp.set_params(warm_start=True)
    # A second fit of the MLP takes the undecayed rate for an epoch; ours goes on with the schedule.
    for n_fits in (1,) if schedule == "invscaling" else (1, 2):
        mlp.fit(X, y)
        state = train(state, objective, options)
        assert (state.n_iter_, state.t_) == (mlp.n_iter_, mlp.t_), n_fits
        assert_allclose(state.loss_curve_, mlp.loss_curve_, rtol=1e-9)
        assert_allclose(state.best_loss_, mlp.best_loss_, rtol=1e-9)
        assert_allclose(state.parameters, parameters_of(mlp), rtol=1e-7, atol=1e-10)
        state = restarted(state, SOLVERS[solver](**hyperparameters))  # as the MLP does


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_partial_fits_are_those_of_mlp(solver, rng):
    mlp_class, loss, data, y = mlp_case("softmax", rng)
    X = time_means(data.sequences)
    batching = {"batch_size": 5, "shuffle": False}
    options = replace(DEFAULTS, learning_rate="invscaling")
    mlp = mlp_class(
        hidden_layer_sizes=(),
        solver=solver,
        random_state=0,
        **batching,
        **{name: getattr(options, name) for name in MLP_OPTIONS},
    )
    state = start(initial_parameters(mlp, X, y), solver)
    for indices in np.split(np.arange(45), 3):
        mlp.partial_fit(X[indices], y[indices], classes=[0, 1, 2])
        objective = LinearObjective(take(data, indices), 3, loss=loss, **batching)
        state = train_epoch(state, objective, options)
        assert (state.n_iter_, state.t_) == (mlp.n_iter_, mlp.t_)
        assert_allclose(state.loss_, mlp.loss_, rtol=1e-9)
        assert_allclose(state.parameters, parameters_of(mlp), rtol=1e-7, atol=1e-10)

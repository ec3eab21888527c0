"""Every loss of the registry with its defaults and with other parameters, and problems for them."""

from dataclasses import fields

import numpy as np
import pytest

from skrnn.losses import LOSSES

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
    targets = in_dtype(naive.random_targets(rng, loss, shape), dtype)
    weights = rng.uniform(0.1, 3.0, size=shape[0])
    weights[0] = 0.0
    return raw, targets, weights


def in_dtype(targets, dtype):
    """Return targets that are numbers in that dtype; codes and bytes stay what they are."""
    return targets.astype(dtype) if targets.dtype.kind == "f" else targets


def losses_and_gradient(loss, raw, targets, weights):
    """Return the loss of each row, and the gradient of their weighted sum."""
    d_raw = np.full_like(raw, np.nan)  # every entry must be written
    return loss.losses(raw, targets, weights, d_raw), d_raw


def mean_and_gradient(loss, raw, targets, weights=None):
    """Return the mean loss over the weights, or over the rows, and its gradient."""
    weights = np.ones(len(raw)) if weights is None else weights
    shares = weights / weights.sum()
    losses, gradient = losses_and_gradient(loss, raw, targets, shares)
    return np.sum(losses * shares), gradient

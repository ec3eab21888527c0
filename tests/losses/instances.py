"""Every loss of the registry with its defaults and with other parameters, and problems for them."""

from dataclasses import fields

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
    targets = naive.random_targets(rng, loss, shape).astype(dtype)
    weights = rng.uniform(0.1, 3.0, size=shape[0])
    weights[0] = 0.0
    return raw, targets, weights

"""Several quantiles of several outputs."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import d2_pinball_score

from ..toys import ragged
from .conftest import regressor

LEVELS = [0.9, 0.1, 0.5]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def fitted():
    """Return a regressor of three quantiles of two outputs of unlike scale, and its data."""
    X, level = ragged(200)
    y = np.column_stack([level, 1000 - 100 * level])
    options = {"loss": "quantile", "quantile": LEVELS, "learning_rate": "cosine"}
    return regressor(**options).fit(X, y), X, y


def test_have_an_axis_of_their_own(fitted):
    model, X, y = fitted
    predictions = model.predict(X)
    assert predictions.shape == (200, 2, 3)
    assert predictions.dtype == np.float64
    assert model.n_outputs_ == 6
    # Each output in its own units.
    assert_allclose(np.median(predictions, axis=(0, 2)), np.median(y, axis=0), rtol=0.2, atol=0.3)


def test_are_in_the_order_of_the_levels_within_each_output(fitted):
    model, _, _ = fitted
    X = np.random.default_rng(0).normal(scale=5, size=(300, 4, 2))
    high, low, median = np.moveaxis(model.predict(X), 2, 0)
    assert (low <= median).all()
    assert (median <= high).all()


def test_score_is_the_mean_over_outputs_and_levels(fitted):
    model, X, y = fitted
    weight = np.random.default_rng(4).uniform(size=len(y))
    predictions = model.predict(X)
    scores = [
        d2_pinball_score(y[:, i], predictions[:, i, k], sample_weight=weight, alpha=level)
        for i in range(2)
        for k, level in enumerate(LEVELS)
    ]
    assert_allclose(model.score(X, y, sample_weight=weight), np.mean(scores))
    assert np.mean(scores) > 0.3


def test_validate(fitted):
    _, X, y = fitted
    options = {"loss": "quantile", "quantile": LEVELS, "early_stopping": True, "max_iter": 3}
    assert len(regressor(**options).fit(X, y).validation_scores_) == 3


def test_of_one_output_have_two_axes(fitted):
    _, X, y = fitted
    model = regressor(loss="quantile", quantile=LEVELS, max_iter=2).fit(X, y[:, 0])
    assert model.predict(X).shape == (200, 3)
    assert regressor(loss="quantile", quantile=[0.5], max_iter=2).fit(X, y).predict(X).shape == (
        200,
        2,
        1,
    )

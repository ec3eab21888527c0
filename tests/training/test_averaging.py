"""The mean of the parameters, once the validation score does not improve any more."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from .stand_ins import assert_same_state, script, scripted_scores, start

# Better and better for two epochs, then worse: the seventh is worse than the best of the first two.
SCORES = [0.5, 0.9, 0.8, 0.85, 0.86, 0.89, 0.7, 0.95, 0.96, 0.94]


def seen_by(validate, seen):
    def noting(state):
        seen.append((state.parameters.copy(), state.n_averaged))
        return validate(state)

    return noting


def run(n_epochs, state=None, scores=SCORES, **options):
    """Return the state after some epochs of SGD whose two batches have known gradients."""
    seen = []
    state = script(
        gradients=[[1.0, -2.0], [3.0, 0.5]] * n_epochs,
        state=start(np.zeros(2), "sgd", momentum=0.0) if state is None else state,
        batch_size=3,
        max_iter=n_epochs,
        averaging="ntasgd",
        validate=seen_by(scripted_scores(*scores), seen),
        **options,
    )
    return state, seen


def path(n):
    """Return the parameters after each of n minibatches."""
    return np.cumsum(np.tile([[1.0, -2.0], [3.0, 0.5]], (n // 2, 1)), axis=0) * -0.05


def test_begins_when_a_score_is_below_those_of_five_epochs_ago():
    state, seen = run(10)
    assert [n for _, n in seen] == [0] * 7 + [3, 5, 7]
    after = path(20)
    for epoch, (parameters, n) in enumerate(seen):
        mean = after[13 : 13 + n].mean(axis=0) if n else after[2 * epoch + 1]
        assert_allclose(parameters, mean, rtol=1e-12)
    assert state.best_validation_score_ == 0.96
    assert_allclose(state.parameters, after[13:18].mean(axis=0), rtol=1e-12)
    # Training itself goes on from where it is.
    assert_allclose(state.last_parameters, after[19], rtol=1e-12)


def test_a_warm_start_goes_on_with_the_mean():
    whole, _ = run(10)
    first, _ = run(8)
    again = replace(first, asked_rate=None)
    second, _ = run(2, again, SCORES[8:])
    assert second.n_averaged == whole.n_averaged == 7
    assert_same_state(replace(second, n_iter_=10), replace(whole, n_iter_=10))


@pytest.mark.parametrize("scores", [np.linspace(0, 1, 10), [*SCORES[:6], 0.91, 0.92, 0.93, 0.94]])
def test_does_not_begin_while_the_score_improves(scores):
    state, _ = run(10, scores=list(scores))
    assert state.average is None


def test_ends_with_a_call_that_does_not_ask_for_it():
    first, _ = run(8)
    state = script(gradients=[[1.0, 1.0]] * 4, state=first, max_iter=1, batch_size=3)
    assert state.average is None
    assert_array_equal(first.average.shape, (2,))

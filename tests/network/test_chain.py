"""A chain of labels against all sequences of labels that there are, and with hostile scores."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.network import chain, chain_sums
from skrnn.network.ends import Outputs

from .. import naive
from .chain_batches import (
    LABELLED,
    LENGTHS,
    batch_of,
    batch_of_kind,
    everything,
    restrictions,
    without_paths,
)

# Whatever is not allowed or not a number, nobody is to be warned of it.
pytestmark = pytest.mark.filterwarnings("error")

every_kind = pytest.mark.parametrize(
    ("n_labels", "restricted", "labelled"), list(product((2, 3, 5), (False, True), LABELLED))
)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture
def exactly(monkeypatch):
    """Return the numbers of steps of what was summed exactly."""
    numbers, function = [], chain_sums._exactly

    def counted(scores, raw):
        numbers.append(len(raw))
        return function(scores, raw)

    monkeypatch.setattr(chain_sums, "_exactly", counted)
    return numbers


def check_against_paths(batch, tolerance=1e-12):
    """Check losses, gradient of raw and log marginals of short sequences."""
    losses, gradient, (log_proba, logs), _ = batch.results()
    n_labels = batch.outputs.raw.shape[1]
    of_raw = max(tolerance, 4 * np.finfo(batch.outputs.raw.dtype).eps)
    for s, (rows, paths) in enumerate(batch.paths()):
        given = naive.with_labels(paths, batch.codes()[rows])
        total = naive.log_sum(paths.values())
        loss = total - naive.log_sum(given.values())
        assert_allclose(losses[rows].sum(), loss, rtol=tolerance, atol=tolerance)
        expected = naive.log_marginals(paths, n_labels)
        assert_allclose(log_proba[rows], expected, rtol=tolerance, atol=tolerance)
        assert_allclose(logs[s], total, rtol=tolerance, atol=tolerance)
        shares = np.exp(expected) - np.exp(naive.log_marginals(given, n_labels))
        weight = batch.weights[rows].max()
        assert_allclose(gradient.raw[rows], shares * weight, rtol=of_raw, atol=of_raw)


@every_kind
@every_dtype
def test_all_paths(rng, exactly, n_labels, restricted, labelled, dtype):
    check_against_paths(batch_of_kind(rng, n_labels, restricted, labelled, dtype))
    assert not exactly  # nothing here is hostile


@every_kind
@every_dtype
@pytest.mark.parametrize("n", [1, 3, 1000])
def test_best_paths(rng, n_labels, restricted, labelled, dtype, n):
    batch = batch_of_kind(rng, n_labels, restricted, labelled, dtype)
    codes, scores = batch.chain.best(batch.outputs, n)
    for s, (rows, paths) in enumerate(batch.paths()):
        best = naive.best_paths(paths)[:n]
        assert_array_equal(codes[: len(best), rows], best)
        assert_allclose(scores[s, : len(best)], [paths[path] for path in best], rtol=1e-12)
        assert (codes[len(best) :, rows] == -1).all()
        assert (scores[s, len(best) :] == -np.inf).all()
    if n == 1000:
        _, logs = batch.chain.log_marginals(batch.outputs)
        assert_allclose(np.exp(scores - logs[:, np.newaxis]).sum(axis=1), 1.0, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 100])
def test_of_equal_paths_the_lowest_labels_come_first(rng, n):
    batch = batch_of(rng, 3, allowed=restrictions(3))
    for array in (batch.outputs.raw, *batch.outputs.parameters.values()):
        array[...] = rng.integers(2, size=array.shape)
    for constant in (False, True):
        if constant:
            for array in (batch.outputs.raw, *batch.outputs.parameters.values()):
                array[...] = 0.5
        codes, _ = batch.chain.best(batch.outputs, n)
        for rows, paths in batch.paths():
            best = naive.best_paths(paths)[:n]
            assert_array_equal(codes[: len(best), rows], best)


@every_kind
def test_labelled_rows_share_the_loss(rng, n_labels, restricted, labelled):
    batch = batch_of_kind(rng, n_labels, restricted, labelled)
    losses = batch.losses()
    assert (losses[batch.weights == 0] == 0).all()
    for rows in batch.rows():
        shares = losses[rows][batch.weights[rows] > 0]
        assert (shares == shares[:1]).all()


@every_dtype
@pytest.mark.parametrize("labelled", LABELLED)
def test_no_loss_is_negative(rng, dtype, labelled):
    for scale in (1.0, 30.0, 500.0):
        batch = batch_of(rng, 3, labelled=labelled, dtype=dtype)
        best = batch.chain.best(batch.outputs)[0][0]
        right = best[:, np.newaxis] == np.arange(3)
        batch.outputs.raw[...] = np.where(right, scale, -scale)
        batch = batch._replace(targets=best)
        losses = batch.losses()
        assert (losses >= 0).all()
        if scale > 1:
            assert_allclose(losses, 0, atol=1e-12)


@every_kind
def test_gradient(rng, n_labels, restricted, labelled):
    batch = batch_of_kind(rng, n_labels, restricted, labelled)
    raw, lengths, parameters = batch.outputs
    ones = {name: np.ones_like(array) for name, array in parameters.items()}
    gradient = Outputs(np.full_like(raw, np.nan), lengths, ones)
    batch.losses(gradient)

    def of_losses():
        return batch.losses() @ batch.weights

    assert_allclose(gradient.raw, naive.central_differences(of_losses, raw), atol=3e-8)
    for name, array in parameters.items():
        slopes = naive.central_differences(of_losses, array)
        assert_allclose(gradient.parameters[name] - 1, slopes, atol=3e-8, err_msg=name)


@every_dtype
@pytest.mark.parametrize("scale", [2.0, 200.0])
@pytest.mark.parametrize("n_labels", [2, 5, 9])
def test_bits_do_not_depend_on_the_batch(rng, n_labels, scale, dtype):
    options = {"labelled": LABELLED[2], "dtype": dtype, "scale": scale, "lengths": (*LENGTHS, 40)}
    batch = batch_of(rng, n_labels, allowed=restrictions(n_labels), **options)
    losses, gradient, (log_proba, logs), (codes, found) = batch.results()
    for s, rows in enumerate(batch.rows()):
        one, of_one, (log_proba_of_one, log), (path, score) = batch.alone(rows).results()
        assert_array_equal(one, losses[rows])
        assert_array_equal(of_one.raw, gradient.raw[rows])
        assert_array_equal(log_proba_of_one, log_proba[rows])
        assert_array_equal(log, logs[s : s + 1])
        assert_array_equal(path, codes[:, rows])
        assert_array_equal(score, found[s : s + 1])


def assert_same(actual, expected, **tolerances):
    """Check all of what `Batch.results` returns."""
    assert_allclose(actual[0], expected[0], **tolerances)
    assert_allclose(actual[1].raw, expected[1].raw, **tolerances)
    for of_actual, of_expected in zip(
        actual[2] + actual[3], expected[2] + expected[3], strict=True
    ):
        assert_allclose(of_actual, of_expected, **tolerances)
    for name, array in expected[1].parameters.items():
        assert_allclose(actual[1].parameters[name], array, rtol=1e-10, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("pairs", [1, 50, 9 * 12])
def test_runs_of_a_batch(rng, monkeypatch, pairs):
    batch = batch_of(rng, 3, allowed=restrictions(3), labelled="all but one sequence")
    expected = batch.results()
    monkeypatch.setattr(chain, "_PAIRS_OF_CALL", pairs)
    assert len(list(chain._calls(batch.outputs.lengths, 3))) > 1
    assert_same(batch.results(), expected, rtol=0, atol=0)


@every_kind
def test_both_ways_of_summing(rng, monkeypatch, exactly, n_labels, restricted, labelled):
    batch = batch_of_kind(rng, n_labels, restricted, labelled)
    expected = batch.results()
    assert not exactly
    monkeypatch.setattr(chain_sums, "_MOST_WIDTH", 0)
    assert_same(batch.results(), expected, rtol=1e-11, atol=1e-12)
    assert len(exactly) >= 2 * len(LENGTHS)


@pytest.mark.parametrize("labelled", LABELLED)
@pytest.mark.parametrize("scale", [20.0, 40.0, 60.0, 100.0, 200.0, 400.0])
def test_scores_of_hundreds(rng, monkeypatch, scale, labelled):
    for allowed in (everything(3), restrictions(3)):
        batch = batch_of(rng, 3, allowed=allowed, labelled=labelled, scale=scale)
        check_against_paths(batch, 1e-11)
        fast = batch.results()
        with monkeypatch.context() as patched:
            patched.setattr(chain_sums, "_MOST_WIDTH", 0)
            assert_same(fast, batch.results(), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("scale", [50.0, 100.0, 300.0, 900.0])
def test_labels_of_tiny_probability(rng, exactly, scale):
    batch = batch_of(rng, 3, labelled="some")
    batch.outputs.raw[:, 1] -= scale
    batch.outputs.parameters["chain.transitions"][2] -= scale
    check_against_paths(batch, 1e-11)
    assert (batch.chain.log_marginals(batch.outputs)[0] > -np.inf).all()
    assert bool(exactly) == (scale > 50)


def test_labels_that_only_tiny_probabilities_follow(rng):
    """Label 0 keeps the share of the sum up to each step from being tiny too."""
    allowed = everything(6)
    allowed.transitions[1:] = np.eye(6, k=1)[1:]
    allowed.end[1:5] = False
    batch = batch_of(rng, 6, allowed=allowed, lengths=(5, 3, 4))
    batch.outputs.parameters["chain.transitions"][1:] = -190
    batch = batch._replace(targets=np.zeros(12, np.int64))
    check_against_paths(batch, 1e-11)
    assert -770 < batch.chain.log_marginals(batch.outputs)[0][0, 1] < -750


@pytest.mark.parametrize("labelled", LABELLED)
@pytest.mark.parametrize("kind", ["calm", "raw", "transitions", "one label", "raised"])
def test_long_sequences(rng, exactly, kind, labelled):
    lengths = (300, 7, 300, 300)
    batch = batch_of(rng, 3, allowed=restrictions(3), labelled=labelled, lengths=lengths)
    batch = batch._replace(targets=batch.chain.best(batch.outputs)[0][0])  # and then others win
    raw, transitions = batch.outputs.raw, batch.outputs.parameters["chain.transitions"]
    if kind == "raw":  # the best labels of most steps do not follow each other
        raw[...] = 500 * ((np.arange(len(raw)) * 2 % 3)[:, np.newaxis] == np.arange(3))
    elif kind == "transitions":
        transitions[...] = 400 * rng.choice([-1, 1], transitions.shape)
    elif kind == "one label":
        raw[:, 1] -= 100
    elif kind == "raised":
        raw += 1e6
    losses, gradient, (log_proba, logs), _ = batch.results()
    assert bool(exactly) == (kind in ("raw", "transitions"))
    for s, rows in enumerate(batch.rows()):
        total = naive.log_sum_of_long(raw[rows], *batch.scores())
        given = naive.log_sum_of_long(raw[rows], *batch.scores(), batch.codes()[rows])
        tolerance = 1e-12 * max(abs(total), 300)
        assert_allclose(logs[s], total, atol=tolerance)
        assert_allclose(losses[rows].sum(), total - given, rtol=1e-9, atol=tolerance)
    assert_allclose(np.exp(log_proba).sum(axis=1), 1, rtol=1e-9)
    assert np.isfinite(losses).all() and np.isfinite(gradient.raw).all()
    assert all(np.isfinite(array).all() for array in gradient.parameters.values())


@pytest.mark.parametrize("labelled", LABELLED)
@pytest.mark.parametrize("which", ["start", "end", "transitions", "one step", "all"])
def test_nothing_is_allowed(rng, which, labelled):
    allowed, has_path = without_paths(which)
    batch = batch_of(rng, 2, allowed=allowed, labelled=labelled)
    targets = np.concatenate([[0] * (n - 1) + [1] for n in LENGTHS])
    batch = batch._replace(targets=targets)
    losses, gradient, (log_proba, logs), (codes, scores) = batch.results()
    assert all(np.isfinite(array).all() for array in gradient.parameters.values())
    for s, rows in enumerate(batch.rows()):
        is_labelled = batch.weights[rows] > 0
        if has_path(LENGTHS[s]):
            alone = batch.alone(rows).results()
            assert np.isfinite(losses[rows]).all() and np.isfinite(gradient.raw[rows]).all()
            assert_array_equal(losses[rows], alone[0])
            assert_array_equal(gradient.raw[rows], alone[1].raw)
            continue
        assert_array_equal(losses[rows], np.where(is_labelled, np.inf, 0))
        assert (log_proba[rows] == -np.inf).all() and logs[s] == -np.inf
        assert (scores[s] == -np.inf).all() and (codes[:, rows] == -1).all()


@pytest.mark.parametrize("labelled", LABELLED)
def test_labels_that_are_forbidden(rng, labelled):
    batch = batch_of(rng, 3, allowed=restrictions(3), labelled=labelled)
    batch.targets[0] = 1  # must not be the first
    losses, gradient, _, _ = batch.results()
    assert_array_equal(losses[:3], np.where(batch.weights[:3] > 0, np.inf, 0))
    assert np.isfinite(losses[3:]).all() and np.isfinite(gradient.raw[3:]).all()


@every_dtype
@pytest.mark.parametrize("labelled", LABELLED)
def test_not_a_number(rng, dtype, labelled):
    batch = batch_of(rng, 3, allowed=restrictions(3), labelled=labelled, dtype=dtype)
    before = batch.results()
    batch.outputs.raw[1, 2] = np.nan
    losses, gradient, _, _ = batch.results()
    assert_array_equal(losses[:3], np.where(batch.weights[:3] > 0, np.nan, 0))
    assert_array_equal(losses[3:], before[0][3:])
    assert_array_equal(gradient.raw[3:], before[1].raw[3:])

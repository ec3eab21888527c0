"""Random splits that hold out a share of each class, however few samples it has."""

import numpy as np
import pytest

from skrnn.model_selection import StratifiedHoldouts

Y = np.repeat(["many", "three", "two", "one"], [40, 3, 2, 1])


def counts_held_out(splitter, y):
    """Return how many of each class each split holds out, (n_splits, n_classes)."""
    labels = np.unique(y)
    return np.array([(y[held, None] == labels).sum(0) for _, held in splitter.split(y, y)])


def test_a_split_has_every_sample_once():
    for kept, held_out in StratifiedHoldouts(random_state=0).split(Y, Y):
        assert np.array_equal(np.union1d(kept, held_out), np.arange(len(Y)))
        assert len(np.intersect1d(kept, held_out)) == 0


@pytest.mark.parametrize("test_size", [0.1, 0.3, 0.5])
def test_each_class_is_held_out_as_often_as_its_share_says(test_size):
    splitter = StratifiedHoldouts(400, test_size=test_size, random_state=0)
    counts = counts_held_out(splitter, Y)
    shares = dict(zip(np.unique(Y), counts.mean(axis=0), strict=True))
    assert shares["one"] == 0
    for name, n in {"many": 40, "three": 3, "two": 2}.items():
        # The share of 400 draws, each rounded up or down, is within four standard deviations.
        assert shares[name] == pytest.approx(test_size * n, abs=4 * 0.5 / np.sqrt(400))
    expected = test_size * np.array([40, 0, 3, 2])
    assert np.all(np.abs(counts - expected)[:, [0, 2, 3]] < 1)


def test_every_sample_of_a_class_is_held_out_as_often():
    splitter = StratifiedHoldouts(600, random_state=0)
    frequency = np.zeros(len(Y))
    for _, held_out in splitter.split(Y, Y):
        frequency[held_out] += 1 / 600
    assert frequency[Y != "one"] == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 600))


@pytest.mark.parametrize(("n_samples", "n_splits"), [(20, 5), (120, 5), (200, 3), (5000, 2)])
def test_auto_takes_more_splits_of_fewer_samples(n_samples, n_splits):
    y = np.arange(n_samples) % 2
    assert StratifiedHoldouts().get_n_splits(y, y) == n_splits
    assert len(list(StratifiedHoldouts().split(y, y))) == n_splits


def test_an_integer_seed_gives_the_same_splits_again():
    splitter = StratifiedHoldouts(3, random_state=1)
    first, again = (np.concatenate([s[1] for s in splitter.split(Y, Y)]) for _ in range(2))
    assert np.array_equal(first, again)
    other = [s[1] for s in StratifiedHoldouts(3, random_state=2).split(Y, Y)]
    assert not np.array_equal(first, np.concatenate(other))


def test_something_is_held_out_of_pairs():
    y = np.repeat(np.arange(2), 2)
    for seed in range(50):
        for kept, held_out in StratifiedHoldouts(test_size=0.1, random_state=seed).split(y, y):
            assert len(held_out) > 0
            assert set(y[kept]) == {0, 1}


def test_classes_of_one_sample_each_cannot_be_held_out():
    with pytest.raises(ValueError, match="y has 7 classes of one sample each"):
        next(StratifiedHoldouts().split(np.arange(7), np.arange(7)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_splits": 0}, "n_splits must be 'auto' or an integer from 1 on. Got 0"),
        ({"n_splits": "many"}, "n_splits must be"),
        ({"test_size": 1.0}, "test_size must lie between 0 and 1. Got 1.0"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises(ValueError, match=message):
        StratifiedHoldouts(**options)


@pytest.mark.parametrize("test_size", [0.7, 0.95])
def test_one_of_each_class_is_trained_on(test_size):
    for seed in range(60):
        splitter = StratifiedHoldouts(1, test_size=test_size, random_state=seed)
        ((kept, held_out),) = splitter.split(Y, Y.tolist())
        assert set(Y[kept]) == set(Y)
        assert len(held_out) > 0


def test_y_is_needed():
    with pytest.raises(ValueError, match="pass y"):
        next(StratifiedHoldouts().split(np.arange(4)))
    with pytest.raises(ValueError, match="pass y"):
        StratifiedHoldouts().get_n_splits()
    with pytest.raises(ValueError, match=r"y has shape \(4, 2\)"):
        next(StratifiedHoldouts().split(np.arange(4), np.ones((4, 2), int)))

"""Which tokens may be drawn: probabilities that sum to one, and slow twins of every filter."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.decoding.filters import Filters, repeating
from skrnn.decoding.writing import Draw, Greedy

SETTINGS = {
    "repetition_penalty": (1.0, 0.5, 3.0),
    "no_repeat_ngram_size": (0, 1, 2),
    "temperature": (1.0, 1e-300, 0.3, 50.0),
    "top_k": (None, 1, 3, 100),
    "top_p": (1.0, 0.4, 1e-9),
    "min_p": (0.0, 0.2, 1.0),
}
EVERY = [dict(zip(SETTINGS, values, strict=True)) for values in product(*SETTINGS.values())]
HISTORY = [3, 4, 3, 1, 3]


def rows(rng):
    """Give eight numbers: usual, equal, with impossible ones, nearly certain, certain."""
    yield rng.normal(size=8)
    yield np.zeros(8)
    yield np.where(np.arange(8) % 3 == 0, -np.inf, rng.normal(size=8))
    yield np.where(np.arange(8) == 5, 0.0, -800.0)
    yield np.where(np.arange(8) == 6, 0.0, -np.inf)


def normalised(row):
    row = np.asarray(row, float)
    return row - np.log(np.exp(row - row.max()).sum()) - row.max()


def test_every_combination_leaves_probabilities_that_sum_to_one(rng):
    for row in map(normalised, rows(rng)):
        for settings in EVERY:
            proba = Filters(**settings).proba(row, HISTORY)
            assert abs(proba.sum() - 1) < 1e-12, settings
            assert (proba >= 0).all()
            assert not proba[row == -np.inf].any()


def test_without_settings_probabilities_are_as_they_are(rng):
    for row in map(normalised, rows(rng)):
        assert_allclose(Filters().proba(row, HISTORY), np.exp(row), rtol=1e-12)


@pytest.mark.parametrize("settings", [{"temperature": 1e-300}, {"top_k": 1}, {"top_p": 1e-9}])
def test_the_limit_is_greedy(rng, settings):
    for row in map(normalised, rows(rng)):
        if np.count_nonzero(row == row.max()) > 1 and "temperature" in settings:
            continue  # equal ones stay equal
        choice = Greedy(Filters())(row, HISTORY)
        proba = Filters(**settings).proba(row, HISTORY)
        assert proba[choice] == 1
        assert Draw(Filters(**settings), [0])(row, HISTORY) == choice


def test_twins_of_what_is_dropped(rng):
    for row in map(normalised, rows(rng)):
        proba = np.exp(row)
        order = sorted(range(8), key=lambda i: (-proba[i], i))
        for k in (1, 2, 5, 8, 20):
            kept = Filters(top_k=k).proba(row, []) > 0
            assert set(np.flatnonzero(kept)) == {i for i in order[:k] if proba[i] > 0}
        for p in (0.1, 0.5, 0.9):
            expected, total = set(), 0.0
            for i in order:
                if total < p:
                    expected.add(i)
                    total += proba[i]
            assert set(np.flatnonzero(Filters(top_p=p).proba(row, []))) == expected
        for p in (0.1, 0.5, 1.0):
            kept = Filters(min_p=p).proba(row, []) > 0
            assert_array_equal(kept, proba >= p * proba.max())


def test_repetition_and_temperature(rng):
    row = normalised(rng.normal(size=8))
    weighed = row.copy()
    weighed[[1, 3, 4]] *= 1.7
    assert_allclose(Filters(repetition_penalty=1.7).weighed(row, HISTORY), weighed)
    expected = np.exp(weighed / 0.4)
    proba = Filters(repetition_penalty=1.7, temperature=0.4).proba(row, HISTORY)
    assert_allclose(proba, expected / expected.sum(), rtol=1e-12)


def test_before_the_first_token_nothing_has_occurred(rng):
    row = normalised(rng.normal(size=8))
    assert_array_equal(Filters(repetition_penalty=1.7).weighed(row, []), row)
    assert_array_equal(Filters(no_repeat_ngram_size=1).weighed(row, []), row)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4])
def test_what_would_repeat(rng, size):
    for length in range(9):
        history = rng.integers(0, 3, length).tolist()
        seen = {tuple(history[i : i + size]) for i in range(length - size + 1)}
        for token in range(3):
            end = [*history, token][-size:] if size else []
            repeats = size > 0 and len(end) == size and tuple(end) in seen
            assert (token in repeating(history, size)) == repeats


def test_draws_are_as_frequent_as_they_are_probable(rng):
    row = normalised([0.0, 1.0, -np.inf, 2.0, -1.0])
    draw = Draw(Filters(temperature=2.0), [7, 0])
    counts = np.bincount([draw(row, []) for _ in range(20_000)], minlength=5)
    proba = Filters(temperature=2.0).proba(row, [])
    bound = 4 * np.sqrt(proba * (1 - proba) / 20_000)
    assert (np.abs(counts / 20_000 - proba) <= bound).all()


NUMBERS = st.lists(st.integers(-30, 0) | st.just(-np.inf), min_size=1, max_size=9).filter(
    lambda values: max(values) > -np.inf
)


def settings_for(n):
    """Draw filters that leave a token of n, the last of which never occurs: it is the end."""
    return st.fixed_dictionaries(
        {},
        optional={
            "repetition_penalty": st.floats(0.1, 10),
            "no_repeat_ngram_size": st.integers(0, 3),
            "temperature": st.sampled_from([1e-300, 1e-6, 0.5, 1.0, 3.0, 1e6]),
            "top_k": st.integers(1, n + 2),
            "top_p": st.floats(1e-9, 1.0),
            "min_p": st.floats(0.0, 1.0),
        },
    )


@given(st.data())
def test_any_settings_of_any_numbers_leave_a_distribution(data):
    row = normalised([*data.draw(NUMBERS), 0.0])
    n_others = len(row) - 1
    history = data.draw(st.lists(st.integers(0, n_others - 1), max_size=8))
    settings = data.draw(settings_for(len(row)))
    one_name = data.draw(st.sampled_from(sorted(settings) or [None]))
    for some in (settings, {one_name: settings[one_name]} if settings else {}):
        proba = Filters(**some).proba(row, history)
        assert np.isfinite(proba).all()
        assert (proba >= 0).all()
        assert abs(proba.sum() - 1) < 1e-12
        assert not proba[row == -np.inf].any()
        best = int(Filters(**some).weighed(row, history).argmax())
        assert proba[best] == proba.max()


@pytest.mark.parametrize("temperature", [1e-6, 1e-300])
@given(st.permutations(range(7)))
def test_a_temperature_near_zero_is_greedy(temperature, order):
    row = normalised(np.array(order) / 100)
    proba = Filters(temperature=temperature).proba(row, [])
    assert_array_equal(proba, np.arange(7) == np.argmax(row))


def test_one_token_that_is_left_is_certain():
    row = np.array([-np.inf, -3.0, -np.inf])
    for settings in EVERY:
        assert_array_equal(Filters(**settings).proba(row, []), [0, 1, 0])


def test_of_equal_tokens_the_first_are_kept():
    row = normalised([0.0, 1.0, 1.0, 0.0, 1.0, 1.0])
    assert Greedy(Filters())(row, []) == 1
    for settings in ({"top_k": 2}, {"top_p": 2 * np.exp(row[1]) - 1e-9}):
        assert_array_equal(np.flatnonzero(Filters(**settings).proba(row, [])), [1, 2])
    assert_array_equal(np.flatnonzero(Filters(min_p=1.0).proba(row, [])), [1, 2, 4, 5])


@pytest.mark.parametrize("size", [1, 2, 3])
def test_only_tokens_that_would_repeat_become_impossible(rng, size):
    for length in range(12):
        history, row = rng.integers(0, 3, length).tolist(), normalised(rng.normal(size=4))
        expected = row.copy()
        for token in range(4):
            longer = [*history, token]
            parts = [tuple(longer[i : i + size]) for i in range(len(longer) - size + 1)]
            if parts and parts[-1] in parts[:-1]:
                expected[token] = -np.inf
        filters = Filters(no_repeat_ngram_size=size)
        assert_array_equal(filters.weighed(row, history), expected)
        assert not filters.proba(row, history)[expected == -np.inf].any()


def test_filters_do_not_change_what_they_are_given(rng):
    row = normalised(rng.normal(size=8))
    before = row.copy()
    for settings in EVERY:
        Filters(**settings).proba(row, HISTORY)
    assert_array_equal(row, before)
    assert_array_equal(Filters(temperature=1.0).weighed(row, HISTORY), before)

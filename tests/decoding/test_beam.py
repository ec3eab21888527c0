"""Beam search against enumeration, over a vocabulary of three tokens."""

from itertools import pairwise, product

import numpy as np
import pytest

from skrnn.decoding.beam import BeamRules, BeamSearch
from skrnn.decoding.filters import Filters

END, N_CODES = 4, 5  # 0 is no token; 1, 2 and 3 are
PENALTIES = (-1.0, 0.0, 0.5, 1.0, 2.0)


class Table:
    """A model whose probabilities follow from the last two tokens, and from the length."""

    def __init__(self, rng, end=0.0):
        self._raw = rng.normal(size=(6, N_CODES, N_CODES, N_CODES)) * 1.5
        self._raw[..., END] += end
        self.prefixes = []

    def log_proba(self, prefix):
        before = [0, 0, *prefix]
        row = self._raw[len(prefix), before[-2], before[-1]]
        return row - np.log(np.exp(row).sum())

    def step(self, parents, codes):
        self.prefixes = [
            [*(self.prefixes[p] if self.prefixes else []), int(c)]
            for p, c in zip(parents, codes, strict=True)
        ]
        return np.array([self.log_proba(prefix) for prefix in self.prefixes])

    @property
    def n_read(self):
        """Return how many tokens the last search has gone on with."""
        return len(self.prefixes[0])

    def search(self, n_beams=1, n=4, penalty=1.0, stops=lambda codes: False, **filters):
        rules = BeamRules(n_beams, n, penalty, END, stops, Filters(**filters))
        self.prefixes = [[]] * n_beams
        return BeamSearch(rules, []).run(self.log_proba([]), self.step)

    def every(self, n):
        """Give all sequences of up to n tokens, ended or n long: log p, tokens counted, codes."""
        for length in range(n + 1):
            for codes in product((1, 2, 3), repeat=length):
                total = sum(self.log_proba(codes[:i])[c] for i, c in enumerate(codes))
                if length == n:
                    yield total, n, list(codes)
                else:
                    yield total + self.log_proba(codes)[END], length + 1, list(codes)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_wide_beam_is_an_enumeration(rng, n, penalty):
    table = Table(rng)
    found = table.search(200, n, penalty)
    every = sorted(table.every(n), key=lambda one: -one[0] / one[1] ** penalty)
    assert [one.codes for one in found] == [codes for *_, codes in every]
    assert np.allclose([one.log_proba for one in found], [total for total, *_ in every])
    assert np.allclose([one.score for one in found], [t / k**penalty for t, k, _ in every])


@pytest.mark.parametrize("penalty", PENALTIES)
def test_to_stop_early_loses_nothing(rng, monkeypatch, penalty):
    for _ in range(60):
        table = Table(rng, end=rng.uniform(-1, 3))
        n_beams = int(rng.integers(1, 4))
        early = table.search(n_beams, 5, penalty)
        with monkeypatch.context() as patched:
            patched.setattr(BeamSearch, "_no_better_can_come", lambda *_: False)
            late = table.search(n_beams, 5, penalty)
        assert early[0].codes == late[0].codes
        assert [one.codes for one in early] == [one.codes for one in late]


def test_one_beam_is_greedy(rng):
    for _ in range(40):
        table, codes = Table(rng), []
        while len(codes) < 5:
            row = table.log_proba(codes)
            row[0] = -np.inf
            if row.argmax() == END:
                break
            codes.append(int(row.argmax()))
        # A penalty of zero: nothing that ends later can overtake.
        assert table.search(1, 5, 0.0)[0].codes == codes


def test_a_penalty_above_zero_favours_long_ones(rng):
    lengths = []
    for penalty in PENALTIES:
        generator = np.random.default_rng(0)
        tables = [Table(generator, end=1.0) for _ in range(30)]
        lengths.append(sum(len(table.search(8, 5, penalty)[0].codes) for table in tables))
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


def test_stops_and_filters(rng):
    table = Table(rng, end=-50.0)
    for one in table.search(30, 4, stops=lambda codes: codes[-1] == 2):
        assert 2 not in one.codes[:-1]
        assert len(one.codes) == 4 or one.codes[-1] == 2
    for one in table.search(30, 3, no_repeat_ngram_size=1):
        assert len(set(one.codes)) == len(one.codes)
        whole = one.codes if len(one.codes) == 3 else [*one.codes, END]
        expected = sum(table.log_proba(whole[:i])[c] for i, c in enumerate(whole))
        assert np.isclose(one.log_proba, expected)


def constrained(table, n, size, penalty):
    """Give all sequences without a repetition, by a penalty of what has occurred."""
    for total, n_tokens, codes in table.every(n):
        whole = codes if len(codes) == n_tokens else [*codes, END]
        parts = [tuple(codes[i : i + size]) for i in range(len(codes) - size + 1)]
        if len(parts) == len(set(parts)):
            weighed = sum(
                table.log_proba(whole[:i])[c] * (penalty if c in whole[:i] else 1)
                for i, c in enumerate(whole)
            )
            yield weighed / n_tokens, total, codes


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("penalty", [1.0, 1.8, 0.6])
def test_filters_in_a_wide_beam_are_an_enumeration(rng, size, penalty):
    table = Table(rng)
    found = table.search(200, 4, no_repeat_ngram_size=size, repetition_penalty=penalty)
    every = sorted(constrained(table, 4, size, penalty), reverse=True)
    assert [one.codes for one in found] == [codes for *_, codes in every]
    assert np.allclose([one.score for one in found], [score for score, *_ in every])
    # Not what they are compared by, but what the model says.
    assert np.allclose([one.log_proba for one in found], [total for _, total, _ in every])


def test_what_was_before_counts_as_having_occurred(rng):
    table, before = Table(rng), [1, 2, 1, 3]
    rules = BeamRules(200, 3, 0.0, END, lambda codes: False, Filters(no_repeat_ngram_size=2))
    table.prefixes = [[]] * 200
    found = BeamSearch(rules, before).run(table.log_proba([]), table.step)
    expected = []
    for total, _, codes in table.every(3):
        pairs = list(pairwise([*before, *codes]))
        if len(pairs) == len(set(pairs)):
            expected.append((total, codes))
    expected.sort(reverse=True)
    assert [one.codes for one in found] == [codes for _, codes in expected]
    assert 5 < len(found) < 40


@pytest.mark.parametrize("penalty", PENALTIES)
def test_stops_in_a_wide_beam_are_an_enumeration(rng, penalty):
    table, totals, scores = Table(rng), {}, {}
    for n in range(5):
        for codes in product((1, 2, 3), repeat=n):
            if 2 in codes[:-1]:
                continue
            whole = codes if n == 4 or codes[-1:] == (2,) else (*codes, END)
            totals[codes] = sum(table.log_proba(whole[:i])[c] for i, c in enumerate(whole))
            scores[codes] = totals[codes] / len(whole) ** penalty
    found = table.search(200, 4, penalty, stops=lambda codes: codes[-1] == 2)
    assert [tuple(one.codes) for one in found] == sorted(scores, key=scores.get, reverse=True)
    assert np.allclose([one.log_proba for one in found], [totals[tuple(f.codes)] for f in found])


@pytest.mark.parametrize("penalty", PENALTIES)
def test_to_stop_early_loses_nothing_beside_stops_and_filters(rng, monkeypatch, penalty):
    n_early = 0
    for number in range(60):
        table = Table(rng, end=rng.uniform(-1, 3))
        options = {
            "n_beams": number % 3 + 1,
            "stops": lambda codes: codes[-2:] == [1, 3],
            "no_repeat_ngram_size": int(rng.integers(0, 4)),
            "repetition_penalty": rng.choice([0.5, 1.0, 2.0]),
        }
        early, n_early_steps = table.search(n=5, penalty=penalty, **options), table.n_read
        with monkeypatch.context() as patched:
            patched.setattr(BeamSearch, "_no_better_can_come", lambda *_: False)
            late = table.search(n=5, penalty=penalty, **options)
        assert early == late
        n_early += n_early_steps < table.n_read
    assert n_early > 0


def test_a_search_is_a_plain_one_that_never_exits(rng):
    """The twin keeps all that has ended, and sorts it in the end."""
    for n_beams in (1, 2, 3, 5) * 10:
        table, ended, beams = Table(rng, end=1.0), [], [(0.0, [])]
        for n_tokens in range(1, 6):
            longer = [
                (total + table.log_proba(codes)[c], [*codes, c])
                for total, codes in beams
                for c in (1, 2, 3, END)
            ]
            longer.sort(key=lambda one: -one[0])
            ended += [(t, n_tokens, c[:-1]) for t, c in longer[:n_beams] if c[-1] == END]
            # The search looks at twice as many as it goes on with.
            beams = [one for one in longer[: 2 * n_beams] if one[1][-1] != END][:n_beams]
            if n_tokens == 5:
                rest = [one for one in longer[: 2 * n_beams] if one[1][-1] != END]
                ended += [(total, 5, codes) for total, codes in rest]
        for penalty in PENALTIES:
            best = sorted(ended, key=lambda one: -one[0] / one[1] ** penalty)[:n_beams]
            found = table.search(n_beams, 5, penalty)
            assert [one.codes for one in found] == [codes for *_, codes in best]
            assert all(0 not in one.codes for one in found)

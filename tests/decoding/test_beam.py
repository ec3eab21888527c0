"""Beam search against enumeration, over a vocabulary of three tokens."""

from itertools import product

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

"""Beam search: the most probable sequences, as far as a few prefixes of each length show them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from .filters import Filters
from .writing import Stops, leave_out_unknown

# Takes the place of each beam's prefix among those of the step before, (n_beams,), and the codes
# that come next, (n_beams,); returns log-probabilities (n_beams, n_codes).
BeamStep = Callable[[np.ndarray, np.ndarray], np.ndarray]


class Hypothesis(NamedTuple):
    """A sequence that has ended, or is as long as it may be."""

    score: float
    log_proba: float
    codes: list[int]  # without the end


class BeamRules(NamedTuple):
    """What a search looks for.

    Scores are ``log_proba / n_tokens ** length_penalty``, the end counted as a token: a penalty
    above 0 favours long sequences.
    """

    n_beams: int
    max_new_tokens: int
    length_penalty: float
    end: int
    stops: Stops
    filters: Filters


class _Prefix(NamedTuple):
    """A beginning of sequences."""

    codes: list[int]
    total: float  # what prefixes are compared by
    log_proba: float  # by the model, before the filters


class BeamSearch:
    """The best sequences that continue one history.

    Parameters
    ----------
    rules : BeamRules
    history : sequence of int
        The codes before what is searched.
    """

    def __init__(self, rules: BeamRules, history: Sequence[int]) -> None:
        self._rules, self._history = rules, list(history)
        self._found: list[tuple[float, int, Hypothesis]] = []  # a heap, the worst first
        self._n_found = 0

    def run(self, log_proba: np.ndarray, step: BeamStep) -> list[Hypothesis]:
        """Return the best sequences, the best first.

        Parameters
        ----------
        log_proba : ndarray of shape (n_codes,), float64
            Of the first code.
        step : callable
        """
        n_beams, n_most = self._rules.n_beams, self._rules.max_new_tokens
        prefixes, of_all = [_Prefix([], 0.0, 0.0)], log_proba[np.newaxis]
        for n_tokens in range(1, n_most + 1):
            parents: list[int] = []
            longer: list[_Prefix] = []
            for rank, (parent, code, prefix) in enumerate(self._candidates(prefixes, of_all)):
                if code == self._rules.end:
                    # Others would be cut off here too: so one beam is greedy.
                    if rank < n_beams:
                        self._keep(prefix._replace(codes=prefix.codes[:-1]), n_tokens)
                elif n_tokens == n_most or self._rules.stops(prefix.codes):
                    self._keep(prefix, n_tokens)
                elif len(longer) < n_beams:
                    parents.append(parent)
                    longer.append(prefix)
            if not longer or self._no_better_can_come(longer[0].total, n_tokens):
                break
            prefixes, codes = longer, [prefix.codes[-1] for prefix in longer]
            # Beams that are not in use do as the first.
            spare = n_beams - len(longer)
            of_all = step(
                np.array(parents + parents[:1] * spare), np.array(codes + codes[:1] * spare)
            )
        return [one for _, _, one in sorted(self._found, reverse=True)]

    def _candidates(
        self, prefixes: list[_Prefix], log_proba: np.ndarray
    ) -> list[tuple[int, int, _Prefix]]:
        """Return the best continuations, the best first: which prefix, and by which code."""
        log_proba = log_proba[: len(prefixes)]
        weighed = log_proba.copy()
        leave_out_unknown(weighed)
        for row, prefix in enumerate(prefixes):
            history = self._history + prefix.codes
            weighed[row] = prefix.total + self._rules.filters.weighed(weighed[row], history)
        # Each prefix has one end: of twice as many, at least n_beams go on.
        n = min(2 * self._rules.n_beams, np.count_nonzero(weighed > -np.inf))
        best = np.argsort(-weighed, axis=None, kind="stable")[:n]
        candidates = []
        for parent, code in np.transpose(np.unravel_index(best, weighed.shape)).tolist():
            before, total = prefixes[parent], float(weighed[parent, code])
            by_model = before.log_proba + float(log_proba[parent, code])
            candidates.append((parent, code, _Prefix([*before.codes, code], total, by_model)))
        return candidates

    def _score(self, total: float, n_tokens: int) -> float:
        return total / n_tokens**self._rules.length_penalty

    def _keep(self, prefix: _Prefix, n_tokens: int) -> None:
        """Note a sequence, if it is among the best; of equal ones, the one found first."""
        score = self._score(prefix.total, n_tokens)
        self._n_found += 1
        entry = score, -self._n_found, Hypothesis(score, prefix.log_proba, prefix.codes)
        if len(self._found) < self._rules.n_beams:
            heapq.heappush(self._found, entry)
        else:
            heapq.heappushpop(self._found, entry)

    def _no_better_can_come(self, best_total: float, n_tokens: int) -> bool:
        """Whether no sequence that goes on can overtake the worst of those that are kept.

        A sum of logarithms only falls. What it is divided by is largest for the longest sequence,
        or, if the penalty is negative, for the shortest.
        """
        if len(self._found) < self._rules.n_beams:
            return False
        lengths = n_tokens + 1, self._rules.max_new_tokens
        return max(self._score(best_total, n) for n in lengths) <= self._found[0][0]

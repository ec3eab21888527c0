"""Sums of exp(score) over all sequences of labels, and what share in them a label has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..kernels.chain import SMALLEST_SHARE, Factors, add_pairs, both_ways
from ..kernels.paths import Scores
from ..kernels.processor import round_up

_VECTOR = 8  # numbers of the widest vector
# How far scores may be apart for a share that is not below SMALLEST_SHARE to be more than 0 after
# one step more.
_MOST_WIDTH = -0.45 * np.log(SMALLEST_SHARE)
_TINIEST = np.finfo(np.float64).tiny


class ChainSums:
    """Sums over all sequences of labels, or over those that have some known labels.

    Parameters
    ----------
    scores : Scores
        Float64; minus infinity is not allowed.
    raw : ndarray of shape (n_rows, n_labels), float64
        The score of each label at each step. The rows of a sequence follow each other.
    lengths : ndarray of shape (n_sequences,), int64
    codes : ndarray of shape (n_rows,), int64, or None
        The known labels, -1 where there is none; None: none is known.

    Attributes
    ----------
    logs : ndarray of shape (n_sequences,)
        The logarithm of each sum, minus infinity where nothing is allowed.
    """

    def __init__(
        self,
        scores: Scores,
        raw: np.ndarray,
        lengths: np.ndarray,
        codes: np.ndarray | None = None,
    ) -> None:
        self._lengths, self._n_labels = lengths, raw.shape[1]
        tops = np.maximum.reduce(raw, axis=1)
        widths = tops - np.minimum.reduce(raw, axis=1)
        if codes is not None:
            is_known = codes >= 0
            raw = np.where(is_known[:, np.newaxis] & ~one_hot(codes, self._n_labels), -np.inf, raw)
            tops, widths = np.maximum.reduce(raw, axis=1), np.where(is_known, 0.0, widths)
        self._scores, self._raw = scores, raw
        n_columns = round_up(self._n_labels, _VECTOR)
        self._steps = np.zeros((len(raw), n_columns))
        np.exp(raw - tops[:, np.newaxis], out=self._steps[:, : self._n_labels])
        self._shares, self._after = np.empty_like(self._steps), np.empty_like(self._steps)
        self.logs, safe = np.empty(len(lengths)), np.empty(len(lengths), bool)
        self._factors, (largest, of_ends) = _factors(scores, n_columns)
        both_ways(lengths, self._factors, self._steps, self._shares, self._after, self.logs, safe)
        first = np.cumsum(lengths) - lengths
        self.logs += np.add.reduceat(tops, first) + (lengths - 1) * largest + of_ends
        safe &= np.maximum.reduceat(widths, first) + _width(scores) < _MOST_WIDTH
        self._exact: dict[int, tuple[slice, _Exact]] = {}
        for s in np.flatnonzero(~safe).tolist():
            rows = slice(first[s], first[s] + lengths[s])
            self._take(s, rows, _exactly(scores, raw[rows]))

    def _take(self, s: int, rows: slice, exact: _Exact) -> None:
        """Take what was computed exactly of a sequence."""
        self.logs[s], self._exact[s] = exact.log, (rows, exact)
        self._steps[rows] = 0  # so that it has no other pairs
        self._shares[rows], self._after[rows] = 0, 1
        self._shares[rows, : self._n_labels] = np.exp(exact.log_proba)

    @property
    def proba(self) -> np.ndarray:
        """The share of each label of each step in the sum, (n_rows, n_labels)."""
        return (self._shares * self._after)[:, : self._n_labels]

    @property
    def log_proba(self) -> np.ndarray:
        """The logarithm of `proba`, minus infinity only where nothing is allowed."""
        shares, after = self._shares[:, : self._n_labels], self._after[:, : self._n_labels]
        with np.errstate(divide="ignore"):
            log_proba = np.log(shares) + np.log(after)
        for rows, exact in self._exact.values():
            log_proba[rows] = exact.log_proba
        lost = (after < _TINIEST) & (shares > 0)
        if lost.any():  # or not allowed
            lost &= self._may_go_on()
            ends = np.cumsum(self._lengths)
            for s in np.unique(np.searchsorted(ends, np.flatnonzero(lost.any(axis=1)), "right")):
                rows = slice(ends[s] - self._lengths[s], ends[s])
                log_proba[rows] = _exactly(self._scores, self._raw[rows]).log_proba
        return log_proba

    def _may_go_on(self) -> np.ndarray:
        """Return after which labels of each step transitions lead to an end that is allowed."""
        transitions = self._factors.transitions > 0
        longest = int(self._lengths.max())
        of_steps_left = np.empty((longest, len(transitions)), bool)
        of_steps_left[0] = self._factors.end > 0
        for n in range(1, longest):
            of_steps_left[n] = (transitions & of_steps_left[n - 1]).any(axis=1)
        ends = np.repeat(np.cumsum(self._lengths), self._lengths)
        return of_steps_left[ends - 1 - np.arange(len(ends)), : self._n_labels]

    def pairs(self, weights: np.ndarray) -> np.ndarray:
        """Return how often a label is expected after another, (n_labels, n_labels), from and to.

        Summed over sequences with the weights (n_sequences,).
        """
        sums = np.zeros_like(self._factors.transitions)
        add_pairs(self._lengths, weights, self._shares, self._steps, sums)
        sums *= self._factors.transitions
        pairs = sums[: self._n_labels, : self._n_labels]
        for s, (_, exact) in self._exact.items():
            pairs = pairs + weights[s] * exact.pairs
        return pairs


class _Exact(NamedTuple):
    """What is known of one sequence."""

    log: float
    log_proba: np.ndarray  # (n_steps, n_labels)
    pairs: np.ndarray  # (n_labels, n_labels)


def _exactly(scores: Scores, raw: np.ndarray) -> _Exact:
    """Return the same of raw (n_steps, n_labels) by logarithms alone: slowly, losing nothing."""
    n_steps, _ = raw.shape
    before, after = np.empty_like(raw), np.empty_like(raw)
    with np.errstate(invalid="ignore"):  # of a training that diverges
        before[0], after[-1] = scores.start + raw[0], scores.end
        for t in range(1, n_steps):
            of_pairs = before[t - 1][:, np.newaxis] + scores.transitions
            before[t] = np.logaddexp.reduce(of_pairs, axis=0) + raw[t]
        for t in range(n_steps - 1, 0, -1):
            after[t - 1] = np.logaddexp.reduce(scores.transitions + raw[t] + after[t], axis=1)
        log = float(np.logaddexp.reduce(before[-1] + scores.end))
        pairs = np.zeros_like(scores.transitions)
        if log == -np.inf:
            return _Exact(log, np.full_like(raw, -np.inf), pairs)
        for t in range(1, n_steps):
            of_pairs = before[t - 1][:, np.newaxis] + scores.transitions
            pairs += np.exp(of_pairs + raw[t] + after[t] - log)
        return _Exact(log, before + after - log, pairs)


def one_hot(codes: np.ndarray, n_labels: int) -> np.ndarray:
    """Return which label each code is, (n_rows, n_labels) bool."""
    return codes[:, np.newaxis] == np.arange(n_labels)


def _width(scores: Scores) -> float:
    """Return how far the scores of what is allowed are apart, at the most."""
    allowed = [one[one > -np.inf] for one in scores]
    return max((float(one.max() - one.min()) for one in allowed if one.size > 0), default=0.0)


def _factors(scores: Scores, n_columns: int) -> tuple[Factors, tuple[float, float]]:
    """Return exponentials, each over the largest, and the logarithms that they are short of.

    Those are of a transition, and of a start and an end together.
    """
    n_labels = len(scores.start)
    tops = (float(one.max()) for one in scores)
    # Where nothing is allowed, there is no largest.
    largest, of_start, of_end = (0.0 if top == -np.inf else top for top in tops)
    transitions = np.zeros((n_columns, n_columns))
    start, end = np.zeros(n_columns), np.zeros(n_columns)
    transitions[:n_labels, :n_labels] = np.exp(scores.transitions - largest)
    start[:n_labels] = np.exp(scores.start - of_start)
    end[:n_labels] = np.exp(scores.end - of_end)
    backwards = np.ascontiguousarray(transitions.T)
    return Factors(transitions, backwards, start, end), (largest, of_start + of_end)

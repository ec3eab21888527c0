"""A chain of labels: what one label says of the next (Lafferty, McCallum and Pereira 2001)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

import numpy as np

from ..kernels.paths import Scores, best_paths
from ..runtime.parameters import Parameter, zeros
from ..runtime.rows import ranges
from .chain_sums import ChainSums, one_hot
from .ends import Outputs

_NAMES = "chain.transitions", "chain.start", "chain.end"
# Pairs of labels of a call: kernels are not interrupted, and Ctrl-C is served in between.
_PAIRS_OF_CALL = 20_000_000


def chain_parameters(n_labels: int) -> list[Parameter]:
    """Return the scores of transitions, from and to, and of the first and the last label."""
    shapes = (n_labels, n_labels), (n_labels,), (n_labels,)
    return [
        Parameter(name, shape, zeros(shape), penalised=len(shape) > 1, group="output")
        for name, shape in zip(_NAMES, shapes, strict=True)
    ]


class Allowed(NamedTuple):
    """Which labels may follow each other, which may be first and which last."""

    transitions: np.ndarray  # (n_labels, n_labels) bool, from and to
    start: np.ndarray  # (n_labels,) bool
    end: np.ndarray  # (n_labels,) bool


@dataclass(frozen=True, eq=False)
class Chain:
    """A conditional random field over the labels of a sequence: an `End` of a network.

    The score of a sequence of labels is what its first and its last label have for that, the raw
    outputs for the labels at all steps, and what each transition has. The probability is the share
    of exp(score) in the sum over all sequences of labels.

    Parameters
    ----------
    allowed : Allowed
        Whatever is not allowed has the probability 0.
    """

    chained: ClassVar[bool] = True

    allowed: Allowed

    def scores(self, parameters: Mapping[str, np.ndarray]) -> Scores:
        """Return the scores, float64: minus infinity of what is not allowed."""
        named = zip(_NAMES, self.allowed, strict=True)
        return Scores(
            *(np.where(mask, parameters[name].astype(np.float64), -np.inf) for name, mask in named)
        )

    def losses(
        self,
        outputs: Outputs,
        targets: np.ndarray,
        weights: np.ndarray,
        gradient: Outputs | None = None,
    ) -> np.ndarray:
        """Return -log p of each sequence's labels, shared by its labelled steps; see `End`.

        The labelled steps are those with a weight, which all steps of a sequence share. What is
        not labelled may be anything: p is the sum over all sequences of labels that it allows.
        """
        scores, losses = self.scores(outputs.parameters), np.empty(len(outputs.raw))
        codes = np.where(weights > 0, targets, -1)
        for some, rows in _calls(outputs.lengths, outputs.raw.shape[1]):
            given = _Given(outputs.raw[rows].astype(np.float64), outputs.lengths[some], codes[rows])
            losses[rows], d_raw, d_scores = given.losses(scores, weights[rows])
            if gradient is not None:
                gradient.raw[rows] = d_raw
                for name, d_score in zip(_NAMES, d_scores, strict=True):
                    gradient.parameters[name][...] += d_score
        return losses

    def of_true_targets(self) -> Self:
        """Return the chain, whose targets are never smoothed."""
        return self

    def log_marginals(self, outputs: Outputs) -> tuple[np.ndarray, np.ndarray]:
        """Return log p of each label at each step, and log of the sum over all of exp(score).

        Of shapes (n_rows, n_labels) and (n_sequences,), float64. Minus infinity is what is not
        allowed.
        """
        log_proba, logs = np.empty(outputs.raw.shape), np.empty(len(outputs.lengths))
        scores = self.scores(outputs.parameters)
        for some, rows in _calls(outputs.lengths, outputs.raw.shape[1]):
            raw = outputs.raw[rows].astype(np.float64)
            sums = ChainSums(scores, raw, outputs.lengths[some])
            log_proba[rows], logs[some] = sums.log_proba, sums.logs
        return log_proba, logs

    def best(self, outputs: Outputs, n: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Return the n sequences of labels with the highest scores, highest first, and the scores.

        Codes of shape (n, n_rows) and scores (n_sequences, n), float64. Where fewer than n are
        allowed, the scores are minus infinity and the codes -1.
        """
        raw, lengths, parameters = outputs
        n_labels, longest = raw.shape[1], int(lengths.max())
        codes, found = np.empty((n, len(raw)), np.int64), np.empty((len(lengths), n))
        best, origins = np.empty((2, n_labels, n)), np.empty((longest, n_labels, n), np.int64)
        memory, scores = (best, origins, np.empty(n, np.int64)), self.scores(parameters)
        for some, rows in _calls(lengths, n_labels * n):
            of_call = np.empty((n, rows.stop - rows.start), np.int64)
            steps = raw[rows].astype(np.float64)
            best_paths(lengths[some], steps, scores, memory, of_call, found[some])
            codes[:, rows] = of_call
        return codes, found


class _Given(NamedTuple):
    """Raw outputs of some sequences, and the labels that are given, -1 where there is none."""

    raw: np.ndarray  # (n_rows, n_labels) float64
    lengths: np.ndarray
    codes: np.ndarray  # (n_rows,)

    def losses(self, scores: Scores, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, Scores]:
        """Return the losses of rows, and the gradients of their weighted sum."""
        first = np.cumsum(self.lengths) - self.lengths
        of_sequences = np.maximum.reduceat(weights, first)
        every = ChainSums(scores, self.raw, self.lengths)
        of_rows = np.repeat(of_sequences, self.lengths)[:, np.newaxis]
        d_raw, d_transitions = every.proba * of_rows, every.pairs(of_sequences)
        logs = np.empty(len(first))
        n_given = np.add.reduceat(self.codes >= 0, first, dtype=np.int64)
        for complete in (True, False):
            chosen = np.flatnonzero((n_given == self.lengths) == complete)
            if len(chosen) == 0:
                continue
            rows = ranges(first[chosen], self.lengths[chosen])
            given = _Given(self.raw[rows], self.lengths[chosen], self.codes[rows])
            expected = given._one_path if complete else given._several_paths
            logs[chosen], proba, pairs = expected(scores, of_sequences[chosen])
            d_raw[rows] -= proba * of_rows[rows]
            d_transitions -= pairs
        # Where nothing is allowed, no labels are.
        is_some, losses = every.logs != -np.inf, np.full(len(first), np.inf)
        np.subtract(every.logs, logs, out=losses, where=is_some)
        # All may be less than a part of it by rounding only.
        losses = np.maximum(losses, 0.0) / np.maximum(n_given, 1)
        d_start, d_end = d_raw[first], d_raw[first + self.lengths - 1]
        gradients = Scores(d_transitions, np.add.reduce(d_start), np.add.reduce(d_end))
        return np.where(self.codes >= 0, np.repeat(losses, self.lengths), 0.0), d_raw, gradients

    def _several_paths(
        self, scores: Scores, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return log sums over what the given labels allow, shares of labels, and pairs."""
        sums = ChainSums(scores, self.raw, self.lengths, self.codes)
        return sums.logs, sums.proba, sums.pairs(weights)

    def _one_path(
        self, scores: Scores, weights: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the same where every label is given: one sequence of labels is left."""
        codes, n_labels = self.codes, self.raw.shape[1]
        first = np.cumsum(self.lengths) - self.lengths
        of_steps = self.raw[np.arange(len(codes)), codes]
        of_steps[first] += scores.start[codes[first]]
        of_steps[first + self.lengths - 1] += scores.end[codes[first + self.lengths - 1]]
        follows = np.ones(len(codes), bool)
        follows[first] = False
        after = np.flatnonzero(follows)
        pairs = codes[after - 1] * n_labels + codes[after]
        of_steps[after] += scores.transitions.ravel()[pairs]
        of_pairs = np.repeat(weights, self.lengths - 1)
        counts = np.bincount(pairs, of_pairs, n_labels**2).reshape(n_labels, n_labels)
        return np.add.reduceat(of_steps, first), one_hot(codes, n_labels), counts


def _calls(lengths: np.ndarray, width: int) -> Iterator[tuple[slice, slice]]:
    """Cut sequences into runs that take little time; give each run, and its rows."""
    ends, rows_of_call = np.cumsum(lengths), max(1, _PAIRS_OF_CALL // width**2)
    start, first_row = 0, 0
    while start < len(lengths):
        stop = int(np.searchsorted(ends, first_row + rows_of_call, side="right"))
        stop = max(start + 1, stop)
        yield slice(start, stop), slice(first_row, int(ends[stop - 1]))
        start, first_row = stop, int(ends[stop - 1])

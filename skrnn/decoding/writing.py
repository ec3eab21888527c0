"""Sequences written token by token: the most probable one each time, or one that is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from .filters import Filters

# Takes the codes that come next, (n,) int64, of all sequences, and returns the logarithms of the
# probabilities of those that follow, (n, n_codes), which may be overwritten.
Step = Callable[[np.ndarray], np.ndarray]
# Whether a sequence ends with the codes that it has by now.
Stops = Callable[[Sequence[int]], bool]


class Choose(Protocol):
    """What chooses the next code of a sequence."""

    def __call__(self, log_proba: np.ndarray, history: Sequence[int]) -> int:
        """Return a code, given log-probabilities (n_codes,) and the codes so far."""
        ...


class Greedy:
    """The most probable code; of equal ones the first."""

    def __init__(self, filters: Filters) -> None:
        self._filters = filters

    def __call__(self, log_proba: np.ndarray, history: Sequence[int]) -> int:
        """Return a code, given log-probabilities (n_codes,) and the codes so far."""
        return int(self._filters.weighed(log_proba, history).argmax())


class Draw:
    """A code drawn at random.

    Parameters
    ----------
    filters : Filters
    seed : sequence of int
        Of a stream of random numbers for this sequence alone.
    """

    def __init__(self, filters: Filters, seed: Sequence[int]) -> None:
        self._filters, self._random = filters, np.random.default_rng(seed).random

    def __call__(self, log_proba: np.ndarray, history: Sequence[int]) -> int:
        """Return a code, given log-probabilities (n_codes,) and the codes so far."""
        # Twice as fast as a cumulative sum that converts each number by itself.
        sums = np.add.accumulate(self._filters.proba(log_proba, history).astype(np.float64))
        # Below the last sum, so that it is never one of probability zero behind the others.
        return int(sums.searchsorted(self._random() * sums[-1], side="right"))


class Written:
    """A sequence that is being written.

    Parameters
    ----------
    history : sequence of int
        The codes before what is written.
    choose : Choose
    end : int
        The code of the end.
    stops : callable
        Takes the codes written so far.
    """

    def __init__(self, history: Sequence[int], choose: Choose, end: int, stops: Stops) -> None:
        self._history, self._choose, self._end, self._stops = list(history), choose, end, stops
        self.codes: list[int] = []  # without the end
        self.log_proba = 0.0  # of all codes, the end included
        self.ended = False

    def write(self, log_proba: np.ndarray) -> int:
        """Choose the next code by log-probabilities (n_codes,), and count its own; return it."""
        code = self._choose(log_proba, self._history)
        self.log_proba += float(log_proba[code])
        if code == self._end:
            self.ended = True
        else:
            self.codes.append(code)
            self._history.append(code)
            self.ended = self._stops(self.codes)
        return code


def write(texts: Sequence[Written], log_proba: np.ndarray, step: Step, max_new_tokens: int) -> None:
    """Write until all texts have ended.

    Parameters
    ----------
    texts : sequence of Written
    log_proba : ndarray of shape (n, n_codes)
        Of what comes first.
    step : callable
    max_new_tokens : int
    """
    codes = np.zeros(len(texts), np.int64)
    for n_written in range(max_new_tokens):
        if n_written > 0:
            log_proba = step(codes)
        leave_out_unknown(log_proba)
        for row, text in enumerate(texts):
            if not text.ended:
                codes[row] = text.write(log_proba[row])
        if all(text.ended for text in texts):
            return


def leave_out_unknown(log_proba: np.ndarray) -> None:
    """Leave no probability, of log-probabilities (n, n_codes), to code 0, which says no token."""
    log_proba[:, 0] = -np.inf

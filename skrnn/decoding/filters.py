"""Which tokens may be drawn, and how probable they are then: of one row of log-probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..kernels.softmax import softmax


@dataclass(frozen=True)
class Filters:
    """What is done to log-probabilities before a token is chosen, in this order.

    Parameters
    ----------
    repetition_penalty : float
        The log-probability of a token that has occurred is multiplied by it.
    no_repeat_ngram_size : int
        No sequence of so many tokens may occur twice; 0 is for none.
    temperature : float
        Positive; the logarithms are divided by it.
    top_k : int or None
        Only so many tokens, the most probable.
    top_p : float
        Only the most probable tokens whose probabilities sum to it (Holtzman et al. 2020).
    min_p : float
        Only tokens that are at least this times as probable as the most probable one.
    """

    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    min_p: float = 0.0

    def weighed(self, log_proba: np.ndarray, history: Sequence[int]) -> np.ndarray:
        """Return what tokens are compared by, (n_tokens,), given those so far."""
        if self.repetition_penalty == 1.0 and self.no_repeat_ngram_size == 0:
            return log_proba
        weighed = log_proba.copy()
        if self.repetition_penalty != 1.0:
            weighed[list(set(history))] *= self.repetition_penalty
        weighed[repeating(history, self.no_repeat_ngram_size)] = -np.inf
        return weighed

    def proba(self, log_proba: np.ndarray, history: Sequence[int]) -> np.ndarray:
        """Return the probability of drawing each token, (n_tokens,); they sum to one."""
        weighed = self.weighed(log_proba, history)
        if self.temperature != 1.0:
            weighed = weighed - np.maximum.reduce(weighed)
            with np.errstate(over="ignore"):  # to minus infinity, as it should
                weighed /= self.temperature
        proba = softmax(weighed[np.newaxis])[0]
        if self.top_k is not None or self.top_p < 1.0 or self.min_p > 0.0:
            self._drop_improbable(proba)
            proba /= np.add.reduce(proba)
        return proba

    def _drop_improbable(self, proba: np.ndarray) -> None:
        """Set all to zero that `top_k`, `top_p` and `min_p`, one after the other, leave out."""
        order = np.argsort(-proba, kind="stable")
        if self.top_k is not None:
            proba[order[self.top_k :]] = 0
        if self.top_p < 1.0:
            sums = np.cumsum(proba[order], dtype=np.float64)
            n_kept = 1 + int(np.searchsorted(sums, self.top_p * sums[-1]))
            proba[order[n_kept:]] = 0
        if self.min_p > 0.0:
            proba[proba < self.min_p * proba[order[0]]] = 0


def repeating(history: Sequence[int], size: int) -> list[int]:
    """Return the tokens that would end a sequence of `size` tokens that has occurred before."""
    n_before = size - 1
    if size == 0 or len(history) < size:
        return []
    last = tuple(history[len(history) - n_before :])
    starts = range(len(history) - n_before)
    return [history[i + n_before] for i in starts if tuple(history[i : i + n_before]) == last]

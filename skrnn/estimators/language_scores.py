"""What a language model says of texts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..losses.softmax_cross_entropy import SoftmaxCrossEntropy
from ..network.carry import Carry
from ..network.prediction import check_finite
from ..runtime.rows import Sequences, offsets_of, ranges
from ..runtime.threads import effective_n_threads
from .answers import by_sequence
from .fitted import Fitted
from .language_parameters import LanguageParameters
from .texts import log_proba_of_targets, read_texts, steps_of

# Steps of all texts that are read at a time where only what comes after the last is wanted.
_STEPS_OF_CHUNK = 1 << 14


class ScoresTexts(LanguageParameters):
    """The methods that score texts."""

    def score_samples(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each text, its end included.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Texts or token sequences, as in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,), float64
            Natural logarithms.
        """
        log_proba, offsets = self._log_proba(X)
        return np.add.reduceat(log_proba, offsets[:-1])

    def token_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each token, given those before it.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Texts or token sequences, as in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,), dtype object
            For each text an array of shape (n_tokens + 1,), float64: the last is that of its end.
        """
        return by_sequence(*self._log_proba(X))

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean log-probability of a token, the ends of texts included.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Texts or token sequences, as in `fit`.
        y : None
            Ignored.

        Returns
        -------
        float
            A natural logarithm: higher is better, 0 the best.
        """
        return float(self._log_proba(X)[0].mean())

    def perplexity(self, X: Any) -> float:
        """Return the perplexity, ``exp(-score(X))``.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Texts or token sequences, as in `fit`.

        Returns
        -------
        float
            Of how many equally probable tokens a choice would be as hard; lower is better.
        """
        return math.exp(-self.score(X))

    def bits_per_token(self, X: Any) -> float:
        """Return the mean number of bits that a token takes, ``-score(X) / log(2)``.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Texts or token sequences, as in `fit`.

        Returns
        -------
        float
            With ``analyzer="char"`` the bits of a character, ends of texts included.
        """
        return -self.score(X) / math.log(2)

    def next_token_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each token to come next after a text.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Texts or token sequences, which may be empty.

        Returns
        -------
        ndarray of shape (n_samples, n_tokens_), float64
            Column 0 is an unknown token, that of a token its code in `vocabulary_`, and the last
            column the text's end. Rows sum to one.
        """
        fitted = self._record()
        carry = self._after(fitted, X)
        check_finite(carry.raw)
        return SoftmaxCrossEntropy().predict(carry.raw.astype(np.float64))

    def transform(self, X: Any) -> np.ndarray:
        """Return the last layer's hidden state after each text.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Texts or token sequences, which may be empty.

        Returns
        -------
        ndarray of shape (n_samples, n_hidden), float64
            The number of hidden units is that of the last of `hidden_layer_sizes`.
        """
        fitted = self._record()
        (top,) = self._after(fitted, X).states.layers[-1]
        return top.hidden[:, : fitted.architecture.hidden_layer_sizes[-1]].astype(np.float64)

    def _log_proba(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the log-probability of all tokens, and where those of each text begin."""
        fitted = self._record()
        self._check_hyperparameters()
        data = steps_of(fitted, read_texts(X, self.analyzer)[0])
        n_threads = effective_n_threads(self.n_jobs)
        log_proba = log_proba_of_targets(fitted.predictor, data, n_threads)
        offsets = data.sequences.offsets
        check_finite(log_proba, offsets)
        return log_proba, offsets

    def _after(self, fitted: Fitted, X: Any) -> Carry:
        """Return what is carried after the last token of each text."""
        self._check_hyperparameters()
        data = steps_of(fitted, read_texts(X, self.analyzer)[0])
        return read_all(fitted, data.sequences, effective_n_threads(self.n_jobs))


def read_all(fitted: Fitted, sequences: Sequences, n_threads: int) -> Carry:
    """Return what is carried after the last step of each sequence."""
    predictor, lengths = fitted.predictor, sequences.lengths
    carry = predictor.begin(len(lengths))
    read, n_steps = 0, max(1, _STEPS_OF_CHUNK // len(lengths))
    while len(left := np.flatnonzero(lengths > read)) > 0:
        taken = np.minimum(lengths[left] - read, n_steps)
        rows = ranges(sequences.offsets[left] + read, taken)
        some = carry.take(left)
        predictor.go_on(Sequences(sequences.values[rows], offsets_of(taken)), some, n_threads)
        carry.put(left, some)
        read += n_steps
    return carry

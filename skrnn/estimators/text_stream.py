"""Texts that a language model reads and writes token by token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self, cast

import numpy as np

from ..decoding.writing import leave_out_unknown
from ..inputs.vocabulary import tokenised
from ..kernels.softmax import log_softmax, softmax
from ..network.carry import Carry
from ..network.prediction import check_finite
from ..network.step_by_step import StepByStep
from ..runtime.rows import NO_UNITS, Sequences
from ..runtime.threads import effective_n_threads
from .fitted_estimator import shown_by_twin
from .generation import Writer, WritesTexts, raw_after, seed_of
from .next_token import NextToken
from .request import Request

_ONLY = np.zeros(1, np.int64)  # the text among those of its carry


class TextStream:
    """A text that arrives in pieces, and that a language model goes on with.

    However a text is cut into pieces, what is said of it is the same, to the bit.

    Parameters
    ----------
    model : RNNLanguageModel
        A fitted one.

    Examples
    --------
    >>> from skrnn import RNNLanguageModel
    >>> X = ["the cat sat on the mat", "the dog sat on the cat"] * 20
    >>> model = RNNLanguageModel(32, learning_rate_init=0.01, bptt_steps=20, random_state=0).fit(X)
    >>> stream = model.stream().feed("the ca").feed("t s")
    >>> "".join(stream.generate(max_new_tokens=9, do_sample=False))
    'at on the'
    """

    _codes: list[int]  # of what has been read, without the end before it
    _carry: Carry
    _first: Carry  # where every text begins
    _step: StepByStep | None  # reads one more code, once one has been asked for

    def __init__(self, model: WritesTexts) -> None:
        fitted = model._record()
        # Not the estimator itself, which may be fitted anew.
        self._model, self._fitted = shown_by_twin(model, fitted), fitted
        self._begin()

    def reset(self) -> Self:
        """Begin a new text.

        Returns
        -------
        TextStream
            The stream itself.
        """
        # In place, as what reads the next code is made for these arrays.
        self._carry.put(_ONLY, self._first)
        self._codes = []
        return self

    def feed(self, text: Any) -> Self:
        """Read a piece of the text.

        Parameters
        ----------
        text : str or token sequence
            What comes next. It may be empty. A piece is cut into tokens by itself, so with
            ``analyzer="word"`` a word must not be cut in two.

        Returns
        -------
        TextStream
            The stream itself. It is as it was if there is an error.
        """
        (tokens,) = tokenised([text], self._model.analyzer, "text")
        codes, _ = self._task.vocabulary.encoded([tokens])
        self._append(codes[:-1].tolist())
        return self

    def next_token_proba(self) -> np.ndarray:
        """Return the probability of each token to come next.

        Returns
        -------
        ndarray of shape (n_tokens_,), float64
            Columns as in `RNNLanguageModel.next_token_proba`.
        """
        return softmax(self._carry.raw.astype(np.float64))[0]

    def generate(
        self,
        *,
        max_new_tokens: int = 100,
        do_sample: bool = True,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        min_p: float = 0.0,
        repetition_penalty: float = 1.0,
        no_repeat_ngram_size: int = 0,
        stop: Any = None,
        random_state: Any = None,
    ) -> Iterator[Any]:
        """Go on with the text, token by token.

        Parameters
        ----------
        max_new_tokens, do_sample, temperature, top_k, top_p, min_p, repetition_penalty, \
no_repeat_ngram_size, stop, random_state
            As in `RNNLanguageModel.generate`. What has been read counts as the prompt.

        Yields
        ------
        str or int
            The next token. The text ends with the end of the text, which is not yielded, or with a
            stop, whose tokens are. The stream has then read what it has yielded, so it goes on from
            there, also after a loop that was left before.
        """
        request = Request(
            1, max_new_tokens, do_sample, temperature, top_k, top_p, min_p, repetition_penalty,
            no_repeat_ngram_size, 1, 1.0, stop, None, random_state,
        )  # fmt: skip
        request.check(self._model)
        return self._written(request)

    def copy(self) -> Self:
        """Return a stream that has read the same, and goes on by itself.

        Returns
        -------
        TextStream
            It shares the fitted model and nothing else.
        """
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._carry = self._carry.take(_ONLY)
        other._codes, other._step = self._codes.copy(), None
        return other

    def __getstate__(self) -> dict[str, Any]:
        # The record of the fit is the model's, which saves it in a form of its own.
        left_out = dict.fromkeys(("_fitted", "_first", "_step"))
        return self.__dict__ | {"_carry": self._carry.arrays} | left_out

    def __setstate__(self, saved: dict[str, Any]) -> None:
        self.__dict__.update(saved)
        self._fitted = self._model._record()
        self._begin()
        self._codes = saved["_codes"]
        for name, array in self._carry.arrays.items():
            array[...] = saved["_carry"][name]

    @property
    def _task(self) -> NextToken:
        return cast(NextToken, self._fitted.task)

    def _begin(self) -> None:
        """Begin the first text."""
        self._codes, self._step = [], None
        self._carry = self._fitted.predictor.begin(1)
        self._read([self._task.vocabulary.end], self._carry)
        self._first = self._carry.take(_ONLY)

    def _written(self, request: Request) -> Iterator[Any]:
        writer = Writer(self._fitted, request, self._model._join(self._fitted, None))
        text = writer.begun(self._codes, [seed_of(request.random_state), 0])
        for _ in range(request.max_new_tokens):
            log_proba = log_softmax(self._carry.raw)
            leave_out_unknown(log_proba)
            code = text.write(log_proba[0])
            if code == self._task.vocabulary.end:
                return
            self._append([code])
            yield self._task.vocabulary.tokens[code - 1]
            if text.ended:
                return

    def _append(self, codes: list[int]) -> None:
        """Read codes, all or, if there is an error, none."""
        if len(codes) == 1:
            if self._step is None:
                n_threads = effective_n_threads(self._model.n_jobs)
                self._step = self._fitted.predictor.step_by_step(self._carry, n_threads)
            raw_after(self._step, np.array(codes))
        elif codes:
            carry = self._carry.take(_ONLY)
            self._read(codes, carry)
            self._carry, self._step = carry, None
        self._codes += codes

    def _read(self, codes: list[int], carry: Carry) -> None:
        """Read codes from where `carry` is, which is changed."""
        values = np.array(codes, self._fitted.network.dtype)[:, np.newaxis]
        steps = Sequences(values, np.array([0, len(codes)]), NO_UNITS)
        self._fitted.predictor.go_on(steps, carry, 1)
        check_finite(carry.raw)

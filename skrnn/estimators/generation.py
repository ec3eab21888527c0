"""What a language model writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Integral
from typing import Any, cast

import numpy as np
from sklearn.utils import check_random_state

from ..decoding.beam import BeamRules, BeamSearch
from ..decoding.writing import Choose, Draw, Greedy, Written, write
from ..kernels.softmax import log_softmax
from ..network.carry import Carry
from ..network.prediction import check_finite
from ..network.step_by_step import StepByStep
from ..runtime.rows import NO_UNITS
from ..runtime.threads import effective_n_threads
from .fitted import Fitted
from .language_scores import ScoresTexts, read_all
from .next_token import NextToken
from .request import Request
from .texts import read_texts, steps_of

Join = Callable[[list], Any]


class WritesTexts(ScoresTexts):
    """The method that writes texts."""

    def generate(
        self,
        prompts: Any = None,
        n_samples: int = 1,
        *,
        max_new_tokens: int = 100,
        do_sample: bool = True,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float = 1.0,
        min_p: float = 0.0,
        repetition_penalty: float = 1.0,
        no_repeat_ngram_size: int = 0,
        num_beams: int = 1,
        length_penalty: float = 1.0,
        stop: Any = None,
        join: Join | None = None,
        random_state: Any = None,
        return_log_proba: bool = False,
    ) -> Any:
        """Write what comes after prompts.

        Parameters
        ----------
        prompts : array-like of shape (n_prompts,), default=None
            Texts or token sequences, as in `fit`, which may be empty. None is one empty prompt.
            Their tokens must be in `vocabulary_`, unless `min_frequency` or `max_categories` let
            rare tokens teach what to make of unknown ones.
        n_samples : int, default=1
            How many texts for each prompt.
        max_new_tokens : int, default=100
            How many tokens at most. A text that ends before is shorter.
        do_sample : bool, default=True
            Whether tokens are drawn by their probabilities. If not, each is the most probable one,
            or beams search for the most probable text.
        temperature : float, default=1.0
            What logarithms of probabilities are divided by: below 1 probable tokens become more
            probable.
        top_k : int, default=None
            Only the k most probable tokens are drawn from.
        top_p : float, default=1.0
            Only the most probable tokens whose probabilities sum to it (Holtzman et al. 2020).
        min_p : float, default=0.0
            Only tokens that are at least this times as probable as the most probable one.
        repetition_penalty : float, default=1.0
            What the log-probability of a token is multiplied by if it has occurred, in the prompt
            too: above 1 it becomes less probable (after Keskar et al. 2019).
        no_repeat_ngram_size : int, default=0
            No sequence of so many tokens occurs twice, the prompt included; 0 is no such rule.
        num_beams : int, default=1
            With ``do_sample=False``: how many beginnings of each length are gone on with.
        length_penalty : float, default=1.0
            With beams: texts are compared by their log-probability divided by this power of their
            number of tokens, the end counted. Above 0 it favours long texts.
        stop : str or list of str, default=None
            A text ends before the first of these that would occur. For token sequences: a token, or
            a list of them.
        join : callable, default=None
            Takes a list of tokens and returns a text. None puts characters side by side, and words
            with spaces between them; with a callable `analyzer`, and for token sequences, it gives
            lists of tokens.
        random_state : int, RandomState or None, default=None
            What is drawn from. With an integer, sample j of a prompt is the same alone and among
            others.
        return_log_proba : bool, default=False
            Whether to return log-probabilities too.

        Returns
        -------
        texts : list
            What comes after each prompt, without it and without the stop: a text or token list for
            each, or with ``n_samples > 1`` a list of them. Without prompts just that of the one. An
            unknown token is never written.
        log_proba : ndarray of shape (n_prompts,) or (n_prompts, n_samples), float64
            Only with ``return_log_proba=True``: natural logarithms of what was written, the end
            and the stop included, by the model before any filter. NaN where beams found fewer.

        Raises
        ------
        ValueError
            If a parameter is out of range, or can have no effect beside the others; or if a prompt
            has an unknown token that `prompts` does not allow.
        """
        request = Request(
            n_samples, max_new_tokens, do_sample, temperature, top_k, top_p, min_p,
            repetition_penalty, no_repeat_ngram_size, num_beams, length_penalty, stop, join,
            random_state,
        )  # fmt: skip
        request.check(self)
        fitted = self._record()
        texts, _ = read_texts([""] if prompts is None else prompts, self.analyzer)
        steps = steps_of(fitted, texts)
        codes = [steps.targets[i : j - 1].tolist() for i, j in pairwise(steps.sequences.offsets)]
        if self.min_frequency == 1 and self.max_categories is None:
            _check_known(texts, codes)
        n_threads = effective_n_threads(self.n_jobs)
        carry = read_all(fitted, steps.sequences, n_threads)
        check_finite(carry.raw)
        writer = Writer(fitted, request, self._join(fitted, join))
        choose = writer.search if num_beams > 1 else writer.draw
        written = choose(carry, codes, n_threads)
        answers: Any = [[text for text, _ in of_prompt] for of_prompt in written]
        log_proba = np.full((len(written), n_samples), np.nan)
        for row, of_prompt in enumerate(written):
            log_proba[row, : len(of_prompt)] = [value for _, value in of_prompt]
        if n_samples == 1:
            answers, log_proba = [of_prompt[0] for of_prompt in answers], log_proba[:, 0]
        if prompts is None:
            answers, log_proba = answers[0], log_proba[0]
        return (answers, log_proba) if return_log_proba else answers

    def _join(self, fitted: Fitted, join: Join | None) -> Join | None:
        """Return what makes a text of tokens, or None."""
        if join is None and cast(NextToken, fitted.task).of_texts and not callable(self.analyzer):
            return ("" if self.analyzer == "char" else " ").join
        return join


def _check_known(prompts: list[Sequence], codes: list[list[int]]) -> None:
    """Raise ValueError if a prompt has an unknown token, whose code is 0."""
    for i, (prompt, of_prompt) in enumerate(zip(prompts, codes, strict=True)):
        if 0 in of_prompt:
            place = of_prompt.index(0)
            raise ValueError(
                f"prompts[{i}] has the token {prompt[place]!r} at place {place}, which vocabulary_ "
                "does not have. Leave it out, or fit with min_frequency=2, so that rare tokens "
                "teach what to make of unknown ones."
            )


class Writer:
    """Writes what comes after prompts that have been read.

    Parameters
    ----------
    fitted : Fitted
    request : Request
    join : callable or None
        Makes a text of tokens.
    """

    def __init__(self, fitted: Fitted, request: Request, join: Join | None) -> None:
        self._fitted, self._request, self._join = fitted, request, join
        self._vocabulary = cast(NextToken, fitted.task).vocabulary
        self._check_join()
        self._stop = self._checked_stops(request.stop)
        # Each token of a text is one character at least.
        self._n_stop = max((len(str(one)) for one in self._stop), default=0)

    def _check_join(self) -> None:
        """Raise TypeError for a `join` that makes no texts, before anything is written."""
        made = "" if self._join is None else self._join(self._vocabulary.tokens[:1])
        if not isinstance(made, str):
            raise TypeError(
                f"The parameter join must make a string of a list of tokens, such as ' '.join. Of "
                f"{self._vocabulary.tokens[:1]} it made a {type(made).__name__}."
            )

    def _checked_stops(self, stop: Any) -> list[Any]:
        """Return the stops; raise ValueError for one that no text could come to."""
        if stop is None:
            return []
        stops = [stop] if isinstance(stop, str | Integral) else list(stop)
        of_strings = self._join is not None or isinstance(self._vocabulary.tokens[0], str)
        for one in stops:
            if isinstance(one, str) != of_strings or one == "":
                what = "a string that is not empty" if of_strings else "an integer, as tokens are"
                raise ValueError(f"The parameter stop must hold {what}. Got {one!r}.")
        return stops

    def draw(
        self, carry: Carry, prompts: list[list[int]], n_threads: int
    ) -> list[list[tuple[Any, float]]]:
        """Return, for each prompt, what was written and its log-probability."""
        n_samples, seed = self._request.n_samples, seed_of(self._request.random_state)
        texts = [self.begun(codes, [seed, j]) for codes in prompts for j in range(n_samples)]
        carry = carry.take(np.repeat(np.arange(len(prompts)), n_samples))
        step = self._fitted.predictor.step_by_step(carry, n_threads)
        write(
            texts,
            log_softmax(carry.raw),
            lambda codes: stepped(step, codes),
            self._request.max_new_tokens,
        )
        written = [(self.answer(text.codes), text.log_proba) for text in texts]
        return [written[i : i + n_samples] for i in range(0, len(written), n_samples)]

    def begun(self, history: list[int], seed: list[int]) -> Written:
        """Return a text that is about to be written."""
        choose: Choose = Greedy(self._request.filters)
        if self._request.do_sample:
            choose = Draw(self._request.filters, seed)
        return Written(history, choose, self._vocabulary.end, self._stops)

    def search(
        self, carry: Carry, prompts: list[list[int]], n_threads: int
    ) -> list[list[tuple[Any, float]]]:
        """Return, for each prompt, the best texts that beams find, and their log-probability."""
        asked = self._request
        rules = BeamRules(
            asked.num_beams, asked.max_new_tokens, asked.length_penalty, self._vocabulary.end,
            self._stops, asked.filters,
        )  # fmt: skip
        # In float64, since prefixes are compared by sums of many.
        first, every = log_softmax(carry.raw).astype(np.float64), np.arange(asked.num_beams)
        written = []
        # One prompt after the other: what beams find does not depend on the others.
        for row, codes in enumerate(prompts):
            of_beams = carry.take(np.full(asked.num_beams, row))
            step = self._fitted.predictor.step_by_step(of_beams, n_threads)

            def go_on(
                parents: np.ndarray,
                codes: np.ndarray,
                of_beams: Carry = of_beams,
                step: StepByStep = step,
            ) -> np.ndarray:
                of_beams.put(every, of_beams.take(parents))
                return stepped(step, codes).astype(np.float64)

            best = BeamSearch(rules, codes).run(first[row], go_on)[: asked.n_samples]
            written.append([(self.answer(one.codes), one.log_proba) for one in best])
        return written

    def _tokens_of(self, codes: Sequence[int]) -> list:
        return [self._vocabulary.tokens[code - 1] for code in codes]

    def _stops(self, codes: Sequence[int]) -> bool:
        """Whether a text with these codes has come to a stop."""
        if not self._stop:
            return False
        if self._join is None:
            return self._vocabulary.tokens[codes[-1] - 1] in self._stop
        last = self._join(self._tokens_of(codes[-self._n_stop :]))
        return any(one in last for one in self._stop)

    def answer(self, codes: list[int]) -> Any:
        """Return the text, or token list, of what was written before a stop."""
        tokens = self._tokens_of(codes)
        if self._join is None:
            return tokens[:-1] if tokens and tokens[-1] in self._stop else tokens
        text = self._join(tokens)
        found = [place for one in self._stop if (place := text.find(one)) >= 0]
        return text[: min(found)] if found else text


def stepped(step: StepByStep, codes: np.ndarray) -> np.ndarray:
    """Return the log-probabilities of what follows codes, (n, n_codes), in the model's dtype."""
    return log_softmax(raw_after(step, codes))


def raw_after(step: StepByStep, codes: np.ndarray) -> np.ndarray:
    """Return the raw outputs of what follows codes, (n, n_codes)."""
    raw = step(codes[:, np.newaxis], NO_UNITS)
    if raw is None:
        raise ValueError(
            "The probability of a next token is not finite: a number has become too large on the "
            "way. Use activation='tanh', cell='lstm' or 'gru', or fit with a lower rate."
        )
    return raw


def seed_of(random_state: Any) -> int:
    """Return a seed: the number itself, or one that is drawn."""
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))

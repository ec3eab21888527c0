"""Which tokens of texts have a code of their own, and the codes that a language model sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import numpy as np

from ..runtime.once import computed_once
from ..runtime.rows import offsets_of
from .tokens import as_tokens, frequent_tokens, words_of

Analyzer = str | Callable[[str], Sequence]


def tokenised(items: Sequence, analyzer: Analyzer, name: str = "X") -> list[Sequence]:
    """Return the tokens of texts, by an analyzer, and token sequences as they are."""
    return [_tokens(item, analyzer, f"{name}[{i}]") for i, item in enumerate(items)]


def _tokens(item: Any, analyzer: Analyzer, where: str) -> Sequence:
    if not isinstance(item, str):
        return as_tokens(item, where)
    if callable(analyzer):
        return as_tokens(analyzer(item), f"What analyzer returned for {where}")
    return item if analyzer == "char" else words_of(item)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The tokens that have the codes 1, 2 and so on.

    Code 0 is any other token; the code after the last is the end of a text, and stands before its
    first token too.

    Parameters
    ----------
    tokens : list of str or of int
        Sorted.
    """

    tokens: list[Any]

    @classmethod
    def learnt(
        cls, texts: Sequence[Sequence], min_frequency: float, max_categories: int | None
    ) -> Vocabulary:
        """Return the vocabulary of texts that are tokens, by scikit-learn's rules for what is rare.

        Raises
        ------
        ValueError
            If there is no token, or none that is not rare.
        """
        counts = Counter(chain.from_iterable(texts))
        if not counts:
            raise ValueError(
                "X has no tokens: all its texts or token sequences are empty. Pass at least one "
                "that is not."
            )
        tokens = list(frequent_tokens(counts, min_frequency, max_categories))
        if not tokens:
            raise ValueError(
                f"Every token of X is rare by min_frequency={min_frequency!r} and "
                f"max_categories={max_categories!r}. Lower the one, or raise the other."
            )
        return cls(tokens)

    @computed_once
    def codes(self) -> dict[Any, int]:
        """The code of each token, in order."""
        return {token: code for code, token in enumerate(self.tokens, 1)}

    @property
    def end(self) -> int:
        """The code of a text's end."""
        return len(self.tokens) + 1

    @property
    def n_codes(self) -> int:
        """How many codes there are."""
        return len(self.tokens) + 2

    def _check_types(self, texts: Sequence[Sequence]) -> None:
        """Raise TypeError for strings where integers are known, and the other way round."""
        are_strings = isinstance(self.tokens[0], str)
        for i, text in enumerate(texts):
            if len(text) > 0 and isinstance(text[0], str) != are_strings:
                names = ("integers", "strings") if are_strings else ("strings", "integers")
                raise TypeError(
                    f"X[{i}] has tokens that are {names[0]}, but the model has learnt {names[1]}. "
                    "Convert them."
                )

    def encoded(self, texts: Sequence[Sequence]) -> tuple[np.ndarray, np.ndarray]:
        """Return the codes of texts with an end behind each, one after the other, and offsets.

        Returns
        -------
        codes : ndarray of shape (n_codes,), int64
        offsets : ndarray of shape (n_texts + 1,), int64
            Where each text begins.
        """
        self._check_types(texts)
        offsets = offsets_of(np.array([len(text) + 1 for text in texts], np.int64))
        codes = np.full(offsets[-1], self.end)
        # A token may be a key of another type: strings and integers of NumPy hash as Python's.
        known = map(self.codes.get, chain.from_iterable(texts), repeat(0))
        is_token = np.ones(len(codes), bool)
        is_token[offsets[1:] - 1] = False
        codes[is_token] = np.fromiter(known, np.int64, len(codes) - len(texts))
        return codes, offsets

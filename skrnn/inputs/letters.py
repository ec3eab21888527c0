"""The letters of words: which have a code, and the distinct words of an X with their codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from ..runtime.rows import Sequences, Words, offsets_of
from .values import as_objects


def letters_of(counts: Mapping[str, int], min_frequency: int) -> np.ndarray:
    """Return the sorted letters that words, of which there are so many each, have often enough."""
    of_letters: Counter[str] = Counter()
    for word, n in counts.items():
        for letter in word:
            of_letters[letter] += n
    return as_objects(sorted(one for one, n in of_letters.items() if n >= min_frequency))


class WordList:
    """The distinct words of an X, in the order in which they come.

    Parameters
    ----------
    codes : mapping of str to int
        Of the words that have a vector of their own.
    letters : ndarray of shape (n_letters,)
        Those with the codes 1, 2 and so on; code 0 is any other, and what an empty word has.
    """

    def __init__(self, codes: Mapping[str, int], letters: np.ndarray) -> None:
        self._codes = codes
        self._codes_of_letters = {letter: code for code, letter in enumerate(letters.tolist(), 1)}
        self._numbers: dict[str, int] = {}

    def number(self, word: object) -> int:
        """Return the number of a word; what is no word is read as an empty one."""
        text = word if isinstance(word, str) else ""
        return self._numbers.setdefault(text, len(self._numbers))

    def packed(self, dtype: np.dtype) -> Words:
        """Return the words as the network takes them."""
        code_of = self._codes_of_letters.get
        spelt = [[code_of(letter, 0) for letter in word] or [0] for word in self._numbers]
        lengths = np.array([len(word) for word in spelt], np.int64)
        values = np.concatenate([np.array(word, dtype) for word in spelt])[:, np.newaxis]
        codes = np.array([self._codes.get(word, 0) for word in self._numbers], np.int64)
        return Words(codes, Sequences(values, offsets_of(lengths)))

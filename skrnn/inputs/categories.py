"""Features that are categories: which they are, and the codes that the network sees for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from ..runtime.once import computed_once
from .containers import read_sequence
from .feature_places import places_in
from .letters import WordList, letters_of
from .mixed import Mixed, Piece
from .steps import is_missing
from .values import as_objects
from .vectors import read_vectors

_MOST_CODES = 1 << 24  # integers that float32 has without gaps
_NUMBER = int | float | np.integer | np.floating | np.bool_
CodeOf = Callable[[Any], int]


@dataclass(frozen=True, eq=False)
class CategoricalFeatures:
    """Which features are categories, and the categories that have a code of their own.

    Parameters
    ----------
    places : tuple of int
        Of these features, in order.
    names : tuple of str or None
        Of these features, where the first sequence of training was a data frame.
    categories : list of n_categorical arrays
        Those with the codes 1, 2 and so on; code 0 is any other, and what is missing.
    letters : ndarray of shape (n_letters,) or None
        The letters that have a code, if those of words are read.
    """

    places: tuple[int, ...]
    names: tuple[str, ...] | None
    categories: list[np.ndarray]
    letters: np.ndarray | None = None

    @property
    def noted(self) -> dict[str, Any]:
        """What a record has of it, by name."""
        return {
            "categories_": self.categories,
            "_categorical_places": self.places,
            "_categorical_names": self.names,
        } | ({} if self.letters is None else {"letters_": self.letters})

    @property
    def words(self) -> int:
        """Which of the features has words: strings.

        Raises
        ------
        ValueError
            If none has, or several have.
        """
        of_strings = [i for i, are in enumerate(self._are_strings) if are]
        if len(of_strings) != 1:
            raise ValueError(
                f"character_layer_size reads the letters of words, but {len(of_strings)} "
                "categorical features of X hold strings. Pass X with one such feature, or set "
                "character_layer_size=None."
            )
        return of_strings[0]

    def reading_letters(self, X: Mixed, min_frequency: int) -> CategoricalFeatures:
        """Return the same, with the letters of words, which X has so many times at least."""
        words = [self._column(piece, self.words).tolist() for piece in X.pieces]
        counts = Counter(word for word in chain.from_iterable(words) if isinstance(word, str))
        return replace(self, letters=letters_of(counts, min_frequency))

    @classmethod
    def of_noted(cls, noted: Mapping[str, Any]) -> CategoricalFeatures | None:
        """Return what a record has of it, if it has some."""
        if "categories_" not in noted:
            return None
        places, names = noted["_categorical_places"], noted["_categorical_names"]
        return cls(tuple(places), names, noted["categories_"], noted.get("letters_"))

    @classmethod
    def learnt(
        cls, X: Mixed, asked: Any, min_frequency: int, embeddings: Any = None
    ) -> CategoricalFeatures | None:
        """Return the categorical features of X, None if there are none.

        Parameters
        ----------
        X : Mixed
        asked : array-like of int, str or bool, or "from_dtype"
            The estimator's parameter.
        min_frequency : int
            Categories that X has fewer times share code 0.
        embeddings : mapping, ndarray, list or None
            Vectors that are given. Their categories come first.

        Raises
        ------
        ValueError
            If X has no such feature.
        TypeError
            If a category is neither a string nor a number.
        """
        places = places_in(X, asked)
        if not places:
            return None
        names = X.pieces[0].names
        named = None if names is None else tuple(names[place] for place in places)
        without = cls(places, named, [])
        categories = []
        for number, vectors in enumerate(read_vectors(embeddings, len(places))):
            columns = [without._column(piece, number) for piece in X.pieces]
            given = [] if vectors is None else vectors.categories
            categories.append(_categories(columns, places[number], min_frequency, given))
        return cls(places, named, categories)

    @computed_once
    def _are_strings(self) -> list[bool]:
        """Whether the categories are strings, by feature."""
        return [are_strings(categories) for categories in self.categories]

    @computed_once
    def _codes(self) -> list[dict]:
        """The code of each category, by feature."""
        return [
            {category: code for code, category in enumerate(categories.tolist(), 1)}
            for categories in self.categories
        ]

    def encoded(self, X: Mixed) -> tuple[Any, WordList | None]:
        """Return X in the same form, of float64, with codes for categories.

        Where letters are read, words have their numbers in a list instead.
        """
        code_of: list[CodeOf] = [partial(_code, one) for one in self._codes]
        words = None
        if self.letters is not None:
            words = WordList(self._codes[self.words], self.letters)
            code_of[self.words] = words.number
        return X.encoded(lambda piece: self._encoded(piece, code_of)), words

    def _encoded(self, piece: Piece, code_of: list[CodeOf]) -> np.ndarray:
        n_rows, n_features = piece.values.shape
        values = np.empty((n_rows, n_features))
        places = self._places_in(piece)
        others = [i for i in range(n_features) if i not in places]
        if others and n_rows > 0:
            values[:, others] = _numbers(piece, others)
        for number, place in enumerate(places):
            column = _listed(piece.values[:, place])
            try:
                codes = np.array(list(map(code_of[number], column)), np.float64)
            except TypeError as error:
                raise TypeError(f"{piece.where}: {_not_hashable(column, place)}") from error
            self._check_kinds(piece, number, [column[i] for i in np.flatnonzero(codes == 0)])
            values[:, place] = codes
        return values

    def _check_kinds(self, piece: Piece, number: int, unknown: list) -> None:
        """Raise TypeError for a string where all categories are numbers, or the other way round."""
        if not unknown or len(self.categories[number]) == 0:
            return
        other = _NUMBER if self._are_strings[number] else str
        for value in unknown:
            if isinstance(value, other) and value == value:  # NaN is no number here
                raise TypeError(
                    f"{piece.where} has {value!r:.80} in the categorical feature "
                    f"{self.places[number]}, but the categories of fit are of another type, such "
                    f"as {self.categories[number].tolist()[0]!r:.80}. Convert them."
                )

    def _column(self, piece: Piece, number: int) -> np.ndarray:
        """Return the values of a categorical feature, by name if there are names."""
        return piece.values[:, self._places_in(piece)[number]]

    def _places_in(self, piece: Piece) -> tuple[int, ...]:
        wanted: list[Any] = list(self.places)
        known: Sequence[Any] = range(piece.values.shape[1])
        if self.names is not None and piece.names is not None:
            wanted, known = list(self.names), piece.names
        missing = [one for one in wanted if one not in known]
        if missing:
            raise ValueError(
                f"{piece.where} has no feature {missing[0]!r}, which holds categories. Pass the "
                "features of fit."
            )
        return tuple(known.index(one) for one in wanted)


def _code(codes: Mapping[Any, int], category: Any) -> int:
    """Return the code of a category, 0 if it has none."""
    return codes.get(category, 0)


def _numbers(piece: Piece, places: list[int]) -> np.ndarray:
    """Return the features of a piece that are no categories."""
    try:
        return read_sequence(piece.values[:, places], piece.where)
    except (TypeError, ValueError):
        # Once more feature by feature, so that the message names the first that is at fault.
        for place in places:
            read_sequence(piece.values[:, [place]], f"feature {place} of {piece.where}")
        raise


def _listed(column: np.ndarray) -> list:
    """Return the values of a column; dates stay dates, which NumPy may make integers of."""
    return list(column) if column.dtype.kind in "mM" else column.tolist()


def _categories(
    columns: list[np.ndarray], place: int, min_frequency: int, given: list[Any]
) -> np.ndarray:
    """Return those that are given and then, sorted, the others that are frequent enough."""
    known = [_listed(column[~is_missing(column).ravel()]) for column in columns]
    try:
        counts = Counter(chain.from_iterable(known))
    except TypeError as error:
        raise TypeError(_not_hashable(chain.from_iterable(known), place)) from error
    known_before = set(given)
    frequent = [
        category
        for category, n in counts.items()
        if n >= min_frequency and category not in known_before
    ]
    every = [*given, *frequent]
    if len(every) >= _MOST_CODES:
        raise ValueError(f"Feature {place} of X has more than {_MOST_CODES - 1} categories.")
    if all(isinstance(category, str) for category in every):
        # Members of enumerations and strings of NumPy as the strings that they equal.
        return as_objects([str.__str__(one) for one in [*given, *sorted(frequent)]])
    if all(isinstance(category, _NUMBER) for category in every):
        ordered = [*given, *sorted(frequent)]
        array = np.array(ordered)
        # As floats, large integers would be merged.
        return array if array.tolist() == ordered else as_objects(ordered)
    other = next((one for one in every if not isinstance(one, str | _NUMBER)), every[0])
    raise TypeError(
        f"Feature {place} of X has the category {other!r:.80} of type {type(other).__name__}, but "
        "categories must be all strings or all numbers. Convert them to strings."
    )


def are_strings(categories: np.ndarray) -> bool:
    """Whether the categories of a feature are strings."""
    return categories.dtype == object and all(isinstance(one, str) for one in categories)


def _not_hashable(values: Any, place: int) -> str:
    for value in values:
        try:
            hash(value)
        except TypeError:
            return f"Feature {place} has {value!r:.80}, but strings or numbers are expected."
    return f"Feature {place} has values that can be no categories."

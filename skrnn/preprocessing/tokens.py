"""Texts and token sequences as sequences of integer codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from ..estimators.checks import AnyOf, Function, Integer, OneOf
from ..inputs.tokens import frequent_tokens, read_codes, read_items
from ..inputs.vocabulary import tokenised
from ..solvers import Boolean, Constraint, Interval
from ._checked import CheckedTransformer
from ._form import array_of_arrays

_UNKNOWN = "\N{REPLACEMENT CHARACTER}"


@dataclass(eq=False, repr=False, kw_only=True)
class TokenEncoder(CheckedTransformer):
    r"""Encode texts or token sequences as sequences of integer codes, and back.

    Each token of the training data has a code, from 1 on in sorted order. Code 0 is every token
    that is rare in the training data or unknown. What is rare, `min_frequency` and `max_categories`
    say, as they do in scikit-learn's ``OneHotEncoder``; without rare tokens, a network learns
    nothing of code 0.

    Parameters
    ----------
    analyzer : "char", "word" or callable, default="char"
        What the tokens of a text are: its characters, or its words and punctuation marks (regular
        expression ``\w+|[^\w\s]``), or what a callable returns for it, a list of tokens. A token
        sequence is taken as it is.
    lowercase : bool, default=False
        Whether texts are made lower case before that. Token sequences never are.
    min_frequency : int or float, default=1
        How often a token occurs at least to have a code of its own. A float in (0, 1) is a share of
        all tokens.
    max_categories : int, default=None
        How many codes there are at most, code 0 included. The most frequent tokens have them; of
        equally frequent ones, the last in sorted order. None is no limit.

    Attributes
    ----------
    vocabulary_ : dict
        The code of each token that has its own, in the order of codes. Tokens are str or int.
    unknown_rate_ : float
        Share of the tokens of the training data that have code 0.
    n_tokens_ : int
        Number of codes, code 0 included.

    See Also
    --------
    sklearn.feature_extraction.text.CountVectorizer : How often tokens occur, without their order.

    Examples
    --------
    >>> from skrnn.preprocessing import TokenEncoder
    >>> encoder = TokenEncoder(analyzer="word", min_frequency=2)
    >>> X = ["no, no and no", "yes and no"]
    >>> codes = encoder.fit_transform(X)
    >>> encoder.vocabulary_
    {'and': 1, 'no': 2}
    >>> codes[1]
    array([[0],
           [1],
           [2]])
    >>> encoder.inverse_transform(codes)
    ['no � no and no', '� and no']
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {
        "analyzer": AnyOf(OneOf(("char", "word")), Function()),
        "lowercase": Boolean(),
        "min_frequency": AnyOf(Integer(1), Interval(0, 1, closed="neither")),
        "max_categories": AnyOf(Integer(1), OneOf((None,))),
    }

    analyzer: str | Callable[[str], Sequence] = "char"
    lowercase: bool = False
    min_frequency: float = 1
    max_categories: int | None = None

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn which tokens there are, and how frequent they are.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Texts (str), or token sequences: lists, tuples or 1-D arrays, each of strings or of
            integers. A frame of one column is taken too.
        y : None
            Ignored.

        Returns
        -------
        object
            The encoder itself.

        Raises
        ------
        ValueError
            If a parameter is out of range, X is one string, or X has no tokens. The encoder is then
            as it was.
        TypeError
            If a sample is neither a text nor a token sequence, or if tokens of X are strings and
            others integers. The encoder is then as it was.
        """
        self._check_parameters()
        items = read_items(X)
        counts = Counter(chain.from_iterable(self._tokenised(items)))
        if not counts:
            raise ValueError(
                "X has no tokens: all its texts or token sequences are empty. Pass at least one "
                "that is not."
            )
        frequent = frequent_tokens(counts, self.min_frequency, self.max_categories)
        n_unknown = counts.total() - sum(frequent.values())
        self.__dict__.update(  # in one step: other threads never see half of a fit
            vocabulary_={token: code for code, token in enumerate(frequent, 1)},
            unknown_rate_=n_unknown / counts.total(),
            n_tokens_=len(frequent) + 1,
            _fitted_on_texts=all(isinstance(item, str) for item in items),
        )
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the codes of the tokens.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Texts or token sequences, as in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,), object
            For each sample an int64 array of shape (length, 1). An empty text has length 0, which
            the networks refuse.
        """
        check_is_fitted(self)
        self._check_parameters()
        return array_of_arrays([self._encoded(one) for one in self._tokenised(read_items(X))])

    def inverse_transform(self, X: Any) -> list:
        """Return the texts or token sequences of codes.

        Parameters
        ----------
        X : array-like of sequences
            Codes, of shape (length, 1) or (length,) for each sample.

        Returns
        -------
        list
            If `fit` saw texts only: texts, of words with spaces between them; with a callable
            `analyzer`, lists of tokens. If `fit` saw token sequences: lists of tokens. Code 0 is
            the replacement character U+FFFD in a text and None in a list.

        Raises
        ------
        ValueError
            If a number is not a code; the message names the sequence and the step.
        """
        check_is_fitted(self)
        self._check_parameters()
        are_texts = self._fitted_on_texts and not callable(self.analyzer)
        tokens = [_UNKNOWN if are_texts else None, *self.vocabulary_]
        decoded = [[tokens[code] for code in codes] for codes in read_codes(X, self.n_tokens_)]
        if not are_texts:
            return decoded
        between = "" if self.analyzer == "char" else " "
        return [between.join(text) for text in decoded]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the name of the one feature of a time step.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of str objects
            "token".
        """
        check_is_fitted(self)
        return np.array(["token"], dtype=object)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags

    def _tokenised(self, items: list) -> list[Sequence]:
        if self.lowercase:
            items = [item.lower() if isinstance(item, str) else item for item in items]
        return tokenised(items, self.analyzer)

    def _encoded(self, tokens: Sequence) -> np.ndarray:
        """Return the codes of tokens, (length, 1)."""
        # A token may be a key of another type: strings and integers of NumPy hash as Python's.
        codes = map(self.vocabulary_.get, tokens, repeat(0))
        return np.fromiter(codes, np.int64, len(tokens))[:, np.newaxis]

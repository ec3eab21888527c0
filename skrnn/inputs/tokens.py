"""Texts, token sequences and codes as they are passed, and which tokens have a code."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from .foreign import to_numpy
from .steps import read_sequences
from .values import as_numbers

words_of = re.compile(r"\w+|[^\w\s]").findall


def read_items(X: Any) -> list:
    """Return the texts and token sequences of X, which are not looked at yet."""
    if isinstance(X, str):
        raise ValueError(
            f"X is the string {X!r:.80}, but a list of texts is expected. Pass [text] if it is one "
            "text."
        )
    items = list(X) if isinstance(X, list | tuple) else _items_of_array(X)
    if not items:
        raise ValueError("X is empty, but at least one text or token sequence is expected.")
    return items


def as_tokens(values: Any, where: str) -> Sequence:
    """Return a token sequence as list or tuple, whose tokens are strings or integers."""
    tokens = values
    if hasattr(values, "__array__") and not np.ma.isMaskedArray(values):
        array = to_numpy(values, where)
        # As a list, dates would be integers.
        tokens = array.tolist() if array.ndim == 1 and array.dtype.kind in "OTUiu" else None
    if not isinstance(tokens, list | tuple):
        raise TypeError(
            f"{where} is {values!r:.80} of type {type(values).__name__}, but a text (str) or a "
            "list of tokens is expected, all of them strings or all integers. Convert it, or drop "
            "the sample."
        )
    types = set(map(type, tokens))
    if all(issubclass(one, str) for one in types) or all(map(_is_integral, types)):
        return tokens
    names = ", ".join(sorted(one.__name__ for one in types))
    raise TypeError(
        f"{where} has tokens of type {names}, but all must be strings or all integers. Convert "
        "them to strings: `[str(token) for token in tokens]`."
    )


def read_codes(X: Any, n_tokens: int) -> list[list[int]]:
    """Return sequences of codes below `n_tokens` as lists."""
    return [_codes(one, f"X[{i}]", n_tokens) for i, one in enumerate(read_sequences(X, "X"))]


def sorted_tokens(tokens: Iterable) -> list:
    """Return tokens as str and int of Python, in order."""
    try:
        return sorted(map(_plain, tokens))
    except TypeError as error:
        raise TypeError(
            "X has tokens that are strings and tokens that are integers, which cannot be sorted. "
            "Convert all tokens to strings: `[[str(token) for token in tokens] for tokens in X]`."
        ) from error


def frequent_tokens(
    counts: Counter, min_frequency: float, max_categories: int | None
) -> dict[Any, int]:
    """Return the counts of the tokens, in order, that are to have a code of their own.

    They are those that scikit-learn's ``OneHotEncoder`` does not call infrequent.
    """
    tokens = sorted_tokens(counts)
    n = np.array([counts[token] for token in tokens])
    is_share = not isinstance(min_frequency, Integral)
    is_kept = n >= (float(min_frequency) * n.sum() if is_share else int(min_frequency))
    if max_categories is not None:
        rarest_first = np.argsort(n, kind="stable")
        is_kept[rarest_first[: max(0, len(n) + 1 - int(max_categories))]] = False
    return {tokens[i]: counts[tokens[i]] for i in np.flatnonzero(is_kept)}


def _items_of_array(X: Any) -> list:
    if np.ma.isMaskedArray(X):
        raise TypeError(
            "X is a masked array, but its mask would be ignored. Drop the masked texts from X and "
            "y, and pass plain arrays."
        )
    array = to_numpy(X, "X")
    if array.ndim == 0:
        raise TypeError(
            f"X is {X!r:.80} of type {type(X).__name__}, but a list of texts or of token sequences "
            "is expected."
        )
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise ValueError(
            f"X has shape {array.shape}, but one text or token sequence a sample is expected. Pass "
            "one column of texts, or list(X) if every row is a token sequence."
        )
    return array.tolist()


def _is_integral(kind: type) -> bool:
    return issubclass(kind, Integral) and kind is not bool


def _plain(token: Any) -> str | int:
    # As strings of NumPy and members of enumerations are shown, they are not what they equal.
    return str.__str__(token) if isinstance(token, str) else int(token)


def _codes(sequence: np.ndarray, where: str, n_tokens: int) -> list[int]:
    if sequence.ndim == 2 and sequence.shape[1] != 1:
        raise ValueError(
            f"{where} has shape {sequence.shape}, but one code a step is expected: (length, 1) or "
            "(length,)."
        )
    if len(sequence) == 0:
        return []
    codes = sequence.ravel()
    if codes.dtype.kind not in "iu":
        codes = as_numbers(codes, where)
    is_outside = (codes < 0) | (codes >= n_tokens) | (codes != np.floor(codes))
    if is_outside.any():
        step = int(is_outside.argmax())
        raise ValueError(
            f"{where} has the code {codes[step]:g} at step {step}, but codes are integers from 0 "
            f"to {n_tokens - 1}. Pass what transform returned."
        )
    return codes.astype(np.int64).tolist()

"""Vectors of categories that are known before training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from .values import as_numbers


class Vectors(NamedTuple):
    """The vectors of some categories."""

    categories: list[Any]  # sorted
    values: np.ndarray  # (n_categories, size) float64


def read_vectors(embeddings: Any, n_categorical: int) -> list[Vectors | None]:
    """Return the vectors that are given for each categorical feature.

    Parameters
    ----------
    embeddings : mapping, ndarray, list of such, or None
        The estimator's parameter.
    n_categorical : int

    Raises
    ------
    ValueError
        If they are for another number of features, of several lengths, or not finite.
    """
    if embeddings is None:
        return [None] * n_categorical
    given = embeddings if isinstance(embeddings, list) else [embeddings]
    if len(given) != n_categorical:
        raise ValueError(
            f"embeddings has vectors for {len(given)} categorical features, but X has "
            f"{n_categorical}. Pass a list with one entry for each, None where there are none."
        )
    names = ["embeddings"]
    if isinstance(embeddings, list):
        names = [f"embeddings[{i}]" for i in range(n_categorical)]
    return [
        None if one is None else _vectors(one, name) for one, name in zip(given, names, strict=True)
    ]


def _vectors(given: Any, name: str) -> Vectors:
    if not isinstance(given, Mapping):
        values = as_numbers(given, name)
        _check_shape(values, name)
        return Vectors(list(range(len(values))), values)
    if not given:
        raise ValueError(f"{name} is empty. Pass the vector of at least one category, or None.")
    try:
        categories = sorted(given)
    except TypeError as error:
        raise TypeError(
            f"{name} has strings beside numbers as categories. Convert them to strings."
        ) from error
    lengths = {np.shape(given[category]) for category in categories}
    if len(lengths) > 1:
        raise ValueError(
            f"{name} has vectors of the shapes {sorted(lengths)}. Pass equally long ones."
        )
    values = as_numbers([given[category] for category in categories], name)
    _check_shape(values, name)
    return Vectors(categories, values)


def _check_shape(values: np.ndarray, name: str) -> None:
    if values.ndim != 2 or values.shape[1] == 0:
        raise ValueError(
            f"{name} has shape {values.shape}, but a vector for each category is expected: "
            "(n_categories, size)."
        )

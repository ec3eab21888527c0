"""What a record of a fit may say of categories; faults are told as text, None if there is none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..inputs.categories import are_strings
from ..network.architecture import Architecture
from .checks import Integer

_OF_CATEGORIES = ("categories_", "_categorical_places", "_categorical_names")


def fault_of_architecture(fields: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the fields of an `Architecture` that are about categories."""
    categories, n_kept, spelling = fields["categories"], fields["n_kept"], fields["spelling"]
    for one in categories:
        if not _are_integers(one, 3):
            return f"architecture.categories must hold three integers for each, but has {one!r:.80}"
        column, n_codes, size = one
        if column >= fields["n_features"] or n_codes < 1 or size < 1:
            return f"architecture.categories has {one!r:.80}, which goes with no feature"
    columns = [one[0] for one in categories]
    if columns != sorted(set(columns)):
        return "architecture.categories must be of different columns in order"
    if n_kept:
        if not _are_integers(n_kept, len(categories)):
            return "architecture.n_kept must be an integer for each of architecture.categories"
        if any(n >= one[1] for n, one in zip(n_kept, categories, strict=True)):
            return "architecture.n_kept has more codes than architecture.categories"
    if fields["tied"]:
        last, is_both_ways = fields["hidden_layer_sizes"][-1], fields["bidirectional"]
        if is_both_ways or categories != ((0, fields["n_outputs"], last),):
            return "architecture.tied is not for its categories, outputs and last hidden layer"
    if spelling is not None and (
        not _are_integers(spelling, 3) or spelling[0] not in columns or min(spelling[1:]) < 1
    ):
        return f"architecture.spelling is {spelling!r:.80}, which goes with no column of words"
    return None


def fault_of_inputs(inputs: Mapping[str, Any], architecture: Architecture) -> str | None:
    """Return what is wrong with what is known of the categories of X."""
    categories, spelling = architecture.categories, architecture.spelling
    for name in _OF_CATEGORIES:
        if (name in inputs) != bool(categories):
            what = "is missing" if categories else "is there, but there are no categories"
            return f"inputs.{name} {what}"
    learnt, letters = inputs.get("categories_", []), inputs.get("letters_")
    if not isinstance(learnt, list) or not all(_is_vector(one) for one in learnt):
        return "inputs.categories_ must be a list of arrays of one dimension"
    if [1 + len(one) for one in learnt] != [n_codes for _, n_codes, _ in categories]:
        return "inputs.categories_ are not as many as architecture.categories says"
    of_all = (one for array in learnt for one in array.tolist())
    if not all(isinstance(one, str | int | float | np.generic) for one in of_all):
        return "inputs.categories_ must hold strings or numbers"
    places = inputs.get("_categorical_places", ())
    if not _are_integers(places, len(categories)):
        return "inputs._categorical_places must be an integer for each categorical feature"
    if [*places] != [column for column, _, _ in categories]:
        return "inputs._categorical_places are not those of architecture.categories"
    names = inputs.get("_categorical_names")
    if names is not None and (
        not isinstance(names, tuple)
        or len(names) != len(places)
        or not all(isinstance(name, str) for name in names)
    ):
        return "inputs._categorical_names must be a name for each categorical feature"
    if spelling is None:
        return None if letters is None else "inputs.letters_ are there, but no letters are read"
    if not isinstance(letters, np.ndarray) or letters.shape != (spelling[1] - 1,):
        return "inputs.letters_ must be an array of as many as architecture.spelling says"
    strings = [column for column, one in zip(places, learnt, strict=True) if are_strings(one)]
    if strings != [spelling[0]]:
        return "architecture.spelling is not of the one column of words"
    return None


def _are_integers(values: Any, n: int) -> bool:
    """Whether values are a tuple of n integers, none of which is negative."""
    return isinstance(values, tuple) and len(values) == n and all(map(Integer(0).allows, values))


def _is_vector(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.ndim == 1

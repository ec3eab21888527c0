"""What an estimator's parameters about categories ask of the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..inputs.categories import CategoricalFeatures
from ..inputs.feature_places import places_of
from ..inputs.vectors import Vectors, read_vectors
from ..network.architecture import AllCategories, Architecture
from ..network.network import Network
from .categorical_parameters import CategoricalParameters
from .checks import check_unchanged

# Numbers that are learnt for each category of a feature, unless they are asked for.
_MOST_OF_AUTO_SIZE = 50


def architecture(asked: CategoricalParameters, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an `Architecture` has of categories, given what is noted of X.

    Raises
    ------
    ValueError
        If parameters go neither with each other nor with X.
    """
    learnt = CategoricalFeatures.of_noted(inputs)
    if learnt is None:
        for name in ("embedding_size", "embeddings", "character_layer_size"):
            if getattr(asked, name) is not None:
                raise ValueError(
                    f"{name} is for categories, but X has none. Name them in categorical_features, "
                    f"or set {name}=None."
                )
    if asked.embeddings is None and not asked.train_embeddings:
        raise ValueError(
            "train_embeddings=False is for vectors that are given, but there are none. Pass "
            "embeddings, or set train_embeddings=True."
        )
    if learnt is None:
        return {}
    given = read_vectors(asked.embeddings, len(learnt.categories))
    kept = [0 if asked.train_embeddings or one is None else len(one.categories) for one in given]
    return {
        "categories": _categories(asked, learnt, given),
        "n_kept": tuple(kept) if any(kept) else (),
        "spelling": _spelling(asked, learnt),
    }


def write_given(
    asked: CategoricalParameters, network: Network, parameters: np.ndarray
) -> np.ndarray:
    """Return parameters with the vectors that are given in their places."""
    categories = network.architecture.categories
    named = network.named(parameters)
    for (column, _, _), one in zip(
        categories, read_vectors(asked.embeddings, len(categories)), strict=True
    ):
        if one is not None:
            named[f"embedding_{column}.weight"][1 : 1 + len(one.values)] = one.values
    return parameters


def check_same(
    asked: CategoricalParameters, known: Architecture, inputs: Mapping[str, Any]
) -> None:
    """Raise ValueError if training cannot go on with what is asked for of categories."""
    places = [column for column, _, _ in known.categories] or None
    features = asked.categorical_features
    if features is None and asked._takes_tokens and places == [0]:
        features = places  # strings, which need not be asked for
    elif features is not None and not isinstance(features, str):
        names = None if inputs["_fitted_on_table"] else inputs.get("feature_names_in_")
        of_x = places_of(features, known.n_features, None if names is None else list(names))
        features = list(of_x) or None
    if not isinstance(features, str):
        check_unchanged({"categorical_features": features}, {"categorical_features": places})
    now = architecture(asked, inputs)
    sizes = [size for _, _, size in now.get("categories", ())]
    check_unchanged({"embedding_size": sizes}, {"embedding_size": [c[2] for c in known.categories]})
    layer_size = None if known.spelling is None else known.spelling[2]
    check_unchanged(
        {"character_layer_size": asked.character_layer_size}, {"character_layer_size": layer_size}
    )
    trains = {"train_embeddings": not now.get("n_kept", ())}
    check_unchanged(trains, {"train_embeddings": not known.n_kept})


def _categories(
    asked: CategoricalParameters, learnt: CategoricalFeatures, given: list[Vectors | None]
) -> AllCategories:
    """Return the columns of codes, how many codes there are, and how many numbers for each."""
    n = [1 + len(categories) for categories in learnt.categories]
    sizes = asked.embedding_size
    if sizes is None:
        automatic = [min(_MOST_OF_AUTO_SIZE, 1 + (n_codes - 1) // 2) for n_codes in n]
        sizes = [
            size if one is None else one.values.shape[1]
            for size, one in zip(automatic, given, strict=True)
        ]
    sizes = np.ravel(sizes).tolist() * (len(n) if np.ndim(sizes) == 0 else 1)
    if len(sizes) != len(n):
        raise ValueError(
            f"embedding_size={asked.embedding_size!r} has {len(sizes)} sizes, but X has {len(n)} "
            "categorical features. Pass one for each, or an integer for all."
        )
    for size, one in zip(sizes, given, strict=True):
        if one is not None and one.values.shape[1] != size:
            raise ValueError(
                f"embedding_size={asked.embedding_size!r}, but the vectors of embeddings have "
                f"{one.values.shape[1]} numbers. Set embedding_size=None, or to that."
            )
    return tuple(zip(learnt.places, n, map(int, sizes), strict=True))


def _spelling(
    asked: CategoricalParameters, learnt: CategoricalFeatures
) -> tuple[int, int, int] | None:
    """Return the column of words whose letters are read, how many these are, and the units."""
    if asked.character_layer_size is None or learnt.letters is None:
        return None
    return learnt.places[learnt.words], 1 + len(learnt.letters), int(asked.character_layer_size)

"""The parameters that say which features are categories, and what is learnt for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..inputs.feature_places import FROM_DTYPE
from ..solvers import Boolean
from .checks import AnyOf, Features, InstanceOf, Integer, OneOf, SequenceOf
from .parameter_fields import hyperparameter

_NONE = OneOf((None,))


@dataclass(eq=False, repr=False, kw_only=True)
class CategoricalParameters:
    """The parameters about categories, which all estimators share."""

    _takes_tokens: ClassVar[bool] = False  # whether strings as time steps are categories

    categorical_features: Sequence[int | str] | str | None = hyperparameter(
        None,
        AnyOf(OneOf((None, FROM_DTYPE)), Features()),
        "Which features of a time step are categories: their numbers, their names where sequences "
        "are data frames, or a mask. 'from_dtype' are the columns of a categorical dtype. The "
        "network learns some numbers for each category (Bengio et al. 2003).",
    )
    embedding_size: int | Sequence[int] | None = hyperparameter(
        None,
        AnyOf(_NONE, Integer(1), SequenceOf(Integer(1))),
        "How many numbers are learnt for each category, one for all features or one for each. None "
        "is half as many as there are categories, at most 50.",
    )
    embeddings: Mapping | np.ndarray | list | None = hyperparameter(  # noqa: RUF009
        None,
        AnyOf(_NONE, InstanceOf(Mapping), InstanceOf(np.ndarray), InstanceOf(list)),
        "Vectors of categories that are known beforehand: a mapping of category to vector, or an "
        "array whose row i is that of the number i; for several categorical features a list, None "
        "where there are none. Categories that training does not have keep their vectors too, so "
        "leave out those that cannot occur.",
    )
    train_embeddings: bool = hyperparameter(
        True,
        Boolean(),
        "Whether the vectors of `embeddings` are where training begins, or are kept.",
    )
    character_layer_size: int | None = hyperparameter(
        None,
        AnyOf(_NONE, Integer(1)),
        "Units, in each direction, of a small recurrent layer that reads the letters of each word, "
        "beside what is learnt for the word itself (Lample et al. 2016): of a categorical feature "
        "that holds strings. Words that training has not seen then mean something too.",
    )
    min_frequency: int = hyperparameter(
        2,
        Integer(1),
        "Categories that the first training data have fewer times share the numbers of unknown "
        "ones. Where none is rare, nothing is learnt for unknown ones.",
    )

"""Differences of successive time steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..estimators.checks import Integer
from ..solvers import Boolean, Constraint
from ._transformer import SequenceTransformer


@dataclass(eq=False, repr=False)
class SequenceDifferences(SequenceTransformer):
    """Give each time step its difference from the step before, beside the values or instead.

    The length stays as it is: the first difference is 0, as if the first step had been there
    before. Differences of higher order are those of the differences.

    Parameters
    ----------
    order : int, default=1
        Highest order of the differences, at least 1: with 2, the differences of the differences
        are features too.
    keep : bool, default=True
        Whether the values stay, as the first features; else there are differences only.

    Attributes
    ----------
    n_features_in_ : int
        Number of features of a time step; of a table (2-D), its number of columns.
    feature_names_in_ : ndarray of str
        Names of the features, if there are any.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import SequenceDifferences
    >>> X = [np.array([1.0, 4.0, 9.0]), np.array([5.0])]
    >>> long, short = SequenceDifferences().fit_transform(X)
    >>> long
    array([[1., 0.],
           [4., 3.],
           [9., 5.]])
    >>> short
    array([[5., 0.]])
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {"order": Integer(1), "keep": Boolean()}

    order: int = 1
    keep: bool = True

    def _transformed(self, array: np.ndarray) -> np.ndarray:
        orders = [array]
        for _ in range(int(self.order)):
            orders.append(np.diff(orders[-1], axis=0, prepend=orders[-1][:1]))
        return np.hstack(orders if self.keep else orders[1:])

    def _names_out(self, names: list[str]) -> list[str]:
        of_differences = [
            f"{name}_diff{order}" for order in range(1, int(self.order) + 1) for name in names
        ]
        return names + of_differences if self.keep else of_differences

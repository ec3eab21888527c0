"""Several time steps side by side as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..estimators.checks import Integer
from ..solvers import Constraint
from ._transformer import SequenceTransformer


@dataclass(eq=False, repr=False)
class SequenceFrames(SequenceTransformer):
    """Put consecutive time steps side by side, so that a network sees fewer and wider steps.

    A step of the result is a *frame*: `length` consecutive steps of the sequence, the oldest first,
    the features of a step together. A new frame begins every `step` steps. A network is faster and
    remembers longer where there are fewer steps; speech recognition stacks the steps of its
    recordings so.

    Every step of the sequence is in some frame, if `step` is at most `length`: frames are added
    until the end is covered, and where the last one reaches beyond it, the sequence's last step is
    repeated. So a sequence that is shorter than `length` gives one frame, and one of T steps
    ``1 + ceil(max(0, T - max(length, step)) / step)``.

    Parameters
    ----------
    length : int, default=16
        Steps side by side in a frame, at least 1.
    step : int, default=8
        From the beginning of a frame to that of the next, at least 1. More than `length` leaves
        steps out.

    Attributes
    ----------
    n_features_in_ : int
        Number of features of a time step; of a table (2-D), its number of columns.
    feature_names_in_ : ndarray of str
        Names of the features, if there are any.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.preprocessing import SequenceFrames
    >>> X = [np.arange(7.0), np.arange(2.0)]
    >>> long, short = SequenceFrames(length=4, step=2).fit_transform(X)
    >>> long
    array([[0., 1., 2., 3.],
           [2., 3., 4., 5.],
           [4., 5., 6., 6.]])
    >>> short
    array([[0., 1., 1., 1.]])
    """

    constraints: ClassVar[Mapping[str, Constraint]] = {"length": Integer(1), "step": Integer(1)}

    length: int = 16
    step: int = 8

    def _transformed(self, array: np.ndarray) -> np.ndarray:
        length, step = int(self.length), int(self.step)
        n_beyond_first = max(0, len(array) - max(length, step))
        starts = step * np.arange(1 + -(-n_beyond_first // step))
        steps = starts[:, np.newaxis] + np.arange(length)
        return array[np.minimum(steps, len(array) - 1)].reshape(len(starts), -1)

    def _names_out(self, names: list[str]) -> list[str]:
        return [f"{name}_step{i}" for i in range(int(self.length)) for name in names]

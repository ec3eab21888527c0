"""Random splits that hold out a share of each class, however few samples it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import BaseShuffleSplit
from sklearn.utils import check_random_state

from ..estimators.checks import Integer
from ..inputs.values import as_labels
from ..solvers import Interval

_ENOUGH = 150  # held-out cases, of all splits together, of which one is less than a per cent
_FEWEST, _MOST = 2, 5


class StratifiedHoldouts(BaseShuffleSplit):
    """Hold out a share of each class at random, several times.

    Unlike scikit-learn's ``StratifiedShuffleSplit`` it takes classes of any size: the only sample
    of a class is always trained on, and a class of few samples is held out in some splits and not
    in others, so that on average each class loses its share. At least one sample of each class is
    trained on.

    Parameters
    ----------
    n_splits : int or "auto", default="auto"
        How often. "auto" takes as many splits, from 2 to 5, as together hold out 150 samples.
    test_size : float, default=0.3
        Share to hold out, above 0 and below 1.
    random_state : int, RandomState or None, default=None
        Seed of the draws. Pass an integer to a search: it splits once for each candidate.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.model_selection import StratifiedHoldouts
    >>> y = np.array(["a"] * 6 + ["b"] * 3 + ["c"])
    >>> for kept, held_out in StratifiedHoldouts(n_splits=2, random_state=0).split(y, y):
    ...     print(y[held_out])
    ['a' 'a' 'b']
    ['a' 'a' 'b']
    """

    def __init__(
        self,
        n_splits: int | str = "auto",
        *,
        test_size: float = 0.3,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(test_size=test_size, random_state=random_state)
        if n_splits != "auto" and not Integer(1).allows(n_splits):
            raise ValueError(f"n_splits must be 'auto' or an integer from 1 on. Got {n_splits!r}.")
        if not Interval(0, 1, closed="neither").allows(test_size):
            raise ValueError(f"test_size must lie between 0 and 1. Got {test_size!r}.")
        self.n_splits = n_splits

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """Return the number of splits.

        Parameters
        ----------
        X, groups : object
            Ignored.
        y : array-like of shape (n_samples,)
            The classes; may be left out unless `n_splits` is "auto".

        Returns
        -------
        int
            How many splits there are.
        """
        if self.n_splits != "auto":
            return int(self.n_splits)
        if y is None:
            raise ValueError("n_splits='auto' depends on y: pass y, or set n_splits to an integer.")
        n_held_out = max(1, round(self.test_size * len(y)))
        return int(np.clip(-(-_ENOUGH // n_held_out), _FEWEST, _MOST))

    def _iter_indices(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        if y is None:
            raise ValueError("StratifiedHoldouts splits by the classes in y: pass y.")
        labels = as_labels(y, "y")
        if labels.ndim != 1:
            raise ValueError(
                f"y has shape {labels.shape}, but one class for each sample is expected. Use "
                "sklearn.model_selection.ShuffleSplit."
            )
        _, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        if counts.max() < 2:
            raise ValueError(
                f"y has {len(counts)} classes of one sample each, so none can be held out. Choose "
                f"parameters by other data, or fit without a search."
            )
        random_state = check_random_state(self.random_state)
        for _ in range(self.get_n_splits(y=codes)):
            is_held_out = self._drawn(codes, counts, random_state)
            while not is_held_out.any():
                is_held_out = self._drawn(codes, counts, random_state)
            yield np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)

    def _drawn(
        self, codes: np.ndarray, counts: np.ndarray, random_state: np.random.RandomState
    ) -> np.ndarray:
        """Draw which samples are held out: in each class the share, rounded up or down."""
        by_class = np.argsort(codes + random_state.uniform(0, 0.5, len(codes)))
        ends = np.cumsum(counts)
        place = np.arange(len(codes)) - np.repeat(ends - counts, counts)
        # Where a class's marks, one in each 1 / test_size of its samples, begin by chance.
        start = np.repeat(random_state.uniform(size=len(counts)), counts)
        n_before = np.floor(self.test_size * place + start)
        is_marked = np.floor(self.test_size * (place + 1) + start) > n_before
        # One sample of each class is trained on; which one, `by_class` has drawn.
        all_marked = np.add.reduceat(is_marked, ends - counts) == counts
        is_marked[(ends - counts)[all_marked]] = False
        held_out = np.zeros(len(codes), dtype=bool)
        held_out[by_class] = is_marked
        return held_out

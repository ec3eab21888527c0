"""A search for those who do not want to think about what to search."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator, is_classifier
from sklearn.model_selection import ShuffleSplit
from sklearn.pipeline import Pipeline
from sklearn.utils import check_random_state

from ..preprocessing import SequenceFrames
from ._holdouts import StratifiedHoldouts
from ._staged import StagedSearchCV

# Long frames first: they are fast, so that even a short time limit sees several candidates.
_FRAMES = [SequenceFrames(16, 8), SequenceFrames(8, 4), SequenceFrames(32, 8), SequenceFrames(1, 1)]
_GRID: dict[str, list[Any]] = {
    "frames": _FRAMES,
    "network__pooling": ["last", "mean"],
    "network__bidirectional": [True],
    "network__cell": ["gru"],
    "network__hidden_layer_sizes": [48],
    "network__dropout": [0.2],
    "network__solver": ["adamw"],
    "network__learning_rate": ["onecycle"],
    "network__learning_rate_init": [0.01],
    "network__batch_size": [16],
    "network__max_iter": [100],
}
_CHANGES: dict[str, list[Any]] = {
    "network__cell": ["gru", "lstm"],
    "network__hidden_layer_sizes": [32, 48, 96, (48, 48)],
    "network__dropout": [0.0, 0.2, 0.4],
    "network__learning_rate_init": [0.005, 0.01, 0.02],
    "network__batch_size": [8, 16, 32],
}

_PARAMETERS = [name.removeprefix("network__") for name in _GRID if name.startswith("network__")]


def sequence_search(
    estimator: BaseEstimator,
    *,
    n_iter: int = 16,
    max_seconds: float | None = None,
    n_voters: int = 1,
    n_jobs: int | None = -1,
    random_state: int | None = None,
) -> StagedSearchCV:
    """Return an unfitted search over how sequences are read, and over the network that reads them.

    What is searched is a pipeline of ``SequenceFrames``, named "frames", and the estimator, named
    "network". The first eight candidates read the sequences in frames of four sizes, and answer by
    the last state or by the mean of all. The others change cell, sizes, dropout and learning rate
    of the better ones of these. ``param_grid`` and ``param_distributions`` of what is returned are
    this space, to look at, to copy and to change.

    Parameters
    ----------
    estimator : RNNClassifier or RNNRegressor
        Its parameters that are not in the space stay as they are.
    n_iter : int, default=16
        Candidates to try.
    max_seconds : float or None, default=None
        No candidate begins later than this. None for no limit.
    n_voters : int, default=1
        How many of the best candidates are fitted to all data, to vote.
    n_jobs : int or None, default=-1
        Candidates to try at the same time, each on one core; -1 for as many as there are cores.
    random_state : int or None, default=None
        Seed of the splits and of the candidates, not of the networks: set that of the estimator.

    Returns
    -------
    StagedSearchCV
        An unfitted search. A candidate is judged by samples that are held out at random, 30 % of
        them, two to five times: of each class its share.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> from skrnn.model_selection import sequence_search
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(40) % 2
    >>> X = rng.normal(size=(40, 60)) + y[:, None]
    >>> search = sequence_search(RNNClassifier(random_state=0), n_iter=2, random_state=0)
    >>> search.fit(X, y).score(X, y)
    1.0
    >>> search.best_params_["frames"]
    SequenceFrames()
    """
    missing = [name for name in _PARAMETERS if not hasattr(estimator, name)]
    if missing:
        raise ValueError(
            f"sequence_search is for RNNClassifier and RNNRegressor, but got {estimator!r:.100}, "
            f"which has no parameter {missing[0]}. Use StagedSearchCV with a space of your own."
        )
    seed = check_random_state(random_state).randint(2**31 - 1)
    pipeline = Pipeline([("frames", SequenceFrames(1, 1)), ("network", estimator)])
    cv: Any = ShuffleSplit(n_splits=3, test_size=0.3, random_state=seed)
    if is_classifier(estimator):
        cv = StratifiedHoldouts(random_state=seed)
    return StagedSearchCV(
        pipeline,
        {name: list(values) for name, values in _GRID.items()},
        {name: list(values) for name, values in _CHANGES.items()},
        n_iter=n_iter,
        max_seconds=max_seconds,
        n_voters=n_voters,
        cv=cv,
        n_jobs=n_jobs,
        random_state=seed,
    )

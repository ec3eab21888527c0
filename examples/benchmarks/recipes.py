"""The searches of search_recipe.py: what each is over, and for which data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import datasets
import numpy as np
from scipy.stats import loguniform, uniform
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import Pipeline

from skrnn import RNNClassifier


class Frames(TransformerMixin, BaseEstimator):
    """Cut each sequence of one feature into frames of successive values, one frame a step.

    Values are divided by the sequence's root mean square, whose logarithm is a feature besides.
    """

    def __init__(self, width=20, hop=20):
        self.width = width
        self.hop = hop

    def fit(self, X, y=None):
        """Do nothing."""
        return self

    def transform(self, X):
        """Return a list of arrays (n_frames, width + 1)."""
        return [self._frames(np.ravel(sequence)) for sequence in X]

    def _frames(self, values):
        size = np.sqrt(np.mean(values**2)) + 1e-3
        frames = np.lib.stride_tricks.sliding_window_view(values / size, self.width)[:: self.hop]
        return np.column_stack([frames, np.full(len(frames), np.log(size))])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


@dataclass(frozen=True)
class Search:
    """What a search is over.

    Attributes
    ----------
    load : callable
        Takes a seed and returns the split.
    estimator : estimator
        What all candidates have in common.
    space : mapping
        Distributions or lists of the parameters that are searched.
    max_resources : int
        Epochs, or samples, of the last round.
    resource : str
        The parameter that is small at first, or ``"n_samples"``.
    n_splits, n_repeats : int
        Of the cross-validation.
    """

    load: Callable[[int], datasets.Split]
    estimator: BaseEstimator
    space: Mapping[str, Any]
    max_resources: int
    resource: str = "max_iter"
    n_splits: int = 5
    n_repeats: int = 2


COMMON = RNNClassifier(learning_rate="onecycle", solver="adamw", alpha=0.0, n_jobs=1, random_state=0)
SPACE = {
    "cell": ["lstm", "gru"],
    "hidden_layer_sizes": [24, 48, 80],
    "bidirectional": [True],
    "pooling": ["last", "mean", "max"],
    "dropout": uniform(0, 0.6),
    "recurrent_dropout": [0.0, 0.1, 0.3],
    "learning_rate_init": loguniform(2e-3, 5e-2),
    "weight_decay": loguniform(1e-3, 1),
    "batch_size": [16, 32],
}


def of_network(space):
    """Return a space for a pipeline that ends in ``network``."""
    return {f"network__{name}": values for name, values in space.items()}


SEARCHES = {
    "vowels": Search(
        datasets.load_japanese_vowels,
        COMMON,
        SPACE | {"cell": ["gru"]},
        max_resources=54,
    ),
    "italy": Search(
        datasets.load_italy_power_demand,
        COMMON,
        SPACE | {"batch_size": [8, 16]},
        max_resources=108,
        n_repeats=4,
    ),
    "ecg5000": Search(datasets.load_ecg5000, COMMON, SPACE, max_resources=36, n_splits=4, n_repeats=1),
    "splice": Search(
        datasets.load_splice_junctions, COMMON, SPACE, max_resources=18, n_splits=4, n_repeats=1
    ),
    "plaid": Search(
        datasets.load_plaid,
        Pipeline([("frames", Frames()), ("network", COMMON)]),
        of_network(SPACE) | {"frames__width": [10, 20, 40, 80], "frames__hop": [10, 20]},
        max_resources=54,
        resource="network__max_iter",
        n_splits=4,
        n_repeats=1,
    ),
    "fashion": Search(
        datasets.load_fashion_mnist,
        clone(COMMON).set_params(max_iter=10, batch_size=64, hidden_layer_sizes=128),
        {name: SPACE[name] for name in (*SPACE,) if name not in ("batch_size", "hidden_layer_sizes")},
        max_resources=12_000,
        resource="n_samples",
        n_splits=3,
        n_repeats=1,
    ),
}

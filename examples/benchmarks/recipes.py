"""The searches of search_recipe.py, what each is over, and the recipe that each has found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import datasets
import numpy as np
from scipy.stats import loguniform, uniform
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import VotingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skrnn import RNNClassifier


def folded(X, context):
    """Fold sequences in the middle, (n, 60, 3): a step is a pair of bases, the outermost first.

    So the place where there is a junction, or not, is what the network sees last. A pair has
    `context` neighbours outside beside it.
    """
    pairs = np.concatenate([X[:, :30], X[:, :29:-1]], axis=2)
    padded = np.pad(pairs, ((0, 0), (context, 0), (0, 0)))
    return np.concatenate([padded[:, i : i + 30] for i in range(context + 1)], axis=2)


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
    n_candidates : int
        How many there are at first; a third of them are in the next round.
    """

    load: Callable[[int], datasets.Split]
    estimator: BaseEstimator
    space: Mapping[str, Any]
    max_resources: int
    resource: str = "max_iter"
    n_splits: int = 5
    n_repeats: int = 2
    n_candidates: int = 36


COMMON = RNNClassifier(
    bidirectional=True,
    learning_rate="onecycle",
    solver="adamw",
    alpha=0.0,
    n_jobs=1,
    random_state=0,
)
SPACE = {
    "label_smoothing": [0.0, 0.1],
    "cell": ["lstm", "gru"],
    "hidden_layer_sizes": [24, 48, 80],
    "pooling": ["last", "mean", "max"],
    "dropout": uniform(0, 0.6),
    "recurrent_dropout": [0.0, 0.1, 0.3],
    "learning_rate_init": loguniform(2e-3, 5e-2),
    "weight_decay": loguniform(1e-3, 1),
    "batch_size": [16, 32],
}


def of_network(space):
    """Return a space, or parameters, for a pipeline that ends in ``network``."""
    return {f"network__{name}": values for name, values in space.items()}


SEARCHES = {
    "vowels": Search(
        datasets.load_japanese_vowels,
        COMMON,
        SPACE | {"cell": ["gru"]},
        max_resources=54,
    ),
    # 99 candidates leave eleven for the last round: these vote.
    "vowels-vote": Search(datasets.load_japanese_vowels, COMMON, SPACE, 54, n_candidates=99),
    "italy": Search(
        datasets.load_italy_power_demand,
        COMMON,
        SPACE | {"batch_size": [8, 16]},
        max_resources=108,
        n_repeats=4,
    ),
    "ecg5000": Search(
        datasets.load_ecg5000, COMMON, SPACE, max_resources=36, n_splits=4, n_repeats=1
    ),
    "splice": Search(
        datasets.load_splice_junctions,
        Pipeline([("folded", FunctionTransformer(folded)), ("network", COMMON)]),
        of_network(SPACE) | {"folded__kw_args": [{"context": n} for n in (0, 1, 3)]},
        max_resources=18,
        resource="network__max_iter",
        n_splits=4,
        n_repeats=1,
    ),
    "fashion": Search(
        datasets.load_fashion_mnist,
        clone(COMMON).set_params(max_iter=10, batch_size=64, hidden_layer_sizes=128),
        {name: SPACE[name] for name in SPACE if name not in ("batch_size", "hidden_layer_sizes")},
        max_resources=12_000,
        resource="n_samples",
        n_splits=3,
        n_repeats=1,
    ),
}

# What search_recipe.py printed first, to three digits.
RECIPES = {
    "vowels": {
        "batch_size": 16,
        "cell": "gru",
        "dropout": 0.505,
        "hidden_layer_sizes": 80,
        "label_smoothing": 0.1,
        "learning_rate_init": 0.0072,
        "max_iter": 54,
        "pooling": "last",
        "recurrent_dropout": 0.0,
        "weight_decay": 0.307,
    },
    "splice": {
        "folded__kw_args": {"context": 1},
        **of_network(
            {
                "batch_size": 32,
                "cell": "lstm",
                "dropout": 0.15,
                "hidden_layer_sizes": 48,
                "label_smoothing": 0.1,
                "learning_rate_init": 0.0447,
                "max_iter": 18,
                "pooling": "last",
                "recurrent_dropout": 0.0,
                "weight_decay": 0.0953,
            }
        ),
    },
    "italy": {
        "batch_size": 16,
        "cell": "gru",
        "dropout": 0.394,
        "hidden_layer_sizes": 48,
        "label_smoothing": 0.1,
        "learning_rate_init": 0.00377,
        "max_iter": 108,
        "pooling": "last",
        "recurrent_dropout": 0.1,
        "weight_decay": 0.0011,
    },
    "fashion": {
        "cell": "gru",
        "dropout": 0.118,
        "label_smoothing": 0.0,
        "learning_rate_init": 0.0169,
        "pooling": "max",
        "recurrent_dropout": 0.0,
        "weight_decay": 0.0739,
    },
    "ecg5000": {
        "batch_size": 32,
        "cell": "gru",
        "dropout": 0.178,
        "hidden_layer_sizes": 48,
        "label_smoothing": 0.1,
        "learning_rate_init": 0.00717,
        "max_iter": 36,
        "pooling": "last",
        "recurrent_dropout": 0.0,
        "weight_decay": 0.0554,
    },
}

# All that it printed for "vowels-vote", the best first.
PARAMETERS_OF_FINALISTS = (
    "cell", "hidden_layer_sizes", "pooling", "dropout", "recurrent_dropout", "label_smoothing",
    "learning_rate_init", "weight_decay", "batch_size",
)  # fmt: skip
FINALISTS = [
    ("gru", 48, "mean", 0.355, 0.3, 0.1, 0.00718, 0.0114, 16),
    ("gru", 48, "max", 0.117, 0.3, 0.1, 0.0321, 0.182, 16),
    ("gru", 48, "last", 0.0704, 0.3, 0.1, 0.022, 0.892, 32),
    ("gru", 80, "mean", 0.291, 0.3, 0.1, 0.0336, 0.767, 32),
    ("gru", 80, "last", 0.285, 0, 0.1, 0.02, 0.0715, 16),
    ("gru", 48, "last", 0.218, 0.3, 0, 0.00821, 0.00202, 16),
    ("gru", 48, "last", 0.0148, 0.1, 0.1, 0.0178, 0.0662, 32),
    ("lstm", 48, "last", 0.365, 0, 0.1, 0.0249, 0.125, 16),
    ("gru", 80, "mean", 0.148, 0.1, 0.1, 0.00783, 0.294, 16),
    ("gru", 48, "last", 0.0101, 0, 0.1, 0.0274, 0.01, 32),
    ("gru", 80, "mean", 0.312, 0.1, 0.1, 0.0157, 0.682, 32),
]


def recipe(name):
    """Return an unfitted estimator with the parameters that a search has found."""
    estimator = clone(SEARCHES[name].estimator).set_params(**RECIPES[name])
    return estimator.set_params(
        **{key: None for key in estimator.get_params() if key.endswith("n_jobs")}
    )


def vote():
    """Return a vote of the eleven finalists of the search "vowels-vote"."""
    members = [
        clone(COMMON).set_params(
            max_iter=54, n_jobs=None, **dict(zip(PARAMETERS_OF_FINALISTS, values, strict=True))
        )
        for values in FINALISTS
    ]
    return VotingClassifier([(str(n), member) for n, member in enumerate(members)], voting="soft")

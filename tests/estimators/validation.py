"""Problems with a part for validation, their containers and scorers, and quick early stopping."""

import numpy as np
import pandas as pd

from skrnn import RNNClassifier, RNNRegressor

from ..toys import QUICK, indicated, labelled, padded, ragged

N_TRAIN = 45


def two_outputs():
    X, levels = ragged()
    return X, np.column_stack([levels, 100 * levels**2])


PROBLEMS = {
    "binary": (RNNClassifier, lambda: labelled(["no", "yes"])),
    "multiclass": (RNNClassifier, lambda: labelled(["low", "mid", "top"])),
    "multilabel": (RNNClassifier, indicated),
    "regression": (RNNRegressor, ragged),
    "two outputs": (RNNRegressor, two_outputs),
}
SCORERS = {
    "binary": ("balanced_accuracy", "neg_log_loss", "roc_auc", "f1_macro"),
    "multiclass": ("balanced_accuracy", "neg_log_loss", "roc_auc_ovr", "accuracy"),
    "multilabel": ("f1_macro", "roc_auc", "accuracy"),
    "regression": ("neg_mean_absolute_error", "neg_max_error", "r2"),
    "two outputs": ("neg_root_mean_squared_error", "r2"),
}


def table(X):
    return np.array([np.resize(sequence[:, 0], 4) for sequence in X])


CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "nested lists": lambda X: [sequence.tolist() for sequence in X],
    "3-D array": padded,
    "object array": lambda X: pd.Series(list(X)).to_numpy(),
    "series": lambda X: pd.Series(list(X), index=np.arange(len(X))[::-1]),
    "frame of sequences": lambda X: pd.DataFrame({"x": list(X)}),
    "table": table,
    "frame": lambda X: pd.DataFrame(table(X), columns=list("abcd")),
}


def stopping(estimator, **parameters):
    return estimator(**(QUICK | {"early_stopping": True, "max_iter": 8} | parameters))

"""Write the saved estimators of this version: ``python -m tests.saved.make``, once a version.

Each problem is three files, named after it, the version and its format: a pickle, a skops file, and
an archive of what was passed and returned. What a version wrote is never written again: later
versions are tested with it.
"""

import json
import pickle
from pathlib import Path
from zipfile import ZIP_DEFLATED

import numpy as np
import pandas as pd
from skops import io as skops_io

import skrnn
from skrnn import RNNClassifier, RNNRegressor
from skrnn.estimators.saving import FORMAT
from skrnn.solvers import AdamW

from ..toys import labelled, ragged

FOLDER = Path(__file__).parent
PROTOCOL = 4  # names arrays as every NumPy from 2.0 on does
NAMES = ["height", "speed"]
COMMON = {"hidden_layer_sizes": 3, "learning_rate_init": 0.03, "max_iter": 8, "random_state": 0}


def problems():
    """Give each problem's name, its estimator, X and y."""
    X, y = labelled(["high", "low", "mid"])
    options = {"solver": AdamW(weight_decay=0.05), "early_stopping": True, "bidirectional": True}
    yield "classifier", RNNClassifier(**COMMON, **options), X, y
    X, y = ragged()
    cube = np.array([np.resize(sequence, (5, 2)) for sequence in X])
    options = {"cell": "gru", "dtype": "float64", "loss": "quantile", "quantile": [0.2, 0.5, 0.8]}
    yield "regressor", RNNRegressor(**COMMON, **options), cube, y
    frames = [pd.DataFrame(sequence, columns=NAMES) for sequence in X]
    options = {"cell": "simple", "solver": "sgd", "pooling": "mean", "bptt_steps": 2}
    yield "frames", RNNRegressor(**COMMON, **options), frames, y


def outputs(estimator, X):
    """Return what is compared: numbers, or probabilities."""
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    return getattr(estimator, method)(X)


def parameters(estimator):
    """Return the parameters of an estimator, and of its solver, as plain data."""
    return json.loads(json.dumps(estimator.get_params(), default=lambda one: type(one).__name__))


def archived(X, y, estimator):
    """Return the arrays that tell what was passed and returned."""
    arrays = {
        "rows": np.concatenate([np.asarray(sequence) for sequence in X]),
        "lengths": np.array([len(sequence) for sequence in X]),
        "y": y,
        "names": np.array(list(getattr(estimator, "feature_names_in_", [])), dtype=str),
        "parameters": np.array(json.dumps(parameters(estimator))),
        "outputs": outputs(estimator, X),
    }
    twin = pickle.loads(pickle.dumps(estimator)).partial_fit(X, y)
    return arrays | {"outputs_after_partial_fit": outputs(twin, X)}


def main():
    """Write all files that there are not yet."""
    for name, estimator, X, y in problems():
        stem = f"{name}-{skrnn.__version__}-format-{FORMAT}"
        if (FOLDER / f"{stem}.npz").exists():
            print(f"{stem} is there already")
            continue
        estimator.fit(X, y)
        (FOLDER / f"{stem}.pickle").write_bytes(pickle.dumps(estimator, PROTOCOL))
        skops_io.dump(estimator, FOLDER / f"{stem}.skops", compression=ZIP_DEFLATED)
        np.savez_compressed(FOLDER / f"{stem}.npz", **archived(X, y, estimator))


if __name__ == "__main__":
    main()

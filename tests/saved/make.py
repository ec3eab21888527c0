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
from skrnn import (
    RNNClassifier,
    RNNLanguageModel,
    RNNRegressor,
    RNNStepRegressor,
    RNNTagger,
)
from skrnn.estimators.saving import FORMAT
from skrnn.solvers import AdamW

from ..toys import labelled, ragged

FOLDER = Path(__file__).parent
PROTOCOL = 4  # names arrays as every NumPy from 2.0 on does
NAMES = ["height", "speed"]
COMMON = {"hidden_layer_sizes": 3, "learning_rate_init": 0.03, "max_iter": 8, "random_state": 0}
TEXTS = ["the old man", "a cat sat there", "the cat", "sat a man"] * 3
TAGS = {"the": "D", "a": "D", "old": "A", "there": "A", "man": "N", "cat": "N", "sat": "V"}


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
    options = {"decoder": "crf", "embedding_size": 2, "character_layer_size": 1}
    options["bidirectional"] = False
    words = [text.split() for text in TEXTS]
    tags = [[TAGS[word] for word in sentence] for sentence in words]
    yield "tagger", RNNTagger(**COMMON, **options), words, tags
    sums = [np.cumsum(sequence[:, 0]) for sequence in X]
    yield "steps", RNNStepRegressor(**COMMON), X, sums
    options = {"tie_weights": False, "embedding_size": 2}
    yield "language", RNNLanguageModel(**COMMON, **options), TEXTS, None


def outputs(estimator, X):
    """Return what is compared: numbers, or probabilities; of steps, those of all sequences."""
    methods = "predict_proba", "token_log_proba", "predict"
    method = next(name for name in methods if hasattr(estimator, name))
    result = np.asarray(getattr(estimator, method)(X))
    return result if result.dtype != object else np.concatenate(result)


def trained_further(estimator, X, y):
    """Return the estimator after `partial_fit`; a language model has no y."""
    return estimator.partial_fit(X) if y is None else estimator.partial_fit(X, y)


def parameters(estimator):
    """Return the parameters of an estimator, and of its solver, as plain data."""
    return json.loads(json.dumps(estimator.get_params(), default=lambda one: type(one).__name__))


def archived(X, y, estimator):
    """Return the arrays that tell what was passed and returned."""
    arrays = {
        **archived_sequences(X),
        **({} if y is None else {"y": np.concatenate(y) if isinstance(y, list) else y}),
        "names": np.array(list(getattr(estimator, "feature_names_in_", [])), dtype=str),
        "parameters": np.array(json.dumps(parameters(estimator))),
        "outputs": outputs(estimator, X),
    }
    twin = trained_further(pickle.loads(pickle.dumps(estimator)), X, y)
    return arrays | {"outputs_after_partial_fit": outputs(twin, X)}


def archived_sequences(X):
    """Return the arrays of sequences; texts and words are JSON."""
    lengths = np.array([len(sequence) for sequence in X])
    if isinstance(X[0][0], str):
        return {"texts": np.array(json.dumps(X)), "lengths": lengths}
    return {"rows": np.concatenate([np.asarray(sequence) for sequence in X]), "lengths": lengths}


def read(stem):
    """Return X and y of a problem, and what else its archive has, by name."""
    with np.load(FOLDER / f"{stem}.npz", allow_pickle=False) as archive:
        known = dict(archive)
    starts, y = np.cumsum(known["lengths"])[:-1], known.get("y")
    if y is not None and len(y) > len(known["lengths"]):  # of every step
        y = [answers.tolist() for answers in np.split(y, starts)]
    if "texts" in known:
        return json.loads(str(known["texts"])), y, known
    X = np.split(known["rows"], starts)
    if known["names"].size:
        X = [pd.DataFrame(one, columns=known["names"].tolist()) for one in X]
    return X, y, known


def main():
    """Write all files that there are not yet."""
    for name, estimator, X, y in problems():
        stem = f"{name}-{skrnn.__version__}-format-{FORMAT}"
        if (FOLDER / f"{stem}.npz").exists():
            print(f"{stem} is there already")
            continue
        estimator.fit(X) if y is None else estimator.fit(X, y)
        (FOLDER / f"{stem}.pickle").write_bytes(pickle.dumps(estimator, PROTOCOL))
        skops_io.dump(estimator, FOLDER / f"{stem}.skops", compression=ZIP_DEFLATED)
        np.savez_compressed(FOLDER / f"{stem}.npz", **archived(X, y, estimator))


if __name__ == "__main__":
    main()

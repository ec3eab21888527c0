"""How accurate a few recipes are on sets A to H of the UCR archive, set by set.

    python examples/benchmarks/archive.py defaults --sets ECG200 Fish
    python examples/benchmarks/archive.py defaults recipe
    python examples/benchmarks/archive.py defaults "defaults,cell='gru',batch_size=32"
    python examples/benchmarks/archive.py recipe --test

What follows a recipe's name are parameters of the estimator that shall be other than the recipe's.
By default a recipe learns from 70 % of a training set and is judged by the rest, so that it may be
chosen; with --test it learns from all of it and is judged by the test set, to be looked at once.
Every result is a line of the file --results; what is in it already is not computed again, so that
a run that was stopped goes on. At the end a table is printed; with --test also mean accuracy and
mean rank beside published ones.
"""

import argparse
import ast
import json
import time
import warnings
from pathlib import Path

import numpy as np
from datasets import Split, archive, load_archive
from published import print_beside_published
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline

from skrnn import RNNClassifier
from skrnn.model_selection import StratifiedHoldouts, sequence_search
from skrnn.preprocessing import SequenceFrames

# As many epochs as give so many minibatches, within the bounds: small sets need more epochs.
FEWEST_EPOCHS, MOST_EPOCHS = 30, 150


def defaults(n_samples, random_state, **parameters):
    """Return the classifier as it is."""
    return RNNClassifier(random_state=random_state, **parameters)


def recipe(n_samples, random_state, frames=(1, 1), minibatches=2_000, **parameters):
    """Return a bidirectional GRU that reads frames and learns at a one-cycle rate."""
    batch_size = min(parameters.pop("batch_size", 16), n_samples)
    epochs = np.clip(minibatches * batch_size / n_samples, FEWEST_EPOCHS, MOST_EPOCHS)
    options = {
        "hidden_layer_sizes": 48,
        "cell": "gru",
        "bidirectional": True,
        "solver": "adamw",
        "learning_rate": "onecycle",
        "learning_rate_init": 1e-2,
        "dropout": 0.2,
        "batch_size": batch_size,
        "max_iter": int(epochs),
        "random_state": random_state,
    }
    return make_pipeline(SequenceFrames(*frames), RNNClassifier(**options | parameters))


def search(n_samples, random_state, **options):
    """Return the search that needs no thought, with a vote of its three best."""
    estimator = RNNClassifier(random_state=random_state)
    return sequence_search(estimator, random_state=random_state, **{"n_voters": 3} | options)


RECIPES = {"defaults": defaults, "recipe": recipe, "search": search}


def estimator_of(name, n_samples, seed):
    """Return the estimator of a recipe, ``"recipe,parameter=value,parameter=value"``."""
    recipe_name, _, changes = name.partition(",")
    changed = ast.parse(f"dict({changes})", mode="eval").body.keywords
    parameters = {change.arg: ast.literal_eval(change.value) for change in changed}
    return RECIPES[recipe_name](n_samples, seed, **parameters)


def validation_split(split, seed):
    """Return the training set as a split of its own, or None if no class has two samples."""
    y, X = split.y_train, split.X_train
    if len(np.unique(y)) == len(y):
        return None
    kept, held_out = next(StratifiedHoldouts(1, random_state=seed).split(y, y))
    return Split([X[i] for i in kept], y[kept], [X[i] for i in held_out], y[held_out])


def result(name, data, seed, *, is_test):
    """Return what a recipe reaches on a set, and in what time."""
    split = load_archive(data) if is_test else validation_split(load_archive(data), seed)
    if split is None:
        return {"accuracy": np.nan, "seconds": np.nan}
    if name.startswith("search") and len(np.unique(split.y_train)) == len(split.y_train):
        name = "recipe,frames=(16,8)"  # nothing can be held out to choose by
    estimator = estimator_of(name, len(split.y_train), seed)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(split.X_train, split.y_train)
    seconds = time.perf_counter() - start
    reached = {"accuracy": 100 * estimator.score(split.X_test, split.y_test), "seconds": seconds}
    if hasattr(estimator, "best_params_"):  # what the best of the search reaches without the others
        best = estimator.best_estimator_.estimators_[0]
        reached["accuracy of best"] = 100 * np.mean(best.predict(split.X_test) == split.y_test)
        reached["best"] = str(estimator.best_params_)
    return reached


def key_of(name, data, seed, *, is_test):
    """Return what a line of the results is found by."""
    return {"recipe": name, "set": data, "seed": seed, "part": "test" if is_test else "validation"}


def print_table(lines, names, sets):
    """Print the mean accuracies of each set and of all, and the seconds."""
    for column, name in enumerate(names, 1):
        print(f"({column}) {name}")
    print(f"{'set':30}", *(f"{f'({column})':>8}" for column in range(1, len(names) + 1)))

    def mean(name, data, what):
        values = [line[what] for line in lines if (line["recipe"], line["set"]) == (name, data)]
        return np.mean(values) if values else np.nan

    for data in sets:
        print(f"{data:30}", *(f"{mean(name, data, 'accuracy'):8.1f}" for name in names))
    for what in ("accuracy", "seconds"):
        means = ([mean(name, data, what) for data in sets] for name in names)
        print(f"{'mean of ' + what:30}", *(f"{np.nanmean(list(values)):8.1f}" for values in means))


def main():
    every = sorted(path.parent.name for path in archive().glob("*/*_TRAIN.tsv"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipes", nargs="+", metavar="recipe", help=f"one of {list(RECIPES)}")
    parser.add_argument("--sets", nargs="+", choices=every, default=every, metavar="set")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--test", action="store_true", help="look at the test sets")
    parser.add_argument("--results", type=Path, default=Path("archive.jsonl"))
    arguments = parser.parse_args()

    lines = []
    if arguments.results.exists():
        lines = [json.loads(line) for line in arguments.results.read_text("utf-8").splitlines()]
    wanted = [
        key_of(name, data, seed, is_test=arguments.test)
        for data in arguments.sets
        for seed in arguments.seeds
        for name in arguments.recipes
    ]
    found = [line for line in lines if {k: line[k] for k in wanted[0]} in wanted]
    for key in wanted:
        if any(key.items() <= line.items() for line in found):
            continue
        new = key | result(key["recipe"], key["set"], key["seed"], is_test=arguments.test)
        found.append(new)
        with arguments.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(new) + "\n")
    print_table(found, arguments.recipes, arguments.sets)
    if arguments.test:
        print_beside_published(found)


if __name__ == "__main__":
    main()

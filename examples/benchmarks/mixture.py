"""What counts of characters add to a language model of plays.

    python examples/benchmarks/mixture.py plays.joblib

The model is that of accuracy.py's row "plays": it is read from the file, or fitted, in an hour or
two, and written there. How much of the mixture is the model's is chosen on the plays to validate.
"""

import argparse
import warnings
from pathlib import Path

import joblib
import numpy as np
from accuracy import TASKS, seeded
from counts import CharacterCounts
from sklearn.exceptions import ConvergenceWarning

ORDER = 8
SHARES = np.linspace(0, 1, 21)  # of the model


def fitted(path, task, texts):
    """Return the row's model, seed 0."""
    if path.exists():
        return joblib.load(path)
    model = seeded(task.estimator, 0).fit(texts)
    joblib.dump(model, path)
    return model


def probabilities(model, counts, texts):
    """Return what both say of each character of all texts, two arrays."""
    by_model = [np.exp(of_text[:-1]) for of_text in model.token_log_proba(texts)]  # but for its end
    return np.concatenate(by_model), np.concatenate([counts.proba(text) for text in texts])


def bits(share, by_model, by_counts):
    """Return the bits a character takes in a mixture."""
    return -np.log2(share * by_model + (1 - share) * by_counts).mean()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="of the fitted model")
    path = parser.parse_args().file
    warnings.simplefilter("ignore", ConvergenceWarning)
    task = TASKS["plays"]
    split = task.load(0)
    model = fitted(path, task, split.X_train)
    counts = CharacterCounts(split.X_train, ORDER)
    both = probabilities(model, counts, split.X_valid)
    best = min(SHARES, key=lambda share: bits(share, *both))
    print(f"bits a character of the plays to validate and of the test; {best:.0%} are the model's:")
    of_test = probabilities(model, counts, split.X_test)
    for name, share in {"model": 1, "counts": 0, "mixture": best}.items():
        print(f"{name:8} {bits(share, *both):.3f} {bits(share, *of_test):.3f}")


if __name__ == "__main__":
    main()

"""Search the parameters of a row of accuracy.py on its training set alone.

    python examples/benchmarks/search_recipe.py vowels
    python examples/benchmarks/search_recipe.py ecg5000 --candidates 200

Random candidates are trained for few epochs; the better third of them, by cross-validation, for
three times as many, and so on (successive halving). The test set is not looked at.
"""

import argparse
import time
import warnings

import numpy as np
import recipes
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingRandomSearchCV, RepeatedStratifiedKFold


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=recipes.SEARCHES)
    parser.add_argument("--candidates", type=int, help="default: that of recipes.py")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    search = recipes.SEARCHES[arguments.name]
    split = search.load(0)
    warnings.simplefilter("ignore", ConvergenceWarning)

    start = time.perf_counter()
    halving = HalvingRandomSearchCV(
        search.estimator,
        search.space,
        resource=search.resource,
        n_candidates=arguments.candidates or search.n_candidates,
        min_resources=search.max_resources // 9,
        max_resources=search.max_resources,
        factor=3,
        cv=RepeatedStratifiedKFold(
            n_splits=search.n_splits, n_repeats=search.n_repeats, random_state=arguments.seed
        ),
        n_jobs=2,
        refit=False,
        random_state=arguments.seed,
    ).fit(split.X_train, split.y_train)
    print(f"{arguments.name}: {time.perf_counter() - start:.0f} s")

    results = halving.cv_results_
    last = np.flatnonzero(results["iter"] == halving.n_iterations_ - 1)
    for index in last[np.argsort(-results["mean_test_score"][last])]:
        score, parameters = results["mean_test_score"][index], results["params"][index]
        values = (f"{name}={shown(parameters[name])}" for name in sorted(parameters))
        print(f"{100 * score:.2f} % right: {', '.join(values)}")


def shown(value):
    """Return a value of a parameter as text, numbers with three digits."""
    return f"{value:.3g}" if isinstance(value, float) else repr(value)


if __name__ == "__main__":
    main()

"""The estimators reach the accuracies that the benchmark requires, on real sequences.

Data, models and requirements are those of examples/benchmarks/accuracy.py. A set whose package is
not installed is skipped: aeon, which has JapaneseVowels, is no test requirement because it holds
numba below 0.64, and the tests should run with the newest.
"""

import numpy as np
import pytest
from accuracy import TASKS, scores


@pytest.mark.slow
@pytest.mark.parametrize("name", TASKS)
def test_mean_score_reaches_what_is_required(name):
    task = TASKS[name]
    try:
        task.load(0)
    except ModuleNotFoundError as error:
        pytest.skip(str(error))
    results = scores(task)
    assert np.mean(results) >= task.required, results

"""The estimators reach the accuracies that the benchmark requires, on real sequences.

Data, models and requirements are those of examples/benchmarks/accuracy.py. A set whose package is
not installed is skipped: aeon, which has JapaneseVowels, is no test requirement because it holds
numba below 0.64, and the tests should run with the newest; others are packages of Debian.
"""

import numpy as np
import pytest
from accuracy import TASKS, scores


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if task.is_quick])
def test_mean_score_reaches_what_is_required(name):
    task = TASKS[name]
    try:
        task.load(0)
    except (ModuleNotFoundError, FileNotFoundError) as error:
        pytest.skip(str(error))
    results = scores(task)
    assert np.mean(results) >= task.required, results

"""The estimators reach the accuracies that the benchmark requires, on real sequences.

Data, models and requirements are those of examples/benchmarks/accuracy.py. A set whose package is
not installed is skipped: aeon, which has JapaneseVowels, is no test requirement because it holds
numba below 0.64, and the tests should run with the newest; others are packages of Debian.

One seed each: the benchmark, which takes minutes, has the mean of several.
"""

from dataclasses import replace

import pytest
from accuracy import TASKS, scores


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if task.is_quick])
def test_score_of_the_first_seed_reaches_what_is_required(name):
    task = replace(TASKS[name], n_seeds=1)
    try:
        task.load(0)
    except (ModuleNotFoundError, FileNotFoundError) as error:
        pytest.skip(str(error))
    (score,) = scores(task)
    assert score >= task.required

"""Early stopping holds samples out by index, and copies no sequence."""

import sys

import pytest

from ..child import run_child

FIT = """
import resource
import numpy as np
from skrnn import RNNClassifier

def fit(n_steps):
    X = np.random.default_rng(0).standard_normal((1000, n_steps, 1), dtype=np.float32)
    options = {"max_iter": 1, "batch_size": 16, "bptt_steps": 10, "early_stopping": True}
    RNNClassifier(4, **options).fit(X, np.arange(1000) % 2)
    return X.nbytes

fit(20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
n_bytes = fit(10_000)
print(((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 - n_bytes) / n_bytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
def test_takes_little_more_than_the_data():
    # A copy of each part and an index array for it took 3 to 4 times X.
    assert float(run_child(FIT, timeout=120)) < 0.5

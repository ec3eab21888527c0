"""Predictions and validation take little memory, and nothing is left when an estimator has gone."""

import sys

import pytest

from ..child import run_child

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"),
    reason="/proc/self/statm and the unit of ru_maxrss are Linux's",
)

# Before it is measured, the same is done with little data: what is compiled, imported or started
# once for a process is there then. If a kernel must still be compiled, the compiler's pages are
# 11 MiB; a sequence alone, as the longest are predicted, has a kernel of its own.
BEGINNING = """
import ctypes, gc, pickle, resource
import numpy as np
from skrnn import RNNRegressor

MIB = 1 << 20

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

# What malloc keeps of freed memory for the next fit is not lost: it is given back beforehand.
give_back = getattr(ctypes.CDLL(None), "malloc_trim", lambda _: None)

def resident():
    gc.collect()
    give_back(0)
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / MIB

def targets(X):
    return np.arange(len(X), dtype=float)

rng = np.random.default_rng(0)
"""

LONG_PREDICTION = """
X = rng.standard_normal((64, 20_000, 2), dtype=np.float32)
few = X[:, :20].copy()
model = RNNRegressor(32, max_iter=1, {options}).fit(few, targets(few))
model.predict(few)
model.predict(few[:1])
before, peak_before = resident(), peak()
model.predict(X)
above = peak() - peak_before
del model
print(above, resident() - before)
"""

FIT = """
def fit(X):
    model = RNNRegressor(32, max_iter=1, random_state=0, {options}).fit(X, targets(X))
    model.predict(X)
    model.predict(X[:1])

X = rng.standard_normal({shape}, dtype=np.float32)
fit(X[:64, :20].copy())
before, peak_before = resident(), peak()
fit(X)
print(peak() - peak_before, resident() - before)
"""

REPEATED = """
X = rng.standard_normal((2, 4, 1), dtype=np.float32)
y = targets(X)
options = {{"max_iter": 1, "random_state": 0}}
model = RNNRegressor(1, **options).fit(X, y)
# The curves of a stream grow up to a length.
for _ in range(1100):
    model.partial_fit(X, y)

def repeat(n):
    global model
    for _ in range(n):
        {call}

repeat(200)
before = resident()
repeat({n})
print(resident() - before)
"""

FIT_AND_PREDICT = "RNNRegressor(1, **options).fit(X, y).predict(X)"
PICKLE = "model = pickle.loads(pickle.dumps(model)); model.predict(X)"
PARTIAL_FIT = "model.partial_fit(X, y)"


def mebibytes(program, timeout=120):
    return [float(number) for number in run_child(BEGINNING + program, timeout=timeout).split()]


@pytest.mark.parametrize(
    "options",
    [
        "",
        "pooling='max'",
        "pooling='mean', cell='lstm'",
        "bidirectional=True",
        "bidirectional=True, pooling='mean'",
    ],
)
def test_prediction_of_long_sequences_is_bounded_and_leaves_nothing(options):
    above, left = mebibytes(LONG_PREDICTION.format(options=options))
    assert above < 64
    assert left < 10


@pytest.mark.parametrize("options", ["", "pooling='max'", "scoring='loss'"])
def test_validation_on_long_sequences_is_bounded_and_leaves_nothing(options):
    options = f"early_stopping=True, bptt_steps=20, batch_size=8, {options}"
    above, left = mebibytes(FIT.format(options=options, shape=(64, 20_000, 2)))
    # Without windows the states of the validated part take as much again as all of X.
    assert above < 64
    assert left < 10


@pytest.mark.parametrize("batch_size", [1_000, 200_000])
def test_nothing_is_left_of_many_sequences(batch_size):
    # The plan of so many took 16 MiB, which were kept for the next fit of as many.
    options = f"batch_size={batch_size}"
    assert mebibytes(FIT.format(options=options, shape=(200_000, 5, 1)))[1] < 10


@pytest.mark.slow
@pytest.mark.parametrize("call", [PICKLE, PARTIAL_FIT], ids=["pickle", "partial_fit"])
def test_thousands_of_small_calls_leave_nothing(call):
    assert mebibytes(REPEATED.format(call=call, n=2_000))[0] < 5


@pytest.mark.slow
def test_four_thousand_small_fits_and_predictions_leave_nothing():
    program = REPEATED.format(call=FIT_AND_PREDICT, n=4_000)
    assert mebibytes(program, timeout=400)[0] < 2  # half a kilobyte a fit

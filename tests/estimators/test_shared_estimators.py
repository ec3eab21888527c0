"""One estimator in several threads: a refit during predictions, and several fits at once."""

import pytest

from ..child import run_child

# A process that reads beside an array may die, so each case has one of its own.
REFIT = """
import threading
import numpy as np
from skrnn import RNNClassifier
rng = np.random.default_rng(0)
data = {n: rng.normal(size=(40, 5, n)) for n in (3, 300)}
y = np.arange(40) % 2
fits = {n: RNNClassifier(8, max_iter=3, random_state=0).fit(X, y) for n, X in data.items()}
expected = {n: fit.predict_proba(data[n]) for n, fit in fits.items()}
shared, stop, wrong, refused = RNNClassifier(8, max_iter=3, random_state=0), False, [], []
shared.fit(data[3], y)

def predict(n):
    while not stop:
        try:
            found = shared.predict_proba(data[n])
        except ValueError as error:
            refused.append(str(error))
        else:
            wrong.extend([] if np.array_equal(found, expected[n]) else [n])

threads = [threading.Thread(target=predict, args=(n,)) for n in (3, 300)]
for thread in threads:
    thread.start()
for n in (300, 3) * 10:
    shared.fit(data[n], y)
stop = True
for thread in threads:
    thread.join()
assert not wrong, len(wrong)
assert refused and all("features" in message for message in refused), set(refused)
"""

FITS = """
import threading
import numpy as np
from skrnn import RNNClassifier
rng = np.random.default_rng(0)
data = {n: rng.normal(size=(40, 5, n)) for n in (3, 300)}
y = np.arange(40) % 2
fits = {n: RNNClassifier(8, max_iter=3, random_state=0).fit(X, y) for n, X in data.items()}
for _ in range(10):
    shared = RNNClassifier(8, max_iter=3, random_state=0)
    threads = [threading.Thread(target=shared.fit, args=(X, y)) for X in data.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    n = shared._fitted.architecture.n_features
    assert np.array_equal(shared.predict_proba(data[n]), fits[n].predict_proba(data[n]))
    assert shared.n_features_in_ == n
"""


@pytest.mark.parametrize("program", [REFIT, FITS], ids=["refit", "fits"])
def test_other_threads_see_the_network_of_one_fit(program):
    run_child(program, timeout=60)  # the first of all compiles

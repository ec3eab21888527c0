"""How many threads are used, and that results survive threads and forks."""

import json
import multiprocessing
import os
import threading
import time

import joblib
import numba
import numpy as np
import pytest

from skrnn import RNNClassifier
from skrnn.runtime.threads import effective_n_threads, team_of

from ..child import run_child


@pytest.fixture
def no_limits(monkeypatch):
    for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


def test_none_means_every_core(no_limits):
    assert effective_n_threads(None) == joblib.cpu_count()
    assert effective_n_threads(-1) == joblib.cpu_count()
    assert effective_n_threads(-2) == max(1, joblib.cpu_count() - 1)
    assert effective_n_threads(1) == 1
    assert effective_n_threads(1000) == joblib.cpu_count()


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "NUMBA_NUM_THREADS"])
def test_environment_limits_the_default(no_limits, monkeypatch, name):
    monkeypatch.setenv(name, "1,4")
    assert effective_n_threads(None) == 1
    most = joblib.cpu_count()
    assert effective_n_threads(most) == most  # what is asked for by name is not limited
    monkeypatch.setenv(name, "many")
    assert effective_n_threads(None) == joblib.cpu_count()


@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_one_thread_inside_a_joblib_worker(no_limits, backend):
    calls = [joblib.delayed(effective_n_threads)(None) for _ in range(4)]
    workers = max(2, joblib.cpu_count())  # loky shares the cores out among its workers
    assert joblib.Parallel(n_jobs=workers, backend=backend)(calls) == [1] * 4


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="plain Python never starts workers")
def test_second_thread_stays_alone_while_the_first_has_the_workers():
    seen = []

    def ask():
        with team_of(2) as team:
            seen.append(team.n_threads)

    with team_of(2) as outer:
        assert outer.n_threads == 2
        other = threading.Thread(target=ask)
        other.start()
        other.join()
    with team_of(2) as again:
        assert again.n_threads == 2
    assert seen == [1]


def test_workers_go_to_sleep():
    """Idle workers, a second after the last call, take no time of the processor."""
    with team_of(3):
        pass
    time.sleep(1)
    before = time.process_time()
    time.sleep(1)
    assert time.process_time() - before < 0.05


def _problem():
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(length, 3)) for length in rng.integers(5, 60, size=80)]
    return X, np.array([x[:, 0].sum() > 0 for x in X])


def _fitted(n_jobs):
    X, y = _problem()
    return RNNClassifier((24,), max_iter=2, tol=0, random_state=0, n_jobs=n_jobs).fit(X, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_threads_that_fit_at_once_get_the_bits_of_one_alone():
    X, _ = _problem()
    expected = _fitted(1).predict_proba(X)
    with joblib.parallel_config("threading", n_jobs=4):
        results = joblib.Parallel()(joblib.delayed(_fitted)(2) for _ in range(8))
    for result in results:
        np.testing.assert_array_equal(result.predict_proba(X), expected)


def _fit_in_child(queue):
    X, _ = _problem()
    queue.put(_fitted(2).predict_proba(X))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_child_can_fit_after_its_parent_did():
    X, _ = _problem()
    expected = _fitted(2).predict_proba(X)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_fit_in_child, args=(queue,))
    child.start()
    result = queue.get(timeout=60)
    child.join(timeout=60)
    assert child.exitcode == 0
    np.testing.assert_array_equal(result, expected)


PROGRAM = """
import json
import numpy as np
from skrnn import RNNRegressor
X = np.sin(np.arange(60.0).reshape(6, 10))
model = RNNRegressor(4, cell={cell!r}, max_iter=2, tol=0, dtype="float64", random_state=0)
model.fit(X, X[:, 0])
print(json.dumps(model.predict(X).tolist()))
"""


@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_result_with_the_compiler_switched_off_is_the_same_to_rounding(cell):
    results = []
    for disabled in ("0", "1"):
        printed = run_child(PROGRAM.format(cell=cell), timeout=300, NUMBA_DISABLE_JIT=disabled)
        results.append(np.array(json.loads(printed)))
    np.testing.assert_allclose(*results, rtol=1e-9)

"""Networks in threads, processes, event loops and clusters: the bits of one alone, and an end."""

import importlib
import multiprocessing
import os

import pytest

from ..child import run_child

START = """
import asyncio, multiprocessing, os, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
import joblib
import numpy as np
from sklearn.model_selection import GridSearchCV
from skrnn import RNNClassifier, RNNRegressor

random = np.random.default_rng(0)
X = [random.normal(size=(length, 3)) for length in random.integers(5, 40, size=60)]
y = np.array([x[:, 0].sum() for x in X])
OPTIONS = {"max_iter": 2, "tol": 0.0, "random_state": 0, "cell": "gru"}

def new(n_jobs=2):
    return RNNRegressor((24,), n_jobs=n_jobs, **OPTIONS)

def bits(fitted):
    return fitted.predict(X).tobytes()

def n_workers():
    return sum(thread.name == "skrnn" for thread in threading.enumerate())

"""


@pytest.fixture(scope="module", autouse=True)
def cached():
    """Have in the cache what the programs need, so that none of them waits for the compiler."""
    run_child(START + "bits(new().fit(X, y))", timeout=100)


def prints(program, *arguments, **settings):
    return run_child(START + program, *arguments, **settings).split()


def prints_with_processes(program, *arguments):
    # Each process imports all of scikit-learn and reads the cache: seconds, on a busy machine many.
    return prints(program, *arguments, timeout=90)


IN_THREADS = """
alone = new(1).fit(X, y)
expected = bits(alone)
n_threads = 8
together = threading.Barrier(n_threads)

def fit_and_predict(_):
    together.wait()
    return bits(new().fit(X, y)) == expected

def predict(_):
    together.wait()
    return all(bits(alone) == expected for _ in range(5))

alone.set_params(n_jobs=2)
with ThreadPoolExecutor(n_threads) as pool:
    print(sum(pool.map(fit_and_predict, range(n_threads))))
    print(sum(pool.map(predict, range(n_threads))))
"""


@pytest.mark.parametrize("layer", ["default", "omp", "workqueue", "tbb"])
def test_eight_threads_fit_and_predict_whatever_numbas_own_threads_are(layer):
    if layer in ("omp", "tbb"):
        try:
            importlib.import_module(f"numba.np.ufunc.{layer}pool")
        except ImportError as error:
            pytest.skip(f"Numba cannot use {layer} here: {error}")
    assert prints(IN_THREADS, NUMBA_THREADING_LAYER=layer) == ["8", "8"]


IN_A_LOOP = """
async def main():
    expected = bits(new(1).fit(X, y))
    fitted = await asyncio.gather(*(asyncio.to_thread(new().fit, X, y) for _ in range(4)))
    predicted = await asyncio.gather(*(asyncio.to_thread(bits, model) for model in fitted))
    print(sum(each == expected for each in predicted))

asyncio.run(main())
"""


def test_threads_of_an_event_loop():
    assert prints(IN_A_LOOP) == ["4"]


COUNTED = """
cores = int(sys.argv[1])
most = 0

def use(n_jobs):
    global most
    model = new(n_jobs).fit(X, y)
    most = max(most, n_workers())
    bits(model)

users = [threading.Thread(target=use, args=(n,)) for n in (None, -1, 1000, 2, None, -1, 1000, 2)]
for user in users:
    user.start()
for user in users:
    user.join()
print(max(most, n_workers()) <= cores - 1)
"""


def test_all_threads_that_fit_share_workers_for_the_other_cores():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert prints(COUNTED, cores) == ["True"]


@pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="the system cannot bind a process to a core"
)
def test_no_worker_where_one_core_may_be_used():
    program = "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n" + COUNTED
    assert prints(program, 1) == ["True"]


COUNTED_IN_TASKS = """
def use():
    new(None).fit(X, y)
    return n_workers()

tasks = [joblib.delayed(use)() for _ in range(4)]
print(*joblib.Parallel(2, backend=sys.argv[1])(tasks))
"""


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_no_workers_where_joblib_shares_out_the_cores(backend):
    assert prints_with_processes(COUNTED_IN_TASKS, backend) == ["0"] * 4


IN_PROCESSES = """
expected = bits(new().fit(X, y))
with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
    fitted = pool.starmap(new().fit, [(X, y)] * 4)
    predicted = pool.map(fitted[0].predict, [X] * 4)
print(sum(bits(model) == expected for model in fitted))
print(sum(each.tobytes() == expected for each in predicted))
"""


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_processes(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"the system has no {method}")
    assert prints_with_processes(IN_PROCESSES, method) == ["4", "4"]


IN_JOBLIB = """
expected = bits(new().fit(X, y))
fitted = joblib.Parallel(2, backend=sys.argv[1])([joblib.delayed(new().fit)(X, y)] * 4)
print(sum(bits(model) == expected for model in fitted))
"""


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_tasks_of_joblib(backend):
    assert prints_with_processes(IN_JOBLIB, backend) == ["4"]


IN_A_SEARCH = """
def scores(n_jobs, n_threads):
    search = GridSearchCV(new(n_threads), {"alpha": [0, 1, 10]}, cv=2, n_jobs=n_jobs).fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    return search.cv_results_["mean_test_score"].tobytes(), bits(search)

print(scores(2, 2) == scores(None, 1))
"""


def test_search_in_processes_over_networks_in_threads():
    assert prints_with_processes(IN_A_SEARCH) == ["True"]


AT_THE_END = """
model = new().set_params(max_iter=int(sys.argv[2]), n_iter_no_change=np.inf)
begun = threading.Event()

def fit():
    begun.set()
    model.fit(X, y)
    sys.stdout.write("fitted\\n")  # in one piece, where print writes the end of the line apart

threading.Thread(target=fit, daemon=sys.argv[1] == "daemon").start()
begun.wait()
time.sleep(0.5)
sys.stdout.write("leaving\\n")
"""


def test_interpreter_ends_in_the_middle_of_a_fit_of_a_daemon():
    assert prints(AT_THE_END, "daemon", 10**9) == ["leaving"]


def test_interpreter_waits_for_a_fit_of_another_thread():
    assert sorted(prints(AT_THE_END, "other", 3)) == ["fitted", "leaving"]


IN_DASK = """
import dask

expected = bits(new().fit(X, y))
tasks = [dask.delayed(new().fit)(X, y) for _ in range(4)]
fitted = dask.compute(*tasks, scheduler=sys.argv[1])
print(sum(bits(model) == expected for model in fitted))
"""


@pytest.mark.parametrize("scheduler", ["threads", "processes"])
def test_tasks_of_dask(scheduler):
    pytest.importorskip("dask", reason="dask is not installed")
    assert prints_with_processes(IN_DASK, scheduler) == ["4"]


IN_A_CLUSTER = """
import dask
from distributed import Client

dask.config.set({"distributed.worker.daemon": False})
expected = bits(new().fit(X, y))
with Client(
    processes=sys.argv[1] == "processes", n_workers=2, threads_per_worker=2, dashboard_address=None
) as client:
    fitted = client.gather([client.submit(new().fit, X, y, pure=False) for _ in range(4)])
    with joblib.parallel_config("dask"):
        fitted += joblib.Parallel()([joblib.delayed(new().fit)(X, y)] * 4)
print(sum(bits(model) == expected for model in fitted))
"""


@pytest.mark.parametrize("workers", ["threads", "processes"])
def test_tasks_of_a_cluster(workers):
    pytest.importorskip("distributed", reason="distributed, of dask, is not installed")
    assert prints_with_processes(IN_A_CLUSTER, workers) == ["8"]

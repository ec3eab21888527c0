"""The bits of a fit depend on nothing but data, parameters and seed: on no thread or setting.

What they may depend on are the processor's instructions and the versions of what compiles.
"""

import json
import warnings

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning

from ..child import run_child
from .conftest import classifier, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

PROGRAM = """
import sys
from tests.estimators.test_one_hash import in_worker, printed_hashes
print((in_worker if sys.argv[2:] else printed_hashes)(int(sys.argv[1]) or None))
"""
SIZES = {"simple": 128, "lstm": 64, "gru": 72}  # that are worth a second thread


def configurations():
    """Give the name of each configuration, its estimator, and whether lengths differ."""
    several = {"loss": "quantile", "quantile": [0.2, 0.8]}
    for cell, size in SIZES.items():
        common = {"cell": cell, "hidden_layer_sizes": size, "max_iter": 2}
        two = {"hidden_layer_sizes": (size, 9)}
        choices = [
            ("plain", regressor, {}, True),
            ("equal", classifier, {}, False),
            ("two ways", classifier, {"bidirectional": True, "pooling": "mean"}, True),
            ("dropout", regressor, two | {"dropout": 0.3, "recurrent_dropout": 0.2}, True),
            ("windows", regressor, {"bptt_steps": 4, "pooling": "max"}, True),
            ("windows of last", classifier, {"bptt_steps": 3, "solver": "sgd"}, True),
            ("double", regressor, {"dtype": "float64", "solver": "rmsprop"}, True),
            ("stopping", classifier, {"early_stopping": True, "solver": "adamw"}, True),
            ("quantiles", regressor, several | {"dtype": "float64"}, False),
            ("huber", regressor, {"loss": "huber", "learning_rate": "cosine"}, True),
            ("counts", regressor, {"loss": "poisson", **two, "bidirectional": True}, True),
        ]
        for name, make, options, differ in choices:
            yield f"{cell}, {name}", make(**(common | options)), differ


def data_for(estimator, differ):
    """Return X, of 70 sequences of equal lengths or not, and y."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 13, 70) if differ else [9] * 70
    X = [rng.normal(size=(length, 3)) for length in lengths]
    y = np.array([sequence.mean() ** 2 for sequence in X])
    return X, np.digitize(y, np.quantile(y, [0.3, 0.6])) if is_classifier(estimator) else y


def outputs(estimator, X):
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "predict"
    return getattr(estimator, method)(X)


def hashes(n_jobs):
    """Return the hash of what each configuration learns and predicts."""
    warnings.simplefilter("ignore", ConvergenceWarning)  # in a worker too
    found = {}
    for name, estimator, differ in configurations():
        X, y = data_for(estimator, differ)
        estimator.set_params(n_jobs=n_jobs).fit(X, y)
        found[name] = joblib.hash(
            [estimator.weights_, outputs(estimator, X), estimator.loss_curve_], hash_name="sha1"
        )
    return found


def printed_hashes(n_jobs):
    return json.dumps(hashes(n_jobs))


def in_worker(n_jobs):
    """Return the same from a worker of joblib's, a process of its own, one of two at a time."""
    calls = [joblib.delayed(printed_hashes)(n_jobs) for _ in range(2)]
    first, second = joblib.Parallel(n_jobs=2, backend="loky")(calls)
    assert first == second
    return first


@pytest.fixture(scope="module")
def expected():
    """Return the hashes with one thread."""
    return json.loads(run_child(PROGRAM, 1, timeout=300))


# The number of threads, where 0 is None, and the environment, which limits what None means.
SETTINGS = {
    "two threads": ([2], {}),
    "three threads": ([3], {}),
    "one of OpenMP": ([0], {"OMP_NUM_THREADS": 1}),
    "one of Numba": ([0], {"NUMBA_NUM_THREADS": 1}),
    "another seed of hashes": ([1], {"PYTHONHASHSEED": 4711}),
    "another layer": ([2], {"NUMBA_THREADING_LAYER": "workqueue"}),
    "workers of joblib": ([2, "in a worker"], {}),
}


@pytest.mark.slow
class TestOneHash:
    def test_of_thirty_configurations_all_apart(self, expected):
        assert len(expected) == len(set(expected.values())) >= 30

    @pytest.mark.parametrize("setting", SETTINGS)
    def test_of_any_setting(self, setting, expected):
        arguments, environment = SETTINGS[setting]
        printed = run_child(PROGRAM, *arguments, timeout=300, **environment)
        assert json.loads(printed) == expected

    def test_with_a_cold_cache(self, expected, tmp_path):
        printed = run_child(PROGRAM, 2, timeout=600, NUMBA_CACHE_DIR=tmp_path)
        assert json.loads(printed) == expected


def test_most_configurations_are_worth_several_threads():
    """Else the hashes would say nothing of threads."""
    n_threads = []
    for _, estimator, differ in configurations():
        X, y = data_for(estimator, differ)
        network = estimator.set_params(max_iter=1).fit(X[:32], y[:32])._fitted.network
        n_threads.append(network.worthwhile_threads(sum(map(len, X[:32])), 3))
    assert np.mean(np.array(n_threads) > 1) > 0.7


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_bits_of_a_sequence_do_not_depend_on_its_neighbours(n_jobs):
    for name, estimator, differ in configurations():
        X, y = data_for(estimator, differ)
        together = outputs(estimator.set_params(n_jobs=n_jobs, max_iter=1).fit(X, y), X)
        order = np.random.default_rng(1).permutation(len(X))
        among_others = outputs(estimator, [X[i] for i in order])
        assert_array_equal(among_others, together[order], err_msg=name)
        for few in (order[:1], order[:7]):
            alone = outputs(estimator, [X[i] for i in few])
            assert_array_equal(alone, together[few], err_msg=name)

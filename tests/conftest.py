"""Fixtures that several test modules use."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from skrnn.cells import CELLS
from skrnn.network.prediction import Predictor

from . import naive
from .passes import GivenGradient, data_of, loss_and_gradient, network_of, raw_outputs

# Examples of each test that draws them: the same in every run, or with `--hypothesis-profile=long`
# many more, and others in every run. The first of all compiles.
_COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("short", max_examples=300, derandomize=True, database=None, **_COMMON)
settings.register_profile("long", max_examples=2000, **_COMMON)
settings.load_profile("short")

# What pytest-run-parallel must not run in several threads at once, by the beginning of its address.
# The tests want this, not the package: see tests/runtime/test_concurrency.py for what it stands.
ALONE = {
    "tests/test_house.py": "ast.parse of Python 3.11 fails in several threads",
    "tests/estimators/test_metadata_routing.py": "scikit-learn's configuration is of one thread",
    "tests/estimators/test_sklearn_checks.py": "the checks record warnings, as one process does",
    "tests/inputs/test_sequences.py::test_only_steps": "it writes into what the threads share",
    "tests/inputs/test_names.py": "warnings are recorded for the whole process",
    "tests/kernels/test_kernels.py::test_launch": "only one thread at a time has the workers",
    "tests/preprocessing/test_forms.py": "the threads would fit one transformer at the same time",
    "tests/preprocessing/test_tokens.py::test_a_million": "its time is measured",
    "tests/runtime": "workers, processes and arenas are counted",
    "tests/training/test_interruption.py": "signals are for the main thread",
}


def pytest_collection_modifyitems(items):
    """Mark what must run alone."""
    for item in items:
        for beginning, reason in ALONE.items():
            if item.nodeid.startswith(beginning):
                item.add_marker(pytest.mark.thread_unsafe(reason=reason))
        if hasattr(getattr(item, "module", None), "run_child"):
            reason = "its children are processes of their own, and start what threads they need"
            item.add_marker(pytest.mark.thread_unsafe(reason=reason))


class GeneratorOfThread:
    """A generator of random numbers, in every thread that asks it another one of the same seed.

    For pytest-run-parallel, where the threads of a test share what a fixture returns.
    """

    def __init__(self):
        self._of_thread = threading.local()

    def __getattr__(self, name):
        if not hasattr(self._of_thread, "generator"):
            self._of_thread.generator = np.random.default_rng(0)
        return getattr(self._of_thread.generator, name)


@pytest.fixture
def rng():
    """Return a generator of the same random numbers for every test."""
    return GeneratorOfThread()


@pytest.fixture
def packed():
    """Return the maker of skrnn's Sequences from (length, n_features) arrays."""

    def packed(sequences, dtype):
        from skrnn.runtime.rows import Sequences

        lengths = [len(sequence) for sequence in sequences]
        return Sequences(
            values=np.concatenate(sequences).astype(dtype),
            offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        )

    return packed


class Problem:
    """A random network and a random batch for it, in skrnn's form and in the twin's."""

    def __init__(
        self,
        rng,
        packed,
        *,
        cell,
        activation,
        dtype,
        lengths=naive.LENGTHS,
        n_features=3,
        hidden_layer_sizes=(6,),
        bidirectional=False,
        n_outputs=3,
        **options,
    ):
        shapes = naive.weight_shapes(
            n_features=n_features,
            hidden_layer_sizes=hidden_layer_sizes,
            n_gates=len(CELLS[cell].gates),
            bidirectional=bidirectional,
            n_outputs=n_outputs,
        )
        # The twin sees what dtype holds, so that only the computations differ.
        self.weights = {
            name: array.astype(dtype) for name, array in naive.random_weights(rng, shapes).items()
        }
        self.arrays = [s.astype(dtype) for s in naive.random_sequences(rng, lengths, n_features)]
        self.rule = {"cell": cell, "activation": activation}
        self.network, self.parameters = network_of(
            self.weights, dtype=dtype, **self.rule, **options
        )
        self.sequences = packed(self.arrays, dtype)
        self.d_raw = rng.normal(size=(len(lengths), n_outputs)).astype(dtype)
        # The terms of one pre-activation, and the steps that come one after the other.
        widest = max(hidden_layer_sizes)
        n_terms = max(n_features, 2 * widest) + widest
        n_steps = max(lengths) * len(hidden_layer_sizes)
        self.output_bound = naive.rounding_bound(dtype, n_terms, n_steps)
        # There and back, and then a sum over all steps.
        self.gradient_bound = naive.rounding_bound(dtype, n_terms + sum(lengths), 2 * n_steps)

    def raw_outputs(self, n_threads=1):
        return raw_outputs(self.network, self.parameters, self.sequences, n_threads)

    def predictor(self):
        return Predictor(self.network, self.parameters)

    def value_and_gradient(self, indices=None, *, n_threads=1, seed=None):
        """Return ``sum(raw * d_raw)`` over the batch, or the sequences at indices; its gradient."""
        indices = np.arange(len(self.arrays)) if indices is None else indices
        data = data_of(self.sequences, indices, self.d_raw[indices])
        options = {"n_threads": n_threads, "seed": seed}
        return loss_and_gradient(self.network, self.parameters, data, GivenGradient(), **options)

    def gradient(self, indices=None, n_threads=1):
        """Return the flat gradient of the batch, or of the sequences at indices."""
        return self.value_and_gradient(indices, n_threads=n_threads)[1]


@pytest.fixture
def make_problem(rng, packed):
    def make_problem(**choices):
        return Problem(rng, packed, **choices)

    return make_problem


@pytest.fixture
def large_problem(rng, make_problem):
    """Return the maker of a batch that is worth more than one thread, of all kinds of lengths."""

    def large_problem(**choices):
        return make_problem(
            hidden_layer_sizes=(50, 17),
            bidirectional=True,
            n_features=24,
            lengths=rng.integers(1, 31, size=67),
            **choices,
        )

    return large_problem


@pytest.fixture
def package_copy(tmp_path):
    """Return a folder with package, tests and guides, and what runs Python with arguments there."""
    for name in ("skrnn", "tests", "docs"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(Path(__file__).parents[1] / name, tmp_path / name, ignore=ignored)

    def run(*arguments):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONWARNINGS": "ignore"}
        environment.pop("NUMBA_CACHE_DIR", None)
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )

    return tmp_path, run

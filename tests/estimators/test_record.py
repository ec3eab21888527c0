"""What an estimator keeps: one record, set at the end of a fit and saved as plain arrays."""

import pickle
import pickletools
import sys
import threading

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context

from skrnn import RNNClassifier, RNNRegressor
from skrnn.cells import CELLS
from skrnn.solvers import SOLVERS, AdamW

from ..child import run_child
from ..toys import labelled, ragged
from .conftest import classifier, fails_unchanged, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Watched(RNNClassifier):
    """A user's own class, with an attribute of its own."""

    def fit(self, X, y, sample_weight=None):
        self.seen_ = len(X)
        return super().fit(X, y, sample_weight)


def names_in(text):
    """Return what a pickle refers to, as module and name."""
    strings, found = [], set()
    for opcode, argument, _ in pickletools.genops(text):
        if isinstance(argument, str):
            strings.append(argument)
        if opcode.name == "STACK_GLOBAL":
            found.add(tuple(strings[-2:]))
        elif opcode.name == "GLOBAL":
            found.add(tuple(argument.split(" ")))
    return found


class TestPickle:
    @pytest.mark.parametrize("solver", SOLVERS)
    @pytest.mark.parametrize("cell", CELLS)
    def test_names_no_private_module(self, cell, solver):
        X, y = labelled(["a", "b"])
        options = {"cell": cell, "solver": SOLVERS[solver](), "early_stopping": True}
        for estimator in (classifier(**options).fit(X, y), regressor(**options).fit(*ragged())):
            ours = {(m, n) for m, n in names_in(pickle.dumps(estimator)) if m.startswith("skrnn")}
            kind = type(SOLVERS[solver]()).__name__
            assert ours == {("skrnn", type(estimator).__name__), ("skrnn.solvers", kind)}

    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_is_little_larger_than_weights_and_solver(self, early_stopping):
        X, y = ragged(400)
        options = {"hidden_layer_sizes": (150,), "max_iter": 3, "early_stopping": early_stopping}
        fitted = regressor(**options, solver="adamw").fit(X, y)
        fitted.predict(X)  # what is packed for predictions is not saved
        n_bytes = sum(array.nbytes for array in fitted.weights_.values())
        last = fitted._fitted.training.last_parameters
        n_vectors = 3 + (
            last is not None and bool((last != fitted._fitted.training.parameters).any())
        )
        assert len(pickle.dumps(fitted)) < 1.1 * n_vectors * n_bytes + 20_000

    def test_does_not_grow_with_the_data(self):
        sizes = []
        for n in (60, 6000):
            X, y = ragged(n)
            sizes.append(len(pickle.dumps(regressor(max_iter=2, batch_size=30).fit(X, y))))
        assert abs(sizes[1] - sizes[0]) < 100

    def test_keeps_what_a_subclass_adds_and_what_is_asked_of_metadata(self):
        X, y = labelled(["a", "b"])
        with config_context(enable_metadata_routing=True):
            fitted = Watched(6, max_iter=2).set_fit_request(sample_weight=True).fit(X, y)
            twin = pickle.loads(pickle.dumps(fitted))
            assert twin.seen_ == 60
            assert twin.get_metadata_routing().fit.requests["sample_weight"] is True
        assert_array_equal(twin.predict_proba(X), fitted.predict_proba(X))
        assert set(vars(twin)) == set(vars(fitted))

    def test_of_another_format_says_so(self):
        fitted = classifier(max_iter=1).fit(*labelled(["a", "b"]))
        state = fitted.__getstate__()
        state["_fitted"]["format"] = 99
        with pytest.raises(ValueError, match="RNNClassifier was saved in format 99"):
            RNNClassifier.__new__(RNNClassifier).__setstate__(state)

    def test_goes_on_to_the_bit_with_a_solver_that_decays_weights(self):
        X, y = labelled(["a", "b"])
        fitted = classifier(solver=AdamW(weight_decay=0.1), max_iter=3).fit(X, y)
        twin = pickle.loads(pickle.dumps(fitted))
        assert_array_equal(
            twin.partial_fit(X, y).predict_proba(X), fitted.partial_fit(X, y).predict_proba(X)
        )


class TestRecord:
    def test_is_one_attribute_and_the_others_mirror_it(self):
        fitted = classifier(max_iter=2).fit(*labelled(["a", "b"]))
        private = {name for name in vars(fitted) if name.startswith("_")}
        assert private <= {"_fitted", "_n_features_step", "_fitted_on_table"}
        shown = fitted._fitted.attributes
        assert {name for name in vars(fitted) if name.endswith("_")} == set(shown)
        for name, value in shown.items():
            assert_array_equal(getattr(fitted, name), value)

    @pytest.mark.parametrize("method", ["predict", "predict_proba"])
    def test_is_all_that_a_prediction_reads(self, method):
        X, y = labelled(["a", "b"])
        fitted = classifier(max_iter=2).fit(X, y)
        expected = getattr(fitted, method)(X)
        for name in fitted._fitted.attributes:
            delattr(fitted, name)
        assert_array_equal(getattr(fitted, method)(X), expected)

    def test_prediction_leaves_no_attribute(self):
        X, y = labelled(["a", "b"])
        fitted = classifier(max_iter=2).fit(X, y)
        before = vars(fitted).copy()
        fitted.predict(X)
        assert vars(fitted) == before

    def test_during_a_refit_other_threads_see_the_old_network_or_the_new_one(self):
        rng = np.random.default_rng(0)
        data = [rng.normal(size=(40, 5, n)).astype(np.float32) for n in (3, 3)]
        y = [np.arange(40) % 2, np.arange(40) % 3]
        fits = [classifier(max_iter=20, random_state=seed) for seed in (0, 1)]
        expected = [
            fit.fit(X, labels).predict_proba(data[0])
            for fit, X, labels in zip(fits, data, y, strict=True)
        ]
        shared, stop, wrong = classifier(max_iter=20).fit(data[0], y[0]), threading.Event(), []

        def predict():
            while not stop.is_set():
                found = shared.predict_proba(data[0])
                if not any(np.array_equal(found, one) for one in expected):
                    wrong.append(found)

        threads = [threading.Thread(target=predict) for _ in range(2)]
        for thread in threads:
            thread.start()
        for number in (1, 0, 1, 0):
            shared.set_params(random_state=number).fit(data[number], y[number])
        stop.set()
        for thread in threads:
            thread.join()
        assert wrong == []

    def test_a_stream_keeps_the_last_thousand_epochs(self):
        X, y = ragged(3)
        online = regressor(hidden_layer_sizes=1)
        for _ in range(1002):
            online.partial_fit(X, y)
        assert len(online.loss_curve_) == len(online.gradient_norm_curve_) == 1000
        assert online.t_ == 3006
        assert (
            len(regressor(max_iter=1010, tol=0, n_iter_no_change=np.inf).fit(X, y).loss_curve_)
            == 1010
        )


class TestSetWeights:
    def test_takes_some_and_leaves_the_others(self):
        X, y = labelled(["a", "b", "c"])
        fitted = classifier(max_iter=2).fit(X, y)
        before = {name: array.copy() for name, array in fitted.weights_.items()}
        assert fitted.set_weights({"output.bias": [1, 2, 3]}) is fitted
        assert_array_equal(fitted.weights_["output.bias"], [1, 2, 3])
        for name in set(before) - {"output.bias"}:
            assert_array_equal(fitted.weights_[name], before[name])
        with pytest.raises(ValueError, match="read-only"):
            fitted.weights_["output.bias"][:] = 0

    def test_carries_a_network_over(self):
        X, y = ragged()
        fitted, other = (regressor(random_state=seed).fit(X, y) for seed in (0, 1))
        other.set_weights(fitted.weights_)
        assert_array_equal(other.predict(X), fitted.predict(X))

    def test_training_goes_on_from_them_however_good_those_before_were(self):
        X, y = ragged()
        options = {"warm_start": True, "max_iter": 100, "tol": 1e-3}
        fitted, fresh = regressor(**options).fit(X, y), regressor(max_iter=1).fit(X, y)
        best = fitted.best_loss_
        fitted.set_weights(fresh.weights_).fit(X, y)
        assert fitted.n_iter_ > 10
        assert fitted.loss_ < 2 * best

    def test_are_not_those_of_the_dict_that_is_shown(self):
        fitted = classifier(max_iter=1).fit(*labelled(["a", "b"]))
        shown = fitted.weights_
        shown.pop("output.bias")
        assert "output.bias" in fitted.weights_

    def test_keeps_the_solver_and_forgets_the_best(self):
        X, y = labelled(["a", "b"])
        fitted = classifier(early_stopping=True, warm_start=True, max_iter=4).fit(X, y)
        n_updates = fitted._fitted.training.solver._n_updates
        zeros = {name: np.zeros_like(array) for name, array in fitted.weights_.items()}
        fitted.set_weights(zeros)
        assert fitted._fitted.training.solver._n_updates == n_updates
        assert fitted._fitted.training.best_parameters is None
        assert fitted._fitted.training.last_parameters is None
        fitted.set_params(learning_rate_init=1e-12, max_iter=1).fit(X, y)
        assert np.abs(fitted.weights_["output.weight"]).max() < 1e-6

    @pytest.mark.parametrize(
        ("weights", "match"),
        [
            ({"head": [0.0]}, "no weights named 'head'. It has layer_0.forward.input, "),
            ({"output.bias": [[0.0]]}, r"weights\['output.bias'\] has shape \(1, 1\), but \(1,\)"),
            ({"output.bias": [np.nan]}, r"weights\['output.bias'\] must be finite in float32"),
            ({"output.bias": [1e300]}, r"weights\['output.bias'\] must be finite in float32"),
            ({"output.bias": ["1.5"]}, r"weights\['output.bias'\] must hold real numbers"),
            ({"output.bias": [1j]}, "must hold real numbers, but its dtype is complex128"),
        ],
    )
    def test_bad_ones_change_nothing(self, weights, match):
        fitted = classifier(max_iter=1).fit(*labelled(["a", "b"]))
        fails_unchanged(fitted, "set_weights", weights, match=match)


PREDICT = """
import resource
import numpy as np
from skrnn import RNNRegressor

rng = np.random.default_rng(0)
X = rng.standard_normal((512, {n_steps}, 1), dtype=np.float32)
model = RNNRegressor((32, 32), max_iter=1, {options}).fit(X[:32, :20], np.arange(32))
model.predict(X[:, :20])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model.predict(X)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
@pytest.mark.parametrize(
    ("options", "n_steps"),
    [("", 20_000), ("pooling='max'", 5_000), ("bidirectional=True, pooling='mean'", 2_000)],
)
def test_memory_of_a_prediction_does_not_grow_with_the_steps(options, n_steps):
    program = PREDICT.format(options=options, n_steps=n_steps)
    assert float(run_child(program, timeout=120)) < 100  # MiB above X


def test_estimators_name_their_public_module():
    assert {RNNClassifier.__module__, RNNRegressor.__module__} == {"skrnn"}
    assert {solver.__module__ for solver in SOLVERS.values()} == {"skrnn.solvers"}

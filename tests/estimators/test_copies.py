"""Copies, clones and saved files of the estimators."""

import copy
import pickle

import joblib
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone

from skrnn import RNNClassifier, RNNRegressor
from skrnn.solvers import SOLVERS

from ..toys import labelled, ragged
from .conftest import by_joblib, classifier, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def by_pickle(estimator):
    return pickle.loads(pickle.dumps(estimator))


@pytest.mark.parametrize("copied", [by_pickle, by_joblib, copy.deepcopy, copy.copy])
class TestCopies:
    def test_predict_the_same(self, copied):
        X, y = labelled(["low", "mid", "top"])
        fitted = classifier(bidirectional=True).fit(X, y)
        twin = copied(fitted)
        assert_array_equal(twin.predict_proba(X), fitted.predict_proba(X))
        assert twin.get_params() == fitted.get_params()

    @pytest.mark.parametrize("solver", ["adam", "rmsprop", "sgd"])
    def test_go_on_the_same_and_apart(self, copied, solver):
        X, y = ragged()
        fitted = regressor(solver=solver).fit(X, y)
        before = fitted.predict(X)
        twin = copied(fitted).partial_fit(X, y)
        assert_array_equal(fitted.predict(X), before)
        assert_array_equal(twin.predict(X), fitted.partial_fit(X, y).predict(X))

    def test_of_an_unfitted_estimator(self, copied):
        assert copied(regressor()).get_params() == regressor().get_params()


class TestSaving:
    def test_pickle_holds_numbers_and_no_kernels(self):
        X, y = labelled([0, 1])
        text = pickle.dumps(classifier().fit(X, y))
        assert len(text) < 30_000
        for word in (b"numba", b"llvmlite", b"kernels", b"_network"):
            assert word not in text

    @pytest.mark.parametrize("mmap_mode", ["r", "c"])
    def test_memory_mapped_model_predicts_and_trains(self, tmp_path, mmap_mode):
        X, y = labelled([0, 1])
        fitted = classifier().fit(X, y)
        joblib.dump(fitted, tmp_path / "model.joblib")
        mapped = joblib.load(tmp_path / "model.joblib", mmap_mode=mmap_mode)
        assert_array_equal(mapped.predict_proba(X), fitted.predict_proba(X))
        mapped.partial_fit(X, y)
        assert_array_equal(mapped.predict_proba(X), fitted.partial_fit(X, y).predict_proba(X))

    def test_saving_again_does_not_grow(self):
        X, y = labelled([0, 1])
        fitted = classifier(max_iter=2).fit(X, y)
        size = len(pickle.dumps(fitted))
        fitted.predict(X)
        assert len(pickle.dumps(fitted)) == size


@pytest.mark.parametrize("solver", SOLVERS)
def test_skops_need_be_told_to_trust_the_public_classes_only(solver):
    skops_io = pytest.importorskip("skops.io", reason="reads and writes .skops files")
    options = {"solver": SOLVERS[solver](), "early_stopping": True, "max_iter": 3}
    classes, numbers = labelled(["a", "b", "c"]), ragged()
    for estimator, data in ((classifier(**options), classes), (regressor(**options), numbers)):
        X, fitted = data[0], estimator.fit(*data)
        text = skops_io.dumps(fitted)
        ours = {f"skrnn.{type(fitted).__name__}", f"skrnn.solvers.{SOLVERS[solver].__name__}"}
        assert set(skops_io.get_untrusted_types(data=text)) == ours
        twin = skops_io.loads(text, trusted=list(ours))
        assert_array_equal(twin.predict(X), fitted.predict(X))
        twin.partial_fit(*data)
        assert_array_equal(twin.predict(X), fitted.partial_fit(*data).predict(X))


class TestClone:
    def test_is_unfitted_and_has_the_same_parameters(self):
        X, y = labelled([0, 1])
        sizes = [3, 2]
        fitted = classifier(hidden_layer_sizes=sizes, class_weight={0: 2}).fit(X, y)
        twin = clone(fitted)
        assert twin.get_params() == fitted.get_params()
        assert not hasattr(twin, "classes_")
        assert_array_equal(twin.fit(X, y).predict_proba(X), fitted.predict_proba(X))

    def test_set_params_returns_the_estimator(self):
        estimator = regressor()
        assert estimator.set_params(cell="gru", alpha=0) is estimator
        assert estimator.get_params()["cell"] == "gru"
        with pytest.raises(ValueError, match="Invalid parameter 'cells'"):
            estimator.set_params(cells="gru")

    def test_representations(self):
        assert repr(RNNClassifier(cell="gru")) == "RNNClassifier(cell='gru')"
        assert "RNNRegressor" in RNNRegressor()._repr_html_()
        assert RNNClassifier() != RNNClassifier()  # by identity, as other estimators
        assert len({RNNClassifier(), RNNClassifier()}) == 2

    def test_subclass_with_parameters_of_its_own(self):
        class Wide(RNNClassifier):
            def __init__(self, width=3, *, cell="gru"):
                self.width = width
                super().__init__(hidden_layer_sizes=width, cell=cell, max_iter=1)

        X, y = labelled([0, 1])
        twin = clone(Wide(width=4))
        assert twin.get_params() == {"width": 4, "cell": "gru"}
        assert twin.fit(X, y).weights_["output.weight"].shape == (4, 1)

"""Features in units of their own: raw data learn, and X is put into units once and for all."""

import pickle
import tracemalloc
import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skrnn import RNNClassifier, RNNRegressor
from skrnn.cells import CELLS

from ..toys import QUICK, labelled, padded, ragged

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Offsets and scales of which, on raw X, 45 of 54 fits had learnt nothing.
RAW = [(3000, 1), (10_000, 1), (1.7e9, 1), (0, 1e-6), (0, 1e5), (1.7e9, 86_400)]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("offset", "scale"), RAW)
class TestRawData:
    def test_classes_are_learnt(self, cell, offset, scale):
        X, y = labelled(["low", "top"])
        raw = [offset + scale * x for x in X]
        network = RNNClassifier(**QUICK, cell=cell).fit(raw, y)
        assert network.score(raw, y) > 0.85

    def test_numbers_are_learnt(self, cell, offset, scale):
        X, y = ragged()
        raw = [offset + scale * x for x in X]
        assert RNNRegressor(**QUICK, cell=cell).fit(raw, y).score(raw, y) > 0.6

    def test_one_such_feature_drowns_no_other(self, cell, offset, scale):
        X, y = labelled(["low", "top"])
        rng = np.random.default_rng(1)
        raw = [np.column_stack([x, offset + scale * rng.normal(size=len(x))]) for x in X]
        network = RNNClassifier(**QUICK, cell=cell).fit(raw, y)
        assert network.score(raw, y) > 0.85


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_weights_multiply_what_the_attributes_say(cell, bidirectional):
    X, y = ragged()
    raw = [5 + 100 * x for x in X]
    network = RNNRegressor(
        **QUICK | {"max_iter": 2}, cell=cell, bidirectional=bidirectional, dtype="float64"
    ).fit(raw, y)
    in_units = [(x - network.feature_mean_) / network.feature_scale_ for x in raw]
    plain = RNNRegressor(
        **QUICK | {"max_iter": 1}, cell=cell, bidirectional=bidirectional, dtype="float64",
        standardize=False,
    ).fit(in_units, y)  # fmt: skip
    plain.set_weights(network.weights_)
    assert_array_equal(plain.feature_mean_, 0)
    assert_array_equal(plain.feature_scale_, 1)
    assert_allclose(plain.predict(in_units), network.predict(raw), rtol=1e-9)


def test_float32_is_not_copied():
    rng = np.random.default_rng(0)
    X = rng.normal(5, 3, size=(2000, 100, 10)).astype(np.float32)  # 8 MB
    network = RNNRegressor(4, max_iter=1, batch_size=10, n_jobs=1)
    network.fit(X[:50], X[:50, 0, 0])  # what is imported and compiled is not counted
    tracemalloc.start()
    network.fit(X, X[:, 0, 0]).predict(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.5 * X.nbytes


def test_training_has_the_same_bits_for_every_container():
    X, y = ragged(n_features=3)
    raw = [(5 + 100 * x).astype(np.float32) for x in X]
    cube = padded(raw)
    forms = {
        "list": raw,
        "list of float64": [x.astype(float) for x in raw],
        "padded": cube.astype(np.float32),
        "padded float64": cube,
        "padded, Fortran": np.asfortranarray(cube),
    }
    predictions = {
        name: RNNRegressor(**QUICK | {"max_iter": 3}).fit(form, y).predict(form)
        for name, form in forms.items()
    }
    for name, predicted in predictions.items():
        assert_array_equal(predicted, predictions["list"], err_msg=name)


def test_the_past_decides_the_units_of_what_comes():
    X, y = ragged()
    network = RNNRegressor(**QUICK, warm_start=True).fit(X, y)
    mean, scale = network.feature_mean_, network.feature_scale_
    network.fit([5 + 100 * x for x in X], y)
    network.partial_fit([5 + 100 * x for x in X], y)
    assert_array_equal(network.feature_mean_, mean)
    assert_array_equal(network.feature_scale_, scale)
    again = pickle.loads(pickle.dumps(network))
    assert_array_equal(again.feature_scale_, scale)
    assert_array_equal(again.predict(X), network.predict(X))


def test_a_constant_feature_learns_its_scale_when_it_varies():
    X, y = ragged(n_features=1)
    constant = [np.column_stack([x, np.full(len(x), 5e6)]) for x in X]
    varying = [np.column_stack([x, 5e6 + 1e4 * x]) for x in X]
    network = RNNRegressor(**QUICK).partial_fit(constant, y)
    assert network.feature_scale_[1] == np.inf
    first = network.feature_scale_[0]
    network.partial_fit(varying, y)
    assert network.feature_scale_[0] == first
    assert 1e3 < network.feature_scale_[1] < 1e5


def test_what_is_held_out_or_weightless_decides_nothing():
    X, y = ragged()
    weights = np.ones(len(X))
    weights[:5] = 0
    wild = [1e6 + x if n < 5 else x for n, x in enumerate(X)]
    network = RNNRegressor(**QUICK, early_stopping=True).fit(wild, y, weights)
    assert np.abs(network.feature_mean_).max() < 1
    held_out = RNNRegressor(**QUICK, early_stopping=True).fit(X[:50], y[:50], X_val=wild, y_val=y)
    assert np.abs(held_out.feature_mean_).max() < 1


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
class TestWithout:
    def test_features_far_from_unit_are_warned_of_by_name(self, method):
        X, y = ragged()
        raw = [x * [1, 1e5] for x in X]
        network = RNNRegressor(**QUICK | {"max_iter": 1}, standardize=False)
        match = r"^Feature 1 of X has a mean of .* and a standard deviation of .*e\+04, but with"
        with pytest.warns(UserWarning, match=match) as caught:
            getattr(network, method)(raw, y)
        (warning,) = [one for one in caught if one.category is UserWarning]
        assert warning.filename == __file__
        assert "standardize=True" in str(warning.message)

    def test_others_are_not(self, method):
        X, y = ragged()
        network = RNNRegressor(**QUICK | {"max_iter": 1}, standardize=False)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", ConvergenceWarning)
            getattr(network, method)(X, y)


def test_training_cannot_go_on_without_what_it_began_with():
    X, y = ragged()
    network = RNNRegressor(**QUICK).fit(X, y).set_params(standardize=False)
    with pytest.raises(ValueError, match=r"fitted with standardize=True.*Set standardize back"):
        network.partial_fit(X, y)


def test_files_from_before_go_on_without():
    from ..saved import make

    (path, *_) = sorted(make.FOLDER.glob("regressor-*-format-1.pickle"))
    network = pickle.loads(path.read_bytes())
    assert network.standardize is False
    assert_array_equal(network.feature_scale_, 1)

"""The names of the features of frames, one a sequence: learnt, checked and put in order."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_predict

from skrnn import RNNClassifier, RNNRegressor
from skrnn.inputs.sequences import read_sequences

from ..toys import QUICK, object_array, padded
from .conftest import Estimator, assert_holds, fitted, predicted

NAMES = ["a", "b", "c"]
LIBRARIES = {
    "pandas": lambda array, names: pd.DataFrame(array, columns=names),
    "pandas, objects": lambda array, names: pd.DataFrame(array, columns=np.array(names, object)),
    "polars": lambda array, names: pl.DataFrame(array, schema=names),
}
CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "object array": object_array,
    "object array of one column": lambda frames: object_array(frames).reshape(-1, 1),
    "Series": lambda frames: pd.Series(object_array(frames)),
    "one-column frame": lambda frames: pd.DataFrame({"voice": object_array(frames)}),
    "polars Series": lambda frames: pl.Series(frames, dtype=pl.Object),
    "polars one-column frame": lambda frames: pl.DataFrame(
        {"voice": pl.Series(frames, dtype=pl.Object)}
    ),
}
TWICE = "sequence {} .*, since names occur more than once: 'a'"
WITHOUT = "X does not have valid feature names, but {} was fitted with feature names"


@pytest.fixture(params=LIBRARIES.values(), ids=LIBRARIES)
def library(request):
    """Return what makes a frame of an array and names."""
    return request.param


@pytest.fixture(params=CONTAINERS.values(), ids=CONTAINERS)
def container(request):
    return request.param


@pytest.fixture
def silent():
    """Make errors of warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def framed(library, arrays, names=NAMES):
    return [library(array, list(names)) for array in arrays]


def shuffled(library, arrays):
    """Return frames of the same columns, each in another order."""
    orders = [[2, 0, 1], [1, 0, 2], [2, 1, 0]]
    return [
        library(array[:, order], [NAMES[i] for i in order])
        for array, order in zip(arrays, orders, strict=True)
    ]


@pytest.mark.usefixtures("silent")
class TestOrder:
    def test_is_learnt_and_another_is_put_in_it(self, library, container, arrays):
        estimator, sequences = fitted(container(framed(library, arrays)))
        assert_holds(sequences, arrays)
        assert estimator.feature_names_in_.tolist() == NAMES
        assert estimator.feature_names_in_.dtype == object
        assert estimator.n_features_in_ == len(NAMES)
        assert_holds(predicted(estimator, container(shuffled(library, arrays))), arrays)

    def test_within_one_x_is_that_of_the_first(self, library, container, arrays):
        estimator, sequences = fitted(container(shuffled(library, arrays)))
        assert estimator.feature_names_in_.tolist() == ["c", "a", "b"]
        assert_holds(sequences, [array[:, [2, 0, 1]] for array in arrays])

    def test_of_two_libraries_in_one_x(self, arrays):
        frames = [pd.DataFrame(arrays[0], columns=NAMES), pl.DataFrame(arrays[1], schema=NAMES)]
        estimator, sequences = fitted(frames)
        assert_holds(sequences, arrays[:2])
        changed = [frames[1].select("c", "b", "a"), frames[0][["b", "c", "a"]]]
        assert_holds(predicted(estimator, changed), arrays[1::-1])

    def test_of_columns_of_several_dtypes(self, arrays):
        frame = pd.DataFrame(arrays[0], columns=NAMES).astype({"a": "Int64", "b": "float32"})
        estimator, _ = fitted([frame])
        assert_holds(predicted(estimator, [frame[["b", "c", "a"]]]), arrays[:1])

    def test_of_names_that_occur_twice_is_kept_if_it_is_the_same(self, arrays):
        frames = framed(LIBRARIES["pandas"], arrays, ["a", "b", "a"])
        estimator, sequences = fitted(frames)
        assert_holds(sequences, arrays)
        assert_holds(predicted(estimator, frames), arrays)
        with pytest.raises(ValueError, match=TWICE.format(1)):
            predicted(estimator, [frames[0], frames[1].iloc[:, [1, 0, 2]]])
        with pytest.raises(ValueError, match=TWICE.format(0)):
            predicted(estimator, [frames[0].iloc[:, :2]])

    def test_costs_no_write_to_the_frames(self, library, arrays):
        frames = shuffled(library, arrays)
        before = [np.array(frame) for frame in frames]
        fitted(frames)
        for frame, values in zip(frames, before, strict=True):
            np.testing.assert_array_equal(frame, values)


class TestOtherNames:
    def test_at_predict_are_listed_with_the_sequence(self, library, container, arrays):
        estimator, _ = fitted(framed(library, arrays))
        frames = framed(library, arrays)
        frames[2] = library(arrays[2], ["b", "z", "a"])
        match = r"sequence 2 .* passed during fit.* \(missing: 'c'; unexpected: 'z'\)"
        with pytest.raises(ValueError, match=match):
            predicted(estimator, container(frames))

    def test_within_one_x_are_listed_with_the_sequence(self, library, arrays):
        frames = framed(library, arrays)
        frames[1] = library(arrays[1], ["a", "y", "z"])
        match = r"sequence 1 .* those of sequence 0.* \(missing: 'b', 'c'; unexpected: 'y', 'z'\)"
        with pytest.raises(ValueError, match=match):
            fitted(frames)

    def test_fewer_or_more_at_predict(self, library, arrays):
        estimator, _ = fitted(framed(library, arrays))
        with pytest.raises(ValueError, match=r"sequence 0 .*\(missing: 'b'\)"):
            predicted(estimator, [library(arrays[0][:, [0, 2]], ["a", "c"])])
        more = library(np.hstack([arrays[0], arrays[0][:, :1]]), [*NAMES, "d"])
        with pytest.raises(ValueError, match=r"sequence 0 .*\(unexpected: 'd'\)"):
            predicted(estimator, [more])

    def test_that_are_many_are_cut(self, library):
        wide = np.ones((2, 9))
        estimator, _ = fitted([library(wide, [f"f{i}" for i in range(9)])])
        match = r"missing: 'f0', 'f1', 'f2', 'f3', 'f4', \.\.\.; unexpected: 'g0'"
        with pytest.raises(ValueError, match=match):
            predicted(estimator, [library(wide, [f"g{i}" for i in range(9)])])

    def test_some_strings_and_some_not(self, arrays):
        mixed = pd.DataFrame(arrays[1], columns=["a", 1, "c"])
        frames = [pd.DataFrame(arrays[0], columns=NAMES), mixed]
        match = r"Feature names are only supported .* sequence 1 has \['int', 'str'\]"
        with pytest.raises(TypeError, match=match):
            fitted(frames)
        estimator, _ = fitted(frames[:1])
        with pytest.raises(TypeError, match=match):
            predicted(estimator, frames)


class TestNoNames:
    @pytest.mark.usefixtures("silent")
    def test_are_integers_and_tuples(self, arrays):
        tuples = pd.MultiIndex.from_tuples([("x", "a"), ("x", "b"), ("y", "a")])
        for names in ([2, 1, 0], tuples):
            frames = framed(LIBRARIES["pandas"], arrays)
            for frame in frames:
                frame.columns = names
            estimator, sequences = fitted(frames)
            assert_holds(sequences, arrays)
            assert not hasattr(estimator, "feature_names_in_")
            assert_holds(predicted(estimator, arrays), arrays)

    @pytest.mark.parametrize(
        "form", [list, padded, lambda arrays: [pd.DataFrame(array) for array in arrays]]
    )
    def test_at_predict_is_a_warning(self, form, library, arrays):
        estimator, _ = fitted(framed(library, arrays))
        with pytest.warns(UserWarning, match=WITHOUT.format("Estimator") + "$"):
            assert_holds(predicted(estimator, form(arrays)), arrays)

    def test_of_some_at_predict_is_a_warning(self, library, arrays):
        estimator, _ = fitted(framed(library, arrays))
        mixed = [*shuffled(library, arrays)[:2], arrays[2]]
        match = WITHOUT.format("Estimator") + ": sequence 2 is read by position"
        with pytest.warns(UserWarning, match=match):
            assert_holds(predicted(estimator, mixed), arrays)

    def test_of_some_in_fit_is_a_warning(self, library, arrays):
        mixed = [arrays[0], *framed(library, arrays)[1:]]
        with pytest.warns(UserWarning, match="Sequence 1 .* has feature names, but sequence 0 has"):
            estimator, sequences = fitted(mixed)
        assert_holds(sequences, arrays)
        assert estimator.feature_names_in_.tolist() == NAMES

    def test_in_fit_is_a_warning_where_predict_has_some(self, library, arrays):
        estimator, _ = fitted(arrays)
        match = "X has feature names, but Estimator was fitted without feature names"
        with pytest.warns(UserWarning, match=match):
            assert_holds(predicted(estimator, framed(library, arrays)), arrays)

    def test_in_another_fit_forgets_those_of_the_first(self, library, arrays):
        estimator, _ = fitted(framed(library, arrays))
        read_sequences(estimator, arrays, reset=True).packed(np.dtype(np.float64))
        assert not hasattr(estimator, "feature_names_in_")


@pytest.mark.usefixtures("silent")
def test_names_of_a_tables_steps_and_of_a_steps_features_are_not_compared(library, arrays, table):
    columns = [array[:, :1] for array in arrays]
    frames, frame = framed(library, columns, ["a"]), pd.DataFrame(table, columns=[*"wxyz"])
    for form in (frame, table):
        estimator, _ = fitted(form)
        assert_holds(predicted(estimator, frames), columns)
    estimator, _ = fitted(frames)
    for form in (frame, table):
        assert_holds(predicted(estimator, form), table[:, :, np.newaxis])


ESTIMATORS = {"classifier": RNNClassifier, "regressor": RNNRegressor}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
class TestEstimators:
    @pytest.fixture(params=ESTIMATORS.values(), ids=ESTIMATORS)
    def estimator(self, request):
        return request.param(**(QUICK | {"max_iter": 2}))

    @pytest.fixture
    def y(self):
        return [0, 1, 1]

    def test_predict_the_same_of_another_order(self, estimator, library, arrays, y):
        expected = estimator.fit(arrays, y).predict(arrays)
        assert not hasattr(estimator, "feature_names_in_")
        estimator.fit(framed(library, arrays), y)
        assert estimator.feature_names_in_.tolist() == NAMES
        twin = pickle.loads(pickle.dumps(estimator))
        assert twin.feature_names_in_.tolist() == NAMES
        for one in (estimator, twin):
            np.testing.assert_array_equal(one.predict(shuffled(library, arrays)), expected)

    def test_refuse_other_names_and_stay_as_they_were(self, estimator, library, arrays, y):
        frames = framed(library, arrays)
        other = [*frames[:2], library(arrays[2], ["a", "b", "z"])]
        estimator.fit(frames, y)
        for call in (estimator.predict, lambda X: estimator.partial_fit(X, y)):
            with pytest.raises(ValueError, match=r"sequence 2 .*missing: 'c'; unexpected: 'z'"):
                call(other)
        with pytest.raises(ValueError, match="those of sequence 0"):
            estimator.fit(other, y)
        assert estimator.feature_names_in_.tolist() == NAMES

    def test_go_on_in_the_order_of_the_first_call(self, estimator, library, arrays, y):
        one = estimator.fit(framed(library, arrays), y)
        two = pickle.loads(pickle.dumps(one))
        one.partial_fit(framed(library, arrays), y)
        two.partial_fit(shuffled(library, arrays), y)
        for name, array in one.weights_.items():
            np.testing.assert_array_equal(array, two.weights_[name])

    def test_forget_the_names_of_a_fit_before(self, estimator, library, arrays, y):
        estimator.set_params(early_stopping=True).fit(
            framed(library, arrays), y, X_val=shuffled(library, arrays), y_val=y
        )
        assert estimator.feature_names_in_.tolist() == NAMES
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", ConvergenceWarning)
            estimator.fit(arrays, y, X_val=arrays, y_val=y)
        assert not hasattr(estimator, "feature_names_in_")

    def test_are_split_by_scikit_learn(self, estimator, library, arrays):
        X, y = framed(library, arrays * 4), [0, 1, 1] * 4
        expected = cross_val_predict(estimator, arrays * 4, y, cv=2)
        np.testing.assert_array_equal(cross_val_predict(estimator, X, y, cv=2), expected)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_file_whose_names_are_no_strings_is_refused(arrays):
    fit = RNNRegressor(2, max_iter=1).fit(framed(LIBRARIES["pandas"], arrays), [0.0, 1.0, 2.0])
    state = fit.__getstate__()
    state["_fitted"]["inputs"]["feature_names_in_"] = np.array(["a", ["b"], None], object)
    with pytest.raises(ValueError, match=r"inputs\.feature_names_in_ must hold strings"):
        RNNRegressor.__new__(RNNRegressor).__setstate__(state)


def test_a_type_whose_columns_are_a_method_has_no_names(arrays):
    class Steps(list):
        def columns(self):
            raise AssertionError

    estimator, sequences = fitted([Steps(array.tolist()) for array in arrays])
    assert_holds(sequences, arrays)
    assert isinstance(estimator, Estimator)
    assert not hasattr(estimator, "feature_names_in_")

"""Every accepted form of input gives the same sequences."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from ..toys import object_array, padded
from .conftest import N_FEATURES, assert_holds, converted, fitted

RAGGED_FORMS = {
    "list of arrays": list,
    "tuple of arrays": tuple,
    "nested lists": lambda arrays: [array.tolist() for array in arrays],
    "nested tuples": lambda arrays: tuple(tuple(map(tuple, array)) for array in arrays),
    "list of lists of step arrays": lambda arrays: [list(array) for array in arrays],
    "object array": object_array,
    "object array of one column": lambda arrays: object_array(arrays).reshape(-1, 1),
    "object array of lists": lambda arrays: object_array([a.tolist() for a in arrays]),
    "Series": lambda arrays: pd.Series(object_array(arrays), index=[7, 7, 2][: len(arrays)]),
    "one-column frame": lambda arrays: pd.DataFrame({"voice": object_array(arrays)}),
    "list of frames": lambda arrays: [pd.DataFrame(a) for a in arrays],
    "list of nullable frames": lambda arrays: [pd.DataFrame(a).convert_dtypes() for a in arrays],
    "list of Fortran arrays": lambda arrays: [np.asfortranarray(a) for a in arrays],
    "list of strided arrays": lambda arrays: [np.repeat(a, 2, axis=1)[:, ::2] for a in arrays],
    "list of big-endian arrays": lambda arrays: [a.astype(">f8") for a in arrays],
    "list of different dtypes": lambda arrays: [
        array.astype(kind) for array, kind in zip(arrays, ["f4", "i8", "O"], strict=True)
    ],
    "3-D array with padding": padded,
    "Fortran 3-D array with padding": lambda arrays: np.asfortranarray(padded(arrays)),
    "float32 3-D array with padding": lambda arrays: padded(arrays).astype(np.float32),
    "object 3-D array with padding": lambda arrays: padded(arrays).astype(object),
}

EQUAL_FORMS = {
    "3-D array": np.asarray,
    "3-D float32 array": lambda cube: cube.astype(np.float32),
    "3-D float16 array": lambda cube: cube.astype(np.float16),
    "3-D integer array": lambda cube: cube.astype(np.int16),
    "3-D unsigned array": lambda cube: cube.astype(np.uint64),
    "3-D object array": lambda cube: cube.astype(object),
    "3-D Fortran array": np.asfortranarray,
    "3-D reversed view": lambda cube: cube[::-1].copy()[::-1],
    "3-D big-endian array": lambda cube: cube.astype(">f4"),
    "nested lists": lambda cube: cube.tolist(),
    "list of arrays": list,
    "object array": lambda cube: object_array(list(cube)),
}

TABLE_FORMS = {
    "array": np.asarray,
    "lists": lambda table: table.tolist(),
    "tuple of lists": lambda table: tuple(table.tolist()),
    "frame": pd.DataFrame,
    "frame with names": lambda table: pd.DataFrame(table, columns=[*"abcd"]),
    "frame of many dtypes": lambda table: pd.DataFrame(table).astype(
        {0: "int8", 1: "Int64", 2: "Float32", 3: "category"}
    ),
    "frame of objects": lambda table: pd.DataFrame(table).astype(object),
    "integers": lambda table: table.astype(np.int32),
    "float16": lambda table: table.astype(np.float16),
    "long double": lambda table: table.astype(np.longdouble),
    "big-endian": lambda table: table.astype(">f8"),
    "Fortran": np.asfortranarray,
    "objects": lambda table: table.astype(object),
    "strided": lambda table: np.repeat(table, 3, axis=1)[:, ::3],
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", RAGGED_FORMS.values(), ids=RAGGED_FORMS)
def test_every_ragged_form_gives_the_same_sequences(form, dtype, arrays):
    estimator, sequences = fitted(form(arrays), dtype)
    assert_holds(sequences, arrays, dtype)
    assert estimator.n_features_in_ == N_FEATURES
    assert not hasattr(estimator, "feature_names_in_")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", EQUAL_FORMS.values(), ids=EQUAL_FORMS)
def test_every_form_of_equal_length_gives_the_same_sequences(form, dtype, cube):
    estimator, sequences = fitted(form(cube), dtype)
    assert_holds(sequences, cube, dtype)
    assert estimator.n_features_in_ == N_FEATURES


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("form", TABLE_FORMS.values(), ids=TABLE_FORMS)
def test_every_form_of_table_gives_the_same_sequences(form, dtype, table):
    estimator, sequences = fitted(form(table), dtype)
    assert_holds(sequences, table[:, :, np.newaxis], dtype)
    assert estimator.n_features_in_ == 4


FLAT_FORMS = {
    "list of arrays": list,
    "nested lists": lambda flat: [array.tolist() for array in flat],
    "object array": object_array,
    "object array of one column": lambda flat: object_array(flat).reshape(-1, 1),
    "Series": lambda flat: pd.Series(flat),
    "one-column frame": lambda flat: pd.DataFrame({"voice": flat}),
    "column arrays": lambda flat: [array[:, np.newaxis] for array in flat],
    "both kinds of array": lambda flat: [flat[0], flat[1][:, np.newaxis], *flat[2:]],
}


@pytest.mark.parametrize("form", FLAT_FORMS.values(), ids=FLAT_FORMS)
def test_sequences_of_one_feature_need_no_second_axis(form, arrays):
    estimator, sequences = fitted(form([array[:, 0] for array in arrays]))
    assert_holds(sequences, [array[:, :1] for array in arrays])
    assert estimator.n_features_in_ == 1


def test_nested_series_of_one_column_frame_are_sequences(arrays):
    nested = pd.DataFrame({"a": [pd.Series(array[:, 0], index=array[:, 1]) for array in arrays]})
    assert_holds(converted(nested), [array[:, :1] for array in arrays])


def test_ranges_and_nullable_arrays_are_sequences():
    X = [range(3), pd.array([1, 2], dtype="Int64"), pd.Series([True, False])]
    assert_holds(converted(X), [[[0], [1], [2]], [[1], [2]], [[1], [0]]])


def test_booleans_become_zero_and_one():
    assert_holds(converted(np.array([[True, False]])), [[[1.0], [0.0]]])
    assert_holds(converted(pd.DataFrame({"a": [True], "b": [False]})), [[[1.0], [0.0]]])


def test_what_has_only_the_array_protocol_is_accepted(cube, table):
    class NotAnArray:
        def __init__(self, data):
            self.data = data

        def __array__(self, dtype=None, copy=None):
            return self.data if dtype is None else self.data.astype(dtype)

    assert_holds(converted(NotAnArray(cube)), cube)
    assert_holds(converted(NotAnArray(table)), table[:, :, np.newaxis])


def test_polars_frames_and_series_are_accepted(arrays, table):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(table, schema=[*"abcd"])
    estimator, sequences = fitted(frame)
    assert_holds(sequences, table[:, :, np.newaxis])
    # Which polars' names scikit-learn can read depends on the versions of both.
    names = getattr(StandardScaler().fit(frame), "feature_names_in_", None)
    np.testing.assert_array_equal(getattr(estimator, "feature_names_in_", None), names)
    columns = [array[:, :1] for array in arrays]
    assert_holds(converted(polars.Series([array[:, 0] for array in arrays])), columns)


@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=8),
    n_features=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=50, deadline=None)
def test_padding_and_list_agree_for_any_lengths(lengths, n_features, seed):
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=(length, n_features)) for length in lengths]
    assert_holds(converted(arrays), arrays)
    assert_holds(converted(padded(arrays)), arrays)
    assert_holds(converted(object_array(arrays)[:, np.newaxis]), arrays)

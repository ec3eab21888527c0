"""The conversion of every accepted input, and the errors of every other."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_consistent_length

from skrnn.inputs.sequences import check_sequences
from skrnn.runtime.rows import Sequences

LENGTHS = [4, 1, 7]
N_FEATURES = 3


class Estimator(BaseEstimator):
    """Carries what `check_sequences` learns."""


def fitted(X, dtype=np.float64):
    estimator = Estimator()
    return estimator, check_sequences(estimator, X, dtype=np.dtype(dtype), reset=True)


def converted(X, dtype=np.float64):
    return fitted(X, dtype)[1]


def expected_of(arrays, dtype=np.float64):
    """Return values and offsets of (length, n_features) arrays, the slow and obvious way."""
    steps, offsets = [], [0]
    for array in arrays:
        steps.extend(list(step) for step in array)
        offsets.append(len(steps))
    return np.array(steps, dtype=dtype), np.array(offsets)


def assert_holds(sequences, arrays, dtype=np.float64):
    values, offsets = expected_of(arrays, dtype)
    np.testing.assert_array_equal(sequences.values, values, strict=True)
    np.testing.assert_array_equal(sequences.offsets, offsets)
    assert sequences.offsets.dtype == np.int64
    assert sequences.values.flags.c_contiguous
    assert sequences.values.flags.writeable
    assert sequences.values.flags.aligned
    assert sequences.values.dtype.isnative


def object_array(items):
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array


def padded(arrays):
    cube = np.full((len(arrays), max(map(len, arrays)), arrays[0].shape[1]), np.nan)
    for row, array in zip(cube, arrays, strict=True):
        row[: len(array)] = array
    return cube


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


@pytest.fixture
def arrays(rng):
    """Return sequences of unequal length whose values every dtype can hold."""
    return [rng.integers(0, 100, size=(length, N_FEATURES)).astype(float) for length in LENGTHS]


@pytest.fixture
def cube(rng):
    return rng.integers(0, 100, size=(3, 4, N_FEATURES)).astype(float)


@pytest.fixture
def table(rng):
    return rng.integers(0, 100, size=(3, 4)).astype(float)


# Accepted forms


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


def test_memory_mapped_input_works_and_is_not_written_to(tmp_path, cube):
    np.save(tmp_path / "cube.npy", cube)
    for mode in ("r", "c", "r+"):
        mapped = np.load(tmp_path / "cube.npy", mmap_mode=mode)
        assert_holds(converted(mapped, np.float32), cube, np.float32)
        assert_holds(converted(mapped), cube)
        assert_holds(converted(mapped[:, :, 0]), cube[:, :, :1])
    np.testing.assert_array_equal(np.load(tmp_path / "cube.npy"), cube)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 2)])
def test_right_array_is_not_copied_and_read_only_one_is(shape, rng):
    X = rng.normal(size=shape)
    assert np.shares_memory(converted(X).values, X)
    assert not np.shares_memory(converted(X, np.float32).values, X)
    X.flags.writeable = False
    assert not np.shares_memory(converted(X).values, X)
    assert converted(X).values.flags.writeable


def test_unaligned_input_is_copied_aligned(table):
    raw = bytearray(table.nbytes + 1)
    unaligned = np.frombuffer(raw, dtype=np.float64, offset=1).reshape(table.shape)
    unaligned[...] = table
    assert not unaligned.flags.aligned
    assert_holds(converted(unaligned), table[:, :, np.newaxis])


@pytest.mark.parametrize("form", [padded, list, object_array])
def test_input_is_left_as_it_was(form, arrays):
    X = form(arrays)
    before = [np.array(item) for item in X]
    sequences = converted(X)
    sequences.values[...] = -1  # what came from several arrays or padding has its own memory
    for item, old in zip(X, before, strict=True):
        np.testing.assert_array_equal(item, old)


def test_only_steps_that_are_nan_in_every_feature_at_the_end_are_padding(cube):
    cube[0, 2:] = np.nan
    cube[2, 3:] = np.nan
    assert converted(cube).lengths.tolist() == [2, 4, 3]
    cube[1, 3, 0] = np.nan
    with pytest.raises(ValueError, match="NaN in sequence 1 at time step 3, feature 0"):
        converted(cube)


def test_large_finite_values_pass_though_their_sum_overflows():
    X = np.full((2, 3, 1), 3e38, dtype=np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_holds(converted(X, np.float32), X, np.float32)


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


# Sequences


def test_sequences_know_their_numbers(arrays):
    sequences = converted(arrays)
    assert len(sequences) == sequences.n_sequences == 3
    assert sequences.n_features == N_FEATURES
    assert sequences.lengths.tolist() == LENGTHS
    assert sequences.lengths.dtype == np.int64
    check_consistent_length(sequences, [0, 1, 2])


@pytest.mark.parametrize(
    ("indices", "order"),
    [
        ([2, 0], [2, 0]),
        (np.array([0, 0, 2, 0]), [0, 0, 2, 0]),
        ([-1], [2]),
        ([], []),
        (slice(None, None, -1), [2, 1, 0]),
        (np.array([True, False, True]), [0, 2]),
    ],
    ids=str,
)
def test_take_copies_the_chosen_sequences(indices, order, arrays):
    sequences = converted(arrays)
    taken = sequences.take(indices)
    assert taken.lengths.tolist() == [LENGTHS[i] for i in order]
    for place, i in enumerate(order):
        part = taken.values[taken.offsets[place] : taken.offsets[place + 1]]
        np.testing.assert_array_equal(part, arrays[i])
    assert taken.values.flags.c_contiguous
    assert taken.values.shape[1] == N_FEATURES
    assert not np.shares_memory(taken.values, sequences.values)


def test_take_refuses_what_is_out_of_range(arrays):
    with pytest.raises(IndexError, match="out of bounds"):
        converted(arrays).take([3])


def test_sequences_are_frozen(arrays):
    with pytest.raises(AttributeError):
        converted(arrays).values = np.zeros((1, 1))
    assert isinstance(converted(arrays), Sequences)


# What is learnt in fit and checked in predict


def predicted(estimator, X):
    return check_sequences(estimator, X, dtype=np.dtype(np.float64), reset=False)


def test_sequences_may_have_other_lengths_and_forms_at_predict(arrays, cube):
    estimator, _ = fitted(arrays)
    assert_holds(predicted(estimator, arrays[:1]), arrays[:1])
    assert_holds(predicted(estimator, cube[:, :2]), cube[:, :2])
    assert_holds(predicted(estimator, pd.Series(list(cube))), cube)


@pytest.mark.parametrize("wrong", [1, 4])
def test_other_feature_count_at_predict(wrong, arrays):
    estimator, _ = fitted(arrays)
    match = f"X has {wrong} features, but Estimator is expecting 3 features as input"
    for X in (np.ones((2, 5, wrong)), [np.ones((2, wrong)), np.ones((3, wrong))]):
        with pytest.raises(ValueError, match=match):
            predicted(estimator, X)


def test_table_at_predict_after_fit_on_several_features(arrays):
    estimator, _ = fitted(arrays)
    match = r"X has 1 features, but Estimator is expecting 3 .* is passed as \[X\]"
    with pytest.raises(ValueError, match=match):
        predicted(estimator, arrays[0])
    assert_holds(predicted(estimator, [arrays[0]]), arrays[:1])


def test_table_of_other_width_at_predict_is_refused_as_scikit_learn_does(table):
    for form in (np.asarray, lambda table: table.tolist()):
        estimator, _ = fitted(form(table))
        match = "X has 3 features, but Estimator is expecting 4 features as input"
        with pytest.raises(ValueError, match=match):
            predicted(estimator, form(table[:, :3]))


def test_sequences_of_one_feature_of_any_length_after_fit_on_a_table(table, arrays):
    estimator, _ = fitted(table)
    flat, columns = [array[:, 0] for array in arrays], [array[:, :1] for array in arrays]
    assert_holds(predicted(estimator, flat), columns)
    assert_holds(predicted(estimator, padded(columns)), columns)
    with pytest.raises(ValueError, match="X has 3 features, but Estimator is expecting 1 feat"):
        predicted(estimator, arrays)


@pytest.mark.parametrize("width", [1, 9])
def test_table_of_any_width_after_fit_on_sequences_of_one_feature(width, arrays, rng):
    estimator, _ = fitted([array[:, 0] for array in arrays])
    table = rng.normal(size=(2, width))
    for X in (table, table.tolist(), pd.DataFrame(table).rename(columns=str)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert_holds(predicted(estimator, X), table[:, :, np.newaxis])


def test_list_of_arrays_that_happen_to_be_of_one_length_leaves_lengths_free(table):
    estimator, sequences = fitted(list(table))
    assert_holds(sequences, table[:, :, np.newaxis])
    assert estimator.n_features_in_ == 1
    assert_holds(predicted(estimator, [table[0, :2]]), [table[0, :2, np.newaxis]])


def test_feature_names_of_a_frame_are_learnt_checked_and_forgotten(table, cube):
    frame = pd.DataFrame(table, columns=[*"abcd"])
    estimator, _ = fitted(frame)
    assert estimator.feature_names_in_.tolist() == [*"abcd"]
    with pytest.raises(ValueError, match="feature names should match"):
        predicted(estimator, frame[[*"bacd"]])
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        predicted(estimator, table)
    for X in (table, cube):
        check_sequences(estimator, frame, dtype=np.dtype(np.float64), reset=True)
        check_sequences(estimator, X, dtype=np.dtype(np.float64), reset=True)
        assert not hasattr(estimator, "feature_names_in_")


def test_fit_again_on_another_form_forgets_the_first(table, cube):
    estimator, _ = fitted(table)
    check_sequences(estimator, cube, dtype=np.dtype(np.float64), reset=True)
    assert estimator.n_features_in_ == estimator._n_features_step == 3
    assert not estimator._fitted_on_table
    check_sequences(estimator, table[:, :2], dtype=np.dtype(np.float64), reset=True)
    assert estimator.n_features_in_ == 2
    assert estimator._n_features_step == 1
    assert estimator._fitted_on_table


# Refused input

STEPS = np.arange(24.0).reshape(3, 4, 2)
TABLE = STEPS[:, :, 0]
MULTI_INDEX = pd.MultiIndex.from_product([["first", "second"], range(4)], names=["who", "time"])


def with_value(value, *place, base=STEPS):
    changed = base.astype(object) if isinstance(value, str) else base.copy()
    changed[place] = value
    return changed


REFUSED = {
    "NaN in a table": (with_value(np.nan, 2, 1, base=TABLE), "NaN in sequence 2 at time step 1"),
    "NaN in a frame": (
        pd.DataFrame(with_value(np.nan, 0, 3, base=TABLE)),
        "NaN in sequence 0 at time step 3",
    ),
    "trailing NaN in a table": (
        with_value(np.nan, 1, slice(2, None), base=TABLE),
        "NaN in sequence 1 at time step 2",
    ),
    "NA in a frame": (
        pd.DataFrame({"a": pd.array([1, 2, None], dtype="Int64"), "b": [1, 2, 3]}),
        "NaN in sequence 2 at time step 0",
    ),
    "NA in an object table": (
        np.array([[1, 2], [3, pd.NA]], dtype=object),
        "NaN in sequence 1 at time step 1",
    ),
    "NaN in a 3-D array": (
        with_value(np.nan, 1, 2, 0),
        "NaN in sequence 1 at time step 2, feature 0.*Impute",
    ),
    "NaN padding in the middle": (
        with_value(np.nan, 2, 1),
        "NaN in sequence 2 at time step 1.*only as trailing padding",
    ),
    "NaN padding at the start": (
        with_value(np.nan, 0, slice(0, 3)),
        "NaN in sequence 0 at time step 0.*only as trailing padding",
    ),
    "NaN after a shorter sequence": (
        with_value(np.nan, 1, 1, base=with_value(np.nan, 0, slice(2, None))),
        "NaN in sequence 1 at time step 1",
    ),
    "NaN in a list": (
        [STEPS[0, :2], with_value(np.nan, 3, 1, base=STEPS[1])],
        "NaN in sequence 1 at time step 3, feature 1",
    ),
    "trailing NaN in a list": (
        [STEPS[0, :2], with_value(np.nan, 3, base=STEPS[1])],
        "NaN in sequence 1 at time step 3.*of a 3-D array",
    ),
    "NA in a sequence": (
        [pd.array([1.0, None], dtype="Float64"), [1.0]],
        "NaN in sequence 0 at time step 1",
    ),
    "infinity in a table": (
        with_value(-np.inf, 1, 3, base=TABLE),
        "infinity in sequence 1 at time step 3",
    ),
    "infinity in a 3-D array": (
        with_value(np.inf, 2, 3, 1),
        "infinity in sequence 2 at time step 3, feature 1",
    ),
    "infinity in a list": (
        [STEPS[0, :2], with_value(np.inf, 0, 0, base=STEPS[1])],
        "infinity in sequence 1 at time step 0, feature 0",
    ),
    "infinity before padding": (
        with_value(np.inf, 0, 1, 0, base=with_value(np.nan, 0, 2, base=STEPS[:, :3])),
        "infinity in sequence 0 at time step 1, feature 0",
    ),
    "empty array in a list": ([STEPS[0], STEPS[1, :0]], "sequence 1 is empty"),
    "empty list in a list": ([[1.0, 2.0], [], [3.0]], "sequence 1 is empty"),
    "empty lists": ([[], []], "sequence 0 is empty"),
    "nothing but padding": (with_value(np.nan, 1), "sequence 1 is empty"),
    "no time steps": (np.zeros((2, 0, 3)), "sequence 0 is empty"),
    "no samples, list": ([], r"0 sample\(s\)"),
    "no samples, Series": (pd.Series([], dtype=object), r"0 sample\(s\)"),
    "no samples, table": (np.zeros((0, 3)), r"0 sample\(s\) \(shape=\(0, 3\)\)"),
    "no samples, 3-D": (np.zeros((0, 3, 2)), r"0 sample\(s\) \(shape=\(0, 3, 2\)\)"),
    "no columns": (np.zeros((3, 0)), r"0 feature\(s\) \(shape=\(3, 0\)\) while a minimum of 1"),
    "no features, 3-D": (np.zeros((3, 2, 0)), r"0 feature\(s\) \(shape=\(3, 2, 0\)\)"),
    "no features, list": ([np.zeros((3, 0))], r"0 feature\(s\) \(shape=\(3, 0\)\)"),
    "features disagree": (
        [STEPS[0], STEPS[1], STEPS[2, :, :1]],
        "sequence 2 has 1 features, but sequence 0 has 2.*transpose",
    ),
    "features disagree, nested lists": (
        [[[1, 2], [3, 4]], [[1], [3]]],
        "sequence 1 has 1 features, but sequence 0 has 2",
    ),
    "features disagree within a sequence": ([[[1, 2], [3]], [[1, 2]]], "sequence 0 is not rect"),
    "features disagree deep down": ([[1, 2], [3, [4]]], "sequence 1 is not rectangular"),
    "3-D array in a list": ([STEPS, STEPS], r"sequence 0 has shape \(3, 4, 2\)"),
    "4-D array": (np.zeros((2, 2, 2, 2)), r"X has shape \(2, 2, 2, 2\)"),
    "complex table": (TABLE + 1j, "Complex data not supported"),
    "complex 3-D array": (STEPS + 1j, "Complex data not supported"),
    "complex list": ([STEPS[0], STEPS[1] + 1j], "Complex data not supported: sequence 1"),
    "complex frame": (pd.DataFrame({"a": [1j]}), "Complex data not supported: column 'a'"),
    "complex objects": ((TABLE + 1j).astype(object), "Complex data not supported"),
    "string table": (np.array([["a", "b"]]), "X holds strings of dtype <U1"),
    "digits": (np.array([["1", "2"]]), "X holds strings of dtype <U1"),
    "bytes": (np.array([[b"a", b"b"]]), "X holds strings of dtype |S1"),
    "string objects": (with_value("x", 0, 1, base=TABLE), "X holds strings such as 'x'"),
    "string in a 3-D array": (with_value("x", 0, 1, 0), "X holds strings such as 'x'"),
    "list of strings": (["word", "words"], "X holds strings"),
    "lists of strings": ([["a", "b"], ["c"]], "sequence 0 holds strings"),
    "string frame": (pd.DataFrame({"a": [1.0], "b": ["x"]}), "column 'b' of X holds strings"),
    "string categories": (
        pd.DataFrame({"a": pd.Categorical(["x"]), "b": [1]}),
        "column 'a' of X holds strings such as 'x'",
    ),
    "dates": (np.array([["2020-01-01"]], dtype="M8[D]"), "X holds data of dtype datetime64"),
    "date column": (
        pd.DataFrame({"when": pd.to_datetime(["2020-01-01"]), "b": [1.0]}),
        "column 'when' of X holds data of dtype datetime64",
    ),
    "1-D array": (TABLE[0], "Reshape your data"),
    "1-D list": ([1.0, 2.0], "Reshape your data"),
    "1-D Series": (pd.Series([1.0, 2.0]), "Reshape your data"),
    "scalar": (3.0, "Reshape your data"),
    "None": (None, "X is None"),
    "MultiIndex frame": (
        pd.DataFrame({"value": np.arange(8.0)}, index=MULTI_INDEX),
        r"MultiIndex.*\[g.to_numpy\(\) for _, g in X.groupby\(level=0\)\]",
    ),
    "MultiIndex Series": (pd.Series(np.arange(8.0), index=MULTI_INDEX), "MultiIndex"),
    "too large for float64": ([[1, 10**400], [1, 2]], "not a float64 number"),
}

REFUSED_TYPES = {
    "sparse matrix": (sparse.csr_matrix(TABLE), "Sparse data was passed for X.*toarray"),
    "sparse array": (sparse.coo_array(TABLE), "Sparse data was passed for X"),
    "sparse frame": (
        pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 1.0])}),
        "Sparse data was passed for X",
    ),
    "sparse sequence": ([TABLE, sparse.csr_matrix(TABLE)], "Sparse data was passed for sequence 1"),
    "masked array": (np.ma.masked_greater(STEPS, 8), "masked array was passed for X.*filled"),
    "masked sequence": (
        [STEPS[0], np.ma.masked_greater(STEPS[1], 8)],
        "masked array was passed for sequence 1",
    ),
    "dict among objects": (
        np.array([[{"foo": "bar"}, 1.0]], dtype=object),
        "argument must be .* string.* number, not 'dict'",
    ),
    "dict": ({"a": [1]}, "argument must be .* string.* number, not 'dict'"),
    "generator": ((step for step in TABLE), "argument must be .* number, not 'generator'"),
    "two columns of sequences": (
        pd.DataFrame({"a": [TABLE[0]], "b": [TABLE[1]]}),
        r"column 'a' of X holds sequences.*\(length, n_features\)",
    ),
    "object array of two columns": (
        np.array([[[1, 2], None], [[3], None]], dtype=object),
        r"X holds sequences where numbers are expected",
    ),
    "None among sequences": ([TABLE[0], None], "sequence 1 is None of type NoneType"),
    "number among sequences": ([1.5, TABLE[0]], "sequence 0 is 1.5 of type float"),
    "NaN in a Series": (pd.Series([TABLE[0], np.nan]), "sequence 1 is nan of type float"),
    "string among sequences": ([TABLE[0], "word"], "sequence 1 is 'word' of type str"),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("X", "match"), REFUSED.values(), ids=REFUSED)
def test_refused_values(X, match, dtype):
    with pytest.raises(ValueError, match=match):
        fitted(X, dtype)


@pytest.mark.parametrize(("X", "match"), REFUSED_TYPES.values(), ids=REFUSED_TYPES)
def test_refused_types(X, match):
    with pytest.raises(TypeError, match=match):
        fitted(X)


@pytest.mark.parametrize(
    ("X", "place"),
    [
        (with_value(1e300, 2, 1, base=TABLE), "in sequence 2 at time step 1"),
        (pd.DataFrame(with_value(1e300, 2, 1, base=TABLE)), "in sequence 2 at time step 1"),
        (with_value(1e300, 1, 3, 1), "in sequence 1 at time step 3, feature 1"),
        (
            with_value(1e300, 1, 3, 1, base=with_value(np.nan, 0, slice(1, None))),
            "in sequence 1 at time step 3, feature 1",
        ),
        ([STEPS[0, :2], with_value(1e300, 0, 1, base=STEPS[1])], "in sequence 1 at time step 0"),
        ([[1, 2], [10**300]], "in sequence 1 at time step 0"),
    ],
    ids=["table", "frame", "3-D", "padded", "list", "integers"],
)
def test_value_that_float32_cannot_hold(X, place):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(converted(X, np.float64).values).all()
        with pytest.raises(ValueError, match=rf"too large for float32 {place}.*: 1e\+300"):
            converted(X, np.float32)


@pytest.mark.parametrize("X", [with_value(np.nan, 1, 2, 0), [STEPS[0], STEPS[1, :0]], TABLE[0]])
def test_predict_refuses_what_fit_refuses(X):
    estimator, _ = fitted(STEPS)
    before = dict(vars(estimator))
    with pytest.raises(ValueError, match=r"NaN in sequence 1|sequence 1 is empty|Reshape") as fit:
        fitted(X)
    with pytest.raises(ValueError) as predict:
        predicted(estimator, X)
    assert str(predict.value) == str(fit.value)
    assert vars(estimator) == before

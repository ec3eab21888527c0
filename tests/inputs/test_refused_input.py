"""Input that is refused, and the messages that say why."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from .conftest import converted, fitted, predicted

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

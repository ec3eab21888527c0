"""Labels come back as they were passed: in their type, and exactly."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from skrnn import RNNClassifier

from ..toys import QUICK, labelled, ragged
from .conftest import fails_unchanged

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BIG, TOP = 2**53, 2**64 - 1


def of(kind):
    return lambda labels: pd.Series(list(labels), dtype=kind)


def as_objects(labels):
    return np.array(list(labels), dtype=object)


# How labels are passed, which two there are, and the dtype of `classes_`.
PASSED = {
    "objects": (as_objects, [1, 2], np.int64),
    "Series of objects": (of(object), [1, 2], np.int64),
    "large objects": (as_objects, [BIG, BIG + 1], np.int64),
    "objects beyond int64": (as_objects, [TOP - 1, TOP], np.uint64),
    "NumPy's integers as objects": (as_objects, [np.int8(1), np.int64(2)], np.int64),
    "objects that are booleans": (as_objects, [False, True], np.bool_),
    "objects that are floats": (as_objects, [1.0, 2.0], np.float64),
    "whole and other numbers": (as_objects, [1, Fraction(2)], np.float64),
    "a list of large numbers": (list, [2**63, 5], np.uint64),
    "a list of whole floats": (list, [1.0, 2.0**60], np.float64),
    "Int8": (of("Int8"), [1, 2], np.int8),
    "Int64": (of("Int64"), [BIG, BIG + 1], np.int64),
    "UInt64": (of("UInt64"), [TOP - 1, TOP], np.uint64),
    "uint64": (lambda labels: np.array(list(labels), np.uint64), [TOP - 1, TOP], np.uint64),
    "boolean": (of("boolean"), [False, True], np.bool_),
    "Float64": (of("Float64"), [1.0, 2.0], np.float64),
    "category": (of("category"), [1, 2], np.int64),
    "NumPy's strings": (
        lambda labels: np.array(list(labels), np.dtypes.StringDType()),
        ["a", "b"],
        np.object_,
    ),
    "string": (of("string"), ["a", "b"], np.object_),
}


@pytest.mark.parametrize(("pack", "labels", "dtype"), PASSED.values(), ids=PASSED)
class TestLabels:
    def test_of_fit(self, pack, labels, dtype):
        X, codes = labelled([0, 1])
        y = pack(labels[code] for code in codes)
        fitted = RNNClassifier(**QUICK).fit(X, y)
        assert_array_equal(fitted.classes_, np.array(sorted(labels), dtype), strict=True)
        assert fitted.predict(X).dtype == dtype
        assert fitted.score(X, y) > 0.7

    def test_of_partial_fit(self, pack, labels, dtype):
        X, codes = labelled([0, 1], 10)
        y = pack(labels[code] for code in codes)
        fitted = RNNClassifier(**QUICK).partial_fit(X, y, classes=pack(labels))
        fitted.partial_fit(X, y, classes=pack(labels))
        assert_array_equal(fitted.classes_, np.array(sorted(labels), dtype), strict=True)


def test_frame_of_one_nullable_column():
    X, codes = labelled([0, 1], 10)
    y = pd.DataFrame({"id": pd.Series(codes + BIG, dtype="Int64")})
    with pytest.warns(match="column-vector y was passed"):
        fitted = RNNClassifier(**QUICK).fit(X, y)
    assert_array_equal(fitted.classes_, [BIG, BIG + 1], strict=True)


def test_indicator_of_nullable_columns():
    X, codes = labelled([0, 1], 10)
    y = pd.DataFrame({"a": of("Int64")(codes), "b": of("boolean")(codes == 0)})
    fitted = RNNClassifier(**QUICK).fit(X, y)
    assert fitted.predict(X).shape == (10, 2)


DATES = pd.Series(pd.to_datetime(["2020-01-01", None, "2020-01-03"]))
MISSING = {
    "NaN in a list of strings": (["a", "b", np.nan], "nan in {}.2."),
    "None in a list of strings": (["a", "b", None], "None in {}.2."),
    "NaN in a list": ([0, np.nan, 1], "nan in {}.1."),
    "None in a list": ([0, None, 1], "None in {}.1."),
    "NA in a list": ([0, 1, pd.NA], "<NA> in {}.2."),
    "NaT in a list": ([*DATES], "NaT in {}.1."),
    "nothing else": ([None, None, None], "None in {}.0."),
    "floats": (np.array([np.nan, 0.0, 1.0]), "nan in {}.0."),
    "objects": (as_objects(["a", np.nan, "b"]), "nan in {}.1."),
    "NumPy's NaN": (as_objects(["a", "b", np.float32("nan")]), "nan in {}.2."),
    "NaT": (DATES.to_numpy(), "NaT in {}.1."),
    "durations": (DATES.to_numpy() - DATES[0].to_numpy(), "NaT in {}.1."),
    "NaT of a Series": (DATES, "NaT in {}.1."),
    "NaT of time zones": (DATES.dt.tz_localize("UTC"), "NaT in {}.1."),
    "Int64": (pd.Series([1, 2, None], dtype="Int64"), "in {}.2."),
    "boolean": (pd.Series([True, None, False], dtype="boolean"), "in {}.1."),
    "string": (pd.Series(["a", None, "b"], dtype="string"), "in {}.1."),
    "str": (pd.Series(["a", None, "b"]), "in {}.1."),
    "category": (pd.Series(["a", None, "b"], dtype="category"), "in {}.1."),
}


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(("labels", "match"), MISSING.values(), ids=MISSING)
class TestMissing:
    def test_in_y(self, labels, match):
        X, _ = ragged(3)
        match = "^Input y contains NaN or another missing value.*" + match.format("y")
        fails_unchanged(RNNClassifier(), "fit", X, labels, match=match)

    def test_in_classes(self, labels, match):
        X, _ = ragged(3)
        match = "^Input classes contains NaN or another missing.*" + match.format("classes")
        arguments = {"classes": labels, "match": match}
        fails_unchanged(RNNClassifier(), "partial_fit", X, [0, 1, 0], **arguments)


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("labels", "match"),
    [
        ([b"a", b"b", b"a"], r"y holds labels that are bytes, such as b'a'.*Decode"),
        (np.array(["a", "b", "a"], "S"), r"y holds labels that are bytes, such as b'a'.*Decode"),
        (as_objects([b"a", b"b", b"a"]), r"y holds labels that are bytes, such as b'a'.*Decode"),
        (as_objects([b"a", "b", "a"]), r"y must hold labels of one type.*b'a'.*Convert"),
        (as_objects([1, "b", "a"]), r"y must hold labels of one type.*numbers beside strings"),
        ([*DATES.fillna(DATES[0])], r"y must hold labels of one type.*Timestamp\('2020"),
        ([2**64, 1, 2], r"y holds whole numbers from 1 to 18446744073709551616, which neither"),
        ([2**63, -1, 2], r"y holds whole numbers from -1 to 9223372036854775808, which neither"),
        (as_objects([0.5, 1, 2]), r"Unknown label type: continuous"),
    ],
)
def test_refused(labels, match):
    X, _ = ragged(3)
    fails_unchanged(RNNClassifier(), "fit", X, labels, match=match)

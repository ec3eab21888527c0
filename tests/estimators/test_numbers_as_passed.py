"""Targets and weights that are no numbers, and errors that say which argument it was."""

import datetime

import numpy as np
import pandas as pd
import pytest

from skrnn import RNNClassifier, RNNRegressor

from ..toys import labelled, ragged
from .conftest import fails_unchanged
from .validation import stopping

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.usefixtures("no_work"),
]

DAYS = np.array(["2020-01-01", "2020-01-02"] * 5, dtype="M8[ns]")
DATES = {
    "datetime64": DAYS,
    "timedelta64": DAYS - DAYS[0],
    "days": DAYS.astype("M8[D]"),
    "NaT": np.where(np.arange(10) == 3, np.datetime64("NaT", "ns"), DAYS),
    "two columns": np.column_stack([DAYS, DAYS]),
    "Series": pd.Series(DAYS),
    "durations of a Series": pd.Series(DAYS - DAYS[0]),
    "time zone": pd.Series(DAYS).dt.tz_localize("UTC"),
    "periods": pd.Series(DAYS).dt.to_period("D"),
    "frame": pd.DataFrame({"when": DAYS}),
    "dates beside numbers": pd.DataFrame({"when": DAYS, "x": 1.0}),
    "timestamps": list(pd.Series(DAYS)),
    "datetimes": [datetime.datetime(2020, 1, 1)] * 10,
    "dates": [datetime.date(2020, 1, 1)] * 10,
    "timedeltas": [datetime.timedelta(days=1)] * 10,
    "NumPy's dates": [np.datetime64("2020-01-01")] * 10,
}


@pytest.mark.parametrize("y", DATES.values(), ids=DATES)
def test_dates_are_no_targets(y):
    X, _ = ragged(10)
    match = "^y holds dates or durations, such as .*numbers are expected. Convert"
    fails_unchanged(RNNRegressor(), "fit", X, y, match=match)


@pytest.mark.parametrize("y", [DAYS, pd.Series(DAYS)], ids=["array", "Series"])
def test_what_is_advised_for_dates_works(y, trains):
    X, _ = ragged(10)
    seconds = (y - y.min()) / np.timedelta64(1, "s")
    assert RNNRegressor(2, max_iter=1).fit(X, seconds).predict(X).max() < 1e6


# What is passed, and what the message says after the argument's name.
NO_NUMBERS = {
    "strings": (["x"] * 10, ValueError, r" must hold .*{}\[0\] is 'x': could not convert.*Convert"),
    "a string": ([1, 2, "x"] + [3] * 7, ValueError, r" must hold numbers, but {}\[.\] is '.*'"),
    "an object": ([1, 2, object()] + [3] * 7, TypeError, r" must hold numbers, but {}\[2\] is <ob"),
    "a dict": ([{"a": 1}] * 10, TypeError, r" must hold numbers, but {}\[0\] is {{'a': 1}}"),
    "too large": (
        [10**400] * 10,
        ValueError,
        r" must hold numbers, but {}\[0\] is 1000.*too large",
    ),
    "empty": (
        [],
        ValueError,
        r" is empty: Found array with 0 sample\(s\).*Pass one value for each",
    ),
    "one number": (3.0, TypeError, " is 3.0 of type float.*array-like is expected.*Pass"),
    "a generator": ((i for i in range(10)), TypeError, " is <generator .* of type generator.*Pass"),
    "dates": (DAYS, ValueError, " holds dates or durations"),
    "lists": ([[0, 1], [1]] * 5, ValueError, " is not rectangular.*inhomogeneous"),
    "complex": ([1j] * 10, ValueError, "Complex data not supported: {} holds complex"),
    "NA": ([1, pd.NA] * 5, ValueError, r"Input {} contains NaN.*<NA> in {}\[1\]"),
    "groups": (
        pd.DataFrame({"a": [1, 2]}).groupby("a"),
        TypeError,
        " is a DataFrameGroupBy object",
    ),
}


def match_of(pattern, name, prefix="^"):
    return prefix + (name if pattern[0] == " " else "") + pattern.format(name, name)


@pytest.mark.parametrize(("values", "error", "match"), NO_NUMBERS.values(), ids=NO_NUMBERS)
class TestNoNumbers:
    def test_as_y(self, values, error, match):
        X, _ = ragged(10)
        match = match_of(match, "y")
        fails_unchanged(RNNRegressor(), "fit", X, values, error=error, match=match)

    @pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
    def test_as_sample_weight(self, estimator, values, error, match):
        X, y = labelled([0, 1], 10)
        arguments = {"error": error, "match": match_of(match, "sample_weight")}
        fails_unchanged(estimator(), "fit", X, y, sample_weight=values, **arguments)

    @pytest.mark.parametrize("name", ["y", "sample_weight"])
    def test_to_validate_on(self, name, values, error, match, trains):
        X, y = labelled([0, 1], 10)
        passed = {"y_val": y, f"{name}_val": values}
        prefix = rf"^The validation data .*{name}_val.* cannot be used: "
        arguments = {"error": error, "match": match_of(match, name, prefix)}
        fails_unchanged(stopping(RNNRegressor), "fit", X, y, X_val=X, **passed, **arguments)


@pytest.mark.parametrize(
    ("values", "error", "match"),
    [
        ([], ValueError, r"is empty: Found array with 0 sample\(s\).*Pass all the labels"),
        (5, TypeError, "is 5 of type int.*Pass all the labels"),
        ([b"a", b"b"], ValueError, "holds labels that are bytes"),
        (np.array(["a", 1], dtype=object), ValueError, "must hold labels of one type"),
        ([[0, 1], [1]], ValueError, "is not rectangular"),
    ],
)
def test_classes(values, error, match):
    X, y = labelled([0, 1], 10)
    arguments = {"classes": values, "error": error, "match": f"^classes {match}"}
    fails_unchanged(RNNClassifier(), "partial_fit", X, y, **arguments)


def test_no_samples_to_validate_on(trains):
    X, y = labelled([0, 1], 10)
    match = r"X_val.*cannot be used: X has no samples: Found array with 0 sample\(s\)"
    fails_unchanged(stopping(RNNRegressor), "fit", X, y, X_val=[], y_val=[], match=match)

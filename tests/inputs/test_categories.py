"""X whose features are categories: which they are, their codes, and the form that X keeps."""

from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.sparse import csr_array

from skrnn.inputs.categories import CategoricalFeatures
from skrnn.inputs.mixed import Mixed, holds_tokens

from ..toys import object_array

WORDS = [["b", "a"], ["a", "c", "b"], ["c"]]
NUMBERS = [[0.5, 1.5], [2.5, 3.5, 4.5], [5.5]]
CODES = [[2, 1], [1, 3, 2], [3]]
STEPS = [list(zip(w, x, strict=True)) for w, x in zip(WORDS, NUMBERS, strict=True)]
BIG = 2**60


def learnt(X, asked=(0,), min_frequency=1):
    return CategoricalFeatures.learnt(Mixed(X), asked, min_frequency)


def encoded(X, asked=(0,), min_frequency=1, new=None):
    """Return X, or new sequences, with codes."""
    features = learnt(X, asked, min_frequency)
    return features.encoded(Mixed(X if new is None else new))[0]


def listed(arrays):
    return [np.asarray(array).tolist() for array in arrays]


def objects(steps):
    """Return tuples as array of objects, (length, n)."""
    array = np.empty((len(steps), len(steps[0])), dtype=object)
    array[:] = steps
    return array


def frames(kind, names=("w", "x"), dtype=None):
    made = []
    for words, numbers in zip(WORDS, NUMBERS, strict=True):
        frame = kind({"w": words, "x": numbers})
        if dtype is not None:
            frame = frame.with_columns(pl.col("w").cast(dtype))
        made.append(frame[list(names)])
    return made


@pytest.mark.parametrize(
    "X",
    [
        WORDS,
        tuple(WORDS),
        ["ba", "acb", "c"],
        [np.array(words) for words in WORDS],
        [np.array(words, dtype=object) for words in WORDS],
        [pd.Series(words) for words in WORDS],
        [pd.Series(words).astype("category") for words in WORDS],
        [pl.Series(words) for words in WORDS],
        pd.Series(WORDS),
        pl.Series(WORDS),
        object_array(WORDS),
        object_array(WORDS)[:, np.newaxis],
        pd.DataFrame({"words": WORDS}),
        [[7, -2], [-2, 9, 7], [9]],
        [[BIG + 1, BIG], [BIG, BIG + 2, BIG + 1], [BIG + 2]],
        [["a\0", "a"], ["a", "b", "a\0"], ["b"]],
        [["ä", ""], ["", "😀", "ä"], ["😀"]],
        [[1.5, False], [0.0, 2**63, 1.5], [2**63]],
        [[2**63 + 1, -1], [-1, 2**63 + 2, 2**63 + 1], [2**63 + 2]],
    ],
)
def test_codes_are_the_places_in_sorted_order(X):
    assert listed(encoded(X)) == [[[code] for code in codes] for codes in CODES]


@pytest.mark.parametrize(
    ("X", "asked"),
    [
        (STEPS, [0]),
        (STEPS, [-2]),
        (STEPS, np.array([0])),
        (STEPS, [True, False]),
        (STEPS, np.array([True, False])),
        (object_array([objects(steps) for steps in STEPS]), [0]),
        ([[list(step) for step in steps] for steps in STEPS], [0]),
        (frames(pd.DataFrame), ["w"]),
        (frames(pd.DataFrame), [0]),
        (frames(pl.DataFrame), ["w"]),
        ([frame.astype({"w": "category"}) for frame in frames(pd.DataFrame)], "from_dtype"),
        (frames(pl.DataFrame, dtype=pl.Categorical), "from_dtype"),
        (frames(pl.DataFrame, dtype=pl.Enum(["a", "b", "c"])), "from_dtype"),
    ],
)
def test_numbers_stay_beside_codes(X, asked):
    pairs = zip(CODES, NUMBERS, strict=True)
    expected = [list(map(list, zip(*both, strict=True))) for both in pairs]
    assert listed(encoded(X, asked)) == expected


def test_columns_of_frames_are_found_by_name():
    first, second, third = frames(pd.DataFrame)
    new = [first, second[["x", "w"]], third]
    result = encoded(new, ["w"])
    assert [list(frame.columns) for frame in result] == [["w", "x"], ["x", "w"], ["w", "x"]]
    assert [frame["w"].tolist() for frame in result] == CODES


def test_columns_of_several_dtypes_keep_their_values():
    numbers = pd.DataFrame({"i": [BIG, BIG + 1], "x": [0.5, 1.5]})
    assert listed(encoded([numbers])) == [[[1, 0.5], [2, 1.5]]]
    frame = pd.DataFrame({"i": [BIG, BIG + 1], "x": [0.5, 1.5], "b": [True, False]})
    features = learnt([frame], ["i", "b"])
    assert features.categories[0].tolist() == [BIG, BIG + 1]
    assert features.categories[1].tolist() == [False, True]
    assert listed(features.encoded(Mixed([frame]))[0]) == [[[1, 0.5, 2], [2, 1.5, 1]]]


@pytest.mark.parametrize(
    "X",
    [
        np.array([[1, 2], [2, 3]])[:, :, np.newaxis],
        np.array([["a", "b"], ["b", "c"]])[:, :, np.newaxis],
        np.array([["a", "b"], ["b", "c"]]),
        np.array([["a", "b"], ["b", "c"]], dtype=object),
        np.array([[1, 2], [2, 3]]),
        pd.DataFrame([["a", "b"], ["b", "c"]], columns=["x", "y"]),
        pl.DataFrame({"x": ["a", "b"], "y": ["b", "c"]}),
    ],
)
def test_arrays_and_tables_keep_their_form(X):
    result = encoded(X)
    assert np.asarray(result).shape == X.shape
    assert np.ravel(result).tolist() == [1, 2, 2, 3]
    assert list(getattr(result, "columns", [])) == list(getattr(X, "columns", []))


def test_a_table_of_a_categorical_dtype():
    table = pd.DataFrame({"x": ["a", "b"], "y": ["b", "a"]})
    assert learnt(table.astype("category"), "from_dtype").places == (0,)
    assert learnt(table, "from_dtype") is None


@pytest.mark.parametrize(
    "cube",
    [
        np.array([[[1, 0.5], [2, 1.5]], [[2, 2.5], [np.nan, np.nan]]]),
        np.array([[[1, 0.5], [2, 1.5]], [[2, 2.5], [None, None]]], dtype=object),
        np.array([[["a", 0.5], ["b", 1.5]], [["b", 2.5], [None, np.nan]]], dtype=object),
    ],
)
def test_steps_without_anything_at_the_end_are_padding(cube):
    expected = [[[1, 0.5], [2, 1.5]], [[2, 2.5], [np.nan, np.nan]]]
    np.testing.assert_array_equal(encoded(cube), expected)


def test_a_missing_category_before_the_end_is_code_0():
    cube = np.array([[[1.0], [np.nan], [1.0], [np.nan]]])
    np.testing.assert_array_equal(encoded(cube)[0, :, 0], [1, 0, 1, np.nan])


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_what_is_missing_or_unknown_is_code_0(missing):
    known = ["a", "b"]
    assert listed(encoded([[*known, missing]])) == [[[1], [2], [0]]]
    assert listed(encoded([known], new=[[missing, "c", "a", "", "A"]])) == [
        [[0], [0], [1], [0], [0]]
    ]


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
def test_missing_values_of_frames(kind):
    assert listed(encoded([kind({"w": ["a", None], "x": [1.5, 2.5]})])) == [[[1, 1.5], [0, 2.5]]]
    series = pd.DataFrame({"w": pd.array([BIG, None, BIG + 1], dtype="Int64"), "x": 0.5})
    assert listed(encoded([series])) == [[[1, 0.5], [0, 0.5], [2, 0.5]]]


def test_missing_values_do_not_merge_large_integers():
    assert listed(encoded([pl.DataFrame({"i": [BIG, None, BIG + 1]})])) == [[[1], [0], [2]]]


@pytest.mark.parametrize(
    ("min_frequency", "categories"),
    [(1, ["a", "b", "c"]), (2, ["b", "c"]), (3, ["c"]), (4, [])],
)
def test_rare_categories_have_no_code_of_their_own(min_frequency, categories):
    X = [["a", "b", "c"], ["c", "b"], ["c"]]
    features = learnt(X, min_frequency=min_frequency)
    assert features.categories[0].tolist() == categories
    codes = {word: code for code, word in enumerate(categories, 1)}
    expected = [[[codes.get(word, 0)] for word in words] for words in X]
    assert listed(features.encoded(Mixed(X))[0]) == expected


@pytest.mark.parametrize(
    ("X", "asked", "message"),
    [
        (STEPS, [2], "categorical_features has 2, but .* has 2 features, numbered from 0 to 1"),
        (STEPS, [-3], "categorical_features has -3, but"),
        (STEPS, [0, -2], r"categorical_features=\[0, -2\] has a feature twice"),
        (STEPS, ["w"], "categorical_features has 'w', but .* has features without names"),
        (frames(pd.DataFrame), ["q"], r"has 'q', but .* has the features \['w', 'x'\]"),
        (STEPS, [True], "categorical_features is a mask of 1 features, but .* has 2. Pass True"),
        (STEPS, [True, 0], r"categorical_features=\[True, 0\] has both flags and features"),
    ],
)
def test_features_that_there_are_not(X, asked, message):
    with pytest.raises(ValueError, match=message):
        learnt(X, asked)


@pytest.mark.parametrize(
    "values",
    [
        ["a", 1],
        [date(2020, 1, 1)],
        np.array(["2020-01-01"], "M8[D]"),
        np.array(["2020-01-01"], "M8[ns]"),
        [b"a"],
        [1j, 2],
        object_array([np.complex64(1), np.complex64(2)]),
        object_array([(1, 2)]),
    ],
)
def test_what_is_no_category(values):
    with pytest.raises(TypeError, match=r"Feature 0 of X has the category .* Convert them to str"):
        learnt([values])


def test_what_cannot_be_looked_up():
    X = [objects([(0.5, [1])])]
    with pytest.raises(TypeError, match=r"Feature 1 has \[1\], but strings or numbers are exp"):
        learnt(X, [1])
    with pytest.raises(TypeError, match=r"^X\[0\]: Feature 1 has \[1\]"):
        encoded([[(0.5, "a")]], [1], new=X)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("x", r"feature 2 of X\[1\] holds strings such as 'x', but numbers are expected"),
        (1j, r"feature 2 of X\[1\] holds complex numbers"),
        ([1], r"feature 2 of X\[1\] holds sequences where numbers"),
    ],
)
def test_the_feature_that_holds_no_numbers_is_named(bad, message):
    X = [objects([("a", 0.5, 1.5)]), objects([("a", 0.5, 1.5), ("b", 1, bad)])]
    with pytest.raises((TypeError, ValueError), match=message):
        encoded(X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ((words for words in WORDS), "X is .* of type generator, but a list"),
        ("text", "X is the string 'text', but a list of sequences is expected"),
        (None, "X is None"),
        (np.arange(3), r"X has shape \(3,\), but .* Reshape your data"),
        (np.ma.array(np.ones((2, 3)), mask=True), "A masked array was passed for X"),
        ([np.ma.array([1, 2], mask=[0, 1])], r"A masked array was passed for X\[0\]"),
        (csr_array(np.eye(3)), "Sparse data was passed for X"),
        (pd.concat({"a": pd.DataFrame({"w": ["b"]})}), "X has a MultiIndex"),
        ([[("a", 1), ("b",)]], r"X\[0\] is not rectangular: .* the same number of features"),
        ([[("a", 1)], ["b"]], r"X\[1\] has shape \(1,\), but .* the same number of features"),
    ],
)
def test_what_is_not_read(X, message):
    with pytest.raises((TypeError, ValueError), match=message):
        learnt(X)


@pytest.mark.parametrize(
    ("X", "expected"),
    [
        (["text"], True),
        ([["a"]], True),
        ([np.array(["a"])], True),
        (np.array([["a", "b"]]), True),
        (pd.Series([["a"]]), True),
        ([[1, 2]], False),
        ([[("a", 1)]], False),
        (np.ones((2, 3)), False),
        (pd.DataFrame({"x": ["a"]}), False),
        ("text", False),
        ([], False),
        (None, False),
    ],
)
def test_tokens_are_told_by_the_first_step(X, expected):
    assert holds_tokens(X) is expected

"""Inputs at random: every form gives the bits of the plainest, and what is wrong is named."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..toys import object_array, padded
from .conftest import classifier, regressor

# How X may look; each takes a list of float64 arrays (length, n_features) of whole numbers.
FORMS = {
    "tuple": tuple,
    "lists": lambda arrays: [array.tolist() for array in arrays],
    "object array": object_array,
    "column of objects": lambda arrays: object_array(arrays).reshape(-1, 1),
    "Series": lambda arrays: pd.Series(object_array(arrays), index=[0] * len(arrays)),
    "frame": lambda arrays: pd.DataFrame({"x": object_array(arrays)}),
    "frames": lambda arrays: [pd.DataFrame(array) for array in arrays],
    "polars": lambda arrays: [pl.DataFrame(array) for array in arrays],
    "polars Series": lambda arrays: pl.Series([array.tolist() for array in arrays], strict=False),
    "padded": padded,
    "padded in Fortran's order": lambda arrays: np.asfortranarray(padded(arrays)),
    "padded float32": lambda arrays: padded(arrays).astype("f4"),
    "Fortran's order": lambda arrays: [np.asfortranarray(array) for array in arrays],
    "strided": lambda arrays: [np.repeat(array, 3, axis=0)[::3] for array in arrays],
    "reversed": lambda arrays: [array[::-1].copy()[::-1] for array in arrays],
    "other bytes": lambda arrays: [array.astype(">f8") for array in arrays],
    "integers": lambda arrays: [array.astype("i2") for array in arrays],
    "objects": lambda arrays: [array.astype(object) for array in arrays],
    "read-only": lambda arrays: [np.frombuffer(a.tobytes()).reshape(a.shape) for a in arrays],
    "1-D where there is one feature": lambda arrays: [
        array[:, 0] if array.shape[1] == 1 else array for array in arrays
    ],
}
FORMS_OF_Y = {
    "list": list,
    "tuple": tuple,
    "Series": lambda y: pd.Series(y, index=range(len(y), 0, -1)),
    "polars": lambda y: pl.Series(y),
    "strided": lambda y: np.repeat(y, 2)[::2],
    "objects": lambda y: np.array(y, dtype=object),
}
FORMS_OF_WEIGHTS = {
    "list": list,
    "integers": lambda w: w.astype(int),
    "Series": pd.Series,
    "float32": lambda w: w.astype("f4"),
}


@st.composite
def problems(draw):
    """Draw sequences, a class and a number for each, and weights, or None."""
    n_samples, n_features = draw(st.integers(4, 9)), draw(st.integers(1, 4))
    lengths = draw(st.lists(st.integers(1, 9), min_size=n_samples, max_size=n_samples))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    arrays = [rng.integers(-9, 9, size=(length, n_features)).astype(float) for length in lengths]
    weights = rng.integers(1, 4, size=n_samples).astype(float) if draw(st.booleans()) else None
    classes = np.array(["a", "b", "c"])[rng.permutation(n_samples) % draw(st.integers(2, 3))]
    return arrays, classes, rng.integers(-9, 9, size=n_samples).astype(float), weights


def fitted_bits(estimator, X, y, weights):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = estimator.fit(X, y, sample_weight=weights)
        return fitted.predict(X).tolist(), [one.tobytes() for one in fitted.weights_.values()]


def new(is_classifier, cell):
    return (classifier if is_classifier else regressor)(cell=cell, max_iter=1)


@given(
    problem=problems(),
    is_classifier=st.booleans(),
    cell=st.sampled_from(["simple", "lstm", "gru"]),
    form=st.sampled_from(list(FORMS)),
    form_of_y=st.sampled_from(list(FORMS_OF_Y)),
    form_of_weights=st.sampled_from(list(FORMS_OF_WEIGHTS)),
)
def test_every_form_gives_the_same_bits(
    problem, is_classifier, cell, form, form_of_y, form_of_weights
):
    arrays, classes, numbers, weights = problem
    y = classes if is_classifier else numbers
    expected = fitted_bits(new(is_classifier, cell), arrays, y, weights)
    X, y = FORMS[form](arrays), FORMS_OF_Y[form_of_y](y)
    if weights is not None:
        weights = FORMS_OF_WEIGHTS[form_of_weights](weights)
    assert fitted_bits(new(is_classifier, cell), X, y, weights) == expected


VALUES = {"NaN": np.nan, "infinity": np.inf, "None": None, "string": "x", "complex": 1j}
WRONG = {
    "nothing": lambda X: [],
    "None": lambda X: None,
    "number": lambda X: 3.0,
    "string": lambda X: "abc",
    "an empty sequence": lambda X: [*X[:-1], X[0][:0]],
    "another number of features": lambda X: [*X[:-1], np.ones((2, X[0].shape[1] + 1))],
    "a sequence that is a number": lambda X: [*X[:-1], 1.0],
    "a sequence that is None": lambda X: [*X[:-1], None],
    "four dimensions": lambda X: np.ones((len(X), 2, 2, 2)),
    "a mapping": lambda X: dict(enumerate(X)),
    "a set": lambda X: set(range(len(X))),
    "a generator": lambda X: (x for x in X),
    "masked": lambda X: np.ma.masked_array(np.ones((len(X), 3)), mask=True),
    "dates": lambda X: np.full((len(X), 3), np.datetime64("2020-01-01")),
    "one too few": lambda X: X[:-1],
}


def spoilt(arrays, what, value):
    """Return sequences of objects with one value replaced; in a list, NaN is never padding."""
    X = [array.astype(object) for array in arrays]
    i, step, feature = (
        index % size for index, size in zip(what, (len(X), *X[0].shape), strict=True)
    )
    X[i][min(step, len(X[i]) - 1), feature] = value
    return X


def refuses(estimator, X, y, weights=None):
    """Return the message with which an input is refused; the estimator must be as it was."""
    before = vars(estimator).copy()
    with warnings.catch_warnings(), pytest.raises((ValueError, TypeError)) as caught:
        warnings.simplefilter("ignore")
        estimator.fit(X, y, sample_weight=weights)
    assert vars(estimator) == before
    return str(caught.value)


@given(
    problem=problems(),
    place=st.tuples(*[st.integers(0, 99)] * 3),
    value=st.sampled_from(list(VALUES)),
    is_classifier=st.booleans(),
)
def test_value_that_is_no_number_is_refused(problem, place, value, is_classifier):
    arrays, classes, numbers, _ = problem
    y = classes if is_classifier else numbers
    message = refuses(new(is_classifier, "simple"), spoilt(arrays, place, VALUES[value]), y)
    assert f"sequence {place[0] % len(arrays)}" in message


@given(problem=problems(), wrong=st.sampled_from(list(WRONG)), is_classifier=st.booleans())
def test_x_that_is_wrong_is_refused(problem, wrong, is_classifier):
    arrays, classes, numbers, _ = problem
    y = classes if is_classifier else numbers
    message = refuses(new(is_classifier, "gru"), WRONG[wrong](arrays), y)
    assert "X" in message or "sequence" in message or "sample" in message, message


WRONG_TARGETS = {
    "one too few": (lambda y: y[:-1], "y"),
    "one is None": (lambda y: [None, *y[1:]], "y"),
    "one is NaN": (lambda y: [np.nan, *np.arange(1.0, len(y))], "y"),
    "None": (lambda y: None, "y"),
    "empty": (lambda y: [], "y"),
    "a number": (lambda y: 1.0, "y"),
    "three dimensions": (lambda y: np.ones((len(y), 1, 2)), "y"),
    "complex": (lambda y: np.ones(len(y)) * 1j, "y"),
    "too large": (lambda y: [10**400] * len(y), "y"),
    "dates": (lambda y: np.full(len(y), np.datetime64("NaT")), "y"),
}
WRONG_WEIGHTS = {
    "one too few": lambda w: w[:-1],
    "negative": lambda w: -w,
    "NaN": lambda w: w * np.nan,
    "infinity": lambda w: w * np.inf,
    "zero": lambda w: 0 * w,
    "strings": lambda w: ["x"] * len(w),
    "a column": lambda w: w[:, np.newaxis],
    "too large": lambda w: [10**400] * len(w),
    "empty": lambda w: [],
}


@given(problem=problems(), wrong=st.sampled_from(list(WRONG_TARGETS)), is_classifier=st.booleans())
def test_y_that_is_wrong_is_refused(problem, wrong, is_classifier):
    arrays, classes, numbers, _ = problem
    spoil, name = WRONG_TARGETS[wrong]
    y = spoil(classes if is_classifier else numbers)
    assert name in refuses(new(is_classifier, "gru"), arrays, y)


@given(problem=problems(), wrong=st.sampled_from(list(WRONG_WEIGHTS)), is_classifier=st.booleans())
def test_weights_that_are_wrong_are_refused(problem, wrong, is_classifier):
    arrays, classes, numbers, _ = problem
    y = classes if is_classifier else numbers
    weights = WRONG_WEIGHTS[wrong](np.ones(len(y)))
    assert "sample_weight" in refuses(new(is_classifier, "gru"), arrays, y, weights)

"""What metrics say of arguments that do not fit."""

import re

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, mean_squared_error

from skrnn.metrics import (
    flat,
    flat_scorer,
    sequence_accuracy_score,
    span_f1_score,
    span_precision_score,
    span_recall_score,
)

METRICS = [
    flat(accuracy_score),
    sequence_accuracy_score,
    span_f1_score,
    span_precision_score,
    span_recall_score,
]
OF_LABELS = METRICS[:2]
TAGS = [["B", "O", "O"], ["O"]]


def raises(error, message):
    return pytest.raises(error, match="^" + re.escape(message))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("true", "predicted", "error", "message"),
    [
        ("BO", ["BO"], TypeError, "y_true is the string 'BO', but a list of sequences is expected. "
                                  "Pass a list, such as [text]"),
        (["BO"], "BO", TypeError, "y_pred is the string 'BO', but a list of sequences"),
        (np.array("BO"), ["BO"], TypeError, "y_true is the string 'BO'"),
        ({"BO"}, ["BO"], TypeError, "y_true is {'BO'} of type set, but a list with one array"),
        (3, ["BO"], TypeError, "y_true is 3 of type int"),
        ([1, 2], [1, 2], TypeError, "y_true[0] is 1 of type int, but an array with a value"),
        (np.ma.array([[1]]), ["B"], TypeError, "y_true is a masked array, but its mask"),
        ([np.ma.array([1])], ["B"], TypeError, "y_true[0] is a masked array, but its mask"),
        ([], [], ValueError, "y_true is empty, but at least one sequence"),
        (TAGS, TAGS[:1], ValueError, "y_true has 2 sequences, but y_pred has 1. Pass the same"),
        (["O"] * 17 + ["OOOOO"], ["O"] * 17 + ["OOOO"], ValueError,
         "y_true[17] has 5 steps, but y_pred[17] has 4. Pass one value for each step"),
        ([[[1, 2], [3]]], ["OO"], ValueError, "y_true[0] is not rectangular: all its steps"),
        ([np.zeros((1, 1, 1))], ["O"], ValueError, "y_true[0] has shape (1, 1, 1), but (length,)"),
        ([np.zeros(2), np.zeros((2, 3))], ["O", "O"], ValueError,
         "y_true[1] has shape (2, 3), but y_true[0] has shape (2,). Pass the same number"),
    ],
)  # fmt: skip
def test_what_is_no_list_of_sequences(metric, true, predicted, error, message):
    with raises(error, message):
        metric(true, predicted)


@pytest.mark.parametrize("metric", OF_LABELS)
@pytest.mark.parametrize(
    ("true", "predicted", "message"),
    [
        ([[None], [np.nan, None]], ["a", "ab"], "y_true has no label at any step of any sequence"),
        (["ab", "ba"], ["ab", ["b", None]], "y_pred[1] has None at step 1, but a value is"),
        ([["a", 1]], ["ab"], "y_true[0] must hold labels of one type"),
        ([["a"], [1]], ["a", "b"], "y_true must hold labels of one type"),
    ],
)
def test_labels_that_cannot_be_scored(metric, true, predicted, message):
    with raises(ValueError, message):
        metric(true, predicted)


def test_outputs_that_have_numbers_in_part():
    true = np.array([[[1.0, 2.0]], [[3.0, np.nan]]])
    with raises(ValueError, "y_true[1] has numbers for some outputs of step 0, but none for"):
        flat(mean_squared_error)(true, np.zeros((2, 1, 2)))


@pytest.mark.parametrize("metric", OF_LABELS)
@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1.0], ValueError, "sample_weight has shape (1,), but there are 2 sequences. Pass an"),
        ([1, -2], ValueError, "sample_weight[1] is -2.0, but weights must not be negative. Give"),
        ([0, 0], ValueError, "sample_weight is zero for all that has a label. Give some"),
        ([1, np.nan], ValueError, "Input sample_weight contains NaN or another missing value"),
        (2.0, TypeError, "sample_weight is 2.0 of type float, but an array-like is expected"),
    ],
)
def test_weights_of_sequences(metric, weights, error, message):
    with raises(error, message):
        metric(TAGS, TAGS, sample_weight=weights)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[1, 2, 3]], "y_true has 2 sequences, but sample_weight has 1. Pass the same"),
        ([[1, 2], [3]], "y_true[0] has 3 steps, but sample_weight[0] has 2. Pass one value"),
        ([[1, 2, 3], [3, 4]], "y_true[1] has 1 step, but sample_weight[1] has 2. Pass one value"),
        ([[1, 2, -3], [3]], "sample_weight[0] has -3 at step 2, but weights must not be negative"),
        ([[1, 2, None], [3]], "sample_weight[0] has None at step 2, but a value is expected"),
        ([[0, 0, 0], [0]], "sample_weight is zero for all that has a label. Give some"),
        ([np.ones((3, 2)), np.ones((1, 2))], "sample_weight has several weights for a step"),
        ([["x"] * 3, ["x"]], "sample_weight must hold numbers, but"),
    ],
)
def test_weights_of_steps(weights, message):
    with raises(ValueError, message):
        flat(accuracy_score)(TAGS, TAGS, sample_weight=weights)


def test_whole_sequences_have_one_weight_each():
    with raises(ValueError, "sample_weight has shape (2, 2), but there are 2 sequences"):
        sequence_accuracy_score(["ab", "ba"], ["ab", "ba"], sample_weight=np.ones((2, 2)))


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        ([[1, 2]], "One of y_true and y_pred has strings and the other numbers, such as 'a'"),
        (np.zeros((1, 2, 3)), "The steps of y_true have shape (), but those of y_pred have (3,)"),
    ],
)
def test_whole_sequences_of_different_kinds(predicted, message):
    with raises(ValueError, message):
        sequence_accuracy_score(["ab"], predicted)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scheme": "bio"}, "scheme is 'bio', but one of None, 'iob2', 'iobes' is expected."),
        ({"average": "binary"}, "average is 'binary', but one of 'micro', 'macro', 'weighted'"),
        ({"zero_division": "warn"}, "zero_division is 'warn', but one of 0.0, 1.0 is expected."),
    ],
)
@pytest.mark.parametrize("metric", METRICS[2:])
def test_options_of_spans(metric, options, message):
    with raises(ValueError, message):
        metric(TAGS, TAGS, **options)


@pytest.mark.parametrize("scheme", [None, "iob2", "iobes"])
@pytest.mark.parametrize("tag", ["PER", "BPER", "O-PER", "b-PER", "", "X-PER", 3, "-PER"])
def test_tags_without_form(scheme, tag):
    message = f"y_pred[1] has {tag!r} at step 0, but 'O' is expected, or B"
    with raises(ValueError, message):
        span_f1_score(TAGS, [TAGS[0], [tag]], scheme=scheme)


def test_tags_of_another_scheme():
    with raises(ValueError, "y_true[0] has 'S-PER' at step 1, but 'O' is expected, or B or I with"):
        span_f1_score([["O", "S-PER"]], [["O", "O"]], scheme="iob2")


@pytest.mark.parametrize("missing", [None, np.nan])
def test_spans_with_holes(missing):
    holes = [["O"], ["B-PER", missing, "I-PER"]]
    whole = [["O"], ["B-PER", "O", "I-PER"]]
    with raises(ValueError, "y_true[1] has no tag at step 1, but spans can only be told where"):
        span_f1_score(holes, whole)
    with raises(ValueError, "y_pred[1] has no tag at step 1, but spans can only be told where"):
        span_f1_score(whole, holes)


def test_scorers_of_unknown_names():
    with pytest.raises(ValueError, match="'f2' is not a valid scoring value"):
        flat_scorer("f2")


@pytest.mark.parametrize("scoring", [f1_score, ["f1"], None])
def test_what_is_no_scorer(scoring):
    with pytest.raises(TypeError, match="but the name of a scorer, or a scorer, is expected"):
        flat_scorer(scoring)

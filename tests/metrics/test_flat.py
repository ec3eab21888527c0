"""Metrics of scikit-learn over the steps of all sequences, and the share of right sequences."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    mean_squared_error,
    r2_score,
)

from skrnn.metrics import flat, sequence_accuracy_score

LENGTHS = (4, 1, 7, 3)


@pytest.fixture
def labels(rng):
    """Return true and predicted labels of each sequence, one of three letters a step."""
    return [[rng.choice(list("abc"), size=n) for n in LENGTHS] for _ in range(2)]


def as_objects(sequences):
    array = np.empty(len(sequences), dtype=object)
    array[:] = sequences
    return array


FORMS = {
    "arrays": list,
    "lists": lambda y: [each.tolist() for each in y],
    "tuples": lambda y: tuple(tuple(each) for each in y),
    "strings": lambda y: ["".join(each) for each in y],
    "an array of strings": lambda y: np.array(["".join(each) for each in y]),
    "a Series of strings": lambda y: pd.Series(["".join(each) for each in y], dtype="string"),
    "an object array": as_objects,
    "a Series of arrays": lambda y: pd.Series(as_objects(y), index=range(5, 9)),
    "Series": lambda y: [pd.Series(each, dtype="category") for each in y],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_scored_as_the_concatenated_steps(labels, form):
    true, predicted = labels
    joined = np.concatenate(true), np.concatenate(predicted)
    score = flat(f1_score)(FORMS[form](true), as_objects(predicted), average="macro")
    assert score == f1_score(*joined, average="macro")
    assert np.array_equal(
        flat(confusion_matrix)(true, FORMS[form](predicted)), confusion_matrix(*joined)
    )


def test_the_rows_of_an_array_are_sequences(rng):
    true, predicted = rng.integers(3, size=(2, 5, 6))
    expected = accuracy_score(true.ravel(), predicted.ravel())
    assert flat(accuracy_score)(true, predicted) == expected
    assert flat(accuracy_score)(pd.DataFrame(true), predicted.tolist()) == expected


def test_the_function_is_named_as_the_metric():
    assert flat(f1_score).__name__ == "f1_score"


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, float("nan")])
@pytest.mark.parametrize("kind", [str, int, bool])
def test_unlabelled_steps_count_for_nothing(missing, kind):
    a, b = {str: ("a", "b"), int: (2**60, 2**60 + 1), bool: (True, False)}[kind]
    true = [[a, missing, b], [missing], [], [b, b]]
    predicted = [[a, b, a], [missing], [], [b, b]]
    assert flat(accuracy_score)(true, predicted) == 3 / 4
    assert sequence_accuracy_score(true, predicted) == 1 / 2


def test_numbers_with_nan():
    true = np.array([[1.0, np.nan], [2.0, 4.0]])
    predicted = [[1.5, 100], np.array([2, 3], dtype=np.float32)]
    assert flat(mean_squared_error)(true, predicted) == pytest.approx((0.25 + 0 + 1) / 3)


def test_a_nullable_column_of_pandas():
    true = [pd.Series([1, None, 2], dtype="Int64"), pd.Series([2], dtype="Int64")]
    assert flat(accuracy_score)(true, [[1, 1, 2], [1]]) == pytest.approx(2 / 3)


def test_several_outputs(rng):
    true = [rng.normal(size=(n, 2)) for n in LENGTHS]
    predicted = [rng.normal(size=(n, 2)) for n in LENGTHS]
    joined = np.concatenate(true), np.concatenate(predicted)
    assert flat(r2_score)(true, predicted) == r2_score(*joined)
    assert flat(r2_score)([t.tolist() for t in true], predicted) == r2_score(*joined)
    true[0][1] = np.nan
    rest = np.delete(joined[0], 1, axis=0), np.delete(joined[1], 1, axis=0)
    assert flat(r2_score)(true, predicted) == r2_score(*rest)


def test_probabilities(labels, rng):
    probabilities = [rng.dirichlet(np.ones(3), size=n) for n in LENGTHS]
    expected = log_loss(np.concatenate(labels[0]), np.concatenate(probabilities))
    assert flat(log_loss)(labels[0], as_objects(probabilities)) == pytest.approx(expected)


def test_weights_of_sequences_and_of_steps(labels, rng):
    true, predicted = [each.tolist() for each in labels[0]], labels[1]
    of_sequences = rng.uniform(size=len(LENGTHS))
    of_steps = [np.full(n, w) for n, w in zip(LENGTHS, of_sequences, strict=True)]
    joined = np.concatenate(true), np.concatenate(predicted)
    expected = f1_score(*joined, average="macro", sample_weight=np.concatenate(of_steps))
    for weights in (of_sequences, list(of_sequences), pd.Series(of_sequences), of_steps):
        score = flat(f1_score)(true, predicted, average="macro", sample_weight=weights)
        assert score == pytest.approx(expected)


def test_the_weight_of_an_unlabelled_step_is_not_looked_at():
    true, predicted = np.array([[1, np.nan], [2, 1]]), [[1, 1], [1, 1]]
    for ignored in (np.nan, -1.0):
        weights = np.array([[1, ignored], [1, 2]])
        assert flat(accuracy_score)(true, predicted, sample_weight=weights) == 3 / 4


def test_a_metric_without_weights_is_not_given_any():
    assert flat(lambda y_true, y_pred: len(y_true))([[1, 2], [3]], [[1, 2], [3]]) == 3


def test_sequences_that_are_right_everywhere():
    true = ["ab", "ba", "b"]
    assert sequence_accuracy_score(true, true) == 1
    assert sequence_accuracy_score(true, ["ab", "bb", "b"]) == pytest.approx(2 / 3)
    weights = [1, 6, 1]
    assert sequence_accuracy_score(true, ["ab", "bb", "b"], sample_weight=weights) == 1 / 4
    outputs = np.arange(8).reshape(2, 2, 2)
    assert sequence_accuracy_score(outputs, outputs % 7) == 1 / 2

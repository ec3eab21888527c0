"""What is learnt of the input in fit and checked in predict."""

import warnings

import numpy as np
import pandas as pd
import pytest

from skrnn.inputs.sequences import read_sequences

from ..toys import padded
from .conftest import assert_holds, fitted, predicted


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
        read_sequences(estimator, frame, reset=True).packed(np.dtype(np.float64))
        read_sequences(estimator, X, reset=True).packed(np.dtype(np.float64))
        assert not hasattr(estimator, "feature_names_in_")


def test_fit_again_on_another_form_forgets_the_first(table, cube):
    estimator, _ = fitted(table)
    read_sequences(estimator, cube, reset=True).packed(np.dtype(np.float64))
    assert estimator.n_features_in_ == estimator._n_features_step == 3
    assert not estimator._fitted_on_table
    read_sequences(estimator, table[:, :2], reset=True).packed(np.dtype(np.float64))
    assert estimator.n_features_in_ == 2
    assert estimator._n_features_step == 1
    assert estimator._fitted_on_table

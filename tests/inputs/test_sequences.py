"""The converted sequences: their memory, their padding, their numbers and their parts."""

import warnings

import numpy as np
import pytest
from sklearn.utils.validation import check_consistent_length

from skrnn.runtime.rows import Sequences

from ..toys import object_array, padded
from .conftest import LENGTHS, N_FEATURES, assert_holds, converted


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

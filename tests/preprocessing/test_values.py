"""What the transformers compute, beside slow twins and by its properties."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import StandardScaler

from skrnn.preprocessing import SequenceDifferences, SequenceFrames, SequenceScaler

from ..toys import ragged
from . import twins


@pytest.fixture(name="X")
def large_sequences():
    return [10 * sequence + [3, -4] for sequence in ragged(12)[0]]


class TestFrames:
    @pytest.mark.parametrize("step", [1, 2, 3, 5, 9])
    @pytest.mark.parametrize("length", [1, 2, 3, 5, 9])
    def test_are_those_of_the_twin(self, length, step):
        X = [np.arange(100.0, 100 + 2 * n).reshape(n, 2) for n in range(1, 21)]
        frames = SequenceFrames(length=length, step=step).fit_transform(X)
        for sequence, given in zip(X, frames, strict=True):
            expected = twins.framed(sequence.tolist(), length, step)
            assert_array_equal(given, expected, strict=True)
            n_beyond = max(0, len(sequence) - max(length, step))
            assert len(given) == 1 + int(np.ceil(n_beyond / step))  # as the documentation says
            if step <= length:
                assert set(given.ravel()) == set(sequence.ravel())

    def test_of_one_step_are_the_steps(self, X):
        for sequence, same in zip(X, SequenceFrames(1, 1).fit_transform(X), strict=True):
            assert_array_equal(same, sequence)
            assert not np.shares_memory(same, sequence)

    def test_take_sizes_of_numpy(self):
        # In int8, the last of these steps would be a negative one.
        X = [np.arange(300.0)]
        sizes = SequenceFrames(np.int8(100), np.int8(100))
        assert_array_equal(sizes.fit_transform(X)[0], np.arange(300.0).reshape(3, 100))

    def test_names_are_of_the_columns(self):
        X = [np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])]
        frames = SequenceFrames(length=3, step=1).fit(X)
        assert_array_equal(frames.transform(X)[0], [[1, 10, 2, 20, 3, 30]])
        names = ["x_step0", "y_step0", "x_step1", "y_step1", "x_step2", "y_step2"]
        assert frames.get_feature_names_out(["x", "y"]).tolist() == names


class TestScaler:
    def test_scales_as_the_twin(self, X):
        weights = np.arange(12.0)
        scaler = SequenceScaler().fit(X, sample_weight=weights)
        mean, scale = twins.units([sequence.tolist() for sequence in X], weights)
        assert_allclose(scaler.mean_, mean)
        assert_allclose(scaler.scale_, scale)
        for sequence, scaled in zip(X, scaler.transform(X), strict=True):
            assert_allclose(scaled, (sequence - mean) / scale)

    def test_is_the_scaler_of_scikit_learn_over_all_steps(self, X):
        expected = StandardScaler().fit(np.concatenate(X))
        scaler = SequenceScaler().fit(X)
        assert_allclose(scaler.mean_, expected.mean_)
        assert_allclose(scaler.scale_, expected.scale_)

    def test_weight_two_is_twice_and_weight_zero_never(self, X):
        weighted = SequenceScaler().fit(X, sample_weight=[2] * 3 + [1] * 5 + [0] * 4)
        repeated = SequenceScaler().fit(X[:3] + X[:8])
        assert_allclose(weighted.mean_, repeated.mean_)
        assert_allclose(weighted.scale_, repeated.scale_)

    def test_per_sequence_scales_each_as_if_alone(self, X):
        scaled = SequenceScaler(per_sequence=True).fit_transform(X)
        for sequence, given in zip(X, scaled, strict=True):
            assert_allclose(given, SequenceScaler().fit_transform([sequence])[0])
            assert_allclose(given.mean(axis=0), 0, atol=1e-12)
            assert_allclose(given.std(axis=0), 1)

    @pytest.mark.parametrize("per_sequence", [False, True])
    def test_only_mean_or_only_deviation_or_nothing(self, X, per_sequence):
        whole, mean, std, nothing = (
            SequenceScaler(with_mean, with_std, per_sequence).fit_transform(X[:1])[0]
            for with_mean, with_std in [(True, True), (True, False), (False, True), (False, False)]
        )
        of_x, deviation = X[0].mean(axis=0), X[0].std(axis=0)
        assert_allclose(mean, X[0] - of_x)
        assert_allclose(std, X[0] / deviation)
        assert_allclose(whole, (X[0] - of_x) / deviation)
        assert_array_equal(nothing, X[0])
        assert not np.shares_memory(nothing, X[0])

    @pytest.mark.parametrize("per_sequence", [False, True])
    @pytest.mark.parametrize("value", [0, 0.1, 1e17, -3e-300])
    def test_constants_become_exactly_zero(self, value, per_sequence):
        X = [np.full((n, 1), value) for n in (1, 3, 7)]
        scaler = SequenceScaler(per_sequence=per_sequence)
        for scaled in scaler.fit_transform(X):
            assert_array_equal(scaled, np.zeros_like(scaled))
        if not per_sequence:
            assert scaler.scale_ == 1

    @pytest.mark.parametrize("size", [1e-300, 1e-160, 1e160, 1e305])
    def test_the_size_of_values_does_not_matter(self, X, size):
        expected = SequenceScaler().fit_transform(X)
        scaled = SequenceScaler().fit_transform([sequence * size for sequence in X])
        for one, other in zip(scaled, expected, strict=True):
            assert_allclose(one, other)

    def test_small_differences_of_large_values_in_float32(self):
        X = np.float32(16_000_000) + np.arange(100, dtype=np.float32).reshape(10, 10)
        scaled = SequenceScaler().fit_transform(X)
        assert scaled.dtype == np.float32
        assert_allclose(scaled.std(), 1, rtol=1e-6)

    def test_inverse_gives_the_sequences_back(self, X):
        scaler = SequenceScaler().fit(X)
        back = scaler.inverse_transform(scaler.transform(X))
        for sequence, given in zip(X, back, strict=True):
            assert_allclose(given, sequence)

    def test_inverse_of_each_by_its_own_is_an_error(self, X):
        scaler = SequenceScaler(per_sequence=True).fit(X)
        assert scaler.mean_ is None
        assert scaler.scale_ is None
        with pytest.raises(ValueError, match=r"cannot undo per_sequence=True.*are not kept"):
            scaler.inverse_transform(scaler.transform(X))

    def test_names_stay(self, X):
        assert SequenceScaler().fit(X).get_feature_names_out().tolist() == ["x0", "x1"]


class TestDifferences:
    @pytest.mark.parametrize("order", [1, 2, 3])
    def test_are_those_of_the_twin(self, X, order):
        X = [*X, X[0][:1]]
        kept = SequenceDifferences(order).fit_transform(X)
        alone = SequenceDifferences(order, keep=False).fit_transform(X)
        for sequence, given, without in zip(X, kept, alone, strict=True):
            parts = [twins.differences(sequence.tolist(), n) for n in range(order + 1)]
            assert_array_equal(given, np.hstack(parts))
            assert_array_equal(without, np.hstack(parts[1:]))

    def test_of_unsigned_integers_may_be_negative(self):
        X = np.array([[5, 3, 4]], dtype=np.uint8)
        given = SequenceDifferences(keep=False).fit_transform(X)
        assert_array_equal(given, [[[0.0], [-2.0], [1.0]]], strict=True)

    def test_names(self, X):
        transformer = SequenceDifferences(order=2).fit(X)
        names = ["x0", "x1", "x0_diff1", "x1_diff1", "x0_diff2", "x1_diff2"]
        assert transformer.get_feature_names_out().tolist() == names
        transformer.set_params(keep=False)
        assert transformer.get_feature_names_out().tolist() == names[2:]

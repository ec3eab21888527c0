"""The units of features: what is learnt of them, from which steps, and how they are applied."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import StandardScaler

from skrnn.inputs.packing import Passed
from skrnn.inputs.units import FeatureUnits
from skrnn.runtime.rows import offsets_of

FLOAT32 = np.dtype(np.float32)


def passed(pieces):
    """Return sequences as `read_sequences` would."""
    return Passed(pieces, offsets_of(np.array([len(piece) for piece in pieces])))


def pieces_of(rng, n=40, n_features=3):
    """Return ragged sequences of features of other means and scales."""
    lengths = rng.integers(1, 60, n)
    scales, means = 10.0 ** np.arange(n_features), 100.0 * np.arange(n_features)
    return [means + scales * rng.normal(size=(length, n_features)) for length in lengths]


class TestMoments:
    def test_are_those_of_all_steps(self, rng):
        pieces = pieces_of(rng)
        units, scaler = FeatureUnits.learnt(passed(pieces), None), StandardScaler()
        scaler.fit(np.concatenate(pieces))
        assert_allclose(units.scale, scaler.scale_, rtol=1e-6)
        assert_allclose((units.mean - scaler.mean_) / units.scale, 0, atol=1e-6)

    def test_are_weighted_by_sequence(self, rng):
        pieces, weights = pieces_of(rng), rng.integers(0, 4, 40).astype(float)
        units = FeatureUnits.learnt(passed(pieces), weights)
        repeated = [p for p, w in zip(pieces, weights, strict=True) for _ in range(int(w))]
        expected = FeatureUnits.learnt(passed(repeated), None)
        assert_array_equal(units.mean, expected.mean)
        assert_array_equal(units.scale, expected.scale)

    def test_do_not_see_what_has_no_weight(self, rng):
        pieces, weights = pieces_of(rng), np.ones(40)
        weights[::3] = 0
        wild = [1e9 * p if w == 0 else p for p, w in zip(pieces, weights, strict=True)]
        units, expected = (FeatureUnits.learnt(passed(one), weights) for one in (wild, pieces))
        assert_array_equal(units.mean, expected.mean)
        assert_array_equal(units.scale, expected.scale)

    def test_have_the_same_bits_for_every_container(self, rng):
        pieces = [rng.normal(size=(700, 2)).astype(np.float32) for _ in range(60)]
        rows = np.concatenate(pieces)
        forms = {
            "list": passed(pieces),
            "one array": Passed([rows], offsets_of(np.full(60, 700))),
            "float64": passed([piece.astype(np.float64) for piece in pieces]),
            "Fortran": passed([np.asfortranarray(piece) for piece in pieces]),
            "mixed": passed([p.astype(float) if n % 2 else p for n, p in enumerate(pieces)]),
        }
        units = {name: FeatureUnits.learnt(form, None) for name, form in forms.items()}
        for name, one in units.items():
            assert_array_equal(one.mean, units["list"].mean, err_msg=name)
            assert_array_equal(one.scale, units["list"].scale, err_msg=name)
        kernel_applies = forms["list"].packed(FLOAT32, units["list"].factors)
        assert_array_equal(kernel_applies.units, units["list"].factors)
        for name in ("float64", "mixed"):
            packed = forms[name].packed(FLOAT32, units[name].factors)
            assert len(packed.units) == 0
            expected = (rows.astype(float) - units[name].mean) * (1 / units[name].scale)
            assert_array_equal(packed.values, expected.astype(np.float32), err_msg=name)

    @pytest.mark.parametrize(
        ("offset", "scale"), [(1.7e9, 1.0), (1e12, 10.0), (0, 1e-200), (0, 1e200), (0, 1e-300)]
    )
    def test_keep_their_digits(self, rng, offset, scale):
        values = offset + scale * rng.normal(size=(500, 1))
        units = FeatureUnits.learnt(passed([values]), None)
        seen = (values - offset) / scale  # exact but for the last digit
        assert_allclose(units.scale / scale, seen.std(), rtol=1e-6)
        assert_allclose((units.mean - offset) / scale, seen.mean(), rtol=0, atol=1e-4)


class TestColumns:
    def test_of_zeros_and_ones_are_left_alone(self, rng):
        values = np.column_stack([rng.integers(0, 2, 50), rng.integers(0, 3, 50)])
        units = FeatureUnits.learnt(passed([values]), None)
        assert (units.mean[0], units.scale[0]) == (0, 1)
        assert units.mean[1] == pytest.approx(values[:, 1].mean(), rel=1e-5)

    def test_of_booleans_too(self, rng):
        units = FeatureUnits.learnt(passed([rng.normal(size=(9, 1)) > 0]), None)
        assert units.change_nothing
        assert len(units.factors) == 0

    def test_that_are_constant_become_zero_whatever_comes(self):
        units = FeatureUnits.learnt(passed([np.full((4, 1), 7.0)]), None)
        assert (units.mean[0], units.scale[0]) == (7, np.inf)
        packed = passed([np.array([[7.0], [1e9]])]).packed(FLOAT32, units.factors)
        assert_array_equal(packed.values, [[0], [0]])

    def test_learn_their_scale_when_they_first_vary(self, rng):
        first = np.column_stack([np.full(20, 7.0), rng.normal(size=20)])
        second = np.column_stack([rng.normal(7, 2, 30), rng.normal(5, 5, 30)])
        units = FeatureUnits.learnt(passed([first]), None)
        more = units.learning_more(passed([second]), None)
        seen = np.append(second[:, 0], 7.0)
        assert_allclose((more.mean[0], more.scale[0]), (seen.mean(), seen.std()), rtol=1e-6)
        assert (more.mean[1], more.scale[1]) == (units.mean[1], units.scale[1])
        assert more.learning_more(passed([100 * second]), None) is more

    def test_stay_constant_while_they_are(self):
        units = FeatureUnits.learnt(passed([np.full((4, 1), 7.0)]), None)
        more = units.learning_more(passed([np.full((4, 1), 7.0)]), None)
        assert (more.mean[0], more.scale[0]) == (7, np.inf)

    @pytest.mark.parametrize("constant", [0, 1])
    def test_of_flags_that_were_constant_are_flags(self, constant):
        units = FeatureUnits.learnt(passed([np.full((4, 1), constant)]), None)
        assert units.scale[0] == np.inf
        more = units.learning_more(passed([np.array([[0], [1], [1]])]), None)
        assert more.change_nothing


class TestRefused:
    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    def test_what_is_not_finite_is_named(self, rng, value):
        pieces = pieces_of(rng)
        pieces[7][0, 1] = value
        found = "NaN" if np.isnan(value) else "infinity"
        with pytest.raises(ValueError, match=f"{found} in sequence 7 at time step 0, feature 1"):
            FeatureUnits.learnt(passed(pieces), None)

    def test_values_too_far_apart(self):
        with pytest.raises(ValueError, match=r"Feature 0 of X has values from -1.7e\+308 to 1.7"):
            FeatureUnits.learnt(passed([np.array([[-1.7e308], [1.7e308]])]), None)

    def test_values_too_large_in_these_units(self):
        units = FeatureUnits(np.zeros(1), np.full(1, 1e-30))
        with pytest.raises(ValueError, match="too large for float32 in sequence 1 at time step 0"):
            passed([np.zeros((2, 1)), np.full((1, 1), 1e9)]).packed(FLOAT32, units.factors)


@pytest.mark.parametrize(
    ("mean", "scale", "far"),
    [
        (0, 1, False),
        (3, 5, False),
        (0, 0.1, False),
        (3000, 1, True),
        (0, 1e5, True),
        (0, 1e-6, True),
    ],
)
def test_far_from_unit(mean, scale, far):
    units = FeatureUnits(np.array([0.0, mean]), np.array([1.0, scale]))
    assert units.far_from_unit() == (1 if far else None)

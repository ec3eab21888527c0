"""Every accepted form of X, the form of what is returned, and what is refused."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import skrnn.preprocessing
from skrnn import RNNClassifier
from skrnn.preprocessing import TRANSFORMERS, SequenceDifferences, SequenceFrames, SequenceScaler

from ..toys import labelled, object_array, padded, ragged, state_of

NAMES = ["x", "y"]
RAGGED = {
    "list": list,
    "tuple": tuple,
    "lists": lambda X: [sequence.tolist() for sequence in X],
    "object array": object_array,
    "object column": lambda X: object_array(X)[:, np.newaxis],
    "series": lambda X: pd.Series(X, index=np.arange(len(X)) * 3 + 5),
    "frame": lambda X: pd.DataFrame({"sequence": X}),
    "padded": padded,
    "frames": lambda X: [pd.DataFrame(sequence, columns=NAMES) for sequence in X],
}


@pytest.fixture(params=TRANSFORMERS)
def transformer(request):
    return TRANSFORMERS[request.param]()


@pytest.fixture(name="X")
def some_sequences():
    return ragged(8)[0]


def assert_are_sequences(given, expected):
    assert given.shape == (len(expected),)
    assert given.dtype == object
    for one, other in zip(given, expected, strict=True):
        assert_array_equal(one, other, strict=True)


class TestForms:
    @pytest.mark.parametrize("form", RAGGED)
    def test_of_ragged_input_mean_the_same(self, transformer, X, form):
        expected = list(transformer.fit_transform(X))
        assert_are_sequences(transformer.fit_transform(RAGGED[form](X)), expected)
        assert transformer.n_features_in_ == 2

    def test_sequences_of_one_feature_may_be_flat(self, transformer, X):
        flat = [sequence[:, 0] for sequence in X]
        expected = transformer.fit_transform([sequence[:, :1] for sequence in X])
        assert_are_sequences(transformer.fit_transform(flat), list(expected))

    def test_one_array_without_padding_gives_one_array(self, transformer, rng):
        cube = rng.normal(size=(5, 20, 3))
        given = transformer.fit_transform(cube)
        assert_array_equal(given, np.stack(transformer.transform(list(cube))), strict=True)
        assert_array_equal(transformer.transform(cube.tolist()), given, strict=True)

    def test_a_table_is_an_array_of_one_feature(self, transformer, rng):
        table = rng.normal(size=(5, 20))
        given = transformer.fit_transform(table[:, :, np.newaxis])
        for form in (table, table.tolist(), pd.DataFrame(table), table.astype(object)):
            assert_array_equal(transformer.fit_transform(form), given, strict=True)

    def test_arrays_of_one_length_stay_apart(self, transformer, rng):
        arrays = list(rng.normal(size=(5, 20, 3)))
        for form in (list, tuple, object_array, pd.Series):
            assert_are_sequences(
                transformer.fit_transform(form(arrays)), list(transformer.transform(arrays))
            )

    def test_an_array_whose_sequences_are_all_padded_gives_sequences(self, transformer, X):
        shorter = [sequence[:3] for sequence in X]
        cube = padded([*shorter, X[0][:1].repeat(9, axis=0)])[:-1]
        assert_are_sequences(
            transformer.fit_transform(cube), list(transformer.fit_transform(shorter))
        )

    @pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", "uint8", "bool"])
    def test_only_float32_stays_float32(self, transformer, rng, dtype):
        expected = "float32" if dtype == "float32" else "float64"
        table = rng.uniform(0, 3, size=(4, 5)).astype(dtype)
        for form in (table, pd.DataFrame(table), table[:, :, np.newaxis]):
            assert transformer.fit_transform(form).dtype == expected
        for form in (list(table), [pd.DataFrame(row) for row in table]):
            assert {one.dtype for one in transformer.fit_transform(form)} == {np.dtype(expected)}

    def test_one_of_float64_among_float32_makes_all_float64(self, transformer, X):
        mixed = [X[0], *(sequence.astype(np.float32) for sequence in X[1:])]
        assert {one.dtype for one in transformer.fit_transform(mixed)} == {np.dtype("float64")}

    @pytest.mark.parametrize("form", ["list", "padded"])
    def test_are_never_written_to_nor_shared(self, transformer, X, form):
        passed = RAGGED[form](X)
        before = pickle.dumps(passed)
        for one in transformer.fit_transform(passed):
            one[:] = 7
        assert pickle.dumps(passed) == before

    def test_frames_are_read_by_names(self, transformer, X):
        frames = RAGGED["frames"](X)
        expected = transformer.fit_transform(frames)
        assert transformer.feature_names_in_.tolist() == NAMES
        turned = [frame[NAMES[::-1]] for frame in frames]
        assert_are_sequences(transformer.transform(turned), list(expected))
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            transformer.transform(X)
        assert len(transformer.get_feature_names_out()) == expected[0].shape[1]

    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
    def test_are_what_the_networks_take(self, transformer):
        X, y = labelled(["no", "yes"])
        network = RNNClassifier(3, max_iter=1)
        network.fit(transformer.fit_transform(X), y).predict(transformer.transform(X[:2]))


class TestScalerOfFrames:
    def test_undone_without_a_warning(self, X, recwarn):
        scaler = SequenceScaler().fit(RAGGED["frames"](X))
        back = scaler.inverse_transform(scaler.transform(RAGGED["frames"](X)))
        for one, sequence in zip(back, X, strict=True):
            np.testing.assert_allclose(one, sequence)
        assert not recwarn.list
        assert scaler.feature_names_in_.tolist() == NAMES


class TestFeatureNames:
    def test_of_another_number_or_others_are_errors(self, X):
        transformer = SequenceFrames().fit(RAGGED["frames"](X))
        with pytest.raises(ValueError, match=r"input_features should have length equal.*2.*has 3"):
            transformer.get_feature_names_out(["a", "b", "c"])
        with pytest.raises(ValueError, match="input_features is not equal to feature_names_in_"):
            transformer.get_feature_names_out(["a", "b"])

    def test_of_a_table_are_not_those_of_its_columns(self):
        table = pd.DataFrame({"monday": [1.0, 2.0], "tuesday": [3.0, 5.0]})
        names = SequenceDifferences().fit(table).get_feature_names_out()
        assert names.tolist() == ["x0", "x0_diff1"]


class TestRefused:
    @pytest.mark.parametrize(
        "X",
        [
            [[[1.0], [np.nan]], [[1.0]]],
            [np.array([1.0, np.inf]), np.ones(1)],
            np.array([[1.0, 2.0], [1.0, np.nan]]),
            [np.ones((2, 2)), np.ones((2, 3))],
            [np.ones((2, 2)), np.ones((0, 2))],
            [["a", "b"], ["c"]],
            np.ones(3),
            np.ones((2, 2, 2, 2)),
            np.ma.masked_array(np.ones((2, 2))),
            [np.ones(3), 1j * np.ones(3)],
            [],
            None,
        ],
    )
    def test_in_the_words_of_the_networks(self, transformer, X):
        transformer.fit([[1.0, 2.0], [3.0]])
        before = state_of(transformer)
        with pytest.raises((ValueError, TypeError)) as expected:
            RNNClassifier().fit(X, [0, 1])
        with pytest.raises(expected.type) as raised:
            transformer.fit(X)
        message = str(raised.value).replace(type(transformer).__name__, "RNNClassifier")
        assert message == str(expected.value)
        assert state_of(transformer) == before

    def test_other_features_than_in_fit(self, transformer, X):
        transformer.fit(X)
        with pytest.raises(ValueError, match=r"X has 1 features, but Sequence\w+ is expecting 2"):
            transformer.transform([sequence[:, :1] for sequence in X])

    def test_before_fit(self, transformer, X):
        with pytest.raises(NotFittedError):
            transformer.transform(X)
        with pytest.raises(NotFittedError):
            transformer.get_feature_names_out()

    @pytest.mark.parametrize("weights", [[1.0], np.full(8, -1.0), np.zeros(8), ["a"] * 8])
    def test_weights(self, X, weights):
        scaler = SequenceScaler().fit(X)
        before = state_of(scaler)
        with pytest.raises(ValueError, match="sample_weight"):
            scaler.fit(X[::-1], sample_weight=weights)
        assert state_of(scaler) == before

    @pytest.mark.parametrize(
        ("kind", "parameter", "values"),
        [
            (SequenceFrames, "length", (0, -1, 2.0, "2", None, True)),
            (SequenceFrames, "step", (0, -1, 2.0, "2", None, True)),
            (SequenceDifferences, "order", (0, -1, 1.0, "1", None, True)),
            (SequenceDifferences, "keep", (1, "True", None)),
            (SequenceScaler, "with_mean", (1, "True", None)),
            (SequenceScaler, "with_std", (1, "True", None)),
            (SequenceScaler, "per_sequence", (1, "True", None)),
        ],
    )
    def test_parameters(self, X, kind, parameter, values):
        assert parameter in kind.constraints
        for value in values:
            message = f"^The parameter {parameter} of {kind.__name__} must be .*Got {value!r}.$"
            with pytest.raises(ValueError, match=message):
                kind(**{parameter: value}).fit(X)
            with pytest.raises(ValueError, match=message):
                kind().fit(X).set_params(**{parameter: value}).transform(X)


class TestTransformers:
    def test_every_parameter_has_a_constraint(self, transformer):
        assert set(transformer.constraints) == set(transformer.get_params())

    def test_pickles_name_the_public_module_only(self, transformer, X):
        transformer.fit(X)
        content = pickle.dumps(transformer)
        assert content.count(b"skrnn.") == content.count(b"skrnn.preprocessing") == 1
        assert b"skrnn.preprocessing." not in content
        again = pickle.loads(content)
        assert_are_sequences(again.transform(X), list(transformer.transform(X)))
        assert getattr(skrnn.preprocessing, type(transformer).__name__) is type(transformer)

    def test_clones_are_not_fitted(self, transformer, X):
        with pytest.raises(NotFittedError):
            clone(transformer.fit(X)).transform(X)

    def test_no_frame_is_made_where_the_configuration_asks_for_frames(self, transformer, rng):
        with config_context(transform_output="pandas"):
            given = transformer.fit_transform(rng.normal(size=(3, 4)))
        assert type(given) is np.ndarray

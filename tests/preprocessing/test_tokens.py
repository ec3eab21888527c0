"""What the encoder of tokens makes of texts and token sequences, and the way back."""

import pickle
from collections import Counter
from enum import StrEnum
from time import thread_time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils.estimator_checks import (
    check_estimator_cloneable,
    check_mixin_order,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_valid_tag_types,
)

from skrnn import RNNClassifier
from skrnn.preprocessing import SequenceFrames, TokenEncoder

from ..toys import QUICK, object_array

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
TEXTS = ["abc", "", "cab 🙂", "ba"]
CHECKS = [
    check_estimator_cloneable,
    check_mixin_order,
    check_no_attributes_set_in_init,
    check_parameters_default_constructible,
    check_valid_tag_types,
]
FORMS = {
    "tuple": tuple,
    "Series": lambda X: pd.Series(X, index=np.arange(len(X)) * 3 + 5),
    "object array": object_array,
    "object column": lambda X: object_array(X)[:, np.newaxis],
    "frame": lambda X: pd.DataFrame({"text": object_array(X)}),
}
FORMS_OF_TEXTS = {
    "string array": np.array,
    "string column": lambda X: np.array(X)[:, np.newaxis],
    "strings of NumPy": lambda X: list(map(np.str_, X)),
    "variable strings": lambda X: np.array(X, dtype=np.dtypes.StringDType()),
    "strings of pandas": lambda X: pd.Series(X, dtype="string"),
}


def assert_are_codes(codes, expected):
    assert (codes.shape, codes.dtype) == ((len(expected),), object)
    for one, other in zip(codes, expected, strict=True):
        assert_array_equal(one, np.array(other, np.int64).reshape(-1, 1), strict=True)


class TestCodes:
    def test_are_from_1_on_in_sorted_order_and_0_is_unknown(self):
        encoder = TokenEncoder().fit(["cab", "bad"])
        assert list(encoder.vocabulary_.items()) == [("a", 1), ("b", 2), ("c", 3), ("d", 4)]
        assert (encoder.n_tokens_, encoder.unknown_rate_) == (5, 0.0)
        assert_are_codes(encoder.transform(["bee", "🙂a"]), [[2, 0, 0], [0, 1]])

    def test_of_an_empty_text_have_no_step(self):
        assert_are_codes(TokenEncoder().fit_transform(TEXTS)[1:2], [[]])

    @pytest.mark.parametrize("X", [["ab", "ba"], ["a", "b"], [["a", "b"], ["b", "a"]]])
    def test_of_equal_lengths_stay_apart(self, X):
        assert_are_codes(TokenEncoder().fit_transform(X), [["_ab".index(t) for t in x] for x in X])

    def test_of_characters_outside_the_basic_plane_and_lone_surrogates(self):
        X = ["🙂é\u0301𝔸\ud800", "🙂"]
        encoder = TokenEncoder()
        codes = encoder.fit_transform(X)
        assert [len(one) for one in codes] == [5, 1]
        assert encoder.inverse_transform(codes) == X

    @pytest.mark.parametrize("form", FORMS | FORMS_OF_TEXTS)
    def test_of_texts_do_not_depend_on_the_form(self, form):
        expected = TokenEncoder().fit(TEXTS)
        X = (FORMS | FORMS_OF_TEXTS)[form](TEXTS)
        encoder = TokenEncoder().fit(X)
        assert encoder.vocabulary_ == expected.vocabulary_
        assert set(map(type, encoder.vocabulary_)) == {str}
        assert_are_codes(encoder.transform(X), list(expected.transform(TEXTS)))

    @pytest.mark.parametrize("form", FORMS)
    def test_of_token_sequences_do_not_depend_on_the_form(self, form):
        X = [[7, -2], (3, 7, 3), np.array([3, 7], np.int8), pd.Series([7]), []]
        encoder = TokenEncoder().fit(FORMS[form](X))
        assert encoder.vocabulary_ == {-2: 1, 3: 2, 7: 3}
        assert set(map(type, encoder.vocabulary_)) == {int}
        expected = [[3, 1], [2, 3, 2], [2, 3], [3], []]
        assert_are_codes(encoder.transform(FORMS[form](X)), expected)

    def test_of_other_types_are_those_of_what_these_equal(self):
        way = StrEnum("way", ["left", "right"])
        X = [[np.str_("up"), "left"], np.array(["up"]), [way.left]]
        encoder = TokenEncoder().fit(X)
        assert list(map(type, encoder.vocabulary_)) == [str, str]
        assert_are_codes(encoder.transform(X), [[2, 1], [2], [1]])
        assert_are_codes(encoder.transform([["up"], [1, 2]]), [[2], [0, 0]])


class TestAnalyzers:
    def test_word_is_words_and_punctuation_marks(self):
        encoder = TokenEncoder(analyzer="word")
        codes = encoder.fit_transform(["Don't,  über_1\n go!!"])
        assert encoder.inverse_transform(codes) == ["Don ' t , über_1 go ! !"]

    @pytest.mark.parametrize("made", [list, tuple, np.array])
    def test_callable_returns_the_tokens(self, made):
        encoder = TokenEncoder(analyzer=lambda text: made(text.split("-")), lowercase=True)
        codes = encoder.fit_transform(["B-a", "b"])
        assert_are_codes(codes, [[2, 1], [2]])
        assert encoder.inverse_transform([*codes, [[0]]]) == [["b", "a"], ["b"], [None]]

    @pytest.mark.parametrize("analyzer", ["char", "word", str.split])
    def test_token_sequences_are_taken_as_they_are(self, analyzer):
        encoder = TokenEncoder(analyzer=analyzer, lowercase=True).fit([["a b", "C"], ("c.",)])
        assert list(encoder.vocabulary_) == ["C", "a b", "c."]

    def test_lowercase_makes_texts_lower_case(self):
        encoder = TokenEncoder(lowercase=True).fit(["aB"])
        assert_are_codes(encoder.transform(["AbB"]), [[1, 2, 2]])
        assert "B" in TokenEncoder().fit(["aB"]).vocabulary_


class TestRareTokens:
    @pytest.mark.parametrize("max_categories", [None, 1, 2, 3, 8, 9, 10, 11, 50])
    @pytest.mark.parametrize("min_frequency", [1, 4, 1000, 0.06, 0.12, 0.9])
    def test_are_those_of_the_one_hot_encoder(self, min_frequency, max_categories):
        tokens = list("aaaaabbbbbcccddddefgggghhhhhhii")
        options = {"min_frequency": min_frequency, "max_categories": max_categories}
        one_hot = OneHotEncoder(**options).fit([[token] for token in tokens])
        infrequent = one_hot.infrequent_categories_[0]
        infrequent = [] if infrequent is None else infrequent.tolist()
        encoder = TokenEncoder(**options)
        codes = encoder.fit_transform(["".join(tokens[:7]), tokens[7:]])
        assert list(encoder.vocabulary_) == [t for t in "abcdefghi" if t not in infrequent]
        assert_array_equal(np.vstack(codes)[:, 0] == 0, np.isin(tokens, infrequent))
        rate = sum(Counter(tokens)[token] for token in infrequent) / len(tokens)
        assert encoder.unknown_rate_ == rate
        assert encoder.n_tokens_ == len(encoder.vocabulary_) + 1

    def test_limits_may_be_numbers_of_numpy(self):
        X = ["".join(chr(100 + i) * (i + 1) for i in range(200))]
        encoder = TokenEncoder(min_frequency=np.float16(0.005), max_categories=np.int8(90)).fit(X)
        assert encoder.n_tokens_ == 90
        assert type(encoder.unknown_rate_) is float


class TestInverse:
    @given(st.lists(st.text(), min_size=1).filter(any))
    def test_gives_texts_back(self, X):
        encoder = TokenEncoder().fit(X)
        assert encoder.inverse_transform(encoder.transform(X)) == X

    @given(st.lists(st.lists(st.integers()), min_size=1).filter(any))
    def test_gives_token_sequences_back(self, X):
        encoder = TokenEncoder().fit(X)
        assert encoder.inverse_transform(encoder.transform(X)) == X

    def test_of_unknown_is_the_replacement_character_or_none(self):
        assert TokenEncoder().fit(["ab"]).inverse_transform([[1, 0]]) == [
            "a\N{REPLACEMENT CHARACTER}"
        ]
        words = TokenEncoder(analyzer="word").fit(["ab"])
        assert words.inverse_transform([[0, 1]]) == [f"{UNKNOWN} ab"]
        assert TokenEncoder().fit([["ab"]]).inverse_transform([[0, 1]]) == [[None, "ab"]]
        assert TokenEncoder().fit([["ab"], "c"]).inverse_transform([[1, 2]]) == [["ab", "c"]]

    def test_takes_every_form_of_codes(self):
        encoder = TokenEncoder().fit(["abc"])
        for codes in (
            [np.array([[3], [1]]), np.array([[2], [2]])],
            np.array([[[3], [1]], [[2], [2]]]),
            np.array([[3.0, 1.0], [2.0, 2.0]]),
            [[3, 1], (2, 2)],
            [[3.0, 1.0], np.array([2, 2], np.uint8)],
        ):
            assert encoder.inverse_transform(codes) == ["ca", "bb"]
        assert encoder.inverse_transform([[1], []]) == ["a", ""]

    @pytest.mark.parametrize("code", [-1, 4, 1.5])
    def test_of_no_code_is_an_error_that_names_the_place(self, code):
        encoder = TokenEncoder().fit(["abc"])
        message = rf"X\[1\] has the code {code} at step 2, .* from 0 to 3"
        for wrong in ([1, 2, code], np.array([[1], [2], [code]])):
            with pytest.raises(ValueError, match=message):
                encoder.inverse_transform([np.ones_like(wrong), wrong])

    def test_of_what_is_no_sequence_of_codes_is_an_error(self):
        encoder = TokenEncoder().fit(["abc"])
        with pytest.raises(ValueError, match=r"X\[0\] has shape \(1, 2\), but one code a step"):
            encoder.inverse_transform([np.array([[1, 2]])])
        with pytest.raises(ValueError, match=r"X\[0\] must hold numbers, but X\[0\]\[1\] is 'b'"):
            encoder.inverse_transform([[1, "b"]])
        with pytest.raises(ValueError, match=r"NaN .* in X\[0\]\[1\]"):
            encoder.inverse_transform([[1, np.nan]])
        with pytest.raises(TypeError, match=r"X\[0\] is 1 of type int"):
            encoder.inverse_transform([1, 2])


class TestScikitLearn:
    def test_checks_that_need_no_numbers(self):
        # The others skip what takes no 2-D array.
        for check in CHECKS:
            check("TokenEncoder", TokenEncoder())
        tags = TokenEncoder().__sklearn_tags__().input_tags
        assert (tags.string, tags.two_d_array) == (True, False)
        assert set(TokenEncoder.constraints) == set(TokenEncoder().get_params())

    def test_before_fit(self):
        encoder = clone(TokenEncoder(lowercase=True).fit(TEXTS))
        assert encoder.lowercase is True
        for call in (encoder.transform, encoder.inverse_transform, encoder.get_feature_names_out):
            with pytest.raises(NotFittedError):
                call(TEXTS)

    def test_pickles_name_the_public_module_only(self):
        encoder = TokenEncoder(analyzer="word").fit(TEXTS)
        content = pickle.dumps(encoder)
        assert content.count(b"skrnn.") == content.count(b"skrnn.preprocessing") == 1
        assert_are_codes(pickle.loads(content).transform(TEXTS), list(encoder.transform(TEXTS)))

    def test_names_and_output(self):
        with config_context(transform_output="pandas"):
            frames = make_pipeline(TokenEncoder(), SequenceFrames(2, 1))
            assert type(frames.fit_transform(["abc", "b"])) is np.ndarray
        assert frames.get_feature_names_out().tolist() == ["token_step0", "token_step1"]

    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
    def test_pipeline_whose_folds_lack_tokens(self):
        X = pd.Series([chr(ord("a") + i) * (3 + i % 4) for i in range(20)])
        y = np.arange(20) % 2
        model = Pipeline([("codes", TokenEncoder()), ("network", RNNClassifier(**QUICK))])
        scores = cross_val_score(model, X, y, cv=KFold(2), error_score="raise")
        assert len(scores) == 2
        grid = {"codes__min_frequency": [1, 4], "codes__analyzer": ["char", "word"]}
        assert GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y).best_score_ >= 0.5


def test_a_million_characters_take_well_under_a_second(rng):
    X = ["".join(map(chr, row)) for row in rng.integers(32, 500, (1000, 1000))]
    start = thread_time()
    TokenEncoder().fit_transform(X)  # in one thread: its time does not depend on other processes
    assert thread_time() - start < 1

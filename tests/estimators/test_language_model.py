"""What a language model says of texts: equal to its slow twin, and independent of the batch."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn import RNNLanguageModel
from skrnn.cells import CELLS

from ..toys import object_array
from .language_twin import codes_of, log_probas, states

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TEXTS = ["abcab", "", "cab" * 9, "b", "a c", "ccc" * 4]
OTHERS = ["abcabc", "", "z", "za?b", "cba" * 11, "a"]
TINY = {"hidden_layer_sizes": 4, "max_iter": 3, "learning_rate_init": 0.1, "random_state": 0}
RULES = {"float32": 2e-5, "float64": 1e-12}


def fit(texts=TEXTS, **options):
    return RNNLanguageModel(**TINY | options).fit(texts)


def assert_same(actual, expected):
    """Whether arrays of one text each are the same to the bit."""
    assert len(actual) == len(expected)
    for one, other in zip(actual, expected, strict=True):
        assert_array_equal(one, other)


@pytest.fixture(scope="module")
def model():
    return fit(hidden_layer_sizes=(3, 4), dtype="float64")


@pytest.mark.parametrize("dtype", RULES)
@pytest.mark.parametrize("layers", [4, (5, 4)], ids=["one layer", "two layers"])
@pytest.mark.parametrize("head", ["tied", "of its own", "of its own, few numbers"])
@pytest.mark.parametrize("cell", CELLS)
def test_all_answers_are_those_of_the_twin(cell, head, layers, dtype):
    size = {"embedding_size": 3} if head.endswith("few numbers") else {}
    options = {"cell": cell, "dtype": dtype, "hidden_layer_sizes": layers}
    fitted = fit(tie_weights=head == "tied", **size, **options)
    assert ("output.weight" in fitted.weights_) == (head != "tied")
    tolerance = {"rtol": RULES[dtype], "atol": RULES[dtype]}
    expected = [log_probas(fitted, text) for text in OTHERS]
    proba, hidden = fitted.next_token_proba(OTHERS), fitted.transform(OTHERS)
    assert proba.shape == (len(OTHERS), fitted.n_tokens_)
    assert hidden.shape == (len(OTHERS), 4)
    for i, (text, actual) in enumerate(zip(OTHERS, fitted.token_log_proba(OTHERS), strict=True)):
        targets = [*codes_of(fitted, text), len(fitted.vocabulary_) + 1]
        of_targets = expected[i][np.arange(len(targets)), targets]
        assert actual.shape == (len(text) + 1,)
        assert_allclose(actual, of_targets, **tolerance)
        assert_allclose(proba[i], np.exp(expected[i][-1]), **tolerance)
        assert_allclose(hidden[i], states(fitted, text)[-1], **tolerance)


def test_every_answer_is_in_float64():
    fitted = fit(dtype="float32")
    answers = [*fitted.token_log_proba(TEXTS), fitted.score_samples(TEXTS)]
    answers += [fitted.next_token_proba(TEXTS), fitted.transform(TEXTS)]
    assert {one.dtype for one in answers} == {np.dtype("float64")}
    assert {type(fitted.score(TEXTS)), type(fitted.perplexity(TEXTS))} == {float}
    assert type(fitted.bits_per_token(TEXTS)) is float


def test_scores_are_of_all_tokens_and_ends(model):
    texts = ["a", "", "abcab" * 60, "cc"]
    of_tokens = model.token_log_proba(texts)
    together = np.concatenate(of_tokens)
    assert len(together) == sum(len(text) + 1 for text in texts)
    score = model.score(texts)
    assert score == pytest.approx(together.mean(), rel=1e-12)
    assert_allclose(model.score_samples(texts), [one.sum() for one in of_tokens], rtol=1e-12)
    assert model.perplexity(texts) == pytest.approx(np.exp(-score), rel=1e-12)
    assert model.bits_per_token(texts) == pytest.approx(-np.log2(np.exp(score)), rel=1e-12)
    # It is not a mean of means of texts, nor of their perplexities.
    means = np.array([one.mean() for one in of_tokens])
    assert abs(score - means.mean()) > 0.01
    assert abs(model.perplexity(texts) - np.exp(-means).mean()) > 0.01


def test_probabilities_of_all_texts_sum_to_one():
    fitted = fit(["ab", "ba", "b", ""], cell="gru", dtype="float64")
    letters, longest = "?ab", 3  # the first is any unknown token, of code 0
    ended, proba_of_prefixes = 0.0, {"": 1.0}
    for length in range(longest + 1):
        texts = ["".join(letters) for letters in product(letters, repeat=length)]
        now = np.array([proba_of_prefixes[text] for text in texts])
        rows = fitted.next_token_proba(texts)
        assert_allclose(np.exp(fitted.score_samples(texts)), now * rows[:, -1], rtol=1e-12)
        ended += (now * rows[:, -1]).sum()
        for text, proba, row in zip(texts, now, rows, strict=True):
            for code, letter in enumerate(letters):
                proba_of_prefixes[text + letter] = proba * row[code]
        longer = sum(p for text, p in proba_of_prefixes.items() if len(text) == length + 1)
        assert ended + longer == pytest.approx(1, abs=1e-12)
    assert 0 < ended < 1


def test_rows_of_the_next_token_are_the_steps_of_longer_texts(model):
    text = "abc?ab"
    prefixes = [text[:n] for n in range(len(text) + 1)]
    rows = model.next_token_proba(prefixes)
    assert_allclose(rows.sum(axis=1), 1, rtol=1e-12)
    targets = [*codes_of(model, text), model.n_tokens_ - 1]
    log_proba = model.token_log_proba([text])[0]
    assert_allclose(rows[np.arange(len(rows)), targets], np.exp(log_proba), rtol=1e-12)


@pytest.mark.parametrize("dtype", RULES)
@pytest.mark.parametrize("cell", CELLS)
def test_an_answer_does_not_depend_on_the_batch_or_threads(cell, dtype):
    fitted = fit(cell=cell, dtype=dtype, hidden_layer_sizes=(17, 33))
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abc ?"), n)) for n in rng.integers(0, 60, 120)]
    order = rng.permutation(len(texts))
    for method in ("token_log_proba", "score_samples", "next_token_proba", "transform"):
        answer = getattr(fitted.set_params(n_jobs=1), method)
        together = answer(texts)
        assert_same(answer([texts[i] for i in order]), together[order])
        assert_same([answer([text])[0] for text in texts[:20]], together[:20])
        assert_same(getattr(fitted.set_params(n_jobs=2), method)(texts), together)


@pytest.mark.parametrize("cell", CELLS)
def test_a_long_text_begins_as_its_beginning_alone(cell):
    fitted = fit(cell=cell, hidden_layer_sizes=2)
    text = "".join(np.random.default_rng(0).choice(list("abc"), 20_000))
    log_proba = fitted.token_log_proba([text])[0]
    assert log_proba.shape == (20_001,)
    for n in (1, 100, 5000, 16_384, 19_999):
        assert_array_equal(fitted.token_log_proba([text[:n]])[0][:-1], log_proba[:n])
    code = codes_of(fitted, text[-1])[0]
    proba = fitted.next_token_proba([text[:-1], text, "ab"])
    assert_allclose(proba[0, code], np.exp(log_proba[-2]), rtol=1e-5)
    assert_allclose(proba[1, -1], np.exp(log_proba[-1]), rtol=1e-5)
    assert_array_equal(proba[2:], fitted.next_token_proba(["ab"]))


def test_an_empty_text_has_its_end_only(model):
    (log_proba,) = model.token_log_proba([""])
    assert log_proba.shape == (1,)
    assert_array_equal(model.token_log_proba([[]])[0], log_proba)
    assert model.score([""]) == model.score_samples([""])[0] == log_proba[0]
    assert log_proba[0] == pytest.approx(np.log(model.next_token_proba([""])[0, -1]), rel=1e-12)


def test_unknown_tokens_are_code_0():
    fitted = fit(["aab", "aba", "c"], min_frequency=2)
    assert fitted.vocabulary_ == {"a": 1, "b": 2}
    assert fitted.n_tokens_ == 4
    (rare,), (new,) = fitted.token_log_proba(["ca"]), fitted.token_log_proba(["?a"])
    assert_array_equal(rare, new)
    assert rare[0] == pytest.approx(np.log(fitted.next_token_proba([""])[0, 0]), rel=1e-6)


def test_the_most_frequent_tokens_have_codes():
    fitted = fit(["aaab", "bbcd"], max_categories=3)
    assert (fitted.vocabulary_, fitted.n_tokens_) == ({"a": 1, "b": 2}, 4)
    assert fit(["aaab", "bbcd"], min_frequency=0.3).vocabulary_ == {"a": 1, "b": 2}


WORDS = [["up", "down", "up"], ["down"], [], ["left", "up"]]
FORMS = {
    "tuples": lambda words: tuple(map(tuple, words)),
    "arrays": lambda words: [np.array(one, str) for one in words],
    "arrays of objects": lambda words: [np.array(one, object) for one in words],
    "an array of lists": object_array,
    "a series of lists": lambda words: pd.Series(words, index=range(5, 5 + len(words))),
    "a frame of lists": lambda words: pd.DataFrame({"words": words}),
    "series of words": lambda words: [pd.Series(one, dtype=object) for one in words],
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_token_sequences(form):
    plain, other = fit(WORDS), fit(FORMS[form](WORDS))
    assert list(other.vocabulary_.items()) == [("down", 1), ("left", 2), ("up", 3)]
    assert {type(token) for token in other.vocabulary_} == {str}
    assert_same(other.token_log_proba(FORMS[form](WORDS)), plain.token_log_proba(WORDS))


@pytest.mark.parametrize(
    "form", [np.array, pd.Series, object_array, lambda X: pd.DataFrame({0: X})]
)
def test_forms_of_texts(form):
    assert_same(fit(form(TEXTS)).token_log_proba(form(TEXTS)), fit().token_log_proba(TEXTS))


@pytest.mark.parametrize("kind", [int, np.int8, np.uint64])
def test_tokens_that_are_integers(kind):
    numbers = [[30, 7, 30], [7], [], [5, 30]]
    fitted = fit([[kind(n) for n in one] for one in numbers])
    assert list(fitted.vocabulary_.items()) == [(5, 1), (7, 2), (30, 3)]
    assert {type(token) for token in fitted.vocabulary_} == {int}
    names = {30: "up", 7: "down", 5: "a"}
    other = fit([[names[n] for n in one] for one in numbers])
    assert_same(
        fitted.token_log_proba(numbers),
        other.token_log_proba([[names[n] for n in one] for one in numbers]),
    )
    assert_same(
        fitted.token_log_proba([np.array(one, np.int64) for one in numbers]),
        fitted.token_log_proba(numbers),
    )


def test_analyzers():
    texts = ["It is, it is!", "is it?"]
    assert list(fit(texts, analyzer="word").vocabulary_) == ["!", ",", "?", "It", "is", "it"]
    assert list(fit(texts, analyzer=str.split).vocabulary_) == [
        "It",
        "is",
        "is!",
        "is,",
        "it",
        "it?",
    ]
    assert list(fit(texts).vocabulary_) == sorted(set("".join(texts)))
    fitted = fit(texts, analyzer="word")
    assert_same(fitted.token_log_proba([["it", "is"]]), fitted.token_log_proba(["it is"]))

"""What a language model writes: by its own probabilities, and the same whoever else writes."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn import RNNLanguageModel
from skrnn.network import head
from skrnn.runtime.threads import team_of

from ..toys import state_of

X = ["the cat sat on the mat", "the dog sat on the cat", "a dog", "the mat"]
COMMON = {"learning_rate_init": 0.02, "max_iter": 60, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def chars():
    return RNNLanguageModel(10, **COMMON).fit(X)


@pytest.fixture(scope="module")
def words():
    return RNNLanguageModel(10, analyzer="word", **COMMON).fit(X)


@pytest.fixture(scope="module")
def numbers():
    return RNNLanguageModel(10, cell="gru", **COMMON).fit([[5, 7, 5, 9, 7], [9, 9, 5], [7] * 6])


@pytest.fixture(scope="module")
def taught_unknown():
    return RNNLanguageModel(10, min_frequency=2, **COMMON).fit([*X, "q"])


def tokens_of(model, text):
    return text.split() if model.analyzer == "word" and isinstance(text, str) else list(text)


@pytest.mark.parametrize(
    "options", [{"do_sample": False}, {"top_k": 1, "random_state": 3}, {"temperature": 1e-6}]
)
@pytest.mark.parametrize(
    ("kind", "prompts"),
    [
        ("chars", ["", "the", "at the d"]),
        ("words", ["", "the", "sat the dog"]),
        ("numbers", [[], [5, 7], [7, 9]]),
        ("taught_unknown", ["zzz the d"]),
    ],
)
def test_greedy_takes_the_most_probable(request, kind, prompts, options):
    model = request.getfixturevalue(kind)
    for prompt in prompts:
        tokens = tokens_of(model, prompt)
        n = len(tokens)
        while len(tokens) < n + 12:
            best = model.next_token_proba([tokens])[0, 1:].argmax()  # an unknown one is not written
            if best == len(model.vocabulary_):
                break
            tokens.append(list(model.vocabulary_)[best])
        (text,) = model.generate([prompt], max_new_tokens=12, **options)
        assert tokens_of(model, text) == tokens[n:]


def test_where_rare_tokens_teach_what_unknown_ones_are_a_prompt_may_have_some(taught_unknown):
    unknown, rare = taught_unknown.generate(["? the", "q the"], do_sample=False)
    assert unknown == rare


def test_first_tokens_are_as_frequent_as_they_are_probable(chars):
    n = 4000
    texts = chars.generate(["the "], n, max_new_tokens=1, random_state=0)[0]
    counts = np.array([texts.count(token) for token in chars.vocabulary_] + [texts.count("")])
    proba = chars.next_token_proba(["the "])[0, 1:]
    proba /= proba.sum()
    assert counts.sum() == n
    assert (np.abs(counts / n - proba) <= 4 * np.sqrt(proba * (1 - proba) / n) + 1e-3).all()


def test_a_sample_is_the_same_alone_and_among_others(chars):
    options = {"random_state": 5, "max_new_tokens": 30, "return_log_proba": True}
    prompts = ["the", "a dog", ""]
    texts, log_proba = chars.generate(prompts, 4, **options)
    assert len({tuple(of_prompt) for of_prompt in texts}) == 3
    for row, prompt in enumerate(prompts):
        for n in (1, 2):
            alone, alone_log_proba = chars.generate([prompt], n, **options)
            assert (alone[0] if n > 1 else alone) == texts[row][:n]
            assert_array_equal(np.ravel(alone_log_proba), log_proba[row, :n])


def test_the_log_probability_is_that_of_a_score(chars, words):
    for model, between in ((chars, ""), (words, " ")):
        options = {"random_state": 1, "max_new_tokens": 300, "return_log_proba": True}
        texts, log_proba = model.generate(["the dog"], 6, **options)
        whole = [f"the dog{between}{text}" for text in texts[0]]
        n = len(model.token_log_proba(["the dog"])[0]) - 1
        expected = [tokens[n:].sum() for tokens in model.token_log_proba(whole)]
        assert_allclose(log_proba[0], expected, rtol=1e-5)


def test_beams_find_what_is_at_least_as_probable(chars):
    options = {"do_sample": False, "max_new_tokens": 40, "return_log_proba": True}
    prompts = ["the ", "a", ""]
    _, greedy = chars.generate(prompts, **options)
    texts, best = chars.generate(prompts, 3, num_beams=6, length_penalty=0.0, **options)
    assert (best[:, 0] >= greedy - 1e-9).all()
    assert (np.diff(best, axis=1) <= 0).all()
    assert all(len(set(of_prompt)) == 3 for of_prompt in texts)
    alone, _ = chars.generate(prompts[1:2], 3, num_beams=6, length_penalty=0.0, **options)
    assert alone[0] == texts[1]


@pytest.mark.parametrize("stop", ["at", ["the", "a"], "the cat"])
@pytest.mark.parametrize("kind", ["chars", "words"])
def test_ends_before_a_stop(request, kind, stop):
    model = request.getfixturevalue(kind)
    stops = [stop] if isinstance(stop, str) else stop
    texts = model.generate(n_samples=40, stop=stop, random_state=0)
    free = model.generate(n_samples=40, random_state=0)
    for text, whole in zip(texts, free, strict=True):
        found = [whole.find(one) for one in stops if one in whole]
        assert text == whole[: min(found)] if found else text == whole
    assert texts != free
    whole = RNNLanguageModel(4, analyzer="word", **COMMON).fit(["banana"] * 3)
    assert whole.generate(do_sample=False, stop="an") == "b"  # before the first in a token


def test_token_sequences(numbers):
    tokens = numbers.generate([[5, 7], []], random_state=0, max_new_tokens=20)
    assert all(token in (5, 7, 9) for of_prompt in tokens for token in of_prompt)
    (free,) = numbers.generate([[5]], random_state=2, max_new_tokens=20)
    (cut,) = numbers.generate([[5]], random_state=2, max_new_tokens=20, stop=7)
    assert 7 in free
    assert cut == free[: free.index(7)]
    for stop in (np.int64(7), [7], (np.int32(7),), np.array([7])):
        assert numbers.generate([[5]], random_state=2, max_new_tokens=20, stop=stop) == [cut]
    (first,) = numbers.generate([[5]], random_state=2, max_new_tokens=20, stop=[9, 7])
    assert first == free[: min(free.index(one) for one in (7, 9) if one in free)]
    joined = numbers.generate([[5]], random_state=2, join=lambda t: "-".join(map(str, t)))
    assert joined == ["-".join(map(str, numbers.generate([[5]], random_state=2)[0]))]


def test_forms(chars):
    assert isinstance(chars.generate(random_state=0), str)
    assert [type(one) for one in chars.generate(n_samples=2)] == [str, str]
    assert len(chars.generate(np.array(["a", "t"], object), max_new_tokens=3)) == 2
    text, log_proba = chars.generate(return_log_proba=True, random_state=0)
    assert (text, np.ndim(log_proba)) == (chars.generate(random_state=0), 0)
    assert max(len(text) for text in chars.generate(n_samples=30, max_new_tokens=5)) == 5


def test_a_callable_analyzer_gives_lists():
    model = RNNLanguageModel(4, analyzer=str.split, **COMMON).fit(X)
    assert isinstance(model.generate(random_state=0), list)
    assert isinstance(model.generate(random_state=0, join=" ".join), str)


def test_a_stream_of_random_numbers_goes_on(chars):
    stream = np.random.RandomState(0)
    first, second = (chars.generate(random_state=stream, n_samples=5) for _ in range(2))
    assert first != second
    assert first == chars.generate(random_state=np.random.RandomState(0), n_samples=5)


def test_threads_and_the_model_itself(chars):
    before = chars.score_samples(X)
    options = [{"random_state": seed, "n_samples": 3} for seed in range(6)]
    expected = [chars.generate(["the"], **one) for one in options]
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(lambda one: chars.generate(["the"], **one), options)) == expected
    assert_array_equal(chars.score_samples(X), before)


def test_long_prompts_go_on_as_they_are_scored(rng, chars):
    prompts = ["".join(rng.choice(list("thecadogsn m"), 3000)) for _ in range(7)] + ["a dog", ""]
    options = {"max_new_tokens": 6, "random_state": 0, "return_log_proba": True}
    texts, log_proba = chars.generate(prompts, **options)
    assert len(set(texts)) > 1
    for prompt, text, one in zip(prompts, texts, log_proba, strict=True):
        scored = chars.token_log_proba([prompt + text])[0][len(prompt) :]
        assert_allclose(one, scored[: 6 if len(text) == 6 else None].sum(), rtol=1e-5)
        alone, one_alone = chars.generate([prompt], **options)
        assert (alone, one_alone) == ([text], one)


def test_the_log_probability_counts_the_stop(chars, words, numbers):
    for model, prompt, stop in ((chars, "the ", "a"), (words, "the", "the"), (numbers, [5], 7)):
        options = {"random_state": 3, "max_new_tokens": 40, "return_log_proba": True}
        (texts,), (log_proba,) = model.generate([prompt], 8, stop=stop, **options)
        (free,), (of_free,) = model.generate([prompt], 8, **options)
        before, n_cut = tokens_of(model, prompt), 0
        for text, whole, one, of_whole in zip(texts, free, log_proba, of_free, strict=True):
            if stop in tokens_of(model, whole):
                scored = model.token_log_proba([[*before, *tokens_of(model, text), stop]])[0]
                assert_allclose(one, scored[len(before) : -1].sum(), rtol=1e-5)
                n_cut += 1
            else:
                assert (text, one) == (whole, of_whole)
        assert n_cut > 0


def test_the_log_probability_is_before_any_filter(chars):
    filters = {"temperature": 0.5, "top_p": 0.9, "repetition_penalty": 1.3, "min_p": 0.01}
    options = {"random_state": 0, "max_new_tokens": 200, "return_log_proba": True}
    for asked in (filters, {"do_sample": False, "num_beams": 3, "repetition_penalty": 1.3}):
        (text,), (log_proba,) = chars.generate(["the"], **asked, **options)
        assert len(text) < 200
        assert_allclose(log_proba, chars.token_log_proba(["the" + text])[0][3:].sum(), rtol=1e-5)


@pytest.mark.parametrize("beams", [{}, {"do_sample": False, "num_beams": 3}])
@pytest.mark.parametrize("prompts", [None, [""], ["the"]])
def test_nothing_occurs_twice_if_it_must_not(chars, prompts, beams):
    options = {"random_state": 1, **beams}
    text = "".join(chars.generate(prompts, no_repeat_ngram_size=1, **options))
    assert len(set(text)) == len(text)
    assert not set(text) & set("".join(prompts or []))
    free = chars.generate(prompts, **options)
    assert free != chars.generate(prompts, repetition_penalty=50.0, **options)


def test_shapes_of_log_probabilities(chars):
    options = {"random_state": 0, "max_new_tokens": 2, "return_log_proba": True}
    for prompts, n, shape in (
        (None, 1, ()),
        (None, 3, (3,)),
        (["a"], 1, (1,)),
        (["a"] * 2, 3, (2, 3)),
    ):
        texts, log_proba = chars.generate(prompts, n, **options)
        assert np.shape(log_proba) == np.shape(texts) == shape
        assert np.asarray(log_proba).dtype == np.float64
        assert (np.asarray(log_proba) < 0).all()
    n = chars.n_tokens_ - 1
    asked = {"do_sample": False, "num_beams": n + 5, "max_new_tokens": 1, "return_log_proba": True}
    (texts,), log_proba = chars.generate(["a"], n + 5, **asked)
    assert sorted(texts) == sorted(["", *chars.vocabulary_])
    assert_array_equal(np.isnan(log_proba[0]), np.arange(n + 5) >= n)


@pytest.mark.parametrize("asked", [{"n_samples": 4}, {"do_sample": False, "num_beams": 3}])
def test_the_number_of_threads_and_others_change_nothing(asked):
    model = RNNLanguageModel((64, 40), n_jobs=1, **COMMON | {"max_iter": 3}).fit(X)
    options = {"max_new_tokens": 15, "random_state": 0, "return_log_proba": True, **asked}
    prompts, before = ["the dog " * (i % 4) + "at" * i for i in range(12)], state_of(model)
    texts, log_proba = model.generate(prompts, **options)
    assert state_of(model) == before
    other_texts, other_log_proba = model.set_params(n_jobs=2).generate(prompts, **options)
    assert other_texts == texts
    assert_array_equal(other_log_proba, log_proba)
    for i in (0, 5, 11):
        text, of_one = model.generate([prompts[i]], **options)
        assert text == [texts[i]]
        assert_array_equal(of_one[0], log_proba[i])


def test_threads_that_share_the_weights_change_nothing(monkeypatch):
    model, options = RNNLanguageModel(8, max_iter=1, random_state=0, n_jobs=2), {"random_state": 2}
    expected = model.fit([list(range(400))]).generate([[0]], **options)
    teams = []
    monkeypatch.setattr(head, "team_of", lambda n: teams.append(n) or team_of(n))
    monkeypatch.setattr(head, "_WEIGHTS_OF_THREAD", 8)
    assert model.generate([[0]], **options) == expected
    assert teams == [2] * (len(expected[0]) - 1)  # the first token needs no step
    assert list(model.stream().feed([0]).generate(**options)) == expected[0]
    assert model.set_params(n_jobs=1).generate([[0]], **options) == expected

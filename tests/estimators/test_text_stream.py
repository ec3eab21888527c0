"""A text that is read and written token by token."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from skrnn import RNNLanguageModel

X = ["the cat sat on the mat", "the dog sat on the cat", "a dog"]


@pytest.fixture(scope="module", params=["char", "word"])
def model(request):
    parameters = {"learning_rate_init": 0.01, "max_iter": 5, "random_state": 0}
    return RNNLanguageModel(12, analyzer=request.param, **parameters).fit(X)


@pytest.mark.parametrize("pieces", [[], ["the cat"], ["the", " cat sat"], ["", "the ", "dog", ""]])
def test_pieces_are_as_the_whole(model, pieces):
    stream = model.stream()
    for piece in pieces:
        stream.feed(piece)
    whole = "".join(pieces) if model.analyzer == "char" else " ".join(pieces)
    assert_array_equal(stream.next_token_proba(), model.next_token_proba([whole])[0])


@pytest.mark.parametrize(
    "options",
    [
        {"random_state": 3},
        {"do_sample": False},
        {"random_state": 3, "top_k": 4, "no_repeat_ngram_size": 2},
        {"random_state": 3, "max_new_tokens": 4, "repetition_penalty": 1.5},
    ],
)
def test_writes_what_generate_writes(model, options):
    between = "" if model.analyzer == "char" else " "
    tokens = list(model.stream().feed("the dog").generate(**options))
    assert [between.join(tokens)] == model.generate(["the dog"], **options)


def test_ends_with_a_stop(model):
    stop = "t" if model.analyzer == "char" else "the"
    stream = model.stream()
    for seed in range(20):
        tokens = list(stream.reset().generate(stop=stop, random_state=seed))
        assert stop not in tokens[:-1]
        (expected,) = model.generate([""], stop=stop, random_state=seed)
        assert expected.startswith("".join(tokens[:1]).removesuffix(stop))


def test_has_read_what_it_has_written_however_far(model):
    for n in (1, 3):
        stream = model.stream().feed("the")
        writing, tokens = stream.generate(random_state=1, max_new_tokens=5), []
        for token in writing:
            tokens.append(token)
            if len(tokens) == n:
                break
        other = model.stream().feed("the").feed(tokens)
        assert_array_equal(stream.next_token_proba(), other.next_token_proba())


def test_copies_go_on_by_themselves(model):
    stream = model.stream().feed("the cat")
    before = stream.next_token_proba()
    copies = [stream.copy(), pickle.loads(pickle.dumps(stream))]
    for copy in copies:
        assert_array_equal(copy.next_token_proba(), before)
        expected = list(copy.copy().generate(random_state=0))
        copy.feed(expected)
    assert_array_equal(stream.next_token_proba(), before)
    assert_array_equal(copies[0].next_token_proba(), copies[1].next_token_proba())


def test_a_model_that_is_fitted_anew_does_not_change_it():
    model = RNNLanguageModel(8, max_iter=1, random_state=0).fit(X)
    stream = model.stream().feed("the")
    before = stream.next_token_proba()
    model.fit(["another text"])
    assert_array_equal(stream.feed("").next_token_proba(), before)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda stream: stream.feed(3), TypeError, "^text"),
        (lambda stream: stream.feed(["a", 1]), TypeError, "tokens of type int, str"),
        (lambda stream: stream.generate(top_k=0), ValueError, "top_k"),
        (lambda stream: stream.generate(do_sample=False, top_p=0.5), ValueError, "no effect"),
    ],
)
def test_bad_input_changes_nothing(model, call, error, match):
    stream = model.stream().feed("the")
    before = stream.next_token_proba()
    with pytest.raises(error, match=match):
        call(stream)
    assert_array_equal(stream.next_token_proba(), before)
    assert np.isclose(before.sum(), 1)

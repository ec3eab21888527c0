"""Sequences that arrive in chunks are answered as the whole of them is, to the bit."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from skrnn import RNNClassifier, RNNRegressor, RNNStepRegressor, RNNTagger

from ..toys import QUICK, labelled, ragged

SHORT = QUICK | {"max_iter": 5, "bidirectional": False}
CHUNKS = {
    "steps": lambda n: range(1, n),
    "pieces": lambda n: sorted({2, 3, n // 2, n - 1} & set(range(1, n))),
    "with nothing": lambda n: [0, 0, 1, n // 2, n // 2, n],
    "whole": lambda n: [],
}


def fitted(kind, **options):
    """Return a fitted estimator of one of the four kinds, and sequences."""
    X, y = ragged() if kind in (RNNRegressor, RNNStepRegressor) else labelled(["a", "b", "c"])
    if kind is RNNTagger:
        y = [[label] * len(x) for x, label in zip(X, y, strict=True)]
    if kind is RNNStepRegressor:
        y = [np.cumsum(x[:, 0]) for x in X]
    return kind(**SHORT | options).fit(X, y), [np.concatenate([x, x[::-1], x]) for x in X[:8]]


AT_STEPS = [RNNTagger, RNNStepRegressor]
ONCE = [RNNClassifier, RNNRegressor]


@pytest.mark.parametrize("chunks", CHUNKS)
@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
@pytest.mark.parametrize("kind", AT_STEPS)
def test_answers_at_every_step_are_those_for_the_whole(kind, cell, chunks):
    estimator, X = fitted(kind, cell=cell, hidden_layer_sizes=(6, 3))
    for x, whole in zip(X, estimator.predict(X), strict=True):
        stream = estimator.stream()
        answers = [stream.predict(chunk) for chunk in np.split(x, list(CHUNKS[chunks](len(x))))]
        assert np.array_equal(np.concatenate(answers), whole)


@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
@pytest.mark.parametrize("kind", ONCE)
def test_the_answer_so_far_is_that_for_the_beginning(kind, cell, pooling):
    estimator, X = fitted(kind, cell=cell, pooling=pooling, hidden_layer_sizes=(6, 3))
    for x in X[:3]:
        stream = estimator.stream()
        for n in (1, 2, 5, 5, len(x)):
            answer = stream.predict(x[stream.state["n_steps"][0] : n])
            assert answer == estimator.predict([x[:n]])[0]


@pytest.mark.parametrize("kind", [RNNClassifier, RNNTagger])
def test_probabilities(kind):
    estimator, X = fitted(kind)
    stream = estimator.stream()
    parts = [stream.predict_proba(X[0][:4]), stream.predict_proba(X[0][4:])]
    whole = estimator.predict_proba([X[0]])[0]
    streamed = parts[-1] if kind is RNNClassifier else np.concatenate(parts)
    assert np.array_equal(streamed, whole)


@pytest.mark.parametrize("kind", ONCE)
def test_numbers_have_no_probabilities(kind):
    stream = fitted(kind)[0].stream()
    assert hasattr(stream, "predict_proba") == (kind is RNNClassifier)


@pytest.mark.parametrize("kind", AT_STEPS + ONCE)
def test_several_streams_with_chunks_of_any_length(kind):
    estimator, X = fitted(kind)
    rng = np.random.default_rng(0)
    stream, read, answers = estimator.stream(len(X)), [0] * len(X), []
    first = True
    while any(n < len(x) for n, x in zip(read, X, strict=True)):
        new = [int(first) + int(rng.integers(0, 4)) for _ in X]
        answers.append(stream.predict([x[n : n + m] for x, n, m in zip(X, read, new, strict=True)]))
        read, first = [n + m for n, m in zip(read, new, strict=True)], False
    for i, whole in enumerate(estimator.predict(X)):
        if kind in AT_STEPS:
            assert np.array_equal(np.concatenate([answer[i] for answer in answers]), whole)
        else:
            assert answers[-1][i] == whole


@pytest.mark.parametrize("kind", AT_STEPS + ONCE)
def test_reset_of_some(kind):
    estimator, X = fitted(kind)
    stream = estimator.stream(3)
    stream.predict(X[:3])
    before = stream.state
    assert stream.reset([1]) is stream
    after = stream.state
    for name, array in before.items():
        assert np.array_equal(array[[0, 2]], after[name][[0, 2]])
    assert list(after["n_steps"]) == [len(X[0]), 0, len(X[2])]
    answers = stream.predict([X[0][:0], X[4], X[2][:0]])
    assert np.array_equal(answers[1], estimator.predict([X[4]])[0])
    stream.reset()
    assert not stream.state["n_steps"].any()


@pytest.mark.parametrize("kind", AT_STEPS + ONCE)
def test_copies_pickles_and_states_go_on_alike(kind):
    estimator, X = fitted(kind, pooling="max") if kind in ONCE else fitted(kind)
    stream = estimator.stream()
    stream.predict(X[0][:5])
    copy, loaded = stream.copy(), pickle.loads(pickle.dumps(stream))
    other = estimator.stream()
    other.state = stream.state
    expected = stream.predict(X[0][5:])
    for one in (copy, loaded, other):
        assert one.state["n_steps"] == [5]
        assert np.array_equal(one.predict(X[0][5:]), expected)
        for name, array in stream.state.items():
            assert np.array_equal(one.state[name], array)


def test_fitting_anew_does_not_change_a_stream_that_has_begun():
    estimator, X = fitted(RNNTagger)
    expected = estimator.predict(X)[0]
    stream = estimator.stream()
    first = stream.predict(X[0][:4])
    estimator.set_params(random_state=1).fit(X, _other_labels(X))
    assert np.array_equal(np.concatenate([first, stream.predict(X[0][4:])]), expected)
    assert set(estimator.stream().predict(X[0])) <= {"x", "y"}


def _other_labels(X):
    return [np.where(x[:, 0] > 0, "x", "y") for x in X]


def test_threads_with_a_stream_each():
    estimator, X = fitted(RNNTagger)
    expected = estimator.predict(X)

    def read(i):
        stream = estimator.stream()
        return np.concatenate([stream.predict(step[np.newaxis]) for step in X[i]])

    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            for i, answers in enumerate(pool.map(read, range(len(X)))):
                assert np.array_equal(answers, expected[i])


def test_forms_of_chunks():
    X, _ = ragged()
    frames = [pd.DataFrame(x, columns=["one", "other"]) for x in X]
    y = [x[:, 0].cumsum() for x in X]
    estimator = RNNStepRegressor(**SHORT).fit(frames, y)
    expected = estimator.predict(frames)[0]
    stream = estimator.stream()
    parts = [stream.predict(frames[0].iloc[:2]), stream.predict(frames[0][["other", "one"]][2:])]
    assert np.array_equal(np.concatenate(parts), expected)
    table = np.stack([x[:3, 0] for x in X])
    estimator = RNNStepRegressor(**SHORT).fit(table, table.cumsum(axis=1))
    stream = estimator.stream()
    parts = [stream.predict(table[0, :2].tolist()), stream.predict(table[0, 2:, np.newaxis])]
    assert np.array_equal(np.concatenate(parts), estimator.predict(table)[0])
    assert stream.predict([]).shape == (0,)


class TestErrors:
    def test_both_directions(self):
        X, y = labelled(["a", "b"])
        estimator = RNNClassifier(**SHORT | {"bidirectional": True}).fit(X, y)
        with pytest.raises(ValueError, match=r"bidirectional=True.*Fit with bidirectional=False"):
            estimator.stream()

    @pytest.mark.parametrize("kind", ONCE)
    def test_before_the_first_step(self, kind):
        estimator, X = fitted(kind)
        stream = estimator.stream(2)
        with pytest.raises(ValueError, match="Stream 1 has no time step yet"):
            stream.predict([X[0], []])
        assert not stream.state["n_steps"].any()

    @pytest.mark.parametrize("kind", AT_STEPS + ONCE)
    def test_a_bad_chunk_changes_nothing(self, kind):
        estimator, X = fitted(kind)
        stream = estimator.stream()
        stream.predict(X[0][:3])
        before = stream.state
        for chunk, message in [
            (np.zeros((2, 5)), r"chunk has shape \(2, 5\), but \(n_steps, 2\) is expected"),
            (np.zeros(3), r"chunk has shape \(3,\)"),
            (np.full((2, 2), np.nan), "NaN"),
            ([["a", "b"]], "sequence 0"),
        ]:
            with pytest.raises(ValueError, match=message):
                stream.predict(chunk)
        for name, array in stream.state.items():
            assert np.array_equal(array, before[name])

    def test_numbers_of_streams_and_chunks(self):
        estimator, X = fitted(RNNTagger)
        with pytest.raises(ValueError, match="n_streams of Stream must be an integer"):
            estimator.stream(0)
        stream = estimator.stream(3)
        with pytest.raises(ValueError, match="There are 3 streams, but 2 chunks"):
            stream.predict(X[:2])
        with pytest.raises(ValueError, match="rows must be numbers of streams, from 0 to 2"):
            stream.reset([3])

    def test_a_state_of_something_else(self):
        estimator, _ = fitted(RNNTagger)
        stream = estimator.stream()
        with pytest.raises(ValueError, match="A state of this stream has the arrays"):
            stream.state = {}
        with pytest.raises(ValueError, match=r"state\['n_steps'\] must have shape \(1,\)"):
            stream.state = estimator.stream(2).state


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("form", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("pooling", [None, "last", "mean", "max"])
@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_steps_as_arrays_take_a_short_way_to_the_same_bits(cell, pooling, form, dtype):
    options = {"cell": cell, "dtype": dtype, "hidden_layer_sizes": (9, 5)}
    kind = RNNStepRegressor
    if pooling is not None:
        kind, options = RNNRegressor, options | {"pooling": pooling}
    estimator, X = fitted(kind, **options)
    x = (10 * X[0]).astype(form)
    stream, wide = estimator.stream(), estimator.stream(2)
    for n in range(1, len(x) + 1):
        if n % 5 == 0:  # in between, the other way
            stream.predict(x[n - 1 : n].tolist())
            wide.predict([x[n - 1 : n], x[n - 1 : n].tolist()])
            continue
        answer = stream.predict(x[n - 1 : n])
        both = wide.predict(np.stack([x[n - 1 : n]] * 2))
        whole = estimator.predict([x[:n]])[0]
        expected = whole if pooling is not None else whole[-1:]
        for one in (answer, both[0], both[1]):
            assert np.array_equal(one, expected)
    assert stream._by_step is not None
    assert stream.state["n_steps"] == [len(x)]

"""Categories in streams, windows, threads, files and PyTorch."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn import RNNClassifier, RNNTagger
from skrnn.network import windows

from .. import rivals
from ..toys import QUICK
from .test_categories import NUMBERS, SHORT, STEPS, WORDS, Y, classifier, frames


def tagger(X, **options):
    labels = [np.resize(["x", "y"], len(words)) for words in WORDS]
    options = SHORT | {"bidirectional": False} | options
    return RNNTagger(**options, categorical_features=[0]).fit(X, labels)


class TestStreams:
    @pytest.mark.parametrize("size", [1, 2, 3, 100])
    def test_chunks_of_any_size(self, size):
        fitted, longest = tagger(STEPS), max(STEPS, key=len)
        stream = fitted.stream()
        chunks = [longest[i : i + size] for i in range(0, len(longest), size)]
        answers = np.concatenate([stream.predict_proba(chunk) for chunk in chunks])
        assert_array_equal(answers, fitted.predict_proba([longest])[0])

    def test_texts(self):
        fitted = tagger(WORDS)
        stream = fitted.stream(2)
        parts = [stream.predict_proba(chunk) for chunk in (["ab", "e"], ["", "new"], ["c", []])]
        for place, text in enumerate((list("abc"), list("enew"))):
            together = np.concatenate([part[place] for part in parts])
            assert_array_equal(together, fitted.predict_proba([text])[0])

    def test_arrays_of_one_step_are_looked_up(self):
        fitted = classifier([[10, 20], [20, 30]] * 10, y=[0, 1] * 10)
        for value in (10, 20, 30.0):
            answer = fitted.stream().predict_proba(np.array([[value]]))
            assert_array_equal(answer, fitted.predict_proba([[value]])[0])

    @pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame])
    def test_frames(self, kind):
        fitted = classifier(frames(kind), ["w"])
        chunk = frames(kind)[0][["x", "w"]]
        expected = fitted.predict_proba(STEPS[:1])[0]
        assert_array_equal(fitted.stream().predict_proba(chunk), expected)

    def test_bad_chunks_are_named(self):
        stream = classifier().stream(2)
        for bad, message in [("x", "feature 1 of X"), (np.nan, "time step 0, feature 1")]:
            with pytest.raises(ValueError, match=rf"^chunk\[1\] cannot be read: .*{message}"):
                stream.predict([[("a", 0.5)], [("a", bad)]])

    def test_a_number_is_no_chunk(self):
        fitted = classifier([[10, 20], [20, 30]] * 10, y=[0, 1] * 10)
        with pytest.raises(ValueError, match=r"^chunk has shape \(\), but"):
            fitted.stream().predict(np.array(10))


def test_an_answer_depends_neither_on_the_others_nor_on_threads():
    fitted = classifier(hidden_layer_sizes=(40, 40))
    many = STEPS * 40
    expected = fitted.set_params(n_jobs=1).predict_proba(many)
    assert_array_equal(fitted.set_params(n_jobs=2).predict_proba(many), expected)
    for i in range(3):
        assert_array_equal(fitted.predict_proba(STEPS[i : i + 1])[0], expected[i])
    two = classifier(hidden_layer_sizes=(40, 40), n_jobs=2)
    for name, array in fitted.weights_.items():
        assert_array_equal(two.weights_[name], array)


def test_windows_change_no_answer(monkeypatch):
    for fitted, ask in [(classifier(), "predict_proba"), (tagger(STEPS), "predict_proba")]:
        expected = getattr(fitted, ask)(STEPS)
        with monkeypatch.context() as patch:
            patch.setattr(windows, "_BYTES_OF_WINDOW", 256)
            answers = getattr(pickle.loads(pickle.dumps(fitted)), ask)(STEPS)
        for one, other in zip(answers, expected, strict=True):
            assert_array_equal(one, other)


@pytest.mark.parametrize("bptt_steps", [2, 100])
def test_windows_of_training(bptt_steps):
    fitted = tagger(STEPS, bptt_steps=bptt_steps)
    whole = tagger(STEPS)
    same = [np.array_equal(fitted.weights_[name], whole.weights_[name]) for name in whole.weights_]
    assert all(same) == (bptt_steps > 7)


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("inputs", "categories_", None),
        ("inputs", "categories_", [[]]),
        ("inputs", "categories_", []),
        ("inputs", "categories_", [np.array(["a"], dtype=object)]),
        ("inputs", "categories_", [np.array([["a"] * 5], dtype=object)]),
        ("inputs", "categories_", [np.array([[], {}, 1, 2, 3], dtype=object)]),
        ("inputs", "_categorical_places", None),
        ("inputs", "_categorical_places", (1,)),
        ("inputs", "_categorical_places", ()),
        ("inputs", "_categorical_places", ...),
        ("inputs", "_categorical_names", ("w", "x")),
        ("inputs", "_categorical_names", 7),
        ("inputs", "_categorical_names", (7,)),
        ("inputs", "_categorical_names", ...),
        ("architecture", "categories", None),
        ("architecture", "categories", ()),
        ("architecture", "categories", ((0, 6),)),
        ("architecture", "categories", ((2, 6, 3),)),
        ("architecture", "categories", ((-1, 6, 3),)),
        ("architecture", "categories", ((0, 7, 3),)),
        ("architecture", "categories", ((0, 6, 0),)),
        ("architecture", "categories", ((0, 6, 2**62),)),
        ("architecture", "categories", ((0, 6.0, 3),)),
        ("architecture", "categories", ((0, 6, 3), (0, 6, 3))),
    ],
)
def test_records_that_were_changed(part, field, value):
    fitted = classifier(frames(pd.DataFrame), ["w"])
    state = fitted.__getstate__()
    changed = dict(state["_fitted"][part])
    if value is ...:
        del changed[field]
    else:
        changed[field] = value
    state["_fitted"] = state["_fitted"] | {part: changed}
    with pytest.raises(ValueError, match=f"{field}|training.parameters must be an array of shape"):
        object.__new__(type(fitted)).__setstate__(state)


def test_a_record_of_before_there_were_categories():
    fitted = classifier(NUMBERS, "from_dtype").set_params(categorical_features=None)
    state = fitted.__getstate__()
    architecture = dict(state["_fitted"]["architecture"])
    assert architecture.pop("categories") == ()
    state["_fitted"] = state["_fitted"] | {"architecture": architecture}
    for name in ("categorical_features", "embedding_size", "min_frequency"):
        del state[name]
    loaded = object.__new__(type(fitted))
    loaded.__setstate__(state)
    assert_array_equal(loaded.predict_proba(NUMBERS), fitted.predict_proba(NUMBERS))
    assert loaded.set_params(warm_start=True).fit(NUMBERS, Y).t_ == 2 * fitted.t_


def test_outputs_equal_pytorch():
    torch = rivals.import_torch()
    fitted = classifier(dtype="float64", hidden_layer_sizes=(5, 4))
    weights = dict(fitted.weights_)
    vectors = torch.nn.Embedding.from_pretrained(torch.tensor(weights.pop("embedding_0.weight")))
    known = fitted.categories_[0].tolist()
    mean, scale = fitted.feature_mean_[1], fitted.feature_scale_[1]
    embedded = []
    for steps in STEPS:
        places = torch.tensor([known.index(word) + 1 for word, _ in steps])
        numbers = torch.tensor([[(x - mean) / scale] for _, x in steps])
        embedded.append(torch.cat([numbers, vectors(places)], dim=1).numpy())
    network = rivals.TorchNetwork(weights, cell="lstm", activation="tanh")
    raw = fitted._raw_outputs(fitted._record(), STEPS)
    assert_allclose(raw, network.raw_outputs(embedded).detach().numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("known", "new", "message"),
    [
        ([1, 2], "1", r"X\[1\] has '1' in the categorical feature 0, .* such as 1. Convert"),
        (["a", "b"], 1, r"X\[1\] has 1 in the categorical feature 0, .* such as 'a'. Convert"),
        (["a", "b"], 0.5, r"X\[1\] has 0.5 in the categorical feature 0"),
    ],
)
def test_categories_of_another_type_are_no_unknown_ones(known, new, message):
    options = QUICK | {"categorical_features": [0], "min_frequency": 1}
    classifier = RNNClassifier(**options).fit([known, known], [0, 1])
    with pytest.raises(TypeError, match=message):
        classifier.predict([known, [known[0], new]])
    classifier.predict([known, [known[0], None], [np.nan]])


def test_changing_what_is_shown_changes_no_answer():
    classifier = RNNClassifier(**QUICK, categorical_features=[0], min_frequency=1)
    classifier.fit([["a", "b"], ["b", "b"]], [0, 1])
    before = classifier.predict_proba([["a"]])
    classifier.categories_.clear()
    assert np.array_equal(classifier.predict_proba([["a"]]), before)

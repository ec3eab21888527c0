"""Letters of words that are read, and vectors that are given."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from skrnn import RNNClassifier, RNNTagger

from ..toys import QUICK

LETTERS = QUICK | {"character_layer_size": 5}


def texts(n_samples=60, seed=0):
    """Return sequences of words that are all different, with labels that their endings tell."""
    rng = np.random.default_rng(seed)
    X = [[word(rng) for _ in range(rng.integers(2, 7))] for _ in range(n_samples)]
    return X, [["V" if one.endswith("ing") else "N" for one in words] for words in X]


def word(rng):
    stem = "".join(rng.choice(list("abcdefgh"), rng.integers(3, 6)))
    return stem + ("ing" if rng.random() < 0.5 else "er")


X, Y = texts()
X_NEW, Y_NEW = texts(seed=1)


def test_words_that_training_has_not_seen_are_read():
    options = {"learning_rate_init": 0.02, "random_state": 0, "max_iter": 40}
    tagger = RNNTagger(8, character_layer_size=8, **options).fit(X, Y)
    assert tagger.score(X_NEW, Y_NEW) > 0.95
    assert RNNTagger(8, **options).fit(X, Y).score(X_NEW, Y_NEW) < 0.75
    assert list(tagger.letters_) == sorted(
        {letter for words in X for one in words for letter in one}
    )
    size = {name: array.shape for name, array in tagger.weights_.items()}
    assert size["letters.embedding_0.weight"] == (1 + len(tagger.letters_), 25)
    assert size["letters.layer_0.backward.recurrent"][0] == 8


def test_beside_numbers_and_other_categories():
    rng = np.random.default_rng(2)
    rows = [[(one, rng.normal(), int(rng.integers(3))) for one in words] for words in X]
    labels = [sum(label == "V" for label in y) > 1 for y in Y]
    options = LETTERS | {"categorical_features": [0, 2]}
    classifier = RNNClassifier(**options).fit(rows, labels)
    assert [len(one) for one in classifier.categories_][1] == 3
    assert classifier.predict_proba(rows[:1])[0].sum() == pytest.approx(1)
    one = classifier.predict_proba(rows)
    for i in range(5):
        assert_array_equal(classifier.predict_proba(rows[i : i + 1])[0], one[i])


def test_goes_on_to_the_bit_and_is_saved():
    warm = RNNTagger(**LETTERS | {"max_iter": 2}, warm_start=True).fit(X, Y).fit(X, Y)
    once = RNNTagger(**LETTERS | {"max_iter": 4}).fit(X, Y)
    copy = pickle.loads(pickle.dumps(once))
    for other in (warm, copy):
        for name, array in once.weights_.items():
            assert_array_equal(other.weights_[name], array, err_msg=name)
        for p, q in zip(other.predict_proba(X_NEW), once.predict_proba(X_NEW), strict=True):
            assert_array_equal(p, q)
    with pytest.raises(ValueError, match="character_layer_size=5, so training cannot go on with"):
        warm.set_params(character_layer_size=6).fit(X, Y)


def test_in_streams_and_validation():
    tagger = RNNTagger(**LETTERS, bidirectional=False, early_stopping=True)
    tagger.fit(X, Y, X_val=X_NEW, y_val=Y_NEW)
    assert tagger.score(X_NEW, Y_NEW) == max(tagger.validation_scores_)
    stream = tagger.stream()
    parts = [stream.predict_proba(X_NEW[0][:1]), stream.predict_proba(X_NEW[0][1:])]
    assert_array_equal(np.concatenate(parts), tagger.predict_proba(X_NEW[:1])[0])
    assert np.isfinite(cross_val_score(clone(tagger), X, Y, cv=2)).all()


@pytest.mark.parametrize("words", [["", "ing"], ["\N{SNOWMAN}", "\0"], [None, "er"]])
def test_odd_words(words):
    tagger = RNNTagger(**LETTERS).fit(X, Y)
    (proba,) = tagger.predict_proba([words])
    assert np.isfinite(proba).all()


def vectors_for(*texts_of_words):
    """Return a vector of each word, which tells its ending."""
    rng = np.random.default_rng(3)
    every = sorted({one for texts in texts_of_words for words in texts for one in words})
    return {one: rng.normal(size=4) + (2 if one.endswith("ing") else -2) for one in every}


@pytest.mark.parametrize("trained", [True, False])
def test_vectors_that_are_given(trained):
    vectors = vectors_for(X, X_NEW)
    options = {"learning_rate_init": 0.02, "random_state": 0, "max_iter": 20}
    tagger = RNNTagger(8, embeddings=vectors, train_embeddings=trained, **options).fit(X, Y)
    # Words that training has not seen have theirs.
    assert tagger.score(X_NEW, Y_NEW) > 0.95
    table = tagger.weights_["embedding_0.weight"]
    assert table.shape == (1 + len(vectors), 4)
    assert list(tagger.categories_[0]) == list(vectors)
    own = np.array(list(vectors.values()), np.float32)
    seen = [one in {one for words in X for one in words} for one in vectors]
    if trained:
        assert not np.isclose(table[1:][seen], own[seen]).all(axis=1).any()
    else:
        assert_array_equal(table[1:], own)
    copy = pickle.loads(pickle.dumps(tagger))
    assert copy.score(X_NEW, Y_NEW) == tagger.score(X_NEW, Y_NEW)


def test_words_without_a_vector_are_learnt_beside_kept_ones():
    some = {one: vector for one, vector in vectors_for(X).items() if one < "d"}
    tagger = RNNTagger(**QUICK, embeddings=some, train_embeddings=False, min_frequency=1)
    table = tagger.fit(X, Y).weights_["embedding_0.weight"]
    categories = tagger.categories_[0].tolist()
    assert categories[: len(some)] == sorted(some)
    assert categories[len(some) :] == sorted({one for words in X for one in words} - set(some))
    assert_allclose(table[1 : 1 + len(some)], list(some.values()), rtol=1e-6)
    before = RNNTagger(**QUICK | {"max_iter": 1}, embeddings=some, min_frequency=1).fit(X, Y)
    assert not np.isclose(table, before.weights_["embedding_0.weight"]).all()


def test_an_array_is_of_the_numbers_from_zero():
    rng = np.random.default_rng(0)
    codes, vectors = rng.integers(0, 6, (50, 8)), rng.normal(size=(6, 3))
    options = QUICK | {"categorical_features": [0], "train_embeddings": False}
    classifier = RNNClassifier(**options, embeddings=vectors).fit(codes, (codes == 2).any(axis=1))
    assert_array_equal(classifier.weights_["embedding_0.weight"][1:], vectors.astype(np.float32))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"embeddings": {"a": [1.0], "b": [1.0, 2.0]}}, ValueError, "vectors of the shapes"),
        ({"embeddings": {}}, ValueError, "embeddings is empty"),
        ({"embeddings": {"a": [np.nan]}}, ValueError, "embeddings contains NaN"),
        ({"embeddings": {"a": 1.0}}, ValueError, r"shape \(1,\), but a vector for each"),
        ({"embeddings": {"a": [1.0], 2: [1.0]}}, TypeError, "strings beside numbers"),
        ({"embeddings": [None, None]}, ValueError, "for 2 categorical features, but X has 1"),
        ({"embeddings": {"a": [1.0]}, "embedding_size": 2}, ValueError, "have 1 numbers"),
        ({"train_embeddings": False}, ValueError, "there are none. Pass embeddings"),
    ],
)
def test_vectors_that_do_not_go_with_x(options, error, message):
    tagger = RNNTagger(**QUICK | options)
    with pytest.raises(error, match=message):
        tagger.fit(X, Y)
    assert not hasattr(tagger, "classes_")


@pytest.mark.parametrize("name", ["embeddings", "embedding_size", "character_layer_size"])
def test_what_is_for_categories(name):
    value = {"a": [1.0]} if name == "embeddings" else 3
    with pytest.raises(ValueError, match=f"{name} is for categories, but X has none"):
        RNNClassifier(**QUICK, **{name: value}).fit(np.zeros((4, 3)), [0, 1, 0, 1])


def test_letters_need_one_feature_of_strings():
    options = LETTERS | {"categorical_features": [0]}
    with pytest.raises(ValueError, match="but 0 categorical features of X hold strings"):
        RNNClassifier(**options).fit(np.zeros((4, 3), int), [0, 1, 0, 1])


@pytest.mark.parametrize(
    ("part", "name", "value", "message"),
    [
        ("architecture", "spelling", None, "training.parameters must be an array"),
        ("architecture", "spelling", (1, 12, 5), "which goes with no column of words"),
        ("architecture", "spelling", (0, 99, 5), "training.parameters must be an array"),
        ("architecture", "categories", ((0, 99, 2),), "training.parameters must be"),
        ("architecture", "categories", ((0, -3, 2),), "must hold three integers for each"),
        ("architecture", "categories", ((3, 3, 2),), "which goes with no feature"),
        ("architecture", "n_kept", (1, 2), "n_kept must be an integer for each"),
        ("architecture", "n_kept", (10**6,), "n_kept has more codes"),
        ("inputs", "letters_", None, "letters_ must be an array of as many"),
        ("inputs", "letters_", np.array([["a"]]), "letters_ must be an array of as many"),
        ("inputs", "categories_", 3, "categories_ must be a list of arrays"),
        ("inputs", "categories_", [], "not as many as architecture.categories"),
        ("inputs", "_categorical_places", (1,), "_categorical_places are not those of"),
        ("inputs", "_categorical_names", ("a", "b"), "must be a name for each"),
    ],
)
def test_a_damaged_record_is_named(part, name, value, message):
    tagger = RNNTagger(**LETTERS | {"max_iter": 1}).fit(X, Y)
    state = tagger.__getstate__()
    saved = state["_fitted"]
    state["_fitted"] = saved | {part: saved[part] | {name: value}}
    with pytest.raises(ValueError, match=message):
        object.__new__(RNNTagger).__setstate__(state)

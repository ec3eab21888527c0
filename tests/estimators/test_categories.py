"""Estimators whose features are categories: what they learn, show, keep and refuse."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from skrnn import RNNClassifier, RNNRegressor, RNNStepRegressor, RNNTagger
from skrnn.preprocessing import TokenEncoder

from ..toys import QUICK, object_array
from .conftest import by_joblib, fails_unchanged

SHORT = QUICK | {"max_iter": 3}
VOCABULARY = list("abcde")


def sentences(n_samples=40, seed=0):
    """Return words and numbers of sequences of unequal length."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 8, n_samples)
    words = [[VOCABULARY[code] for code in rng.integers(0, 5, n)] for n in lengths]
    return words, [rng.normal(3, 2, n) for n in lengths]


WORDS, NUMBERS = sentences()
STEPS = [list(zip(w, x.tolist(), strict=True)) for w, x in zip(WORDS, NUMBERS, strict=True)]
Y = np.array(["a" in words for words in WORDS])


def objects(steps):
    array = np.empty((len(steps), 2), dtype=object)
    array[:] = steps
    return array


def frames(kind):
    pairs = zip(WORDS, NUMBERS, strict=True)
    return [kind({"w": words, "x": numbers}) for words, numbers in pairs]


def coded(dtype):
    """Return words as numbers in their order, beside the others."""
    pairs = zip(WORDS, NUMBERS, strict=True)
    return [objects(list(zip(codes(w, dtype), x, strict=True))) for w, x in pairs]


def codes(words, dtype=np.int64):
    return np.array([VOCABULARY.index(word) for word in words]).astype(dtype)


def classifier(X=STEPS, features=(0,), y=Y, **options):
    features = features if isinstance(features, str) else list(features)
    return RNNClassifier(**SHORT | options, categorical_features=features).fit(X, y)


def assert_same_weights(one, other):
    assert one.weights_.keys() == other.weights_.keys()
    for name, array in one.weights_.items():
        assert_array_equal(array, other.weights_[name])


@pytest.mark.parametrize(
    ("X", "features"),
    [
        (tuple(STEPS), [0]),
        (object_array([objects(steps) for steps in STEPS]), [0]),
        (pd.Series(object_array([objects(steps) for steps in STEPS])), [True, False]),
        (frames(pd.DataFrame), ["w"]),
        ([f if i % 2 == 0 else f[["x", "w"]] for i, f in enumerate(frames(pd.DataFrame))], ["w"]),
        ([f.astype({"w": "category"}) for f in frames(pd.DataFrame)], "from_dtype"),
        (frames(pl.DataFrame), [-2]),
        ([f.with_columns(pl.col("w").cast(pl.Categorical)) for f in frames(pl.DataFrame)], ["w"]),
        (coded(np.int64), [0]),
        (coded(np.float64), [0]),
        (coded(str), [0]),
        ([np.column_stack([codes(w), x]) for w, x in zip(WORDS, NUMBERS, strict=True)], [0]),
    ],
)
def test_every_container_gives_the_same_network(X, features):
    assert_same_weights(classifier(X, features), classifier())


def test_texts_and_words_are_the_same_and_of_free_length():
    expected = classifier(WORDS)
    assert_same_weights(classifier(["".join(words) for words in WORDS]), expected)
    rectangular = classifier([["a", "b"], ["b", "c"]] * 10, y=[0, 1] * 10)
    assert rectangular.n_features_in_ == 1
    assert len(rectangular.predict([["a"], "abc"])) == 2


def test_a_table_has_one_feature_a_step():
    table = np.array([["a", "b", "c"], ["b", "c", "a"]] * 10)
    fitted = classifier(table, y=[0, 1] * 10)
    named = classifier(pd.DataFrame(table, columns=["x", "y", "z"]), y=[0, 1] * 10)
    assert_same_weights(fitted, named)
    assert fitted.n_features_in_ == 3
    assert named.feature_names_in_.tolist() == ["x", "y", "z"]
    with pytest.raises(ValueError, match="X has 2 features, but RNNClassifier is expecting 3"):
        fitted.predict(table[:, :2])


def test_what_is_shown():
    fitted = classifier(frames(pd.DataFrame), ["w"], embedding_size=3)
    assert fitted.feature_names_in_.tolist() == ["w", "x"]
    assert fitted.n_features_in_ == 2
    assert [one.tolist() for one in fitted.categories_] == [VOCABULARY]
    assert (fitted.feature_mean_[0], fitted.feature_scale_[0]) == (0, 1)
    assert fitted.feature_mean_[1] == pytest.approx(np.concatenate(NUMBERS).mean(), rel=1e-5)
    assert fitted.weights_["embedding_0.weight"].shape == (6, 3)
    assert fitted.weights_["layer_0.forward.input"].shape[0] == 4
    fitted.set_params(categorical_features=None, embedding_size=None)
    assert not hasattr(fitted.fit(NUMBERS, Y), "categories_")


@pytest.mark.parametrize(("size", "expected"), [(None, (3, 3)), (4, (4, 4)), ([2, 5], (2, 5))])
def test_sizes_of_vectors(size, expected):
    twice = [[(word, word) for word in words] for words in WORDS]
    fitted = classifier(twice, [0, 1], embedding_size=size)
    shapes = [fitted.weights_[f"embedding_{i}.weight"].shape for i in (0, 1)]
    assert shapes == [(6, expected[0]), (6, expected[1])]


@pytest.mark.parametrize(
    ("X", "options", "message"),
    [
        (NUMBERS, {"embedding_size": 3}, "embedding_size is for categories, but X has none"),
        (
            STEPS,
            {"categorical_features": [0], "embedding_size": [2, 3]},
            r"embedding_size=\[2, 3\] has 2 sizes, but X has 1 categorical",
        ),
        (STEPS, {"categorical_features": [2]}, "categorical_features has 2, but"),
    ],
)
def test_parameters_that_do_not_go_with_x(X, options, message):
    fails_unchanged(RNNClassifier(**SHORT, **options), "fit", X, Y, match=message)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.nan, "NaN in sequence 3 at time step 1, feature 2"),
        (np.inf, "infinity in sequence 3 at time step 1, feature 2"),
        ("x", r"feature 2 of X\[3\] holds strings such as 'x'"),
    ],
)
def test_bad_numbers_are_named_by_their_place_in_x(bad, message):
    X = [[(0.5, word, 1.5) for word in words] for words in WORDS]
    fitted = classifier(X, [1])
    X[3] = [X[3][0], (0.5, "a", bad)]
    fails_unchanged(fitted, "fit", X, Y, match=message)
    fails_unchanged(fitted, "predict", X, match=message)


def test_unknown_rare_and_missing_are_answered_alike():
    X = [*STEPS[:-1], [("rare", 0.5)]]
    answers = classifier(X).predict_proba([[(w, 0.5)] for w in ("rare", "new", None, np.nan, "")])
    assert (answers == answers[0]).all()
    nothing = classifier(X, min_frequency=1000)
    assert nothing.categories_[0].size == 0
    assert nothing.weights_["embedding_0.weight"].shape[0] == 1


def test_a_classifier_learns_which_words_occurred():
    new = sentences(200, seed=1)[0]
    y_new = ["a" in words for words in new]
    options = QUICK | {"hidden_layer_sizes": 8, "max_iter": 60}
    fitted = classifier(sentences(150)[0], y=["a" in w for w in sentences(150)[0]], **options)
    assert fitted.score(new, y_new) > 0.9


def test_a_regressor_learns_from_a_category_beside_a_number():
    signs = dict(zip(VOCABULARY, (1, -1, -1, 1, 1), strict=True))
    y = [sum(signs[word] * x for word, x in steps) for steps in STEPS]
    options = QUICK | {"hidden_layer_sizes": 12, "max_iter": 100}
    both = RNNRegressor(**options, categorical_features=[0]).fit(STEPS, y).score(STEPS, y)
    alone = RNNRegressor(**options).fit(NUMBERS, y).score(NUMBERS, y)
    assert both > max(0.9, alone + 0.02)


@pytest.mark.parametrize("kind", [RNNTagger, RNNStepRegressor])
def test_answers_at_every_step(kind):
    y = [codes(words) % 2 for words in WORDS]
    fitted = kind(**QUICK | {"max_iter": 60}, categorical_features=[0]).fit(STEPS, y)
    assert fitted.score(STEPS, y) > 0.9
    tagger = RNNTagger(**SHORT)
    assert_same_weights(tagger.fit(WORDS, y), clone(tagger).fit(["".join(w) for w in WORDS], y))
    assert not hasattr(tagger.fit(NUMBERS, y), "categories_")


@pytest.mark.parametrize(
    "copied", [lambda e: pickle.loads(pickle.dumps(e)), by_joblib, copy.deepcopy]
)
def test_copies_answer_the_same(copied):
    fitted = classifier()
    twin = copied(fitted)
    assert_array_equal(twin.predict_proba(STEPS), fitted.predict_proba(STEPS))
    assert_array_equal(twin.categories_[0], fitted.categories_[0])
    assert_same_weights(clone(fitted).fit(STEPS, Y), fitted)


def test_composition():
    estimator = RNNClassifier(**SHORT, categorical_features=[0])
    assert len(cross_val_score(estimator, STEPS, Y, cv=2, error_score="raise")) == 2
    search = GridSearchCV(estimator, {"embedding_size": [1, 2]}, cv=2, error_score="raise")
    size = search.fit(STEPS, Y).best_params_["embedding_size"]
    assert search.best_estimator_.weights_["embedding_0.weight"].shape == (6, size)
    pipeline = make_pipeline(TokenEncoder(), estimator).fit(WORDS, Y)
    assert_same_weights(pipeline[-1], classifier(WORDS))


class TestGoingOn:
    def test_epochs_add_up(self):
        warm = classifier(max_iter=2, warm_start=True).fit(STEPS, Y)
        assert_same_weights(warm, classifier(max_iter=4))
        partial = RNNClassifier(**SHORT, categorical_features=[0])
        for _ in range(3):
            partial.partial_fit(STEPS, Y, classes=[False, True])
        assert_same_weights(partial, classifier())

    def test_categories_that_come_later_are_unknown(self):
        later = [[("new", x) for _, x in steps] for steps in STEPS]
        unknown = [[(None, x) for _, x in steps] for steps in STEPS]
        one, other = classifier(), classifier()
        assert_same_weights(one.partial_fit(later, Y), other.partial_fit(unknown, Y))
        assert one.categories_[0].tolist() == VOCABULARY

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("categorical_features", [1]),
            ("categorical_features", [0, 1]),
            ("categorical_features", [False, True]),
            ("categorical_features", None),
            ("embedding_size", 7),
            ("embedding_size", [7]),
        ],
    )
    def test_other_categories_are_refused(self, name, value):
        fitted = classifier(warm_start=True).set_params(**{name: value})
        fails_unchanged(fitted, "fit", STEPS, Y, match=f"fitted with {name}=.* Set {name} back")
        fails_unchanged(fitted, "partial_fit", STEPS, Y, match=f"with {name}=")

    @pytest.mark.parametrize("features", [[-2], [True, False], ["w"]])
    def test_the_same_categories_in_other_words(self, features):
        fitted = classifier(frames(pd.DataFrame), warm_start=True, embedding_size=3)
        fitted.set_params(categorical_features=features, embedding_size=[3])
        before = fitted.t_
        assert fitted.fit(frames(pd.DataFrame), Y).t_ == 2 * before

    def test_none_of_what_was_numbers(self):
        fitted = RNNClassifier(**SHORT, warm_start=True).fit(NUMBERS, Y)
        fitted.set_params(categorical_features=[0])
        fails_unchanged(fitted, "fit", NUMBERS, Y, match="fitted with categorical_features=None")

    def test_validation_data_have_the_codes_of_training(self):
        estimator = RNNClassifier(**SHORT, categorical_features=[0], early_stopping=True)
        new = [[("new", 0.5)], [("a", 0.5)]]
        assert estimator.fit(STEPS, Y, X_val=new, y_val=[False, True]).n_iter_ == 3
        bad = [[("a", "x")]]
        with pytest.raises(ValueError, match=r"validation data .* feature 1 of X\[0\] holds str"):
            estimator.fit(STEPS, Y, X_val=bad, y_val=[True])


def test_weights_can_be_set():
    fitted = classifier()
    before = fitted.predict_proba(STEPS)
    table = np.zeros_like(fitted.weights_["embedding_0.weight"])
    fitted.set_weights({"embedding_0.weight": table})
    assert not np.array_equal(fitted.predict_proba(STEPS), before)
    answers = fitted.predict_proba([[("a", 0.5)], [("e", 0.5)]])
    assert_array_equal(answers[0], answers[1])

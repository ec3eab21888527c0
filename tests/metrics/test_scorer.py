"""Scorers of scikit-learn over the steps of all sequences."""

import copy
import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    get_scorer_names,
    log_loss,
    make_scorer,
    max_error,
    r2_score,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV, cross_val_score

from skrnn.metrics import flat, flat_scorer


def as_objects(sequences):
    array = np.empty(len(sequences), dtype=object)
    array[:] = sequences
    return array


class Tagger(ClassifierMixin, BaseEstimator):
    """A softmax of products with the first features; it learns only which classes there are."""

    def __init__(self, slope=1.0):
        self.slope = slope

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique([label for labels in y for label in labels if label is not None])
        return self

    def predict(self, X):
        return as_objects([self.classes_[p.argmax(axis=1)] for p in self.predict_proba(X)])

    def predict_proba(self, X):
        scores = [np.exp(self.slope * x[:, : len(self.classes_)]) for x in X]
        return as_objects([s / s.sum(axis=1, keepdims=True) for s in scores])


class Decider(Tagger):
    """One with a decision function instead, which has one number a step for two classes."""

    predict_proba = property()

    def decision_function(self, X):
        return as_objects([self.slope * (x[:, 1] - x[:, 0]) for x in X])


class Regressor:
    def predict(self, X):
        return as_objects([x[:, 0] for x in X])


@pytest.fixture(name="X")
def sequences_to_read(rng):
    return as_objects([rng.normal(size=(n, 4)) for n in (5, 1, 8, 3, 6, 4, 7, 5)])


def labels_of(X, rng, letters):
    """Return labels that features say something of, a few of which are missing."""
    y = [np.array(list(letters))[x[:, : len(letters)].argmax(axis=1)] for x in X]
    noisy = [np.where(rng.random(len(t)) < 0.3, rng.choice(list(letters), len(t)), t) for t in y]
    y = as_objects([t.astype(object) for t in noisy])
    y[2][3] = y[4][0] = None
    return y


def joined(parts, y):
    is_labelled = np.array([label is not None for labels in y for label in labels])
    return np.concatenate(list(parts))[is_labelled]


def as_strings(labels):
    return labels.astype(str)


@pytest.mark.parametrize("letters", ["ab", "abc"])
def test_classifiers_by_name(X, rng, letters):
    y = labels_of(X, rng, letters)
    tagger = Tagger().fit(X, y)
    true, predicted = as_strings(joined(y, y)), joined(tagger.predict(X), y)
    probabilities = joined(tagger.predict_proba(X), y)
    scores = probabilities[:, 1] if letters == "ab" else probabilities
    expected = {
        "accuracy": accuracy_score(true, predicted),
        "f1_macro": f1_score(true, predicted, average="macro"),
        "neg_log_loss": -log_loss(true, probabilities),
        "roc_auc_ovr": roc_auc_score(true, scores, multi_class="ovr"),
    }
    if letters == "ab":
        expected["roc_auc"] = roc_auc_score(true, scores)
    for name, score in expected.items():
        assert flat_scorer(name)(tagger, X, y) == pytest.approx(score), name


def test_the_decision_function_where_there_is_one(X, rng):
    y = labels_of(X, rng, "ab")
    decider = Decider().fit(X, y)
    decisions = joined(decider.decision_function(X), y)
    expected = roc_auc_score(as_strings(joined(y, y)), decisions)
    assert flat_scorer("roc_auc")(decider, X, y) == pytest.approx(expected)
    with pytest.raises(AttributeError, match="predict_proba"):
        flat_scorer("neg_log_loss")(decider, X, y)


def test_regressors_by_name(X, rng):
    y = [x[:, 0] + rng.normal(size=len(x)) for x in X]
    y[3][1] = np.nan
    is_labelled = ~np.isnan(np.concatenate(y))
    true = np.concatenate(y)[is_labelled]
    predicted = np.concatenate(Regressor().predict(X))[is_labelled]
    assert flat_scorer("r2")(Regressor(), X, y) == pytest.approx(r2_score(true, predicted))
    assert flat_scorer("neg_max_error")(Regressor(), X, y) == -max_error(true, predicted)


def test_weights_of_both_forms(X, rng):
    y = labels_of(X, rng, "abc")
    tagger = Tagger().fit(X, y)
    weights = rng.uniform(size=len(X))
    of_steps = [np.full(len(x), weight) for x, weight in zip(X, weights, strict=True)]
    expected = f1_score(
        as_strings(joined(y, y)),
        joined(tagger.predict(X), y),
        average="macro",
        sample_weight=joined(of_steps, y),
    )
    for form in (weights, of_steps):
        score = flat_scorer("f1_macro")(tagger, X, y, sample_weight=form)
        assert score == pytest.approx(expected)


def test_scorers_of_metrics(X, rng):
    y = labels_of(X, rng, "abc")
    tagger = Tagger().fit(X, y)
    scorer = make_scorer(f1_score, average="weighted", labels=["a", "c"], pos_label=None)
    expected = flat(f1_score)(y, tagger.predict(X), average="weighted", labels=["a", "c"])
    assert flat_scorer(scorer)(tagger, X, y) == pytest.approx(expected)
    # A flat metric may be made a scorer as well.
    made = make_scorer(flat(f1_score), average="weighted", labels=["a", "c"], pos_label=None)
    assert made(tagger, X, y) == pytest.approx(expected)


def test_it_shows_what_it_was_made_of():
    assert repr(flat_scorer("f1_macro")) == "flat_scorer('f1_macro')"
    shown = repr(flat_scorer(make_scorer(max_error, greater_is_better=False)))
    assert shown.startswith("flat_scorer(make_scorer(max_error, greater_is_better=False")


@pytest.mark.parametrize(
    "scoring", ["f1_macro", make_scorer(f1_score, average="macro", pos_label=None)], ids=str
)
def test_copies_score_the_same(X, rng, scoring):
    y = labels_of(X, rng, "abc")
    tagger, scorer = Tagger().fit(X, y), flat_scorer(scoring)
    for copied in (pickle.loads(pickle.dumps(scorer)), copy.deepcopy(scorer)):
        assert copied(tagger, X, y) == scorer(tagger, X, y)


@pytest.mark.parametrize("name", get_scorer_names())
def test_every_name_makes_a_scorer(name):
    assert pickle.loads(pickle.dumps(flat_scorer(name))).scoring == name


def test_searches_and_cross_validation(X, rng):
    y = labels_of(X, rng, "abc")
    grid, scorer = {"slope": [-1.0, 1.0]}, flat_scorer("neg_log_loss")
    search = clone(GridSearchCV(Tagger(), grid, scoring=scorer, cv=2)).fit(X, y)
    assert search.best_params_ == {"slope": 1.0}
    assert search.score(X, y) == scorer(search.best_estimator_, X, y)
    scores = cross_val_score(Tagger(), X, y, scoring=scorer, cv=2)
    assert scores.mean() == pytest.approx(search.best_score_)


def test_searches_by_several_scores(X, rng):
    y = labels_of(X, rng, "abc")
    scoring = {name: flat_scorer(name) for name in ("f1_macro", "accuracy")}
    grid = {"slope": [-1.0, 1.0]}
    search = GridSearchCV(Tagger(), grid, scoring=scoring, refit="accuracy", cv=2)
    search.fit(X, y, sample_weight=np.ones(len(X)))
    assert search.best_params_ == {"slope": 1.0}
    assert np.all(search.cv_results_["mean_test_f1_macro"] > 0)


def test_weights_reach_it_by_routing(X, rng):
    y = labels_of(X, rng, "abc")
    weights = rng.uniform(size=len(X))
    with config_context(enable_metadata_routing=True):
        scorer = flat_scorer("accuracy").set_score_request(sample_weight=True)
        tagger = Tagger().set_fit_request(sample_weight=False)
        folds = [(np.arange(8), np.arange(8))]
        params = {"sample_weight": weights}
        score = cross_val_score(tagger, X, y, scoring=scorer, cv=folds, params=params)
    assert score[0] == scorer(tagger.fit(X, y), X, y, weights)
    assert score[0] != scorer(tagger, X, y)


def test_a_request_is_not_made_of_the_scorer_that_was_passed():
    with config_context(enable_metadata_routing=True):
        given = make_scorer(f1_score)
        flat_scorer(given).set_score_request(sample_weight=True)
        assert given.get_metadata_routing().score.requests.get("sample_weight") is None


def test_answers_of_other_lengths(X):
    y = [x[:, 0] for x in X]
    y[3] = y[3][:-1]
    with pytest.raises(ValueError, match=r"^y\[3\] has 2 steps, but predict\(X\)\[3\] has 3\."):
        flat_scorer("r2")(Regressor(), X, y)


@pytest.mark.parametrize(
    ("y", "weights", "message"),
    [
        ([[None]], None, "y has no label at any step"),
        ([[1.0]], [[1.0, 2.0]], "y[0] has 1 step, but sample_weight[0] has 2."),
        ([[1.0]], [-1.0], "sample_weight[0] is -1.0, but weights must not be negative"),
    ],
)
def test_messages_name_its_arguments(y, weights, message):
    with pytest.raises(ValueError) as caught:
        flat_scorer("r2")(Regressor(), [np.zeros((1, 1))], y, weights)
    assert str(caught.value).startswith(message)

"""A search in two stages, within a budget, whose best may vote."""

import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GroupKFold
from sklearn.svm import LinearSVC

from skrnn import RNNClassifier, RNNRegressor, RNNTagger
from skrnn.model_selection import MeanRegressor, StagedSearchCV, sequence_search

from ..toys import QUICK, indicated, labelled, ragged

GRID = {"pooling": ["last", "mean"], "cell": ["gru", "simple"]}
CHANGES = {"cell": ["lstm"], "dropout": [0.0, 0.1, 0.2]}
SHORT = QUICK | {"max_iter": 8}


def search_of(estimator, **options):
    return StagedSearchCV(estimator, GRID, CHANGES, **{"cv": 2, "random_state": 0} | options)


def test_the_grid_comes_first_and_then_changes_of_its_best_two():
    X, y = labelled(["a", "b"])
    search = search_of(RNNClassifier(**SHORT), n_iter=7).fit(X, y)
    tried = search.cv_results_["params"]
    assert [(p["cell"], p["pooling"]) for p in tried[:4]] == [
        ("gru", "last"),
        ("gru", "mean"),
        ("simple", "last"),
        ("simple", "mean"),
    ]
    assert len(tried) == 7
    first = np.argsort(-search.cv_results_["mean_test_score"][:4], kind="stable")[:2]
    best = [tried[i]["pooling"] for i in first]
    assert [p["pooling"] for p in tried[4:]] == [best[0], best[1], best[0]]
    assert {p["cell"] for p in tried[4:]} == {"lstm"}
    assert len({p["dropout"] for p in tried[4:]}) == 3


def test_fewer_candidates_than_the_grid_has():
    X, y = labelled(["a", "b"])
    search = search_of(RNNClassifier(**SHORT), n_iter=3).fit(X, y)
    assert [p["cell"] for p in search.cv_results_["params"]] == ["gru", "gru", "simple"]


def test_no_candidate_begins_when_the_time_is_up():
    X, y = labelled(["a", "b"])
    search = search_of(RNNClassifier(**SHORT), n_iter=7, max_seconds=1e-9).fit(X, y)
    assert len(search.cv_results_["params"]) == 1
    assert search.predict(X).shape == (60,)


def test_enough_time_tries_the_same_as_no_limit():
    X, y = labelled(["a", "b"])
    search = search_of(RNNClassifier(**SHORT), n_iter=6)
    unlimited = clone(search).fit(X, y)
    limited = search.set_params(max_seconds=1000).fit(X, y)
    assert limited.cv_results_["params"] == unlimited.cv_results_["params"]
    scores = limited.cv_results_["mean_test_score"], unlimited.cv_results_["mean_test_score"]
    assert np.array_equal(*scores)


def test_classes_vote_by_their_mean_probability():
    X, y = labelled(["a", "b", "c"])
    search = search_of(RNNClassifier(**SHORT), n_iter=4, n_voters=3).fit(X, y)
    assert isinstance(search.best_estimator_, VotingClassifier)
    ranking = np.argsort(search.cv_results_["rank_test_score"], kind="stable")
    chosen = [search.cv_results_["params"][i] for i in ranking[:3]]
    alone = [RNNClassifier(**SHORT | parameters).fit(X, y) for parameters in chosen]
    mean = np.mean([one.predict_proba(X) for one in alone], axis=0)
    assert search.predict_proba(X) == pytest.approx(mean, abs=1e-6)
    assert np.array_equal(search.predict(X), np.unique(y)[mean.argmax(axis=1)])
    assert np.array_equal(search.classes_, np.unique(y))
    assert np.array_equal(pickle.loads(pickle.dumps(search)).predict(X), search.predict(X))


def test_numbers_vote_by_their_mean():
    X, y = ragged()
    search = search_of(RNNRegressor(**SHORT), n_iter=4, n_voters=2).fit(X, y)
    assert isinstance(search.best_estimator_, MeanRegressor)
    voters = search.best_estimator_.estimators
    mean = np.mean([voter.predict(X) for voter in voters], axis=0)
    assert len(voters) == 2
    assert search.predict(X) == pytest.approx(mean, abs=1e-12)


def test_weights_reach_every_voter():
    X, y = labelled(["a", "b"])
    weights = np.where(y == "a", 1.0, 0.0)
    weights[np.flatnonzero(y == "b")[:4]] = 1e-3  # the class must be known
    search = search_of(RNNClassifier(**SHORT), n_iter=2, n_voters=2)
    plain = clone(search).fit(X, y, sample_weight=weights)
    assert set(plain.predict(X)) == {"a"}
    with config_context(enable_metadata_routing=True):
        estimator = RNNClassifier(**SHORT).set_fit_request(sample_weight=True)
        search.set_params(estimator=estimator.set_score_request(sample_weight=False))
        routed = search.fit(X, y, sample_weight=weights)
    for one, other in zip(
        plain.best_estimator_.estimators_, routed.best_estimator_.estimators_, strict=True
    ):
        assert np.array_equal(one.predict_proba(X), other.predict_proba(X))


def test_groups_are_kept_together():
    X, y = labelled(["a", "b"])
    groups = np.arange(60) // 6
    search = search_of(RNNClassifier(**SHORT), n_iter=2, n_voters=2, cv=GroupKFold(5))
    assert search.fit(X, y, groups=groups).n_splits_ == 5


def test_several_labels_a_sequence_cannot_vote():
    X, y = indicated()
    with pytest.raises(ValueError, match=r"n_voters=2 needs y of shape \(n_samples,\).*\(60, 3\)"):
        search_of(RNNClassifier(**SHORT), n_voters=2).fit(X, y)


@pytest.mark.parametrize("estimator", [RNNTagger(), LinearSVC()])
def test_what_has_no_probabilities_cannot_vote(estimator):
    X, y = labelled(["a", "b"])
    search = StagedSearchCV(estimator, {"C": [1.0]}, {}, n_voters=2)
    with pytest.raises(ValueError, match="n_voters=2 needs a classifier with predict_proba"):
        search.fit(X, y)


def test_several_numbers_and_quantiles_are_averaged():
    X, y = ragged()
    both = np.stack([y, -y], axis=1)
    search = search_of(RNNRegressor(**SHORT), n_iter=2, n_voters=2).fit(X, both)
    assert search.predict(X).shape == (60, 2)
    quantiles = RNNRegressor(**SHORT, loss="quantile", quantile=[0.1, 0.9])
    search = search_of(quantiles, n_iter=2, n_voters=2).fit(X, y)
    voters = search.best_estimator_.estimators
    mean = np.mean([voter.predict(X) for voter in voters], axis=0)
    assert np.array_equal(search.predict(X), mean)
    assert mean.shape == (60, 2)


def test_a_candidate_that_failed_has_no_vote():
    X, y = labelled(["a", "b"])
    search = StagedSearchCV(
        RNNClassifier(**SHORT), {"hidden_layer_sizes": [-1, 3, 4]}, {}, n_iter=3, n_voters=3, cv=2
    )
    with pytest.warns(FitFailedWarning):
        search.fit(X, y)
    assert len(search.best_estimator_.estimators_) == 2


@pytest.mark.parametrize("refit", [False, "f1_macro", lambda results: 0])
def test_several_scores(refit):
    X, y = labelled(["a", "b"])
    scoring = ["accuracy", "f1_macro"]
    search = search_of(RNNClassifier(**SHORT), n_iter=5, scoring=scoring, refit=refit).fit(X, y)
    assert len(search.cv_results_["params"]) == 5


def test_nothing_is_tried_twice():
    X, y = labelled(["a", "b"])
    changes = {"pooling": ["mean", "last"], "cell": ["gru", "lstm"]}
    search = StagedSearchCV(RNNClassifier(**SHORT), GRID, changes, n_iter=20, cv=2, random_state=0)
    tried = [(p["pooling"], p["cell"]) for p in search.fit(X, y).cv_results_["params"]]
    assert len(tried) == len(set(tried)) == 6


@pytest.mark.parametrize(("name", "value"), [("max_seconds", 0), ("n_voters", 0), ("n_iter", 0)])
def test_bad_budget_is_named(name, value):
    X, y = labelled(["a", "b"])
    with pytest.raises(ValueError, match=name):
        search_of(RNNClassifier(**SHORT)).set_params(**{name: value}).fit(X, y)


def quick(search):
    """Return the search with networks that learn for a moment."""
    grid = search.param_grid | {"network__max_iter": [3], "network__hidden_layer_sizes": [4]}
    return search.set_params(param_grid=grid, n_jobs=1)


@pytest.mark.parametrize("n_steps", [5, 60])
def test_sequence_search_of_classes(n_steps):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, n_steps)), np.array(["low", "high"] * 20)
    search = quick(sequence_search(RNNClassifier(random_state=0), n_iter=9, random_state=0))
    search.fit(X + 2 * (y == "high")[:, None], y)
    assert search.score(X + 2 * (y == "high")[:, None], y) > 0.9
    assert len(search.cv_results_["params"]) == 9
    frames = [candidate["frames"] for candidate in search.cv_results_["params"][:8:2]]
    assert [(one.length, one.step) for one in frames] == [(16, 8), (8, 4), (32, 8), (1, 1)]


def test_sequence_search_of_numbers_in_ragged_sequences():
    X, y = ragged()
    search = quick(sequence_search(RNNRegressor(random_state=0), n_iter=2, n_voters=2))
    assert search.fit(X, y).predict(X).shape == (60,)


def test_the_estimator_is_not_changed_and_keeps_its_other_parameters():
    estimator = RNNClassifier(class_weight="balanced", random_state=3)
    before = estimator.get_params()
    X, y = labelled(["a", "b"])
    search = quick(sequence_search(estimator, n_iter=1, random_state=0)).fit(X, y)
    assert estimator.get_params() == before
    network = search.best_estimator_["network"]
    assert (network.class_weight, network.random_state) == ("balanced", 3)


def test_a_tagger_is_no_estimator_for_it():
    with pytest.raises(ValueError, match=r"is for RNNClassifier and RNNRegressor.*no parameter"):
        sequence_search(RNNTagger())


def test_one_seed_gives_one_search():
    X, y = labelled(["a", "b", "c"])
    one, other = (
        quick(sequence_search(RNNClassifier(random_state=0), n_iter=10, random_state=5)).fit(X, y)
        for _ in range(2)
    )
    for scores in zip(
        one.cv_results_["mean_test_score"], other.cv_results_["mean_test_score"], strict=True
    ):
        assert scores[0] == scores[1]
    assert np.array_equal(one.predict_proba(X), other.predict_proba(X))

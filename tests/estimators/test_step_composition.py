"""Answers at every step go through scikit-learn's splitting, searches, pipelines and copies."""

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    train_test_split,
)
from sklearn.pipeline import make_pipeline

from skrnn import RNNTagger
from skrnn.metrics import flat_scorer
from skrnn.preprocessing import SequenceScaler

from ..toys import object_array
from .test_step_answers import data_for, every_estimator, same

SEARCHES = {
    "grid": GridSearchCV,
    "halving": lambda *a, **k: HalvingGridSearchCV(*a, **k, min_resources=16, random_state=0),
    "random": lambda *a, **k: RandomizedSearchCV(*a, **k, n_iter=2, random_state=0),
}


def scorer_for(estimator):
    return flat_scorer("f1_macro" if isinstance(estimator, RNNTagger) else "r2")


@every_estimator
class TestComposition:
    def test_cross_val_score(self, estimator):
        X, y = data_for(estimator)
        groups = np.arange(40) // 4
        for scoring in (None, scorer_for(estimator)):
            scores = cross_val_score(
                estimator, X, y, cv=GroupKFold(3), groups=groups, scoring=scoring
            )
            assert np.isfinite(scores).all()
        train, test = next(iter(GroupKFold(3).split(X, y, groups)))
        alone = clone(estimator).fit([X[i] for i in train], [y[i] for i in train])
        first = cross_val_score(estimator, X, y, cv=GroupKFold(3), groups=groups)[0]
        assert first == alone.score([X[i] for i in test], [y[i] for i in test])

    def test_cross_validate_with_several_scores(self, estimator):
        X, y = data_for(estimator)
        scoring = {"one": scorer_for(estimator), "two": scorer_for(estimator)}
        results = cross_validate(estimator, X, y, cv=3, scoring=scoring)
        assert np.array_equal(results["test_one"], results["test_two"])

    @pytest.mark.parametrize("search", SEARCHES)
    @pytest.mark.parametrize("form", [list, object_array])
    def test_searches(self, estimator, search, form):
        X, y = data_for(estimator)
        if isinstance(estimator, RNNTagger) and form is list:
            y = [np.searchsorted(["high", "low", "mid"], one) for one in y]  # integers too
        found = SEARCHES[search](estimator, {"cell": ["gru", "lstm"]}, cv=2)
        found.fit(form(X), form(y))
        assert found.best_estimator_.score(form(X), form(y)) == found.score(form(X), form(y))
        assert np.isfinite(found.best_score_)

    def test_cross_val_predict_of_unequal_lengths(self, estimator):
        X, y = data_for(estimator)
        answers = cross_val_predict(estimator, X, y, cv=3)
        assert [len(a) for a in answers] == [len(x) for x in X]

    def test_split_pipeline_and_copies(self, estimator, tmp_path):
        X, y = data_for(estimator)
        X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
        model = make_pipeline(SequenceScaler(), clone(estimator)).fit(X_train, y_train)
        assert np.isfinite(model.score(X_test, y_test))
        joblib.dump(model, tmp_path / "model")
        assert same(joblib.load(tmp_path / "model").predict(X_test), model.predict(X_test))

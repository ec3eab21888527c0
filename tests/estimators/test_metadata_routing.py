"""Weights and validation data on their way through scikit-learn's searches and pipelines."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skrnn import RNNClassifier, RNNRegressor

from ..toys import QUICK, labelled, ragged

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

OF_FIT = ("sample_weight", "X_val", "y_val", "sample_weight_val", "groups")
WEIGHT = np.linspace(0, 2, 60)


@pytest.fixture(autouse=True)
def routing():
    """Enable metadata routing."""
    with config_context(enable_metadata_routing=True):
        yield


def stopping(estimator=RNNClassifier, **parameters):
    return estimator(**(QUICK | {"early_stopping": True, "max_iter": 5} | parameters))


def requests_of(estimator, method):
    return getattr(estimator.get_metadata_routing(), method).requests


def validation_data():
    """Return other data than `labelled` does by default, and weights, as keywords of `fit`."""
    X, y = labelled(["no", "yes"], 24, seed=1)
    return {"X_val": X, "y_val": y, "sample_weight_val": np.linspace(1, 2, 24)}


class SequenceScaler(TransformerMixin, BaseEstimator):
    """Divides every feature by its standard deviation over all time steps."""

    def fit(self, X, y=None):
        self.scale_ = np.concatenate(X).std(axis=0)
        return self

    def transform(self, X):
        return [sequence / self.scale_ for sequence in X]


class TestRequests:
    @pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
    def test_nothing_is_asked_for_by_default(self, estimator):
        assert requests_of(estimator(), "fit") == dict.fromkeys(OF_FIT)
        assert requests_of(estimator(), "score") == {"sample_weight": None}
        assert requests_of(estimator(), "predict") == {}
        of_partial_fit = {"sample_weight": None}
        if estimator is RNNClassifier:
            of_partial_fit["classes"] = None
        assert requests_of(estimator(), "partial_fit") == of_partial_fit

    @pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
    def test_can_be_set(self, estimator):
        asking = estimator().set_fit_request(
            sample_weight=True, X_val="other", y_val=True, sample_weight_val=False, groups=True
        )
        expected = {
            "sample_weight": True,
            "X_val": "other",
            "y_val": True,
            "sample_weight_val": False,
            "groups": True,
        }
        assert requests_of(asking, "fit") == expected
        asking.set_partial_fit_request(sample_weight=True).set_score_request(sample_weight="weight")
        assert requests_of(asking, "partial_fit")["sample_weight"] is True
        assert requests_of(asking, "score") == {"sample_weight": "weight"}

    def test_what_is_not_asked_for_is_refused(self):
        X, y = labelled(["no", "yes"])
        with pytest.raises(UnsetMetadataPassedError, match="X_val"):
            cross_validate(stopping(), X, y, cv=2, params=validation_data())


def asking():
    return (
        stopping(scoring="neg_log_loss")
        .set_fit_request(**dict.fromkeys(OF_FIT, True))
        .set_score_request(sample_weight=True)
    )


class TestRouting:
    def test_cross_validate(self):
        X, y = labelled(["no", "yes"])
        params = {"sample_weight": WEIGHT, **validation_data()}
        options = {"cv": 2, "return_estimator": True, "return_indices": True}
        result = cross_validate(asking(), X, y, params=params, **options)
        for fold, fitted in enumerate(result["estimator"]):
            train = result["indices"]["train"][fold]
            expected = asking().fit(
                [X[i] for i in train], y[train], WEIGHT[train], **validation_data()
            )
            assert_array_equal(fitted.predict_proba(X), expected.predict_proba(X))
            test = result["indices"]["test"][fold]
            score = expected.score([X[i] for i in test], y[test], WEIGHT[test])
            assert result["test_score"][fold] == score

    def test_grid_search(self):
        X, y = labelled(["no", "yes"])
        params = {"sample_weight": WEIGHT, **validation_data()}
        search = GridSearchCV(asking(), {"cell": ["simple", "gru"]}, cv=2).fit(X, y, **params)
        expected = asking().set_params(**search.best_params_).fit(X, y, **params)
        assert_array_equal(search.predict_proba(X), expected.predict_proba(X))
        best = search.best_estimator_
        assert best.t_ == best.n_iter_ * 59  # one has no weight, none is held out
        assert search.score(X, y, sample_weight=WEIGHT) == expected.score(X, y, WEIGHT)

    @pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
    def test_pipeline_transforms_the_validation_data(self, scoring):
        X, y = labelled(["no", "yes"])
        X = [100 * sequence for sequence in X]
        data = validation_data()
        data["X_val"] = [100 * sequence for sequence in data["X_val"]]
        model = asking().set_params(scoring=scoring)
        pipeline = Pipeline(
            [("scale", SequenceScaler()), ("rnn", model)], transform_input=["X_val"]
        ).fit(X, y, sample_weight=WEIGHT, **data)
        scaler = SequenceScaler().fit(X)
        data["X_val"] = scaler.transform(data["X_val"])
        expected = asking().set_params(scoring=scoring).fit(scaler.transform(X), y, WEIGHT, **data)
        assert_array_equal(pipeline.predict_proba(X), expected.predict_proba(scaler.transform(X)))
        assert pipeline["rnn"].validation_scores_ == expected.validation_scores_
        weight = data.pop("sample_weight_val")
        scorer = get_scorer(scoring or "accuracy")
        best = scorer(pipeline["rnn"], *data.values(), sample_weight=weight)
        assert expected.best_validation_score_ == pytest.approx(best)

    def test_pipeline_of_tables_in_a_search(self):
        rng = np.random.default_rng(0)
        X, X_val = rng.normal(5, 10, size=(60, 6)), rng.normal(5, 10, size=(20, 6))
        y, y_val = X.sum(axis=1), X_val.sum(axis=1)
        model = stopping(RNNRegressor, scoring="loss").set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), model, transform_input=["X_val"])
        grid = {"rnnregressor__alpha": [1e-4, 1.0]}
        search = GridSearchCV(pipeline, grid, cv=2).fit(X, y, X_val=X_val, y_val=y_val)
        scaler = StandardScaler().fit(X)
        expected = stopping(
            RNNRegressor, scoring="loss", alpha=search.best_params_["rnnregressor__alpha"]
        ).fit(scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val)
        assert_array_equal(search.predict(X), expected.predict(scaler.transform(X)))

    def test_scorer_gets_weights_while_routing_is_enabled(self):
        X, y = ragged()
        model = stopping(RNNRegressor, scoring="neg_mean_absolute_error")
        model.fit(X, y, X_val=X, y_val=y, sample_weight_val=WEIGHT)
        expected = -np.average(np.abs(model.predict(X) - y), weights=WEIGHT)
        assert model.best_validation_score_ == pytest.approx(expected)

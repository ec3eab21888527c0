"""The estimators inside scikit-learn's own tools, with ragged input where these let it through."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    BaggingClassifier,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    train_test_split,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from ..toys import indicated, labelled, object_array, padded, ragged
from .conftest import classifier, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "object array": object_array,
    "object column": lambda X: object_array(X)[:, np.newaxis],
    "series": lambda X: pd.Series(X, index=np.arange(len(X)) * 3 + 5),
    "frame": lambda X: pd.DataFrame({"sequence": X}),
    "padded": padded,
}


@pytest.fixture(params=CONTAINERS)
def container(request):
    return CONTAINERS[request.param]


class ScaledSequences(TransformerMixin, BaseEstimator):
    """Standardises each feature over all time steps of ragged sequences."""

    def fit(self, X, y=None):
        self.scaler_ = StandardScaler().fit(np.concatenate(list(X)))
        return self

    def transform(self, X):
        return [self.scaler_.transform(sequence) for sequence in X]


class TestRaggedInput:
    def test_means_the_same_in_every_container(self, container):
        X, y = labelled(["no", "yes"])
        expected = classifier(max_iter=5).fit(X, y).predict_proba(X)
        fitted = classifier(max_iter=5).fit(container(X), y)
        assert_array_equal(fitted.predict_proba(container(X)), expected)
        assert fitted.n_features_in_ == 2

    def test_goes_through_cross_validation(self, container):
        X, y = labelled(["no", "yes"])
        scores = cross_val_score(classifier(), container(X), y, cv=3)
        assert scores.min() > 0.7

    def test_goes_through_train_test_split(self, container):
        X, y = labelled(["no", "yes"])
        X_train, X_test, y_train, y_test = train_test_split(container(X), y, random_state=0)
        assert classifier().fit(X_train, y_train).score(X_test, y_test) > 0.7

    def test_goes_through_a_grid_search_over_a_pipeline(self, container):
        X, y = labelled(["no", "yes"])
        pipeline = Pipeline([("same", FunctionTransformer()), ("rnn", classifier())])
        grid = {"rnn__cell": ["simple", "gru"]}
        search = GridSearchCV(pipeline, grid, cv=2).fit(container(X), y)
        assert search.best_score_ > 0.7
        assert search.predict_proba(container(X)).shape == (60, 2)


class TestSearch:
    def test_grid_over_a_pipeline_with_a_scaler(self):
        X, y = labelled(["low", "mid", "top"])
        X = [1000 * sequence + 500 for sequence in X]
        pipeline = make_pipeline(ScaledSequences(), classifier())
        grid = {
            "rnnclassifier__hidden_layer_sizes": [2, (6,), [4, 4]],
            "rnnclassifier__alpha": np.array([1e-4, 1e-2]),
        }
        search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
        assert search.score(X, y) > 0.8

    def test_grid_of_processes_gives_the_same(self):
        X, y = labelled(["no", "yes"])
        one, two = (
            GridSearchCV(classifier(max_iter=3), {"cell": ["lstm", "gru"]}, cv=2, n_jobs=n_jobs)
            .fit(X, y)
            .cv_results_["mean_test_score"]
            for n_jobs in (1, 2)
        )
        assert_array_equal(one, two)

    def test_random_over_strings_and_numbers_of_numpy(self):
        X, y = ragged()
        choices = {"learning_rate_init": np.logspace(-2, -1, 5), "cell": np.array(["lstm", "gru"])}
        search = RandomizedSearchCV(regressor(), choices, n_iter=3, cv=2, random_state=0)
        assert search.fit(X, y).best_score_ > 0.5

    def test_halving_over_samples_and_over_epochs(self):
        X, y = labelled(["no", "yes"])
        for resources in ({}, {"resource": "max_iter", "max_resources": 20}):
            search = HalvingGridSearchCV(
                classifier(), {"alpha": [1e-4, 1e-2, 1]}, cv=2, random_state=0, **resources
            )
            assert search.fit(X, y).n_iterations_ > 1

    def test_several_scorers(self):
        X, y = labelled(["no", "yes"])
        scoring = ("accuracy", "roc_auc", "neg_log_loss", "f1_macro")
        result = cross_validate(classifier(), X, y, scoring=scoring, cv=2, error_score="raise")
        assert result["test_roc_auc"].min() > 0.8
        X, y = ragged()
        scoring = ("r2", "neg_mean_absolute_error")
        assert cross_validate(regressor(), X, y, scoring=scoring)["test_r2"].min() > 0.3

    def test_curves(self):
        X, y = labelled(["no", "yes"])
        sizes, _, scores = learning_curve(classifier(), X, y, cv=2, train_sizes=[0.5, 1.0])
        assert scores.shape == (len(sizes), 2)
        _, scores = validation_curve(
            classifier(), X, y, param_name="bidirectional", param_range=[False, True], cv=2
        )
        assert scores.min() > 0.6

    def test_learning_curve_by_partial_fit(self):
        X, y = labelled(["no", "yes"])
        _, _, scores = learning_curve(
            classifier(), X, y, cv=2, exploit_incremental_learning=True, error_score="raise"
        )
        assert np.isfinite(scores).all()


class TestEnsembles:
    @pytest.mark.parametrize("passthrough", [False, True])
    def test_stacking(self, passthrough):
        X, y = labelled(["low", "mid", "top"])
        estimators = [("lstm", classifier()), ("gru", classifier(cell="gru"))]
        if passthrough:  # puts X beside predictions, so X has to be a table
            X = np.array([sequence[:3, 0] for sequence in X])
        stack = StackingClassifier(
            estimators, LogisticRegression(), cv=2, passthrough=passthrough
        ).fit(X, y)
        assert stack.score(X, y) > 0.6

    def test_stacking_of_regressors(self):
        X, y = ragged()
        stack = StackingRegressor([("a", regressor()), ("b", regressor(cell="gru"))], cv=2)
        assert stack.fit(X, y).score(X, y) > 0.7

    @pytest.mark.parametrize("voting", ["hard", "soft"])
    def test_voting(self, voting):
        X, y = labelled(["no", "yes"])
        vote = VotingClassifier([("a", classifier()), ("b", classifier(cell="gru"))], voting=voting)
        assert vote.fit(X, y, sample_weight=np.ones(60)).score(X, y) > 0.8

    def test_voting_of_regressors(self):
        X, y = ragged()
        vote = VotingRegressor([("a", regressor()), ("b", regressor(cell="gru"))], n_jobs=2)
        assert vote.fit(X, y).score(X, y) > 0.7

    @pytest.mark.parametrize("ensemble", [True, False])
    @pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
    def test_calibration(self, method, ensemble):
        X, y = labelled(["low", "mid", "top"])
        calibrated = CalibratedClassifierCV(classifier(), method=method, cv=2, ensemble=ensemble)
        assert_allclose(calibrated.fit(X, y).predict_proba(X).sum(axis=1), 1)

    def test_one_against_the_rest(self):
        X, y = labelled(["low", "mid", "top"])
        assert OneVsRestClassifier(classifier()).fit(X, y).score(X, y) > 0.6

    def test_bagging_of_tables(self):
        # Bagging validates X itself, as a table.
        X, y = labelled(["no", "yes"])
        table = np.array([sequence[:3, 0] for sequence in X])
        bag = BaggingClassifier(classifier(), n_estimators=3, random_state=0).fit(table, y)
        assert bag.score(table, y) > 0.7

    def test_transformed_target(self):
        X, y = ragged()
        model = TransformedTargetRegressor(regressor(), func=np.exp, inverse_func=np.log)
        assert model.fit(X, y).score(X, y) > 0.7

    def test_multilabel_cross_validation(self):
        X, Y = indicated()
        predicted = cross_val_predict(classifier(max_iter=60), X, Y, cv=3)
        assert predicted.shape == Y.shape
        assert (predicted == Y).mean() > 0.75


class TestMetadata:
    def test_sample_weight_is_routed(self):
        X, y = labelled(["no", "yes"])
        weight = np.linspace(0, 1, 60)
        with config_context(enable_metadata_routing=True):
            inner = classifier(max_iter=3).set_fit_request(sample_weight=True)
            inner = inner.set_score_request(sample_weight=False)
            searched = GridSearchCV(inner, {"alpha": [1e-4]}, cv=2).fit(X, y, sample_weight=weight)
        expected = classifier(max_iter=3).fit(X, y, sample_weight=weight)
        assert_array_equal(searched.predict_proba(X), expected.predict_proba(X))

    def test_partial_fit_may_be_asked_for_classes(self):
        with config_context(enable_metadata_routing=True):
            asked = classifier().set_partial_fit_request(classes=True, sample_weight=True)
            requests = asked.get_metadata_routing().partial_fit.requests
        assert requests == {"classes": True, "sample_weight": True}

    def test_weights_reach_a_pipeline(self):
        X, y = labelled(["no", "yes"])
        weight = np.linspace(0, 1, 60)
        pipeline = make_pipeline(FunctionTransformer(), classifier(max_iter=3))
        pipeline.fit(X, y, rnnclassifier__sample_weight=weight)
        expected = classifier(max_iter=3).fit(X, y, weight)
        assert_array_equal(pipeline.predict_proba(X), expected.predict_proba(X))


class TestTables:
    def test_of_numbers_go_through_a_scaler(self):
        rng = np.random.default_rng(0)
        table = pd.DataFrame(rng.normal(size=(60, 5)), columns=[f"t{i}" for i in range(5)])
        y = table.sum(axis=1)
        model = make_pipeline(StandardScaler().set_output(transform="pandas"), regressor())
        assert model.fit(table, y).score(table, y) > 0.7
        assert list(model[-1].feature_names_in_) == list(table.columns)

    def test_and_cubes_are_the_same_sequences(self):
        rng = np.random.default_rng(0)
        table, y = rng.normal(size=(30, 5)), rng.normal(size=30)
        by_table = regressor(max_iter=2).fit(table, y).predict(table)
        by_cube = regressor(max_iter=2).fit(table[:, :, np.newaxis], y)
        assert_array_equal(by_cube.predict(table[:, :, np.newaxis]), by_table)
        assert by_cube.n_features_in_ == 1
        by_cube.predict(table[:, :3, np.newaxis])  # lengths are free

"""Solvers as parameters of the estimators: instances, whose fields are parameters in turn."""

import pickle
from dataclasses import fields

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from skrnn import RNNClassifier, RNNRegressor
from skrnn.solvers import SGD, SOLVERS, Adam, AdamW

from .toys import QUICK, labelled, ragged, state_of

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
every_solver = pytest.mark.parametrize("name", SOLVERS)


def weights_of(estimator):
    return np.concatenate([weights.ravel() for weights in estimator.weights_.values()])


@every_solver
class TestEverySolver:
    def test_is_the_one_of_its_name_to_the_bit(self, name):
        X, y = ragged()
        instance = SOLVERS[name]()
        defaults = {field.name: getattr(instance, field.name) for field in fields(instance)}
        by_name = RNNRegressor(**QUICK, solver=name, **defaults).fit(X, y)
        by_instance = RNNRegressor(**QUICK, solver=instance).fit(X, y)
        assert_array_equal(weights_of(by_instance), weights_of(by_name))

    def test_is_left_alone_by_fit(self, name):
        X, y = ragged()
        instance = SOLVERS[name]()
        before = state_of(instance)
        first = RNNRegressor(**QUICK, solver=instance).fit(X, y)
        assert first.solver is instance
        assert state_of(instance) == before
        second = RNNRegressor(**QUICK, solver=instance).fit(X, y)
        assert_array_equal(weights_of(second), weights_of(first))

    def test_keeps_its_memory_where_training_goes_on(self, name):
        X, y = ragged()
        options = QUICK | {"solver": SOLVERS[name](), "n_iter_no_change": np.inf}
        once = RNNRegressor(**options | {"max_iter": 5}).fit(X, y)
        twice = RNNRegressor(**options | {"max_iter": 2}, warm_start=True).fit(X, y)
        twice = pickle.loads(pickle.dumps(twice)).set_params(max_iter=3).fit(X, y)
        assert_array_equal(weights_of(twice), weights_of(once))

    def test_fields_are_parameters(self, name):
        estimator = RNNClassifier(solver=SOLVERS[name]())
        for field in fields(SOLVERS[name]):
            assert estimator.get_params()[f"solver__{field.name}"] == field.default
            estimator.set_params(**{f"solver__{field.name}": 0.25})
            assert getattr(estimator.solver, field.name) == 0.25
        copy = clone(estimator)
        assert copy.solver is not estimator.solver
        assert copy.get_params(deep=True).keys() == estimator.get_params(deep=True).keys()
        assert repr(copy) == repr(estimator)

    def test_each_field_is_checked(self, name):
        X, y = ragged()
        for field in fields(SOLVERS[name]):
            estimator = RNNRegressor(solver=SOLVERS[name](**{field.name: "much"}))
            with pytest.raises(ValueError, match=f"solver__{field.name} of RNNRegressor must be"):
                estimator.fit(X, y)


def test_parameters_of_the_estimator_are_not_used():
    X, y = ragged()
    fitted = RNNRegressor(**QUICK, solver=SGD(momentum=0.5), momentum=0.1).fit(X, y)
    expected = RNNRegressor(**QUICK, solver="sgd", momentum=0.5).fit(X, y)
    assert_array_equal(weights_of(fitted), weights_of(expected))


def test_fields_take_effect_where_training_goes_on():
    X, y = ragged()
    fitted = RNNRegressor(**QUICK, solver=AdamW(), warm_start=True).fit(X, y)
    fitted.set_params(max_iter=1)
    shrunk = pickle.loads(pickle.dumps(fitted)).set_params(solver__weight_decay=10.0).fit(X, y)
    fitted.fit(X, y)
    assert np.abs(weights_of(shrunk)).sum() < 0.8 * np.abs(weights_of(fitted)).sum()


def test_in_a_search_through_a_pipeline():
    X, y = labelled(["a", "b"])
    pipeline = make_pipeline(RNNClassifier(**QUICK, solver=Adam()))
    grid = {"rnnclassifier__solver__beta_1": [0.5, 0.9], "rnnclassifier__solver": [Adam(), AdamW()]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 4
    assert (
        search.best_estimator_[-1].solver.beta_1
        == search.best_params_["rnnclassifier__solver__beta_1"]
    )
    assert search.best_score_ > 0.6


@pytest.mark.parametrize("wrong", [Adam, None, 3, {"name": "adam"}])
def test_what_is_no_solver_is_named(wrong):
    X, y = ragged()
    with pytest.raises(ValueError, match=r"The parameter solver of .* or an instance of Adam"):
        RNNRegressor(solver=wrong).fit(X, y)

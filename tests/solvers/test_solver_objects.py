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
from skrnn.solvers import SOLVERS, Adam, AdamW

from ..toys import QUICK, labelled, ragged, state_of

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
every_solver = pytest.mark.parametrize("name", SOLVERS)


def weights_of(estimator):
    return np.concatenate([weights.ravel() for weights in estimator.weights_.values()])


def altered(name):
    """Return values of a solver's fields that are not the defaults."""
    return {
        field.name: not field.default if isinstance(field.default, bool) else field.default / 2
        for field in fields(SOLVERS[name])
    }


def altered_of_estimator(name):
    """Return those that are parameters of the estimators too."""
    return {key: value for key, value in altered(name).items() if hasattr(RNNRegressor(), key)}


@every_solver
class TestEverySolver:
    @pytest.mark.parametrize("learning_rate", ["constant", "invscaling", "cosine"])
    def test_is_the_one_of_its_name_to_the_bit(self, name, learning_rate):
        X, y = ragged()
        options = QUICK | {"learning_rate": learning_rate, "max_iter": 5}
        values = altered_of_estimator(name)
        by_name = RNNRegressor(**options, solver=name, **values).fit(X, y)
        by_instance = RNNRegressor(**options, solver=SOLVERS[name](**values)).fit(X, y)
        assert_array_equal(weights_of(by_instance), weights_of(by_name))
        default = RNNRegressor(**options, solver=SOLVERS[name]()).fit(X, y)
        assert (weights_of(by_instance) != weights_of(default)).any() == bool(values)

    def test_takes_no_parameter_from_the_estimator(self, name):
        X, y = ragged()
        options = QUICK | {"solver": SOLVERS[name](), "max_iter": 5}
        fitted = RNNRegressor(**options, **altered_of_estimator(name)).fit(X, y)
        assert_array_equal(weights_of(fitted), weights_of(RNNRegressor(**options).fit(X, y)))

    def test_that_was_started_before_starts_anew(self, name):
        X, y = ragged()
        used = SOLVERS[name]()
        used.start(4, np.dtype(float))
        used.update(np.zeros(4), np.ones(4), 0.1)
        fitted = RNNRegressor(**QUICK, solver=used).fit(X, y)
        assert_array_equal(
            weights_of(fitted), weights_of(RNNRegressor(**QUICK, solver=name).fit(X, y))
        )

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
        for field, constraint in SOLVERS[name].constraints.items():
            for value in ("much", None, np.nan, -1):
                estimator = RNNRegressor(solver=SOLVERS[name](**{field: value}))
                before = state_of(estimator)
                for fit in (estimator.fit, estimator.partial_fit):
                    with pytest.raises(ValueError) as caught:
                        fit(X, y)
                    assert str(caught.value) == (
                        f"The parameter solver__{field} of RNNRegressor must be {constraint}. "
                        f"Got {value!r}."
                    )
                    assert state_of(estimator) == before

    def test_each_field_is_searched(self, name):
        X, y = ragged()
        network = RNNRegressor(**QUICK | {"max_iter": 1}, solver=SOLVERS[name]())
        for field, value in altered(name).items():
            grid = {f"solver__{field}": [getattr(network.solver, field), value]}
            search = GridSearchCV(network, grid, cv=2, error_score="raise").fit(X, y)
            best = getattr(search.best_estimator_.solver, field)
            assert search.best_params_ == {f"solver__{field}": best}
        assert network.solver.get_params() == SOLVERS[name]().get_params()


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


@pytest.mark.parametrize("wrong", [Adam, None, 3, {"name": "adam"}, "Adam"])
def test_what_is_no_solver_is_named(wrong):
    X, y = ragged()
    with pytest.raises(ValueError, match=r"The parameter solver of .* or an instance of Adam"):
        RNNRegressor(solver=wrong).fit(X, y)

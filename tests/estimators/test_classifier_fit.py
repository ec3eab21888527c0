"""Fits of the classifier: what it learns with, repeats and reports, and early stopping."""

import copy

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skrnn.cells import CELLS
from skrnn.network.prediction import Predictor
from skrnn.schedules import SCHEDULES
from skrnn.solvers import SOLVERS

from ..toys import labelled
from .conftest import classifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class TestFit:
    @pytest.mark.parametrize("cell", CELLS)
    @pytest.mark.parametrize("bidirectional", [False, True])
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_learns_with_two_layers(self, cell, bidirectional, dtype):
        X, y = labelled(["low", "mid", "top"])
        fitted = classifier(
            hidden_layer_sizes=(6, 4), cell=cell, bidirectional=bidirectional, dtype=dtype
        ).fit(X, y)
        assert fitted.score(X, y) > 0.8
        assert fitted.n_layers_ == 4
        n_gates, n_directions = len(CELLS[cell].gates), 1 + bidirectional
        weights = fitted.weights_
        assert {array.dtype for array in weights.values()} == {np.dtype(dtype)}
        assert len(weights) == 2 * n_directions * 3 + 2
        assert weights["layer_0.forward.input"].shape == (2, 6 * n_gates)
        assert weights["layer_1.forward.input"].shape == (6 * n_directions, 4 * n_gates)
        assert weights["layer_1.forward.recurrent"].shape == (4, 4 * n_gates)
        assert weights["output.weight"].shape == (4 * n_directions, 3)
        assert weights["output.bias"].shape == (3,)

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_learns_with_every_solver(self, solver):
        X, y = labelled(["no", "yes"])
        rate = 0.3 if solver == "sgd" else 0.03
        assert classifier(solver=solver, learning_rate_init=rate).fit(X, y).score(X, y) > 0.8

    @pytest.mark.parametrize("schedule", SCHEDULES)
    def test_learns_with_every_schedule(self, schedule):
        X, y = labelled(["no", "yes"])
        assert classifier(learning_rate=schedule).fit(X, y).score(X, y) > 0.8

    def test_relu(self):
        X, y = labelled(["no", "yes"])
        assert classifier(cell="simple", activation="relu").fit(X, y).score(X, y) > 0.8

    def test_is_reproducible_and_leaves_global_random_numbers_alone(self):
        X, y = labelled([0, 1, 2])
        before = np.random.get_state()[1].copy()
        one, two = (classifier().fit(X, y).predict_proba(X) for _ in range(2))
        assert_array_equal(one, two)
        assert_array_equal(before, np.random.get_state()[1])
        other = classifier(random_state=1).fit(X, y).predict_proba(X)
        assert not np.array_equal(one, other)

    def test_of_a_random_state_draws_anew_each_time(self):
        X, y = labelled([0, 1])
        random_state = np.random.RandomState(0)
        one, two = (
            classifier(max_iter=1, random_state=random_state).fit(X, y).predict_proba(X)
            for _ in range(2)
        )
        assert not np.array_equal(one, two)

    def test_is_the_same_for_any_number_of_threads(self):
        X, y = labelled([0, 1, 2])
        one, two, all_cores = (
            classifier(n_jobs=n_jobs, max_iter=5).fit(X, y).predict_proba(X)
            for n_jobs in (1, 2, -1)
        )
        assert_array_equal(one, two)
        assert_array_equal(one, all_cores)

    def test_does_not_change_its_input(self):
        X, y = labelled([0, 1])
        weight = np.linspace(0, 1, len(y))
        given = copy.deepcopy((X, y, weight))
        classifier(max_iter=2, class_weight="balanced").fit(X, y, sample_weight=weight).predict(X)
        for array, before in zip([*X, y, weight], [*given[0], *given[1:]], strict=True):
            assert_array_equal(array, before)

    def test_warns_when_it_has_not_converged(self):
        X, y = labelled([0, 1])
        with pytest.warns(ConvergenceWarning) as warned:
            classifier(max_iter=2).fit(X, y)
        assert warned[0].filename == __file__  # it points to the caller's line

    def test_clips_a_batch_size_larger_than_the_data(self):
        X, y = labelled([0, 1])
        with pytest.warns(UserWarning, match="batch_size=100") as warned:
            clipped = classifier(max_iter=3, batch_size=100).fit(X, y)
        assert warned[0].filename == __file__
        expected = classifier(max_iter=3, batch_size=len(y)).fit(X, y)
        assert_array_equal(clipped.predict_proba(X), expected.predict_proba(X))

    def test_automatic_batch_size_is_32(self):
        X, y = labelled([0, 1])
        one, two = (
            classifier(max_iter=3, batch_size=size).fit(X, y).predict_proba(X)
            for size in ("auto", 32)
        )
        assert_array_equal(one, two)

    def test_sets_the_attributes_of_training(self):
        X, y = labelled([0, 1])
        fitted = classifier(max_iter=4).fit(X, y)
        assert fitted.n_iter_ == len(fitted.loss_curve_) == 4
        assert fitted.loss_ == fitted.loss_curve_[-1]
        assert fitted.best_loss_ == min(fitted.loss_curve_)
        assert fitted.t_ == 4 * len(y)
        assert fitted.n_features_in_ == 2
        assert fitted.validation_scores_ is None
        assert fitted.validation_loss_curve_ is None
        assert fitted.best_validation_score_ is None

    def test_verbose_prints_each_epoch(self, capsys):
        X, y = labelled([0, 1])
        classifier(max_iter=2, verbose=2).fit(X, y)
        assert capsys.readouterr().out.count("loss = ") == 2

    def test_keeps_the_names_of_a_frame(self):
        table = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=["a", "b", "c"])
        fitted = classifier(max_iter=1).fit(table, [0, 1] * 10)
        assert_array_equal(fitted.feature_names_in_, ["a", "b", "c"])
        with pytest.raises(ValueError, match="feature names"):
            fitted.predict(table.rename(columns={"a": "z"}))

    def test_forgets_the_names_of_an_earlier_frame(self):
        table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])
        X, y = labelled([0, 1])
        fitted = classifier(max_iter=1).fit(table, y).fit(X, y)
        assert not hasattr(fitted, "feature_names_in_")
        assert fitted.n_features_in_ == 2
        fitted.predict(X)


class TestEarlyStopping:
    @pytest.fixture
    def split(self, monkeypatch):
        """Return a list to which every fit adds what it has split into."""
        from skrnn.estimators import base as _base

        seen = []
        original = _base.hold_out_share

        def recorded(*samples, **options):
            seen.append(original(*samples, **options))
            return seen[-1]

        monkeypatch.setattr(_base, "hold_out_share", recorded)
        return seen

    def test_restores_the_best_weights(self, classification):
        X, y = classification
        fitted = classifier(early_stopping=True, validation_fraction=0.3, max_iter=40).fit(X, y)
        assert fitted.best_loss_ is None
        assert len(fitted.validation_scores_) == fitted.n_iter_
        assert fitted.best_validation_score_ == max(fitted.validation_scores_)
        assert fitted.t_ == fitted.n_iter_ * round(0.7 * len(y))

    def test_score_is_that_of_the_held_out_samples(self, classification, split):
        X, y = classification
        weight = np.linspace(0, 1, len(y))
        fitted = classifier(early_stopping=True, validation_fraction=0.3).fit(X, y, weight)
        [(kept, held_out)] = split
        expected = fitted.score([X[i] for i in held_out], y[held_out], weight[held_out])
        assert fitted.best_validation_score_ == pytest.approx(expected)
        # The first has no weight, and no place in either part.
        assert_array_equal(np.sort([*kept, *held_out]), np.arange(1, len(y)))

    def test_split_is_stratified(self, split):
        X, y = labelled([0, 1, 2, 3, 4])
        classifier(early_stopping=True, validation_fraction=0.25, max_iter=1).fit(X, y)
        assert_array_equal(np.bincount(y[split[0][1]]), np.full(5, 3))

    def test_needs_enough_samples(self):
        X, y = labelled([0, 1, 2], 6)
        with pytest.raises(ValueError, match="validation_fraction"):
            classifier(early_stopping=True).fit(X, y)

    @pytest.mark.parametrize(
        ("y", "weight", "name"),
        [
            (["b", "b", "b", "c", "c", "d"], None, "'d'"),
            ([10, 10, 10, 10, 10, 20], None, "20"),
            ([3, 3, 5, 5, 9, 9], [1, 1, 1, 0, 1, 1], "5"),
        ],
    )
    def test_class_that_is_too_rare_is_called_by_its_label(self, y, weight, name):
        X, _ = labelled([0, 1, 2], 6)
        with pytest.raises(ValueError, match=f"early_stopping.* the class {name} has only one"):
            classifier(early_stopping=True).fit(X, y, weight)

    def test_infinite_outputs_are_never_the_best(self, monkeypatch):
        X, y = labelled([0, 1])
        original = Predictor.raw_outputs
        monkeypatch.setattr(
            Predictor, "raw_outputs", lambda *arguments: original(*arguments) * np.inf
        )
        with np.errstate(invalid="ignore"), pytest.warns(UserWarning, match="from before training"):
            fitted = classifier(early_stopping=True, max_iter=2).fit(X, y)
        assert np.isnan(fitted.validation_scores_).all()
        assert fitted.best_validation_score_ == -np.inf

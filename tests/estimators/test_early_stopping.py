"""Early stopping on data that are passed for validation."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.metrics import get_scorer, log_loss

from skrnn import RNNClassifier, RNNRegressor

from ..toys import labelled, ragged
from .validation import CONTAINERS, N_TRAIN, SCORERS, stopping

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class TestPassedData:
    def test_nothing_is_held_out(self, validated):
        _, estimator, (X, y, X_val, y_val) = validated
        fitted = stopping(estimator).fit(X, y, X_val=X_val, y_val=y_val)
        assert fitted.t_ == fitted.n_iter_ * N_TRAIN
        assert len(fitted.validation_scores_) == len(fitted.validation_loss_curve_) == 8
        assert fitted.best_validation_score_ == max(fitted.validation_scores_)
        assert fitted.best_validation_score_ == pytest.approx(fitted.score(X_val, y_val), rel=1e-5)

    def test_training_is_that_without_early_stopping(self, validated):
        _, estimator, (X, y, X_val, y_val) = validated
        fitted = stopping(estimator).fit(X, y, X_val=X_val, y_val=y_val)
        plain = stopping(estimator, early_stopping=False).fit(X, y)
        assert fitted.loss_curve_ == plain.loss_curve_
        assert plain.validation_loss_curve_ is None

    @pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
    @pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
    def test_in_any_container(self, container, scoring):
        X, y = labelled(["low", "mid", "top"])
        X_val, y_val, X, y = X[N_TRAIN:], y[N_TRAIN:], X[:N_TRAIN], y[:N_TRAIN]
        fitted = stopping(RNNClassifier, scoring=scoring)
        fitted.fit(container(X), list(y), X_val=container(X_val), y_val=list(y_val))
        expected = get_scorer(scoring or "accuracy")(fitted, container(X_val), y_val)
        assert fitted.best_validation_score_ == expected

    def test_may_lack_classes(self):
        X, y = labelled(["low", "mid", "top"])
        mid = np.flatnonzero(y == "mid")
        fitted = stopping(RNNClassifier).fit(X, y, X_val=[X[i] for i in mid], y_val=y[mid])
        assert len(fitted.validation_scores_) == 8

    def test_weights(self, validated):
        name, estimator, (X, y, X_val, y_val) = validated
        weight = np.linspace(0, 2, len(y_val))
        options = {"X_val": X_val, "y_val": y_val, "sample_weight_val": weight}
        fitted = stopping(estimator).fit(X, y, **options)
        expected = fitted.score(X_val, y_val, sample_weight=weight)
        assert fitted.best_validation_score_ == pytest.approx(expected, rel=1e-5)
        for scoring in SCORERS[name]:
            fitted = stopping(estimator, scoring=scoring).fit(X, y, **options)
            weights = {} if scoring == "neg_max_error" else {"sample_weight": weight}
            expected = get_scorer(scoring)(fitted, X_val, y_val, **weights)
            assert fitted.best_validation_score_ == expected, scoring

    def test_weights_of_classes_are_for_the_loss_and_the_own_score(self):
        X, y = labelled([0, 1, 2])
        X_val, y_val = X[N_TRAIN:], y[N_TRAIN:]
        weights = {0: 1, 1: 5, 2: 0.5}
        weight = np.take([1, 5, 0.5], y_val)

        def own_log_loss(fitted):
            probabilities = fitted.predict_proba(X_val)
            return -log_loss(y_val, probabilities, sample_weight=weight, labels=[0, 1, 2])

        expected = {
            None: lambda fitted: fitted.score(X_val, y_val, weight),
            "loss": own_log_loss,
            "accuracy": lambda fitted: fitted.score(X_val, y_val),
        }
        for scoring, score in expected.items():
            fitted = stopping(RNNClassifier, class_weight=weights, scoring=scoring)
            fitted.fit(X, y, X_val=X_val, y_val=y_val)
            assert fitted.best_validation_score_ == pytest.approx(score(fitted), rel=1e-5)

    def test_teach_the_regressor_nothing(self):
        X, y = ragged()
        constant = stopping(RNNRegressor).fit(X, np.full(60, 3.0), X_val=X, y_val=y)
        assert_array_equal(constant.predict(X), np.full(60, 3.0))

    def test_serve_a_warm_start(self):
        X, y = labelled(["no", "yes"])
        options = {"X_val": X[N_TRAIN:], "y_val": y[N_TRAIN:]}
        warm = stopping(RNNClassifier, warm_start=True, scoring="loss").fit(X, y, **options)
        first = warm.best_validation_score_
        warm.fit(X, y, **options)
        assert len(warm.validation_loss_curve_) == 16
        assert warm.best_validation_score_ >= first
        warm.set_params(scoring=None).fit(X, y, **options)
        assert len(warm.validation_scores_) == 8
        assert warm.best_validation_score_ == warm.score(*options.values())

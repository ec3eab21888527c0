"""What early stopping looks at, scores or the loss, and what it restores."""

import copy

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import accuracy_score, get_scorer, make_scorer

from skrnn import RNNClassifier, RNNRegressor
from skrnn.network.prediction import Predictor

from ..toys import labelled
from .validation import CONTAINERS, N_TRAIN, SCORERS, stopping

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def accuracy(estimator, X, y):
    return accuracy_score(y, estimator.predict(X))


class Recorder:
    """The estimator's own score, of what it has been called with."""

    def __init__(self):
        self.calls = []

    def __call__(self, estimator, X, y):
        self.calls.append((estimator, X, y))
        return estimator.score(X, y)


class TestScorers:
    def test_by_name(self, validated):
        name, estimator, (X, y, X_val, y_val) = validated
        for scoring in SCORERS[name]:
            fitted = stopping(estimator, scoring=scoring).fit(X, y, X_val=X_val, y_val=y_val)
            assert fitted.best_validation_score_ == max(fitted.validation_scores_)
            expected = get_scorer(scoring)(fitted, X_val, y_val)
            assert fitted.best_validation_score_ == expected, scoring

    def test_by_name_on_a_part_that_is_held_out(self, validated):
        name, estimator, (X, y, _, _) = validated
        for scoring in SCORERS[name]:
            fitted = stopping(estimator, scoring=scoring, validation_fraction=0.4).fit(X, y)
            assert np.isfinite(fitted.validation_scores_).all()
            assert len(fitted.validation_loss_curve_) == 8

    def test_own_score_by_its_name_is_the_default(self):
        X, y = labelled(["no", "yes"])
        fitted, expected = (
            stopping(RNNClassifier, scoring=scoring).fit(X, y) for scoring in ("accuracy", None)
        )
        assert fitted.validation_scores_ == expected.validation_scores_
        assert fitted.validation_loss_curve_ == expected.validation_loss_curve_
        assert_array_equal(fitted.predict_proba(X), expected.predict_proba(X))

    @pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
    @pytest.mark.parametrize("passed", [False, True])
    def test_get_the_data_as_they_were_passed(self, container, passed):
        X, y = labelled(["no", "yes"])
        X, y, recorder = container(X), pd.Series(y, index=np.arange(60)[::-1]), Recorder()
        options = {"X_val": X, "y_val": y} if passed else {}
        model = stopping(RNNClassifier, scoring=recorder, max_iter=3, validation_fraction=0.5)
        model.fit(X, y, **options)
        estimators, Xs, ys = zip(*recorder.calls, strict=True)
        assert all(one is Xs[0] for one in Xs)
        if passed:
            assert Xs[0] is X
            assert ys[0] is y
        else:
            assert type(Xs[0]) is (list if isinstance(X, tuple) else type(X))
            assert isinstance(ys[0], pd.Series)
            kept = 59 - ys[0].index.to_numpy()  # positions, as the index tells them
            assert_array_equal(model.predict_proba(Xs[0]), model.predict_proba(X)[kept])
        # What it says of these data is what it says of any.
        for estimator in estimators:
            expected = estimator.predict_proba(copy.deepcopy(Xs[0]))
            assert_array_equal(estimator.predict_proba(Xs[0]), expected)

    def test_may_keep_the_estimators(self, validated):
        _, estimator, (X, y, X_val, y_val) = validated
        recorder = Recorder()
        fitted = stopping(estimator, scoring=recorder).fit(X, y, X_val=X_val, y_val=y_val)
        for epoch, (kept, _, _) in enumerate(recorder.calls, 1):
            assert kept is not fitted
            assert kept.n_iter_ == epoch
            assert kept.loss_curve_ == fitted.loss_curve_[:epoch]
            assert kept.validation_scores_ == fitted.validation_scores_[: epoch - 1]
            once_more = stopping(estimator, early_stopping=False, max_iter=epoch).fit(X, y)
            assert_array_equal(kept.predict(X_val), once_more.predict(X_val))
        before = fitted.predict(X_val)
        kept.set_weights({"output.bias": kept.weights_["output.bias"] + 10})
        assert (kept.predict(X_val) != recorder.calls[0][0].predict(X_val)).any()
        assert_array_equal(fitted.predict(X_val), before)

    def test_may_ask_about_other_data(self):
        X, y = labelled(["no", "yes"])
        seen = []

        def scorer(estimator, X, y):
            assert_array_equal(estimator.predict_proba(X[:7]), estimator.predict_proba(X)[:7])
            seen.append(len(estimator.predict(X[:7])))
            return 0.0

        stopping(RNNClassifier, scoring=scorer, max_iter=2, validation_fraction=0.3).fit(X, y)
        assert seen == [7, 7]

    @pytest.mark.parametrize("scoring", [None, "loss", "neg_log_loss", "roc_auc", accuracy])
    def test_take_one_pass_an_epoch(self, scoring, monkeypatch):
        X, y = labelled(["no", "yes"])
        passes, original = [], Predictor.raw_outputs

        def counted(*arguments):
            passes.append(original(*arguments))
            return passes[-1]

        monkeypatch.setattr(Predictor, "raw_outputs", counted)
        stopping(RNNClassifier, scoring=scoring, max_iter=3).fit(X, y)
        assert [len(raw) for raw in passes] == [6, 6, 6]

    def test_get_the_weights_of_samples_if_they_take_them(self):
        X, y = labelled(["no", "yes"])
        seen = []

        def plain(estimator, X, y):
            seen.append(None)
            return 0.0

        def weighted(estimator, X, y, sample_weight=None):
            seen.append(sample_weight)
            return 0.0

        def any_keyword(estimator, X, y, **metadata):
            seen.append(metadata["sample_weight"])
            return 0.0

        weight = np.arange(1.0, 61)
        for scoring in (plain, weighted, any_keyword, make_scorer(lambda y_true, y_pred: 0.0)):
            model = stopping(RNNClassifier, scoring=scoring, max_iter=1, class_weight={"no": 9})
            model.fit(X, y, weight)
        assert seen[0] is None
        assert len(seen[1]) == 6
        assert set(seen[1]) <= set(weight)
        assert_array_equal(seen[1], seen[2])
        stopping(RNNClassifier, scoring=weighted, max_iter=1).fit(X, y)
        assert seen[3] is None

    def test_of_targets_in_a_column(self):
        X, y = labelled([0, 1])
        model = stopping(RNNClassifier, scoring="neg_log_loss", max_iter=2)
        with pytest.warns(UserWarning, match="column-vector"):
            model.fit(X, y[:, np.newaxis])
        assert np.isfinite(model.validation_scores_).all()


class TestLoss:
    def manual_losses(self, estimator, y, X_val, y_val):
        """Return the loss of each validation sample, the formulas written out."""
        if isinstance(estimator, RNNRegressor):
            errors = (y_val - estimator.predict(X_val)) / y.std(axis=0)
            return 0.5 * (errors.reshape(len(y_val), -1) ** 2).mean(axis=1)
        probabilities = estimator.predict_proba(X_val)
        if y.ndim == 2:
            return -np.log(np.where(y_val == 1, probabilities, 1 - probabilities)).sum(axis=1)
        return -np.log(probabilities[y_val[:, np.newaxis] == estimator.classes_])

    @pytest.mark.parametrize("weight", [None, np.linspace(0, 2, 60 - N_TRAIN)], ids=["", "weights"])
    def test_restores_the_weights_of_the_least(self, validated, weight):
        _, estimator, (X, y, X_val, y_val) = validated
        y = np.random.default_rng(1).permutation(y)  # noise, which is soon learnt too well
        options = {"alpha": 1.0, "learning_rate_init": 0.1, "dtype": "float64", "max_iter": 6}
        fitted = stopping(estimator, scoring="loss", **options)
        fitted.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight)
        epochs = [
            stopping(estimator, **options | {"max_iter": n, "early_stopping": False}).fit(X, y)
            for n in range(1, 7)
        ]
        losses = [
            np.average(self.manual_losses(epoch, y, X_val, y_val), weights=weight)
            for epoch in epochs
        ]
        assert_allclose(fitted.validation_loss_curve_, losses, rtol=1e-9)
        assert_allclose(fitted.validation_scores_, np.negative(losses), rtol=1e-9)
        assert fitted.best_validation_score_ == -min(fitted.validation_loss_curve_)
        best = int(np.argmin(losses))
        assert best < 5
        for name, array in epochs[best].weights_.items():
            assert_array_equal(fitted.weights_[name], array)

    def test_stops_when_it_grows(self):
        X, y = labelled(["no", "yes"])
        noise = np.random.default_rng(1).permutation(y)
        options = {"learning_rate_init": 0.1, "max_iter": 60, "n_iter_no_change": 4, "tol": 0.0}
        fitted = stopping(RNNClassifier, scoring="loss", **options)
        fitted.fit(X, noise, X_val=X, y_val=y)
        best_epoch = 1 + np.argmin(fitted.validation_loss_curve_)
        assert fitted.n_iter_ == best_epoch + 4 + 1 < 60

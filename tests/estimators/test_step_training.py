"""Training of answers at every step goes on, stops early and is refused as that of sequences is."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GroupKFold

from skrnn import RNNClassifier, RNNStepRegressor, RNNTagger
from skrnn.metrics import flat_scorer

from ..toys import QUICK
from .test_step_answers import ESTIMATORS, SHORT, data_for, every_estimator, same, sums


@every_estimator
class TestGoingOn:
    def test_warm_start_is_one_fit_to_the_bit(self, estimator):
        X, y = data_for(estimator)
        options = {"n_iter_no_change": np.inf, "tol": 0.0}
        whole = clone(estimator).set_params(max_iter=5, **options).fit(X, y)
        parts = clone(estimator).set_params(max_iter=2, warm_start=True, **options).fit(X, y)
        parts.set_params(max_iter=3).fit(X, y)
        assert same(parts.predict(X), whole.predict(X))

    def test_partial_fit_is_an_epoch_of_a_fit(self, estimator):
        X, y = data_for(estimator)
        options = {"n_iter_no_change": np.inf, "tol": 0.0, "max_iter": 3}
        whole = clone(estimator).set_params(**options).fit(X, y)
        first = {} if isinstance(estimator, RNNStepRegressor) else {"classes": whole.classes_}
        parts = clone(estimator)
        for _ in range(3):
            parts.partial_fit(X, y, **first)
        assert same(parts.predict(X), whole.predict(X))

    @pytest.mark.parametrize("bptt_steps", [2, 50])
    def test_windows_of_backpropagation(self, estimator, bptt_steps):
        X, y = data_for(estimator)
        options = {"bidirectional": False, "max_iter": 30}
        fitted = clone(estimator).set_params(bptt_steps=bptt_steps, **options).fit(X, y)
        assert fitted.loss_curve_[-1] < 0.9 * fitted.loss_curve_[0]
        if bptt_steps == 50:
            whole = clone(estimator).set_params(**options).fit(X, y)
            assert same(fitted.predict(X), whole.predict(X))


@every_estimator
class TestEarlyStopping:
    def test_of_held_out_sequences(self, estimator):
        X, y = data_for(estimator, n_samples=120)
        options = {"early_stopping": True, "validation_fraction": 0.3, "max_iter": 15}
        fitted = clone(estimator).set_params(**options).fit(X, y)
        assert len(fitted.validation_scores_) == fitted.n_iter_
        assert fitted.best_validation_score_ == max(fitted.validation_scores_)

    def test_of_passed_data_is_the_score_of_the_estimator(self, estimator):
        X, y = data_for(estimator)
        X_val, y_val = data_for(estimator, seed=1)
        rng = np.random.default_rng(0)
        weights = [rng.uniform(0, 2, len(x)) for x in X_val]
        options = {"early_stopping": True, "max_iter": 4}
        fitted = clone(estimator).set_params(**options)
        fitted.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
        expected = fitted.score(X_val, y_val, weights)
        assert fitted.best_validation_score_ == pytest.approx(expected, abs=1e-5)

    def test_of_groups_by_a_scorer(self, estimator):
        X, y = data_for(estimator, n_samples=120)
        scorer = flat_scorer("f1_macro" if isinstance(estimator, RNNTagger) else "r2")
        fitted = clone(estimator).set_params(
            early_stopping=True, validation_fraction=GroupKFold(4), scoring=scorer, max_iter=4
        )
        groups = np.arange(120) // 6
        fitted.fit(X, y, groups=groups)
        *_, (_, held_out) = GroupKFold(4).split(X, y, groups)
        score = scorer(fitted, [X[i] for i in held_out], [y[i] for i in held_out])
        assert fitted.best_validation_score_ == pytest.approx(score, abs=1e-6)


@every_estimator
class TestErrors:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda y: y[:-1], "X has 40 sequences, but y has 39"),
            (lambda y: [*y[:17], [*y[17], y[17][0]], *y[18:]], r"X\[17\] has .* y\[17\] has"),
            (lambda y: [*y[:17], y[17][1:], *y[18:]], r"X\[17\] has .* y\[17\] has"),
            (lambda y: "text", "y is the string 'text', but a list of sequences is expected"),
            (lambda y: [one[0] for one in y], r"y\[0\] is .*(a value for each step|RNNClassifier)"),
            (lambda y: None, "requires y to be passed"),
            (lambda y: [[None] * len(one) for one in y], "y has no label at any step"),
        ],
    )
    def test_y_that_does_not_go_with_x(self, estimator, change, message):
        X, y = data_for(estimator)
        fitted = clone(estimator).fit(X, y)
        before = fitted.predict(X)
        with pytest.raises((ValueError, TypeError), match=message):
            fitted.fit(X, change(y))
        assert same(fitted.predict(X), before)
        if change(y) is not None:
            with pytest.raises((ValueError, TypeError), match=message):
                fitted.score(X, change(y))

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            (np.ones(39), r"sample_weight has shape \(39,\), but there are 40"),
            (-np.ones(40), r"sample_weight\[0\] is -1.0, but weights must not be negative"),
            (np.zeros(40), "sample_weight is zero for all"),
            ([np.ones(1)] * 40, "y.* steps, but sample_weight"),
        ],
    )
    def test_weights_that_do_not_go_with_y(self, estimator, weights, message):
        X, y = data_for(estimator)
        with pytest.raises(ValueError, match=message):
            clone(estimator).fit(X, y, weights)

    def test_pooling_is_no_parameter(self, estimator):
        assert "pooling" not in estimator.get_params()


def test_numbers_are_no_labels():
    X, y = sums()
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        RNNTagger(**SHORT).fit(X, y)
    with pytest.raises(ValueError, match=r"y\[0\] has 2 values for each time step, but one label"):
        RNNTagger(**SHORT).fit(X, [np.zeros((len(x), 2), int) for x in X])


def test_labels_are_no_numbers():
    X, y = data_for(RNNTagger())
    with pytest.raises(ValueError, match=r"y\[0\]\[0\] is '.*could not convert string"):
        RNNStepRegressor(**SHORT).fit(X, y)


def test_one_class_is_refused():
    X, y = sums()
    with pytest.raises(ValueError, match="y holds only one class, 'a'"):
        RNNTagger(**SHORT).fit(X, [["a"] * len(one) for one in y])


def test_labels_of_steps_are_not_for_the_classifier():
    X, y = data_for(RNNTagger())
    with pytest.raises(ValueError, match="RNNTagger"):
        RNNClassifier(**QUICK).fit(X, y)
    with pytest.raises(ValueError, match="RNNTagger"):
        RNNClassifier(**QUICK).fit(X, np.array([one.tolist() for one in y], dtype=object))
    table = np.stack([x[:2, 0] for x in X])
    flags = (table > 0).astype(int)
    with pytest.warns(UserWarning, match="2 labels of each sequence.*RNNTagger"):
        RNNClassifier(**QUICK).fit(table, flags)
    three = np.stack([one[:2] for one in y])
    with pytest.raises(ValueError, match="RNNTagger"):
        RNNClassifier(**QUICK).fit(table, three)


def test_both_are_public():
    for estimator in ESTIMATORS:
        assert type(estimator).__module__ == "skrnn"

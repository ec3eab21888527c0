"""Weights of samples and classes, and the smoothing of labels."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.utils.class_weight import compute_sample_weight

from ..toys import indicated, labelled
from .conftest import classifier, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class TestWeightsOfSamples:
    def test_zero_is_as_good_as_absent(self):
        X, y = labelled([0, 1, 2])
        weight = np.tile([1.0, 0.0, 2.5], 20)
        weighted = classifier(dtype="float64").fit(X, y, sample_weight=weight)
        kept = np.flatnonzero(weight)
        less = classifier(dtype="float64").fit(
            [X[i] for i in kept], y[kept], sample_weight=weight[kept]
        )
        assert_array_equal(weighted.predict_proba(X), less.predict_proba(X))

    def test_two_is_as_good_as_twice(self):
        X, y = labelled([0, 1, 2], 15)
        weighted = classifier(dtype="float64").fit(X, y, sample_weight=np.full(15, 2))
        twice = classifier(dtype="float64").fit(X * 2, np.tile(y, 2))
        assert_allclose(weighted.predict_proba(X), twice.predict_proba(X), rtol=1e-9)

    @pytest.mark.parametrize("fitting", [classifier, regressor])
    def test_that_sum_to_one_want_alpha_divided_by_the_number_of_samples(self, fitting):
        # What the docstrings of alpha and sample_weight advise for AdaBoost.
        X, y = labelled([0, 1], 64)
        usual = fitting(dtype="float64", alpha=1.0).fit(X, y)
        weight = np.full(64, 1 / 64)
        advised = fitting(dtype="float64", alpha=1.0 / 64).fit(X, y, sample_weight=weight)
        assert_array_equal(advised.weights_["output.weight"], usual.weights_["output.weight"])
        stronger = fitting(dtype="float64", alpha=64.0).fit(X, y)
        as_it_is = fitting(dtype="float64", alpha=1.0).fit(X, y, sample_weight=weight)
        assert_array_equal(as_it_is.weights_["output.weight"], stronger.weights_["output.weight"])

    def test_decide_between_contradictory_labels(self):
        X, _ = labelled([0, 1])
        weight = np.repeat([1, 20], len(X))
        fitted = classifier().fit(X * 2, np.repeat(["light", "heavy"], len(X)), weight)
        assert set(fitted.predict(X)) == {"heavy"}

    def test_a_class_without_weight_is_kept_and_not_predicted(self):
        X, y = labelled(["low", "mid", "top"])
        fitted = classifier(max_iter=60).fit(X, y, sample_weight=(y != "mid").astype(float))
        assert list(fitted.classes_) == ["low", "mid", "top"]
        assert set(fitted.predict(X)) == {"low", "top"}


class TestClassWeight:
    def test_balanced_is_that_of_scikit_learn(self):
        X, y = labelled([0, 1, 2])
        X, y = X[:40], y[:40]
        balanced = classifier(class_weight="balanced").fit(X, y)
        weighted = classifier().fit(X, y, sample_weight=compute_sample_weight("balanced", y))
        assert_allclose(balanced.predict_proba(X), weighted.predict_proba(X), rtol=1e-4)

    def test_balanced_counts_weight_two_as_two_samples(self):
        X, y = labelled([0, 1, 2], 15)
        quick = classifier(dtype="float64", class_weight="balanced")
        weight = np.arange(15) % 3
        weighted = clone(quick).fit(X, y, sample_weight=weight)
        indices = np.repeat(np.arange(15), weight)
        repeated = clone(quick).fit([X[i] for i in indices], y[indices])
        assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-8)

    def test_dict_multiplies_the_weights_of_samples(self):
        X, y = labelled(["a", "b", "c"])
        weight = np.linspace(0.5, 2, len(y))
        by_class = classifier(class_weight={"a": 2, "c": 0.5}).fit(X, y, sample_weight=weight)
        factors = np.select([y == "a", y == "c"], [2, 0.5], 1)
        by_sample = classifier().fit(X, y, sample_weight=weight * factors)
        assert_array_equal(by_class.predict_proba(X), by_sample.predict_proba(X))

    def test_dict_serves_partial_fit(self):
        X, y = labelled([0, 1])
        by_class = classifier(class_weight={0: 3}).partial_fit(X, y, classes=[0, 1])
        by_sample = classifier().partial_fit(X, y, np.where(y == 0, 3, 1), classes=[0, 1])
        assert_array_equal(by_class.predict_proba(X), by_sample.predict_proba(X))

    @pytest.mark.parametrize("labels", [(0, 1), ("0", "1"), (False, True), (0.0, 1.0)])
    @pytest.mark.parametrize("weights", [(3, None, 2), (None, None, 2), (3, 1, 2)])
    def test_may_name_classes_that_y_lacks(self, labels, weights):
        X, y = labelled(labels)
        names = [*labels, "another"]
        named = {name: w for name, w in zip(names, weights, strict=True) if w is not None}
        with_more = classifier(class_weight=named).fit(X, y)
        del named["another"]
        without = classifier(class_weight=named).fit(X, y)
        assert_array_equal(with_more.predict_proba(X), without.predict_proba(X))

    def test_serves_folds_that_lack_a_class(self):
        X, y = labelled(["a", "b", "rare"], 12)
        folds = [([i for i in range(12) if y[i] != "rare"], [i for i in range(12)])]
        weighted = classifier(class_weight={"a": 2, "rare": 5}, max_iter=1)
        assert np.isfinite(cross_val_score(weighted, X, y, cv=folds, error_score="raise")).all()

    def test_that_is_zero_for_every_sample_is_an_error(self):
        X, y = labelled([0, 1])
        with pytest.raises(ValueError, match="every sample the weight zero"):
            classifier(class_weight={0: 0, 1: 0}).fit(X, y)

    def test_is_an_error_for_multilabel_y(self):
        X, Y = indicated()
        with pytest.raises(ValueError, match=r"class_weight='balanced'.*multilabel"):
            classifier(class_weight="balanced").fit(X, Y)


# So many epochs that the loss is as small as can be.
TO_THE_END = {"max_iter": 400, "n_iter_no_change": np.inf, "alpha": 0}


class TestLabelSmoothing:
    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_leaves_a_share_to_every_class(self, n_classes):
        X = [np.full((4, 1), float(i)) for i in range(n_classes)] * 10
        y = np.arange(10 * n_classes) % n_classes
        smoothed = classifier(label_smoothing=0.3, **TO_THE_END).fit(X, y)
        expected = 0.7 * np.eye(n_classes)[y] + 0.3 / n_classes
        assert_allclose(smoothed.predict_proba(X), expected, atol=0.01)
        assert smoothed.score(X, y) == 1

    def test_is_of_yes_and_no_for_multilabel_y(self):
        X, Y = [np.full((4, 1), float(i)) for i in range(2)] * 10, np.tile(np.eye(2), (10, 1))
        smoothed = classifier(label_smoothing=0.2, **TO_THE_END).fit(X, Y)
        assert_allclose(smoothed.predict_proba(X), 0.8 * Y + 0.1, atol=0.01)

    def test_may_change_while_training_goes_on(self, classification):
        X, y = classification
        fitted = classifier(warm_start=True, max_iter=10).fit(X, y)
        before = fitted.loss_
        fitted.set_params(label_smoothing=0.9, learning_rate_init=1e-9).fit(X, y)
        assert abs(fitted.loss_ - before) > 0.01

    def test_scores_are_those_of_the_labels(self, classification):
        X, y = classification
        fitted = classifier(
            label_smoothing=0.3, early_stopping=True, validation_fraction=0.5, **TO_THE_END
        )
        assert fitted.fit(X, y).best_validation_score_ > 0.7
        assert set(np.unique(fitted.predict(X))) <= set(np.unique(y))

"""Warm starts and partial fits of the classifier."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from ..toys import indicated, labelled
from .conftest import classifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class TestWarmStart:
    def test_goes_on_from_the_last_weights(self):
        X, y = labelled([0, 1, 2])
        warm = classifier(warm_start=True, max_iter=5).fit(X, y)
        first_loss = warm.loss_
        weights = warm.weights_["output.weight"]
        before = weights.copy()
        warm.fit(X, y)
        assert warm.loss_ < first_loss
        assert len(warm.loss_curve_) == 10
        assert warm.n_iter_ == 5
        assert_array_equal(weights, before)  # what the user holds is not written to

    def test_without_it_starts_anew(self):
        X, y = labelled([0, 1, 2])
        fitted = classifier(max_iter=5).fit(X, y)
        before = fitted.predict_proba(X)
        assert_array_equal(fitted.fit(X, y).predict_proba(X), before)
        assert fitted.fit(*labelled(["a", "b"])).classes_.tolist() == ["a", "b"]

    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_with_early_stopping_holds_out_the_same_samples(self, early_stopping):
        X, y = labelled([0, 1])
        warm = classifier(warm_start=True, max_iter=3, early_stopping=True).fit(X, y)
        warm.set_params(early_stopping=early_stopping).fit(X, y)
        assert (warm.validation_scores_ is None) == (not early_stopping)
        assert len(warm.loss_curve_) == 6

    @pytest.mark.parametrize(
        "change",
        [
            {"hidden_layer_sizes": 5},
            {"cell": "gru"},
            {"bidirectional": True},
            {"dtype": "float64"},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_of_another_network_is_an_error(self, change):
        X, y = labelled([0, 1])
        warm = classifier(warm_start=True, max_iter=1).fit(X, y).set_params(**change)
        for go_on in (warm.fit, warm.partial_fit):
            with pytest.raises(ValueError, match=next(iter(change))):
                go_on(X, y)
        warm.predict(X)  # as it was fitted
        warm.set_params(warm_start=False).fit(X, y)

    def test_of_new_classes_is_an_error(self):
        warm = classifier(warm_start=True, max_iter=1).fit(*labelled(["a", "b"]))
        with pytest.raises(ValueError, match=r"\['c'\]"):
            warm.fit(*labelled(["a", "c"]))
        X, Y = indicated()
        with pytest.raises(ValueError, match="one label for each"):
            warm.fit(X, Y)

    def test_of_another_indicator_is_an_error(self):
        X, Y = indicated()
        warm = classifier(warm_start=True, max_iter=1).fit(X, Y)
        for other in (Y[:, :2], Y[:, 0]):
            with pytest.raises(ValueError, match="indicator of 3 labels"):
                warm.fit(X, other)


class TestPartialFit:
    def test_learns_from_batches(self):
        X, y = labelled(["low", "mid", "top"])
        online = classifier(solver="adam")
        for _ in range(20):
            for start in range(0, 60, 20):
                part = slice(start, start + 20)
                online.partial_fit(X[part], y[part], classes=["top", "mid", "low"])
        assert list(online.classes_) == ["low", "mid", "top"]
        assert online.score(X, y) > 0.8
        assert online.n_iter_ == 1
        assert online.t_ == 20 * 60
        assert len(online.loss_curve_) == 60

    def test_is_one_epoch_of_fit(self):
        X, y = labelled([0, 1])
        online = classifier().partial_fit(X, y, classes=[0, 1])
        assert_array_equal(
            online.predict_proba(X), classifier(max_iter=1).fit(X, y).predict_proba(X)
        )

    def test_need_not_see_all_classes(self):
        X, y = labelled([0, 1, 2])
        online = classifier().partial_fit([X[0]], y[:1], classes=[0, 1, 2])
        assert online.predict_proba(X).shape == (60, 3)

    def test_multilabel_needs_no_classes(self):
        X, Y = indicated()
        online = classifier().partial_fit(X, Y)
        assert_array_equal(online.partial_fit(X, Y, classes=[0, 1, 2]).classes_, [0, 1, 2])
        assert online.predict(X).shape == Y.shape
        assert classifier().partial_fit(X, Y, classes=[0, 1, 2]).n_outputs_ == 3
        with pytest.raises(ValueError, match=r"`classes` is \[0, 1\]"):
            classifier().partial_fit(X, Y, classes=[0, 1])

    def test_goes_on_after_fit(self):
        X, y = labelled([0, 1])
        fitted = classifier(max_iter=3).fit(X, y)
        assert len(fitted.partial_fit(X, y).loss_curve_) == 4

    def test_ignores_early_stopping(self):
        X, y = labelled([0, 1])
        fitted = classifier(early_stopping=True, max_iter=3).fit(X, y)
        fitted.partial_fit(X, y)
        assert fitted.validation_scores_ is None
        assert fitted.best_loss_ == fitted.loss_

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, "classes must be passed on the first call"),
            ({"classes": [0]}, "only one class, 0"),
            ({"classes": [0, 2]}, r"classes that the classifier was not told of: \[1\]"),
            ({"classes": [0, np.nan]}, "NaN"),
        ],
    )
    def test_first_call_checks_the_classes(self, arguments, message):
        X, y = labelled([0, 1])
        online = classifier()
        with pytest.raises(ValueError, match=message):
            online.partial_fit(X, y, **arguments)
        assert not hasattr(online, "classes_")

    def test_later_calls_check_the_classes(self):
        X, y = labelled([0, 1])
        online = classifier().partial_fit(X, y, classes=[0, 1])
        with pytest.raises(ValueError, match=r"`classes` is \[0, 1, 2\]"):
            online.partial_fit(X, y, classes=[0, 1, 2])
        with pytest.raises(ValueError, match=r"not told of: \[5\]"):
            online.partial_fit(X, np.where(y == 1, 5, y))

    def test_refuses_balanced_classes(self):
        X, y = labelled([0, 1])
        with pytest.raises(ValueError, match="class_weight='balanced' is not supported"):
            classifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1])

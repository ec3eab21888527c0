"""A splitter of scikit-learn decides what early stopping holds out, and groups stay whole."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    LeaveOneGroupOut,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)

from skrnn import RNNClassifier, RNNRegressor

from ..toys import QUICK, indicated, labelled, object_array, ragged

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:early_stopping decides by only"),
]


def stopping(splitter, estimator=RNNRegressor, **parameters):
    options = QUICK | {"early_stopping": True, "max_iter": 3, "validation_fraction": splitter}
    return estimator(**options | parameters)


class Noting:
    """A scorer that notes the targets that it is given."""

    def __init__(self):
        self.seen = None

    def __call__(self, estimator, X, y):
        self.seen = np.asarray(y)
        return 0.0


def held_out(splitter, X, y, estimator=RNNRegressor, **of_fit):
    """Return the targets that a fit validates on."""
    scorer = Noting()
    stopping(splitter, estimator, scoring=scorer).fit(X, y, **of_fit)
    return scorer.seen


class TestSplit:
    @pytest.mark.parametrize(
        "splitter",
        [KFold(3), TimeSeriesSplit(4), ShuffleSplit(2, random_state=0), StratifiedKFold(3)],
        ids=lambda one: type(one).__name__,
    )
    def test_its_last_part_is_held_out(self, splitter):
        X, y = labelled(["low", "mid", "top"])
        *_, (_, last) = splitter.split(X, y)
        assert_array_equal(held_out(splitter, X, y, RNNClassifier), y[last])

    def test_the_last_steps_in_time_are_held_out(self):
        X, y = ragged()
        assert_array_equal(held_out(TimeSeriesSplit(5), X, y), y[50:])

    def test_a_predefined_one(self):
        X, y = ragged()
        fold = np.full(60, -1)
        fold[[3, 8, 30]] = 0
        assert_array_equal(held_out(PredefinedSplit(fold), X, y), y[[3, 8, 30]])

    def test_several_labels(self):
        X, Y = indicated()
        assert_array_equal(held_out(KFold(3), X, Y, RNNClassifier), Y[40:])

    def test_training_sees_the_rest_only(self):
        X, y = ragged()
        wild = [*X[:50], *(1e6 + x for x in X[50:])]
        fitted = stopping(TimeSeriesSplit(5)).fit(wild, y)
        assert fitted.t_ == fitted.n_iter_ * 50
        assert np.abs(fitted.feature_mean_).max() < 1

    def test_samples_of_weight_zero_are_not_split(self):
        X, y = ragged()
        weight = np.ones(60)
        weight[55:] = 0
        assert_array_equal(held_out(TimeSeriesSplit(4), X, y, sample_weight=weight), y[44:55])

    def test_a_warm_start_holds_the_same_out(self):
        X, y = ragged()
        once = stopping(KFold(4), max_iter=6).fit(X, y)
        twice = stopping(KFold(4), warm_start=True).fit(X, y)
        assert_array_equal(twice.fit(X, y).predict(X), once.predict(X))

    def test_survives_clone(self):
        X, y = ragged()
        network = clone(stopping(GroupShuffleSplit(1, test_size=0.3, random_state=0)))
        assert network.fit(X, y, groups=np.arange(60) // 6).validation_scores_


class TestGroups:
    @pytest.mark.parametrize("splitter", [GroupKFold(3), LeaveOneGroupOut()], ids=["k", "one"])
    @pytest.mark.parametrize("form", [list, np.asarray, object_array], ids=lambda one: one.__name__)
    def test_stay_whole(self, splitter, form):
        X, y = ragged()
        groups = [f"subject {n % 7}" for n in range(60)]
        *_, (_, last) = splitter.split(X, y, groups)
        assert_array_equal(held_out(splitter, X, y, groups=form(groups)), y[last])

    def test_of_samples_that_count(self):
        X, y = ragged()
        groups, weight = np.arange(60) // 10, np.ones(60)
        weight[::2] = 0
        seen = held_out(LeaveOneGroupOut(), X, y, groups=groups, sample_weight=weight)
        assert_array_equal(seen, y[51::2])

    def test_are_routed(self):
        X, y = ragged()
        groups = np.arange(60) // 6
        with config_context(enable_metadata_routing=True):
            network = stopping(GroupKFold(3)).set_fit_request(groups=True)
            search = GridSearchCV(network, {"alpha": [0.0, 0.1]}, cv=GroupKFold(3))
            search.fit(X, y, groups=groups)
        assert len(search.cv_results_["mean_test_score"]) == 2


class TestRefused:
    @pytest.mark.parametrize(
        ("groups", "message"),
        [
            (np.arange(59), r"groups has shape \(59,\), but X has 60 sequences"),
            (3, "groups"),
            (np.zeros((60, 2)), r"groups has shape \(60, 2\), but X has 60 sequences"),
        ],
    )
    def test_groups_of_another_shape(self, groups, message):
        X, y = ragged()
        with pytest.raises((ValueError, TypeError), match=message):
            stopping(GroupKFold(3)).fit(X, y, groups=groups)

    def test_groups_that_nobody_uses(self):
        X, y = ragged()
        for network in (stopping(0.2), stopping(KFold(3), early_stopping=False)):
            with pytest.raises(ValueError, match=r"groups was passed, but .*validation_fraction"):
                network.fit(X, y, groups=np.arange(60))
        with pytest.raises(ValueError, match=r"groups was passed, but .* without X_val"):
            stopping(GroupKFold(3)).fit(X, y, groups=np.arange(60), X_val=X[:9], y_val=y[:9])

    def test_what_the_splitter_says_is_passed_on(self):
        X, y = ragged()
        match = r"validation_fraction=GroupKFold\(.*cannot hold out a part of 60 samples: .*group"
        with pytest.raises(ValueError, match=match):
            stopping(GroupKFold(3)).fit(X, y)

    def test_a_split_into_nothing(self):
        X, y = ragged()
        with pytest.raises(ValueError, match=" 0 samples to train on"):
            stopping(PredefinedSplit(np.zeros(60))).fit(X, y)


class TestFewCases:
    def test_are_warned_of(self):
        X, y = ragged()
        match = r"only 6 sequences .* Pass X_val and y_val, set validation_fraction=0.33, or set"
        with pytest.warns(UserWarning, match=match) as caught:
            stopping(0.1).fit(X, y)
        (warning,) = [one for one in caught if one.category is UserWarning]
        assert warning.filename == __file__

    def test_many_are_not(self, recwarn):
        X, y = ragged()
        stopping(0.5, n_iter_no_change=np.inf).fit(X, y)
        stopping(0.1, n_iter_no_change=np.inf).fit(X, y, X_val=X[:5], y_val=y[:5])
        assert [one for one in recwarn if one.category is UserWarning] == []

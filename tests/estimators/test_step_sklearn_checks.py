"""scikit-learn's own checks of an estimator, for those with an answer at every time step.

Most checks pass one target a sample, which these refuse. So they are made twice: of the estimators
as they are, and of the same with a fit that gives every step the target of its sample.
"""

import numpy as np
from sklearn.utils.estimator_checks import parametrize_with_checks

from skrnn import RNNStepRegressor, RNNTagger

from ..toys import QUICK

ONE_TARGET = "the check passes one target a sample, but there is one for each step"
# They fit, and nothing else than the shape of y is in their way.
FITTING = [
    "check_all_zero_sample_weights_error",
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_dtype_object",
    "check_estimators_dtypes",
    "check_estimators_fit_returns_self",
    "check_estimators_nan_inf",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_f_contiguous_array_estimator",
    "check_fit2d_1feature",
    "check_fit2d_1sample",
    "check_fit2d_predict1d",
    "check_fit_check_is_fitted",
    "check_fit_idempotent",
    "check_fit_score_takes_y",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_n_features_in",
    "check_n_features_in_after_fitting",
    "check_pipeline_consistency",
    "check_positive_only_tag_during_fit",
    "check_readonly_memmap_input",
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weights_list",
    "check_sample_weights_not_an_array",
    "check_sample_weights_not_overwritten",
    "check_sample_weights_pandas_series",
    "check_sample_weights_shape",
]


class Spread:
    """Gives every step the target of its sample, and answers at the last step."""

    score_samples = property()  # the checks call it without y

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, spread(X, y), sample_weight)

    def partial_fit(self, X, y, **options):
        return super().partial_fit(X, spread(X, y), **options)

    def predict(self, X):
        return np.array([answer[-1] for answer in super().predict(X)])

    def score(self, X, y, sample_weight=None):
        return super().score(X, spread(X, y), sample_weight)


class SpreadTagger(Spread, RNNTagger):
    def partial_fit(self, X, y, classes=None):
        # The checks tell classifiers only.
        return super().partial_fit(X, y, classes=np.unique(y) if classes is None else classes)

    def predict_proba(self, X):
        return np.array([answer[-1] for answer in super().predict_proba(X)])

    def predict_log_proba(self, X):
        return np.array([answer[-1] for answer in super().predict_log_proba(X)])


class SpreadRegressor(Spread, RNNStepRegressor):
    pass


def spread(X, y):
    if y is None:
        return None
    n_steps = np.shape(np.asarray(X))[1] if np.ndim(np.asarray(X)) > 1 else 1
    return [[value] * n_steps for value in np.asarray(y).ravel().tolist()]


@parametrize_with_checks(
    [RNNTagger(**QUICK), RNNTagger(**QUICK, decoder="crf"), RNNStepRegressor(**QUICK)],
    expected_failed_checks=lambda _: dict.fromkeys(FITTING, ONE_TARGET),
)
def test_as_they_are(estimator, check):
    check(estimator)


@parametrize_with_checks(
    [SpreadTagger(**QUICK), SpreadTagger(**QUICK, decoder="crf"), SpreadRegressor(**QUICK)],
    expected_failed_checks=lambda _: {
        "check_sample_weight_equivalence_on_dense_data": "sums of float32 are rounded otherwise",
        "check_sample_weights_shape": "two weights a sample are one for each of its two steps",
    },
)
def test_with_the_target_of_a_sample_at_every_step(estimator, check):
    check(estimator)

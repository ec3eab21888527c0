"""scikit-learn's own checks of a classifier whose one feature is a category."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from skrnn import RNNClassifier

# All values of the checks' data are other numbers.
NO_CATEGORIES = "the check's data are numbers that occur once, of which nothing can be learnt"
FAILING = {
    "check_classifiers_train": NO_CATEGORIES,
    "check_dtype_object": "a value that is no category has a message of our own",
    "check_estimators_nan_inf": "a missing category is code 0, and infinity a number like another",
    "check_sample_weight_equivalence_on_dense_data": (
        "min_frequency counts steps, whatever their weight: a number that is repeated has a code "
        "of its own, one of weight 2 has not"
    ),
}
ESTIMATOR = RNNClassifier(
    (8,), learning_rate_init=0.03, max_iter=5, dtype="float64", categorical_features=[0]
)


@parametrize_with_checks([ESTIMATOR], expected_failed_checks=lambda _: FAILING)
def test_scikit_learn(estimator, check):
    check(estimator)

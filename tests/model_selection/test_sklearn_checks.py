"""scikit-learn's own checks of an estimator, for a search within a budget."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from skrnn import RNNClassifier, RNNRegressor
from skrnn.model_selection import StagedSearchCV

from ..toys import QUICK

OPTIONS = {
    "param_grid": {"pooling": ["mean"]},
    "param_distributions": {"cell": ["gru"]},
    "n_iter": 2,
    "cv": 2,
    "random_state": 0,
}
SEARCHES = [
    StagedSearchCV(RNNClassifier(**QUICK), **OPTIONS, n_voters=2),
    StagedSearchCV(RNNRegressor(**QUICK | {"max_iter": 100}), **OPTIONS),
]


@parametrize_with_checks(SEARCHES)
def test_scikit_learn(estimator, check):
    check(estimator)

"""scikit-learn's own checks of an estimator, for a search within a budget."""

from sklearn.utils.estimator_checks import parametrize_with_checks

from skrnn import RNNClassifier, RNNRegressor
from skrnn.model_selection import StagedSearchCV

from ..toys import QUICK

GRID, CHANGES = {"pooling": ["mean"]}, {"cell": ["gru"]}
SEARCHES = [
    StagedSearchCV(estimator, GRID, CHANGES, n_iter=2, n_voters=n_voters, cv=2, random_state=0)
    for estimator in (RNNClassifier(**QUICK), RNNRegressor(**QUICK | {"max_iter": 100}))
    for n_voters in (1, 2)
]


@parametrize_with_checks(SEARCHES)
def test_scikit_learn(estimator, check):
    check(estimator)

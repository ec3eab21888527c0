"""The recipe for PLAID: a period of the mains is a step, and copies of recordings begin later.

A recording has five values for each period. Where in a period it begins says nothing of the
appliance, nor does how much of the start-up is missing: a network learns this from the copies.
"""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.pipeline import make_pipeline

from skrnn import RNNClassifier

VALUES_OF_PERIOD = 5
MOST_CUT, FEWEST_LEFT = 150, 100


class Periods(TransformerMixin, BaseEstimator):
    """Cut each recording into periods, one a step.

    A step is the values of a period in units of the recording's root mean square; then the
    logarithms of their mean size and deviation in these units, and of the unit, as the units of
    recordings differ by a factor of a million.
    """

    def fit(self, X, y=None):
        """Do nothing: all that is used of a recording is in the recording."""
        return self

    def transform(self, X):
        """Return a list of arrays (n_periods, VALUES_OF_PERIOD + 3)."""
        return [self._periods(np.ravel(values)) for values in X]

    def _periods(self, values):
        unit = np.sqrt(np.mean(values**2))
        n_periods = len(values) // VALUES_OF_PERIOD
        periods = (values / unit)[: n_periods * VALUES_OF_PERIOD].reshape(n_periods, -1)
        sizes = np.stack([np.abs(periods).mean(axis=1), periods.std(axis=1)], axis=1)
        units = np.full(n_periods, np.log(unit) / 3)
        return np.column_stack([periods, np.log(sizes + 0.01), units])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


class LearnsFromCuts(ClassifierMixin, BaseEstimator):
    """A classifier that also learns from copies of recordings whose beginning is cut off."""

    def __init__(self, classifier, n_copies=7, random_state=None):
        self.classifier = classifier
        self.n_copies = n_copies
        self.random_state = random_state

    def fit(self, X, y):
        """Fit the classifier to recordings and copies."""
        rng, y = np.random.default_rng(self.random_state), np.asarray(y)
        copies = [self._cut(values, rng) for values in X for _ in range(self.n_copies)]
        labels = np.concatenate([y, np.repeat(y, self.n_copies)])
        self.classifier_ = clone(self.classifier).fit([*X, *copies], labels)
        self.classes_ = self.classifier_.classes_
        return self

    def _cut(self, values, rng):
        return values[rng.integers(0, 1 + max(0, min(MOST_CUT, len(values) - FEWEST_LEFT))) :]

    def predict(self, X):
        """Return the label of each recording."""
        return self.classifier_.predict(X)


def plaid_recipe():
    """Return the unfitted classifier."""
    network = RNNClassifier(
        48,
        cell="gru",
        bidirectional=True,
        pooling="max",
        dropout=0.13,
        solver="adamw",
        learning_rate="onecycle",
        learning_rate_init=0.02,
        batch_size=16,
        max_iter=40,
    )
    return LearnsFromCuts(make_pipeline(Periods(), network))

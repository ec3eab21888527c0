"""Recurrent neural networks as scikit-learn estimators."""

from .estimators.classifier import RNNClassifier
from .estimators.regressor import RNNRegressor

__all__ = ["RNNClassifier", "RNNRegressor"]
__version__ = "0.1.0"

# Pickles name a class by its module, and the private ones may move.
for _estimator in (RNNClassifier, RNNRegressor):
    _estimator.__module__ = __name__

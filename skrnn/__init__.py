"""Recurrent neural networks as scikit-learn estimators."""

from .estimators.classifier import RNNClassifier
from .estimators.regressor import RNNRegressor

__all__ = ["RNNClassifier", "RNNRegressor"]
__version__ = "0.1.0"

"""Recurrent neural networks as scikit-learn estimators."""

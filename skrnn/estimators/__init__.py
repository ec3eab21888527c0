"""What y means: the only floor that knows scikit-learn's estimators."""

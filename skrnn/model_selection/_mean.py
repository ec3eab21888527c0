"""The mean of several regressors."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin


class MeanRegressor(RegressorMixin, BaseEstimator):
    """The mean of what fitted regressors predict, of any shape.

    scikit-learn's ``VotingRegressor`` takes one number for each sample only.

    Parameters
    ----------
    estimators : list of estimator
        Fitted regressors.
    """

    def __init__(self, estimators: list[BaseEstimator]) -> None:
        self.estimators = estimators

    def fit(self, X: Any, y: Any) -> Self:
        """Do nothing: the regressors are fitted.

        Parameters
        ----------
        X, y : object
            Ignored.

        Returns
        -------
        MeanRegressor
            The regressor itself.
        """
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the mean of the predictions.

        Parameters
        ----------
        X : array-like of sequences
            All that the regressors take.

        Returns
        -------
        ndarray
            In the shape of what each predicts.
        """
        return np.mean([estimator.predict(X) for estimator in self.estimators], axis=0)

    def __sklearn_is_fitted__(self) -> bool:
        return True

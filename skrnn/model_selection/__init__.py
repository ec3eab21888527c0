"""Searches over how sequences are read and over the network that reads them."""

from ._holdouts import StratifiedHoldouts
from ._mean import MeanRegressor
from ._space import sequence_search
from ._staged import StagedSearchCV

__all__ = ["MeanRegressor", "StagedSearchCV", "StratifiedHoldouts", "sequence_search"]

# Pickles name a class by its module, and the private ones may move.
for _public in (MeanRegressor, StagedSearchCV, StratifiedHoldouts, sequence_search):
    _public.__module__ = __name__

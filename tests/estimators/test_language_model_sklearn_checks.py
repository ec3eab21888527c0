"""scikit-learn's own checks of an estimator of texts, for each cell."""

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from skrnn import RNNLanguageModel
from skrnn.cells import CELLS

QUICK = [RNNLanguageModel(3, cell=cell, max_iter=1) for cell in CELLS]


# They are few: those that pass a table of numbers are not for an estimator of texts.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(QUICK)
def test_scikit_learn(estimator, check):
    check(estimator)


def test_parameters():
    model = RNNLanguageModel((3, 4), analyzer="word", weight_dropout=0.1)
    again = clone(model).set_params(cell="gru")
    assert again.get_params() == model.get_params() | {"cell": "gru"}
    assert repr(model) == (
        "RNNLanguageModel(analyzer='word', hidden_layer_sizes=(3, 4), weight_dropout=0.1)"
    )
    absent = {"pooling", "bidirectional", "standardize", "scoring", "categorical_features"}
    assert not absent & set(model.get_params())

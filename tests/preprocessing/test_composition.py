"""Transformers and networks together, inside scikit-learn's own tools."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skrnn import RNNClassifier
from skrnn.preprocessing import SequenceDifferences, SequenceFrames, SequenceScaler

from ..toys import QUICK, labelled, object_array, padded

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

FORMS = {
    "ragged": lambda X: X,
    "object array": object_array,
    "padded": padded,
    "cube": lambda X: np.stack([sequence[:3] for sequence in X]),
    "table": lambda X: np.stack([sequence[:3, 0] for sequence in X]),
}


def pipeline():
    return make_pipeline(
        SequenceScaler(),
        SequenceDifferences(),
        SequenceFrames(length=2, step=1),
        RNNClassifier(**QUICK),
    )


@pytest.fixture(params=FORMS)
def data(request):
    X, y = labelled(["no", "yes"])
    return FORMS[request.param]([1000 * sequence + 5000 for sequence in X]), y


def test_cross_validation(data):
    assert cross_val_score(pipeline(), *data, cv=3, error_score="raise").min() > 0.6


def test_grid_search_over_the_length_of_frames(data):
    grid = {"sequenceframes__length": [1, 2, 20], "sequencedifferences__keep": [True, False]}
    search = GridSearchCV(pipeline(), grid, cv=2, error_score="raise").fit(*data)
    assert search.best_score_ > 0.7


def test_what_is_returned_can_be_split_and_transformed_again(data):
    X, y = data
    scaled = SequenceScaler().fit_transform(X)
    X_train, X_test, y_train, y_test = train_test_split(scaled, y, random_state=0)
    chain = make_pipeline(SequenceFrames(2, 1), FunctionTransformer(), RNNClassifier(**QUICK))
    assert chain.fit(X_train, y_train).score(X_test, y_test) > 0.6


def test_pipelines_of_transformers_are_undone():
    X, _ = labelled(["no", "yes"])
    both = make_pipeline(SequenceScaler(), SequenceScaler(with_std=False)).fit(X)
    for one, sequence in zip(both.inverse_transform(both.transform(X)), X, strict=True):
        np.testing.assert_allclose(one, sequence)


def test_names_go_through_a_pipeline():
    X, _ = labelled(["no", "yes"])
    both = make_pipeline(SequenceDifferences(), SequenceFrames(2, 1)).fit(X)
    names = both.get_feature_names_out(["a", "b"])
    assert names[:4].tolist() == ["a_step0", "b_step0", "a_diff1_step0", "b_diff1_step0"]
    assert len(names) == both.transform(X)[0].shape[1]


def test_weights_are_routed():
    X, y = labelled(["no", "yes"])
    weights = np.linspace(0, 1, 60)
    with config_context(enable_metadata_routing=True):
        scaler = SequenceScaler().set_fit_request(sample_weight=True)
        network = RNNClassifier(**QUICK | {"max_iter": 2}).set_fit_request(sample_weight=True)
        fitted = make_pipeline(scaler, network).fit(X, y, sample_weight=weights)
    expected = SequenceScaler().fit(X, sample_weight=weights)
    np.testing.assert_array_equal(fitted[0].mean_, expected.mean_)

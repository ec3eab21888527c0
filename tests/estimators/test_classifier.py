"""Parameters, labels, outputs and weights of the classifier."""

import warnings
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.metrics import accuracy_score
from sklearn.neural_network import MLPClassifier

from skrnn import RNNClassifier
from skrnn.estimators.parameter_fields import hyperparameters_of
from skrnn.solvers import SOLVERS
from skrnn.training.train import TrainingOptions

from ..toys import indicated, labelled
from .conftest import classifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LABELS = {
    "strings": ["low", "mid", "top"],
    "objects": np.array(["b", "a", "c"], dtype=object),
    "integers": [-3, 7, 8],
    "floats": [0.0, 1.0, 2.0],
    "two strings": ["no", "yes"],
    "booleans": [False, True],
}


class TestParameters:
    def test_are_those_of_mlp_classifier_and_a_few_more(self):
        ours, theirs = RNNClassifier().get_params(), MLPClassifier().get_params()
        assert set(theirs) - set(ours) == {"max_fun"}
        assert set(ours) - set(theirs) == {
            *("cell", "bidirectional", "pooling", "dropout", "recurrent_dropout", "bptt_steps"),
            *("rho", "weight_decay", "max_grad_norm", "class_weight", "dtype", "n_jobs", "scoring"),
            *("label_smoothing", "max_timescale", "standardize", "categorical_features"),
            *("embedding_size", "embeddings", "train_embeddings", "character_layer_size"),
            *("min_frequency",),
        }
        different = {name for name in ours if name in theirs and ours[name] != theirs[name]}
        assert different == {"hidden_layer_sizes", "activation", "learning_rate_init"}

    def test_only_the_first_is_positional(self):
        assert RNNClassifier(5).hidden_layer_sizes == 5
        with pytest.raises(TypeError, match="RNNClassifier"):
            RNNClassifier(5, "gru")

    def test_cover_the_solvers_and_the_training(self):
        names = {parameter.name for parameter in hyperparameters_of(RNNClassifier)}
        assert names == set(RNNClassifier().get_params())
        of_language_models = {"averaging"}
        assert names >= {field.name for field in fields(TrainingOptions)} - of_language_models
        for solver in SOLVERS.values():
            assert names >= set(solver.constraints)
            for field in fields(solver):
                assert RNNClassifier().get_params()[field.name] == field.default

    def test_are_documented(self):
        for name, default in RNNClassifier().get_params().items():
            entry = f"\n{name} : "
            assert entry in RNNClassifier.__doc__
            line = RNNClassifier.__doc__.split(entry)[1].split("\n")[0]
            assert line.endswith(f", default={default!r}")
        assert "{" not in RNNClassifier.__doc__.split("Examples\n")[0]

    def test_defaults_are_allowed(self):
        RNNClassifier()._check_hyperparameters()

    @pytest.mark.parametrize("sizes", [4, [4], (4,), np.array([4]), np.int64(4)])
    def test_layer_sizes_may_be_given_in_several_forms(self, sizes):
        X, y = labelled([0, 1], 20)
        fitted = classifier(hidden_layer_sizes=sizes, max_iter=1).fit(X, y)
        assert fitted.weights_["layer_0.forward.recurrent"].shape[0] == 4
        assert fitted.n_layers_ == 3


class TestLabels:
    @pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
    def test_come_back_as_they_were_given(self, labels):
        X, y = labelled(labels)
        fitted = classifier(max_iter=60).fit(X, y)
        assert_array_equal(fitted.classes_, np.unique(labels))
        predicted = fitted.predict(X)
        assert predicted.dtype == y.dtype
        assert accuracy_score(y, predicted) == fitted.score(X, y) > 0.8

    @pytest.mark.parametrize(
        "container", [list, pd.Series, lambda y: pd.Series(y, dtype="category")]
    )
    def test_may_be_in_any_container(self, container):
        X, y = labelled(["no", "yes"])
        fitted = classifier(max_iter=3).fit(X, container(y))
        expected = classifier(max_iter=3).fit(X, y)
        assert list(fitted.classes_) == ["no", "yes"]
        assert_array_equal(fitted.predict_proba(X), expected.predict_proba(X))

    def test_of_several_columns_are_an_indicator(self):
        X, Y = indicated()
        fitted = classifier(max_iter=80).fit(X, Y)
        predicted = fitted.predict(X)
        assert predicted.shape == Y.shape
        assert predicted.dtype == np.int64
        assert_array_equal(fitted.classes_, [0, 1, 2])
        assert_array_equal(predicted, fitted.predict_proba(X) > 0.5)
        assert (predicted == Y).mean() > 0.85
        assert fitted.score(X, Y) == (predicted == Y).all(axis=1).mean()

    def test_in_a_column_give_the_usual_warning(self):
        X, y = labelled(["no", "yes"])
        with pytest.warns(DataConversionWarning):
            fitted = classifier(max_iter=1).fit(X, y[:, np.newaxis])
        assert fitted.predict(X).shape == y.shape


class TestOutputs:
    def test_are_those_of_mlp_classifier(self, classification):
        X, y = classification
        fitted = classifier(max_iter=2).fit(X, y)
        table = np.array([sequence.mean(axis=0) for sequence in X])
        rival = MLPClassifier(max_iter=2).fit(table, y)
        assert fitted.n_outputs_ == rival.n_outputs_
        assert fitted.out_activation_ == rival.out_activation_
        assert fitted.n_layers_ == rival.n_layers_
        assert fitted.predict_proba(X).shape == rival.predict_proba(table).shape
        assert fitted.predict(X).shape == rival.predict(table).shape

    def test_probabilities_sum_to_one_and_decide(self, classification):
        X, y = classification
        fitted = classifier().fit(X, y)
        probabilities = fitted.predict_proba(X)
        assert probabilities.dtype == np.float64
        assert_allclose(fitted.predict_log_proba(X), np.log(probabilities))
        if y.ndim == 1:
            assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-15)
            decided = fitted.classes_[probabilities.argmax(axis=1)]
            assert_array_equal(fitted.predict(X), decided)

    def test_extreme_probabilities_stay_apart(self):
        X, y = labelled(["no", "yes"])
        fitted = classifier(max_iter=1).fit(X, y)
        for bias, certain in ((60.0, 1), (-60.0, 0)):
            fitted.set_weights({"output.bias": [bias]})
            probabilities = fitted.predict_proba(X)
            assert (probabilities[:, 1 - certain] > 0).all()
            assert_allclose(fitted.predict_log_proba(X)[:, 1 - certain], -abs(bias), atol=2.0)

    def test_logarithm_is_finite_where_the_probability_is_zero(self):
        X, y = labelled([0, 1, 2])
        fitted = classifier(max_iter=1).fit(X, y)
        fitted.set_weights({"output.bias": [2000, 0, 0]})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            logarithms = fitted.predict_log_proba(X)
        assert_allclose(logarithms, np.tile([0, -2000, -2000], (len(X), 1)), atol=2.0)
        assert (fitted.predict_proba(X)[:, 1:] == 0).all()


class TestFittedWeights:
    def test_are_what_the_network_computes_with(self):
        X, y = labelled([0, 1])
        fitted = classifier(max_iter=1).fit(X, y)
        fitted.set_weights({"output.weight": np.zeros((6, 1)), "output.bias": [np.log(3)]})
        assert_allclose(fitted.weights_["output.bias"], np.log(3), rtol=1e-6)
        assert_allclose(fitted.predict_proba(X), np.tile([0.25, 0.75], (60, 1)), rtol=1e-6)

    def test_are_absent_before_fit(self):
        unfitted = classifier()
        assert not hasattr(unfitted, "weights_")
        with pytest.raises(NotFittedError):
            _ = unfitted.weights_
        with pytest.raises(NotFittedError):
            unfitted.predict([[1.0]])

    def test_do_not_follow_parameters_set_after_fit(self):
        X, y = labelled([0, 1])
        fitted = classifier(max_iter=1).fit(X, y)
        before = fitted.predict_proba(X)
        fitted.set_params(hidden_layer_sizes=3, cell="gru", dtype="float64", activation="relu")
        assert_array_equal(fitted.predict_proba(X), before)

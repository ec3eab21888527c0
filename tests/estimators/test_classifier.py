import copy
import warnings
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.metrics import accuracy_score
from sklearn.neural_network import MLPClassifier
from sklearn.utils.class_weight import compute_sample_weight

from skrnn import RNNClassifier
from skrnn.cells import CELLS
from skrnn.estimators.hyperparameters import hyperparameters_of
from skrnn.network.objective import Network
from skrnn.schedules import SCHEDULES
from skrnn.solvers import SOLVERS
from skrnn.training.train import TrainingOptions

from ..toys import QUICK, indicated, labelled

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

LABELS = {
    "strings": ["low", "mid", "top"],
    "objects": np.array(["b", "a", "c"], dtype=object),
    "integers": [-3, 7, 8],
    "floats": [0.0, 1.0, 2.0],
    "two strings": ["no", "yes"],
    "booleans": [False, True],
}


def classifier(**parameters):
    return RNNClassifier(**(QUICK | parameters))


@pytest.fixture(params=["binary", "multiclass", "multilabel"])
def problem(request):
    return {
        "binary": lambda: labelled(["no", "yes"]),
        "multiclass": lambda: labelled(["low", "mid", "top"]),
        "multilabel": indicated,
    }[request.param]()


class TestParameters:
    def test_are_those_of_mlp_classifier_and_a_few_more(self):
        ours, theirs = RNNClassifier().get_params(), MLPClassifier().get_params()
        assert set(theirs) - set(ours) == {"max_fun"}
        assert set(ours) - set(theirs) == {
            *("cell", "bidirectional", "pooling", "dropout", "recurrent_dropout", "bptt_steps"),
            *("rho", "weight_decay", "max_grad_norm", "class_weight", "dtype", "n_jobs", "scoring"),
            "label_smoothing",
        }
        different = {name for name in ours if name in theirs and ours[name] != theirs[name]}
        assert different == {"hidden_layer_sizes", "activation"}

    def test_only_the_first_is_positional(self):
        assert RNNClassifier(5).hidden_layer_sizes == 5
        with pytest.raises(TypeError, match="RNNClassifier"):
            RNNClassifier(5, "gru")

    def test_cover_the_solvers_and_the_training(self):
        names = {parameter.name for parameter in hyperparameters_of(RNNClassifier)}
        assert names == set(RNNClassifier().get_params())
        assert names >= {field.name for field in fields(TrainingOptions)}
        for solver in SOLVERS.values():
            assert names >= set(solver.constraints)
            for field in fields(solver):
                assert RNNClassifier().get_params()[field.name] == field.default

    def test_of_one_name_have_one_range_in_all_solvers(self):
        for parameter in hyperparameters_of(RNNClassifier):
            for solver in SOLVERS.values():
                if parameter.name in solver.constraints:
                    assert parameter.metadata["constraint"] == solver.constraints[parameter.name]

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
    def test_are_those_of_mlp_classifier(self, problem):
        X, y = problem
        fitted = classifier(max_iter=2).fit(X, y)
        table = np.array([sequence.mean(axis=0) for sequence in X])
        rival = MLPClassifier(max_iter=2).fit(table, y)
        assert fitted.n_outputs_ == rival.n_outputs_
        assert fitted.out_activation_ == rival.out_activation_
        assert fitted.n_layers_ == rival.n_layers_
        assert fitted.predict_proba(X).shape == rival.predict_proba(table).shape
        assert fitted.predict(X).shape == rival.predict(table).shape

    def test_probabilities_sum_to_one_and_decide(self, problem):
        X, y = problem
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
            fitted.weights_["output.bias"][:] = bias
            probabilities = fitted.predict_proba(X)
            assert (probabilities[:, 1 - certain] > 0).all()
            assert_allclose(fitted.predict_log_proba(X)[:, 1 - certain], -abs(bias), atol=2.0)

    def test_logarithm_of_zero_is_silent(self):
        X, y = labelled([0, 1, 2])
        fitted = classifier(max_iter=1).fit(X, y)
        fitted.weights_["output.bias"][:] = [2000, 0, 0]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert (fitted.predict_log_proba(X)[:, 1:] == -np.inf).all()


class TestFit:
    @pytest.mark.parametrize("cell", CELLS)
    @pytest.mark.parametrize("bidirectional", [False, True])
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_learns_with_two_layers(self, cell, bidirectional, dtype):
        X, y = labelled(["low", "mid", "top"])
        fitted = classifier(
            hidden_layer_sizes=(6, 4), cell=cell, bidirectional=bidirectional, dtype=dtype
        ).fit(X, y)
        assert fitted.score(X, y) > 0.8
        assert fitted.n_layers_ == 4
        n_gates, n_directions = len(CELLS[cell].gates), 1 + bidirectional
        weights = fitted.weights_
        assert {array.dtype for array in weights.values()} == {np.dtype(dtype)}
        assert len(weights) == 2 * n_directions * 3 + 2
        assert weights["layer_0.forward.input"].shape == (2, 6 * n_gates)
        assert weights["layer_1.forward.input"].shape == (6 * n_directions, 4 * n_gates)
        assert weights["layer_1.forward.recurrent"].shape == (4, 4 * n_gates)
        assert weights["output.weight"].shape == (4 * n_directions, 3)
        assert weights["output.bias"].shape == (3,)

    @pytest.mark.parametrize("solver", SOLVERS)
    def test_learns_with_every_solver(self, solver):
        X, y = labelled(["no", "yes"])
        rate = 0.3 if solver == "sgd" else 0.03
        assert classifier(solver=solver, learning_rate_init=rate).fit(X, y).score(X, y) > 0.8

    @pytest.mark.parametrize("schedule", SCHEDULES)
    def test_learns_with_every_schedule(self, schedule):
        X, y = labelled(["no", "yes"])
        assert classifier(learning_rate=schedule).fit(X, y).score(X, y) > 0.8

    def test_relu(self):
        X, y = labelled(["no", "yes"])
        assert classifier(cell="simple", activation="relu").fit(X, y).score(X, y) > 0.8

    def test_is_reproducible_and_leaves_global_random_numbers_alone(self):
        X, y = labelled([0, 1, 2])
        before = np.random.get_state()[1].copy()
        one, two = (classifier().fit(X, y).predict_proba(X) for _ in range(2))
        assert_array_equal(one, two)
        assert_array_equal(before, np.random.get_state()[1])
        other = classifier(random_state=1).fit(X, y).predict_proba(X)
        assert not np.array_equal(one, other)

    def test_of_a_random_state_draws_anew_each_time(self):
        X, y = labelled([0, 1])
        random_state = np.random.RandomState(0)
        one, two = (
            classifier(max_iter=1, random_state=random_state).fit(X, y).predict_proba(X)
            for _ in range(2)
        )
        assert not np.array_equal(one, two)

    def test_is_the_same_for_any_number_of_threads(self):
        X, y = labelled([0, 1, 2])
        one, two, all_cores = (
            classifier(n_jobs=n_jobs, max_iter=5).fit(X, y).predict_proba(X)
            for n_jobs in (1, 2, -1)
        )
        assert_array_equal(one, two)
        assert_array_equal(one, all_cores)

    def test_does_not_change_its_input(self):
        X, y = labelled([0, 1])
        weight = np.linspace(0, 1, len(y))
        given = copy.deepcopy((X, y, weight))
        classifier(max_iter=2, class_weight="balanced").fit(X, y, sample_weight=weight).predict(X)
        for array, before in zip([*X, y, weight], [*given[0], *given[1:]], strict=True):
            assert_array_equal(array, before)

    def test_warns_when_it_has_not_converged(self):
        X, y = labelled([0, 1])
        with pytest.warns(ConvergenceWarning) as warned:
            classifier(max_iter=2).fit(X, y)
        assert warned[0].filename == __file__  # it points to the caller's line

    def test_clips_a_batch_size_larger_than_the_data(self):
        X, y = labelled([0, 1])
        with pytest.warns(UserWarning, match="batch_size=100") as warned:
            clipped = classifier(max_iter=3, batch_size=100).fit(X, y)
        assert warned[0].filename == __file__
        expected = classifier(max_iter=3, batch_size=len(y)).fit(X, y)
        assert_array_equal(clipped.predict_proba(X), expected.predict_proba(X))

    def test_automatic_batch_size_is_32(self):
        X, y = labelled([0, 1])
        one, two = (
            classifier(max_iter=3, batch_size=size).fit(X, y).predict_proba(X)
            for size in ("auto", 32)
        )
        assert_array_equal(one, two)

    def test_sets_the_attributes_of_training(self):
        X, y = labelled([0, 1])
        fitted = classifier(max_iter=4).fit(X, y)
        assert fitted.n_iter_ == len(fitted.loss_curve_) == 4
        assert fitted.loss_ == fitted.loss_curve_[-1]
        assert fitted.best_loss_ == min(fitted.loss_curve_)
        assert fitted.t_ == 4 * len(y)
        assert fitted.n_features_in_ == 2
        assert fitted.validation_scores_ is None
        assert fitted.validation_loss_curve_ is None
        assert fitted.best_validation_score_ is None

    def test_verbose_prints_each_epoch(self, capsys):
        X, y = labelled([0, 1])
        classifier(max_iter=2, verbose=2).fit(X, y)
        assert capsys.readouterr().out.count("loss = ") == 2

    def test_keeps_the_names_of_a_frame(self):
        table = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 3)), columns=["a", "b", "c"])
        fitted = classifier(max_iter=1).fit(table, [0, 1] * 10)
        assert_array_equal(fitted.feature_names_in_, ["a", "b", "c"])
        with pytest.raises(ValueError, match="feature names"):
            fitted.predict(table.rename(columns={"a": "z"}))

    def test_forgets_the_names_of_an_earlier_frame(self):
        table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])
        X, y = labelled([0, 1])
        fitted = classifier(max_iter=1).fit(table, y).fit(X, y)
        assert not hasattr(fitted, "feature_names_in_")
        assert fitted.n_features_in_ == 2
        fitted.predict(X)


class TestWeightsOfSamples:
    def test_zero_is_as_good_as_absent(self):
        X, y = labelled([0, 1, 2])
        weight = np.tile([1.0, 0.0, 2.5], 20)
        weighted = classifier(dtype="float64").fit(X, y, sample_weight=weight)
        kept = np.flatnonzero(weight)
        less = classifier(dtype="float64").fit(
            [X[i] for i in kept], y[kept], sample_weight=weight[kept]
        )
        assert_array_equal(weighted.predict_proba(X), less.predict_proba(X))

    def test_two_is_as_good_as_twice(self):
        X, y = labelled([0, 1, 2], 15)
        weighted = classifier(dtype="float64").fit(X, y, sample_weight=np.full(15, 2))
        twice = classifier(dtype="float64").fit(X * 2, np.tile(y, 2))
        assert_allclose(weighted.predict_proba(X), twice.predict_proba(X), rtol=1e-9)

    def test_decide_between_contradictory_labels(self):
        X, _ = labelled([0, 1])
        weight = np.repeat([1, 20], len(X))
        fitted = classifier().fit(X * 2, np.repeat(["light", "heavy"], len(X)), weight)
        assert set(fitted.predict(X)) == {"heavy"}

    def test_a_class_without_weight_is_kept_and_not_predicted(self):
        X, y = labelled(["low", "mid", "top"])
        fitted = classifier(max_iter=60).fit(X, y, sample_weight=(y != "mid").astype(float))
        assert list(fitted.classes_) == ["low", "mid", "top"]
        assert set(fitted.predict(X)) == {"low", "top"}


class TestClassWeight:
    def test_balanced_is_that_of_scikit_learn(self):
        X, y = labelled([0, 1, 2])
        X, y = X[:40], y[:40]
        balanced = classifier(class_weight="balanced").fit(X, y)
        weighted = classifier().fit(X, y, sample_weight=compute_sample_weight("balanced", y))
        assert_allclose(balanced.predict_proba(X), weighted.predict_proba(X), rtol=1e-4)

    def test_balanced_counts_weight_two_as_two_samples(self):
        X, y = labelled([0, 1, 2], 15)
        quick = classifier(dtype="float64", class_weight="balanced")
        weight = np.arange(15) % 3
        weighted = clone(quick).fit(X, y, sample_weight=weight)
        indices = np.repeat(np.arange(15), weight)
        repeated = clone(quick).fit([X[i] for i in indices], y[indices])
        assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-8)

    def test_dict_multiplies_the_weights_of_samples(self):
        X, y = labelled(["a", "b", "c"])
        weight = np.linspace(0.5, 2, len(y))
        by_class = classifier(class_weight={"a": 2, "c": 0.5}).fit(X, y, sample_weight=weight)
        factors = np.select([y == "a", y == "c"], [2, 0.5], 1)
        by_sample = classifier().fit(X, y, sample_weight=weight * factors)
        assert_array_equal(by_class.predict_proba(X), by_sample.predict_proba(X))

    def test_dict_serves_partial_fit(self):
        X, y = labelled([0, 1])
        by_class = classifier(class_weight={0: 3}).partial_fit(X, y, classes=[0, 1])
        by_sample = classifier().partial_fit(X, y, np.where(y == 0, 3, 1), classes=[0, 1])
        assert_array_equal(by_class.predict_proba(X), by_sample.predict_proba(X))

    @pytest.mark.parametrize(
        ("class_weight", "message"),
        [({0: 1, 9: 2}, "class_weight"), ({0: 0, 1: 0}, "every sample the weight zero")],
    )
    def test_that_does_not_fit_the_classes_is_an_error(self, class_weight, message):
        X, y = labelled([0, 1])
        with pytest.raises(ValueError, match=message):
            classifier(class_weight=class_weight).fit(X, y)

    def test_is_an_error_for_multilabel_y(self):
        X, Y = indicated()
        with pytest.raises(ValueError, match=r"class_weight='balanced'.*multilabel"):
            classifier(class_weight="balanced").fit(X, Y)


# So many epochs that the loss is as small as can be.
TO_THE_END = {"max_iter": 400, "n_iter_no_change": np.inf, "alpha": 0}


class TestLabelSmoothing:
    @pytest.mark.parametrize("n_classes", [2, 3])
    def test_leaves_a_share_to_every_class(self, n_classes):
        X = [np.full((4, 1), float(i)) for i in range(n_classes)] * 10
        y = np.arange(10 * n_classes) % n_classes
        smoothed = classifier(label_smoothing=0.3, **TO_THE_END).fit(X, y)
        expected = 0.7 * np.eye(n_classes)[y] + 0.3 / n_classes
        assert_allclose(smoothed.predict_proba(X), expected, atol=0.01)
        assert smoothed.score(X, y) == 1

    def test_is_of_yes_and_no_for_multilabel_y(self):
        X, Y = [np.full((4, 1), float(i)) for i in range(2)] * 10, np.tile(np.eye(2), (10, 1))
        smoothed = classifier(label_smoothing=0.2, **TO_THE_END).fit(X, Y)
        assert_allclose(smoothed.predict_proba(X), 0.8 * Y + 0.1, atol=0.01)

    def test_may_change_while_training_goes_on(self, problem):
        X, y = problem
        fitted = classifier(warm_start=True, max_iter=2).fit(X, y)
        before = fitted.loss_
        fitted.set_params(label_smoothing=0.9, learning_rate_init=1e-9).fit(X, y)
        assert abs(fitted.loss_ - before) > 0.01

    def test_scores_are_those_of_the_labels(self, problem):
        X, y = problem
        fitted = classifier(label_smoothing=0.3, early_stopping=True, validation_fraction=0.5)
        assert fitted.fit(X, y).best_validation_score_ > 0.7
        assert set(np.unique(fitted.predict(X))) <= set(np.unique(y))


class TestEarlyStopping:
    @pytest.fixture
    def split(self, monkeypatch):
        """Return a list to which every fit adds what it has split into."""
        from skrnn.estimators import base as _base

        seen = []
        original = _base.hold_out

        def recorded(data, **options):
            seen.append(original(data, **options))
            return seen[-1]

        monkeypatch.setattr(_base, "hold_out", recorded)
        return seen

    def test_restores_the_best_weights(self, problem):
        X, y = problem
        fitted = classifier(early_stopping=True, validation_fraction=0.3, max_iter=40).fit(X, y)
        assert fitted.best_loss_ is None
        assert len(fitted.validation_scores_) == fitted.n_iter_
        assert fitted.best_validation_score_ == max(fitted.validation_scores_)
        assert fitted.t_ == fitted.n_iter_ * round(0.7 * len(y))

    def test_score_is_that_of_the_held_out_samples(self, problem, split):
        X, y = problem
        weight = np.linspace(0, 1, len(y))
        fitted = classifier(early_stopping=True, validation_fraction=0.3).fit(X, y, weight)
        [(kept, held_out)] = split
        expected = fitted.score([X[i] for i in held_out], y[held_out], weight[held_out])
        assert fitted.best_validation_score_ == pytest.approx(expected)
        # The first has no weight, and no place in either part.
        assert_array_equal(np.sort([*kept, *held_out]), np.arange(1, len(y)))

    def test_split_is_stratified(self, split):
        X, y = labelled([0, 1, 2, 3, 4])
        classifier(early_stopping=True, validation_fraction=0.25, max_iter=1).fit(X, y)
        assert_array_equal(np.bincount(y[split[0][1]]), np.full(5, 3))

    def test_needs_enough_samples(self):
        X, y = labelled([0, 1, 2], 6)
        with pytest.raises(ValueError, match="validation_fraction"):
            classifier(early_stopping=True).fit(X, y)
        with pytest.raises(ValueError, match=r"(?s)early_stopping.*least populated class"):
            classifier(early_stopping=True).fit(X, [0, 0, 0, 1, 1, 2])

    def test_infinite_outputs_are_never_the_best(self, monkeypatch):
        X, y = labelled([0, 1])
        original = Network.raw_outputs
        monkeypatch.setattr(
            Network, "raw_outputs", lambda *arguments: original(*arguments) * np.inf
        )
        with np.errstate(invalid="ignore"), pytest.warns(UserWarning, match="from before training"):
            fitted = classifier(early_stopping=True, max_iter=2).fit(X, y)
        assert np.isnan(fitted.validation_scores_).all()
        assert fitted.best_validation_score_ == -np.inf


class TestWarmStart:
    def test_goes_on_from_the_last_weights(self):
        X, y = labelled([0, 1, 2])
        warm = classifier(warm_start=True, max_iter=5).fit(X, y)
        first_loss = warm.loss_
        weights = warm.weights_["output.weight"]
        before = weights.copy()
        warm.fit(X, y)
        assert warm.loss_ < first_loss
        assert len(warm.loss_curve_) == 10
        assert warm.n_iter_ == 5
        assert_array_equal(weights, before)  # what the user holds is not written to

    def test_without_it_starts_anew(self):
        X, y = labelled([0, 1, 2])
        fitted = classifier(max_iter=5).fit(X, y)
        before = fitted.predict_proba(X)
        assert_array_equal(fitted.fit(X, y).predict_proba(X), before)
        assert fitted.fit(*labelled(["a", "b"])).classes_.tolist() == ["a", "b"]

    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_with_early_stopping_holds_out_the_same_samples(self, early_stopping):
        X, y = labelled([0, 1])
        warm = classifier(warm_start=True, max_iter=3, early_stopping=True).fit(X, y)
        warm.set_params(early_stopping=early_stopping).fit(X, y)
        assert (warm.validation_scores_ is None) == (not early_stopping)
        assert len(warm.loss_curve_) == 6

    @pytest.mark.parametrize(
        "change",
        [
            {"hidden_layer_sizes": 5},
            {"cell": "gru"},
            {"bidirectional": True},
            {"dtype": "float64"},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_of_another_network_is_an_error(self, change):
        X, y = labelled([0, 1])
        warm = classifier(warm_start=True, max_iter=1).fit(X, y).set_params(**change)
        for go_on in (warm.fit, warm.partial_fit):
            with pytest.raises(ValueError, match=next(iter(change))):
                go_on(X, y)
        warm.predict(X)  # as it was fitted
        warm.set_params(warm_start=False).fit(X, y)

    def test_of_new_classes_is_an_error(self):
        warm = classifier(warm_start=True, max_iter=1).fit(*labelled(["a", "b"]))
        with pytest.raises(ValueError, match=r"\['c'\]"):
            warm.fit(*labelled(["a", "c"]))
        X, Y = indicated()
        with pytest.raises(ValueError, match="one label for each"):
            warm.fit(X, Y)

    def test_of_another_indicator_is_an_error(self):
        X, Y = indicated()
        warm = classifier(warm_start=True, max_iter=1).fit(X, Y)
        for other in (Y[:, :2], Y[:, 0]):
            with pytest.raises(ValueError, match="indicator of 3 labels"):
                warm.fit(X, other)


class TestPartialFit:
    def test_learns_from_batches(self):
        X, y = labelled(["low", "mid", "top"])
        online = classifier(solver="adam")
        for _ in range(20):
            for start in range(0, 60, 20):
                part = slice(start, start + 20)
                online.partial_fit(X[part], y[part], classes=["top", "mid", "low"])
        assert list(online.classes_) == ["low", "mid", "top"]
        assert online.score(X, y) > 0.8
        assert online.n_iter_ == 1
        assert online.t_ == 20 * 60
        assert len(online.loss_curve_) == 60

    def test_is_one_epoch_of_fit(self):
        X, y = labelled([0, 1])
        online = classifier().partial_fit(X, y, classes=[0, 1])
        assert_array_equal(
            online.predict_proba(X), classifier(max_iter=1).fit(X, y).predict_proba(X)
        )

    def test_need_not_see_all_classes(self):
        X, y = labelled([0, 1, 2])
        online = classifier().partial_fit([X[0]], y[:1], classes=[0, 1, 2])
        assert online.predict_proba(X).shape == (60, 3)

    def test_multilabel_needs_no_classes(self):
        X, Y = indicated()
        online = classifier().partial_fit(X, Y)
        assert_array_equal(online.partial_fit(X, Y, classes=[0, 1, 2]).classes_, [0, 1, 2])
        assert online.predict(X).shape == Y.shape
        assert classifier().partial_fit(X, Y, classes=[0, 1, 2]).n_outputs_ == 3
        with pytest.raises(ValueError, match=r"`classes` is \[0, 1\]"):
            classifier().partial_fit(X, Y, classes=[0, 1])

    def test_goes_on_after_fit(self):
        X, y = labelled([0, 1])
        fitted = classifier(max_iter=3).fit(X, y)
        assert len(fitted.partial_fit(X, y).loss_curve_) == 4

    def test_ignores_early_stopping(self):
        X, y = labelled([0, 1])
        fitted = classifier(early_stopping=True, max_iter=3).fit(X, y)
        fitted.partial_fit(X, y)
        assert fitted.validation_scores_ is None
        assert fitted.best_loss_ == fitted.loss_

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({}, "classes must be passed on the first call"),
            ({"classes": [0]}, "only one class, 0"),
            ({"classes": [0, 2]}, r"classes that the classifier was not told of: \[1\]"),
            ({"classes": [0, np.nan]}, "NaN"),
        ],
    )
    def test_first_call_checks_the_classes(self, arguments, message):
        X, y = labelled([0, 1])
        online = classifier()
        with pytest.raises(ValueError, match=message):
            online.partial_fit(X, y, **arguments)
        assert not hasattr(online, "classes_")

    def test_later_calls_check_the_classes(self):
        X, y = labelled([0, 1])
        online = classifier().partial_fit(X, y, classes=[0, 1])
        with pytest.raises(ValueError, match=r"`classes` is \[0, 1, 2\]"):
            online.partial_fit(X, y, classes=[0, 1, 2])
        with pytest.raises(ValueError, match=r"not told of: \[5\]"):
            online.partial_fit(X, np.where(y == 1, 5, y))

    def test_refuses_balanced_classes(self):
        X, y = labelled([0, 1])
        with pytest.raises(ValueError, match="class_weight='balanced' is not supported"):
            classifier(class_weight="balanced").partial_fit(X, y, classes=[0, 1])


class TestFittedWeights:
    def test_are_views(self):
        X, y = labelled([0, 1])
        fitted = classifier(max_iter=1).fit(X, y)
        fitted.weights_["output.weight"][:] = 0
        fitted.weights_["output.bias"][:] = np.log(3)
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

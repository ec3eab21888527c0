"""What early stopping validates on, what it looks at, and what it restores."""

import copy

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import accuracy_score, get_scorer, log_loss, make_scorer

from skrnn import RNNClassifier, RNNRegressor
from skrnn.network.objective import Network

from ..toys import QUICK, indicated, labelled, ragged, state_of

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_TRAIN = 45


def two_outputs():
    X, levels = ragged()
    return X, np.column_stack([levels, 100 * levels**2])


PROBLEMS = {
    "binary": (RNNClassifier, lambda: labelled(["no", "yes"])),
    "multiclass": (RNNClassifier, lambda: labelled(["low", "mid", "top"])),
    "multilabel": (RNNClassifier, indicated),
    "regression": (RNNRegressor, ragged),
    "two outputs": (RNNRegressor, two_outputs),
}
SCORERS = {
    "binary": ("balanced_accuracy", "neg_log_loss", "roc_auc", "f1_macro"),
    "multiclass": ("balanced_accuracy", "neg_log_loss", "roc_auc_ovr", "accuracy"),
    "multilabel": ("f1_macro", "roc_auc", "accuracy"),
    "regression": ("neg_mean_absolute_error", "neg_max_error", "r2"),
    "two outputs": ("neg_root_mean_squared_error", "r2"),
}


def padded(X):
    cube = np.full((len(X), max(map(len, X)), 2), np.nan)
    for row, sequence in zip(cube, X, strict=True):
        row[: len(sequence)] = sequence
    return cube


def table(X):
    return np.array([np.resize(sequence[:, 0], 4) for sequence in X])


CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "nested lists": lambda X: [sequence.tolist() for sequence in X],
    "3-D array": padded,
    "object array": lambda X: pd.Series(list(X)).to_numpy(),
    "series": lambda X: pd.Series(list(X), index=np.arange(len(X))[::-1]),
    "frame of sequences": lambda X: pd.DataFrame({"x": list(X)}),
    "table": table,
    "frame": lambda X: pd.DataFrame(table(X), columns=list("abcd")),
}


@pytest.fixture(params=PROBLEMS)
def problem(request):
    """Return the name of a problem, its estimator, and the parts of its X and y."""
    estimator, data = PROBLEMS[request.param]
    X, y = data()
    parts = (X[:N_TRAIN], y[:N_TRAIN], X[N_TRAIN:], y[N_TRAIN:])
    return request.param, estimator, parts


def stopping(estimator, **parameters):
    return estimator(**(QUICK | {"early_stopping": True, "max_iter": 8} | parameters))


def accuracy(estimator, X, y):
    return accuracy_score(y, estimator.predict(X))


class Recorder:
    """The estimator's own score, of what it has been called with."""

    def __init__(self):
        self.calls = []

    def __call__(self, estimator, X, y):
        self.calls.append((estimator, X, y))
        return estimator.score(X, y)


class TestPassedData:
    def test_nothing_is_held_out(self, problem):
        _, estimator, (X, y, X_val, y_val) = problem
        fitted = stopping(estimator).fit(X, y, X_val=X_val, y_val=y_val)
        assert fitted.t_ == fitted.n_iter_ * N_TRAIN
        assert len(fitted.validation_scores_) == len(fitted.validation_loss_curve_) == 8
        assert fitted.best_validation_score_ == max(fitted.validation_scores_)
        assert fitted.best_validation_score_ == pytest.approx(fitted.score(X_val, y_val), rel=1e-5)

    def test_training_is_that_without_early_stopping(self, problem):
        _, estimator, (X, y, X_val, y_val) = problem
        fitted = stopping(estimator).fit(X, y, X_val=X_val, y_val=y_val)
        plain = stopping(estimator, early_stopping=False).fit(X, y)
        assert fitted.loss_curve_ == plain.loss_curve_
        assert plain.validation_loss_curve_ is None

    @pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
    @pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
    def test_in_any_container(self, container, scoring):
        X, y = labelled(["low", "mid", "top"])
        X_val, y_val, X, y = X[N_TRAIN:], y[N_TRAIN:], X[:N_TRAIN], y[:N_TRAIN]
        fitted = stopping(RNNClassifier, scoring=scoring)
        fitted.fit(container(X), list(y), X_val=container(X_val), y_val=list(y_val))
        expected = get_scorer(scoring or "accuracy")(fitted, container(X_val), y_val)
        assert fitted.best_validation_score_ == expected

    def test_may_lack_classes(self):
        X, y = labelled(["low", "mid", "top"])
        mid = np.flatnonzero(y == "mid")
        fitted = stopping(RNNClassifier).fit(X, y, X_val=[X[i] for i in mid], y_val=y[mid])
        assert len(fitted.validation_scores_) == 8

    def test_weights(self, problem):
        name, estimator, (X, y, X_val, y_val) = problem
        weight = np.linspace(0, 2, len(y_val))
        options = {"X_val": X_val, "y_val": y_val, "sample_weight_val": weight}
        fitted = stopping(estimator).fit(X, y, **options)
        expected = fitted.score(X_val, y_val, sample_weight=weight)
        assert fitted.best_validation_score_ == pytest.approx(expected, rel=1e-5)
        for scoring in SCORERS[name]:
            fitted = stopping(estimator, scoring=scoring).fit(X, y, **options)
            weights = {} if scoring == "neg_max_error" else {"sample_weight": weight}
            expected = get_scorer(scoring)(fitted, X_val, y_val, **weights)
            assert fitted.best_validation_score_ == expected, scoring

    def test_weights_of_classes_are_for_the_loss_and_the_own_score(self):
        X, y = labelled([0, 1, 2])
        X_val, y_val = X[N_TRAIN:], y[N_TRAIN:]
        weights = {0: 1, 1: 5, 2: 0.5}
        weight = np.take([1, 5, 0.5], y_val)

        def own_log_loss(fitted):
            probabilities = fitted.predict_proba(X_val)
            return -log_loss(y_val, probabilities, sample_weight=weight, labels=[0, 1, 2])

        expected = {
            None: lambda fitted: fitted.score(X_val, y_val, weight),
            "loss": own_log_loss,
            "accuracy": lambda fitted: fitted.score(X_val, y_val),
        }
        for scoring, score in expected.items():
            fitted = stopping(RNNClassifier, class_weight=weights, scoring=scoring)
            fitted.fit(X, y, X_val=X_val, y_val=y_val)
            assert fitted.best_validation_score_ == pytest.approx(score(fitted), rel=1e-5)

    def test_teach_the_regressor_nothing(self):
        X, y = ragged()
        constant = stopping(RNNRegressor).fit(X, np.full(60, 3.0), X_val=X, y_val=y)
        assert_array_equal(constant.predict(X), np.full(60, 3.0))

    def test_serve_a_warm_start(self):
        X, y = labelled(["no", "yes"])
        options = {"X_val": X[N_TRAIN:], "y_val": y[N_TRAIN:]}
        warm = stopping(RNNClassifier, warm_start=True, scoring="loss").fit(X, y, **options)
        first = warm.best_validation_score_
        warm.fit(X, y, **options)
        assert len(warm.validation_loss_curve_) == 16
        assert warm.best_validation_score_ >= first
        warm.set_params(scoring=None).fit(X, y, **options)
        assert len(warm.validation_scores_) == 8
        assert warm.best_validation_score_ == warm.score(*options.values())


class TestScorers:
    def test_by_name(self, problem):
        name, estimator, (X, y, X_val, y_val) = problem
        for scoring in SCORERS[name]:
            fitted = stopping(estimator, scoring=scoring).fit(X, y, X_val=X_val, y_val=y_val)
            assert fitted.best_validation_score_ == max(fitted.validation_scores_)
            expected = get_scorer(scoring)(fitted, X_val, y_val)
            assert fitted.best_validation_score_ == expected, scoring

    def test_by_name_on_a_part_that_is_held_out(self, problem):
        name, estimator, (X, y, _, _) = problem
        for scoring in SCORERS[name]:
            fitted = stopping(estimator, scoring=scoring, validation_fraction=0.4).fit(X, y)
            assert np.isfinite(fitted.validation_scores_).all()
            assert len(fitted.validation_loss_curve_) == 8

    def test_own_score_by_its_name_is_the_default(self):
        X, y = labelled(["no", "yes"])
        fitted, expected = (
            stopping(RNNClassifier, scoring=scoring).fit(X, y) for scoring in ("accuracy", None)
        )
        assert fitted.validation_scores_ == expected.validation_scores_
        assert fitted.validation_loss_curve_ == expected.validation_loss_curve_
        assert_array_equal(fitted.predict_proba(X), expected.predict_proba(X))

    @pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
    @pytest.mark.parametrize("passed", [False, True])
    def test_get_the_data_as_they_were_passed(self, container, passed):
        X, y = labelled(["no", "yes"])
        X, y, recorder = container(X), pd.Series(y, index=np.arange(60)[::-1]), Recorder()
        options = {"X_val": X, "y_val": y} if passed else {}
        model = stopping(RNNClassifier, scoring=recorder, max_iter=3, validation_fraction=0.5)
        model.fit(X, y, **options)
        estimators, Xs, ys = zip(*recorder.calls, strict=True)
        assert all(one is Xs[0] for one in Xs)
        if passed:
            assert Xs[0] is X
            assert ys[0] is y
        else:
            assert type(Xs[0]) is (list if isinstance(X, tuple) else type(X))
            assert isinstance(ys[0], pd.Series)
            kept = 59 - ys[0].index.to_numpy()  # positions, as the index tells them
            assert_array_equal(model.predict_proba(Xs[0]), model.predict_proba(X)[kept])
        # What it says of these data is what it says of any.
        for estimator in estimators:
            expected = estimator.predict_proba(copy.deepcopy(Xs[0]))
            assert_array_equal(estimator.predict_proba(Xs[0]), expected)

    def test_may_keep_the_estimators(self, problem):
        _, estimator, (X, y, X_val, y_val) = problem
        recorder = Recorder()
        fitted = stopping(estimator, scoring=recorder).fit(X, y, X_val=X_val, y_val=y_val)
        for epoch, (kept, _, _) in enumerate(recorder.calls, 1):
            assert kept is not fitted
            assert kept.n_iter_ == epoch
            assert kept.loss_curve_ == fitted.loss_curve_[:epoch]
            assert kept.validation_scores_ == fitted.validation_scores_[: epoch - 1]
            once_more = stopping(estimator, early_stopping=False, max_iter=epoch).fit(X, y)
            assert_array_equal(kept.predict(X_val), once_more.predict(X_val))
        before = fitted.predict(X_val)
        kept.weights_["output.bias"][:] += 10
        assert (kept.predict(X_val) != recorder.calls[0][0].predict(X_val)).any()
        assert_array_equal(fitted.predict(X_val), before)

    def test_may_ask_about_other_data(self):
        X, y = labelled(["no", "yes"])
        seen = []

        def scorer(estimator, X, y):
            assert_array_equal(estimator.predict_proba(X[:7]), estimator.predict_proba(X)[:7])
            seen.append(len(estimator.predict(X[:7])))
            return 0.0

        stopping(RNNClassifier, scoring=scorer, max_iter=2, validation_fraction=0.3).fit(X, y)
        assert seen == [7, 7]

    @pytest.mark.parametrize("scoring", [None, "loss", "neg_log_loss", "roc_auc", accuracy])
    def test_take_one_pass_an_epoch(self, scoring, monkeypatch):
        X, y = labelled(["no", "yes"])
        passes, original = [], Network.raw_outputs

        def counted(self, parameters, sequences, n_threads):
            passes.append(len(sequences))
            return original(self, parameters, sequences, n_threads)

        monkeypatch.setattr(Network, "raw_outputs", counted)
        stopping(RNNClassifier, scoring=scoring, max_iter=3).fit(X, y)
        assert passes == [6, 6, 6]

    def test_get_the_weights_of_samples_if_they_take_them(self):
        X, y = labelled(["no", "yes"])
        seen = []

        def plain(estimator, X, y):
            seen.append(None)
            return 0.0

        def weighted(estimator, X, y, sample_weight=None):
            seen.append(sample_weight)
            return 0.0

        def any_keyword(estimator, X, y, **metadata):
            seen.append(metadata["sample_weight"])
            return 0.0

        weight = np.arange(1.0, 61)
        for scoring in (plain, weighted, any_keyword, make_scorer(lambda y_true, y_pred: 0.0)):
            model = stopping(RNNClassifier, scoring=scoring, max_iter=1, class_weight={"no": 9})
            model.fit(X, y, weight)
        assert seen[0] is None
        assert len(seen[1]) == 6
        assert set(seen[1]) <= set(weight)
        assert_array_equal(seen[1], seen[2])
        stopping(RNNClassifier, scoring=weighted, max_iter=1).fit(X, y)
        assert seen[3] is None

    def test_of_targets_in_a_column(self):
        X, y = labelled([0, 1])
        model = stopping(RNNClassifier, scoring="neg_log_loss", max_iter=2)
        with pytest.warns(UserWarning, match="column-vector"):
            model.fit(X, y[:, np.newaxis])
        assert np.isfinite(model.validation_scores_).all()


class TestLoss:
    def manual_losses(self, estimator, y, X_val, y_val):
        """Return the loss of each validation sample, the formulas written out."""
        if isinstance(estimator, RNNRegressor):
            errors = (y_val - estimator.predict(X_val)) / y.std(axis=0)
            return 0.5 * (errors.reshape(len(y_val), -1) ** 2).mean(axis=1)
        probabilities = estimator.predict_proba(X_val)
        if y.ndim == 2:
            return -np.log(np.where(y_val == 1, probabilities, 1 - probabilities)).sum(axis=1)
        return -np.log(probabilities[y_val[:, np.newaxis] == estimator.classes_])

    @pytest.mark.parametrize("weight", [None, np.linspace(0, 2, 60 - N_TRAIN)], ids=["", "weights"])
    def test_restores_the_weights_of_the_least(self, problem, weight):
        _, estimator, (X, y, X_val, y_val) = problem
        y = np.random.default_rng(1).permutation(y)  # noise, which is soon learnt too well
        options = {"alpha": 1.0, "learning_rate_init": 0.1, "dtype": "float64", "max_iter": 6}
        fitted = stopping(estimator, scoring="loss", **options)
        fitted.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight)
        epochs = [
            stopping(estimator, **options | {"max_iter": n, "early_stopping": False}).fit(X, y)
            for n in range(1, 7)
        ]
        losses = [
            np.average(self.manual_losses(epoch, y, X_val, y_val), weights=weight)
            for epoch in epochs
        ]
        assert_allclose(fitted.validation_loss_curve_, losses, rtol=1e-9)
        assert_allclose(fitted.validation_scores_, np.negative(losses), rtol=1e-9)
        assert fitted.best_validation_score_ == -min(fitted.validation_loss_curve_)
        best = int(np.argmin(losses))
        assert best < 5
        for name, array in epochs[best].weights_.items():
            assert_array_equal(fitted.weights_[name], array)

    def test_stops_when_it_grows(self):
        X, y = labelled(["no", "yes"])
        noise = np.random.default_rng(1).permutation(y)
        options = {"learning_rate_init": 0.1, "max_iter": 60, "n_iter_no_change": 4, "tol": 0.0}
        fitted = stopping(RNNClassifier, scoring="loss", **options)
        fitted.fit(X, noise, X_val=X, y_val=y)
        best_epoch = 1 + np.argmin(fitted.validation_loss_curve_)
        assert fitted.n_iter_ == best_epoch + 4 + 1 < 60


def fails_unchanged(estimator, *arguments, error=ValueError, match, **keywords):
    before = state_of(estimator)
    with pytest.raises(error, match=match):
        estimator.fit(*arguments, **keywords)
    assert state_of(estimator) == before


class BadScorer:
    """Fails in the third epoch."""

    def __init__(self):
        self.n_calls = 0

    def __call__(self, estimator, X, y):
        self.n_calls += 1
        if self.n_calls == 3:
            raise ZeroDivisionError("the third epoch")
        return 0.5


WIDER = [np.ones((3, 4))] * 10
PREFIX = r"^The validation data \(X_val, y_val, sample_weight_val\) cannot be used: "
BAD_DATA = {
    "no y": (lambda X, y: {"X_val": X}, ValueError, "^X_val was passed without y_val"),
    "no X": (lambda X, y: {"y_val": y}, ValueError, "^y_val was passed without X_val"),
    "only weights": (
        lambda X, y: {"sample_weight_val": np.ones(len(y))},
        ValueError,
        "^sample_weight_val was passed without X_val and y_val",
    ),
    "weights, no X": (
        lambda X, y: {"y_val": y, "sample_weight_val": np.ones(len(y))},
        ValueError,
        "^y_val was passed without X_val",
    ),
    "features": (
        lambda X, y: {"X_val": WIDER, "y_val": y},
        ValueError,
        PREFIX + "X has 4 features, but RNN.* is expecting 2",
    ),
    "lengths": (
        lambda X, y: {"X_val": X, "y_val": y[:-1]},
        ValueError,
        PREFIX + "X has 10 sequences, but y has 9 targets",
    ),
    "nan": (
        lambda X, y: {"X_val": [*X[:-1], X[0] * np.nan], "y_val": y},
        ValueError,
        PREFIX + "Input X contains NaN in sequence 9",
    ),
    "none": (lambda X, y: {"X_val": X, "y_val": [None] * 10}, (TypeError, ValueError), PREFIX),
    "masked": (
        lambda X, y: {"X_val": X, "y_val": np.ma.masked_array(np.zeros(10))},
        TypeError,
        PREFIX + "y is a masked array",
    ),
    "weights": (
        lambda X, y: {"X_val": X, "y_val": y, "sample_weight_val": -np.ones(10)},
        ValueError,
        PREFIX + r"sample_weight\[0\] is -1.0",
    ),
}


class TestErrors:
    @pytest.mark.parametrize(("spoil", "error", "match"), BAD_DATA.values(), ids=BAD_DATA)
    @pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
    @pytest.mark.parametrize("fitted", [False, True])
    def test_of_what_is_passed(self, estimator, spoil, error, match, fitted, monkeypatch):
        X, y = labelled([0, 1], 10)
        model = stopping(estimator, max_iter=1)
        if fitted:
            model.set_params(early_stopping=False).fit(X, y).set_params(early_stopping=True)
        monkeypatch.delattr(Network, "loss_and_gradient")  # nothing is trained before the error
        fails_unchanged(model, X, y, error=error, match=match, **spoil(X, y))

    @pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
    def test_without_early_stopping(self, estimator):
        X, y = labelled([0, 1], 10)
        model = stopping(estimator, early_stopping=False)
        match = "^X_val and y_val were passed, but early_stopping=False"
        fails_unchanged(model, X, y, X_val=X, y_val=y, match=match)

    @pytest.mark.parametrize(
        ("y", "y_val", "match"),
        [
            (["a", "b"] * 5, ["a", "c"] * 5, r"y contains classes .* not told of: \['c'\].*leave"),
            ([0, 1] * 5, np.eye(10, 3, dtype=int), r"y has shape \(10, 3\), but .* one label"),
            (np.eye(10, 3, dtype=int), [0, 1] * 5, "y has .* indicator of 3 labels"),
            (np.eye(10, 3, dtype=int), np.eye(10, 2, dtype=int), "y has .* indicator of 3 labels"),
            ([0, 1] * 5, np.linspace(0, 1, 10), "Unknown label type"),
        ],
    )
    def test_of_classes(self, y, y_val, match):
        X, _ = ragged(10)
        fails_unchanged(stopping(RNNClassifier), X, y, X_val=X, y_val=y_val, match=PREFIX + match)

    def test_of_outputs(self):
        X, y = ragged(10)
        match = PREFIX + "y has 1 outputs, but the regressor was fitted with 2"
        targets = np.column_stack([y, y])
        fails_unchanged(stopping(RNNRegressor), X, targets, X_val=X, y_val=y, match=match)

    @pytest.mark.parametrize("warm_start", [False, True])
    @pytest.mark.parametrize("passed", [False, True])
    @pytest.mark.parametrize("estimator", [RNNClassifier, RNNRegressor])
    def test_of_a_scorer(self, estimator, warm_start, passed):
        X, y = labelled([0, 1, 2], 30)
        options = {"X_val": X, "y_val": y} if passed else {}
        model = stopping(estimator, warm_start=warm_start, scoring=BadScorer())
        with pytest.raises(ZeroDivisionError, match="third epoch"):
            model.fit(X, y, **options)
        assert set(vars(model)) == set(model.get_params())
        model.set_params(scoring=None).fit(X, y, **options).set_params(scoring=BadScorer())
        before = {name: value for name, value in state_of(model).items() if name != "scoring"}
        with pytest.raises(ZeroDivisionError, match="third epoch"):
            model.fit(X, y, **options)
        after = {name: value for name, value in state_of(model).items() if name != "scoring"}
        assert after == before

    @pytest.mark.parametrize("score", [None, "high", {"a": 1.0}, [0.5, 0.7]], ids=str)
    def test_of_a_score_that_is_no_number(self, score):
        X, y = labelled([0, 1])
        model = stopping(RNNClassifier, scoring=lambda *_: score)
        with pytest.raises(ValueError, match="callable scoring must return one number"):
            model.fit(X, y)
        assert set(vars(model)) == set(model.get_params())

    def test_of_a_metric_in_place_of_a_scorer(self):
        X, y = labelled([0, 1])
        model = stopping(RNNClassifier, scoring=accuracy_score)
        fails_unchanged(model, X, y, match="metric function rather than a scorer")

    def test_of_scores_that_are_all_nan(self):
        X, y = labelled([0, 1])
        with pytest.warns(UserWarning, match="No validation score was a finite number"):
            stopping(RNNClassifier, scoring=lambda *_: np.nan).fit(X, y)

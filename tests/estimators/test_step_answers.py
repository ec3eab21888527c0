"""An answer at every time step: what is learnt, returned and refused, for both estimators."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skrnn import RNNStepRegressor, RNNTagger

from .. import naive
from ..toys import QUICK, object_array, padded

SHORT = QUICK | {"max_iter": 6}
ESTIMATORS = [RNNTagger(**SHORT), RNNStepRegressor(**SHORT)]
every_estimator = pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)


def sums(n_samples=40, seed=0, longest=9):
    """Return sequences of one feature, and at every step the sum so far."""
    rng = np.random.default_rng(seed)
    X = [rng.standard_normal((n, 1)) for n in rng.integers(2, longest, n_samples)]
    return X, [x.sum(axis=1).cumsum() for x in X]


def targets_of(estimator, of_steps):
    """Return numbers for the regressor; for the tagger three labels."""
    if isinstance(estimator, RNNStepRegressor):
        return of_steps
    return [np.array(["low", "mid", "high"])[np.digitize(y, [-0.5, 0.5])] for y in of_steps]


def data_for(estimator, **options):
    X, of_steps = sums(**options)
    return X, targets_of(estimator, of_steps)


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


class TestLearning:
    @pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
    def test_labels_are_learnt_from_the_past_alone(self, cell):
        X, y = data_for(RNNTagger(), n_samples=200)
        options = {"hidden_layer_sizes": 16, "learning_rate_init": 0.02, "random_state": 0}
        tagger = RNNTagger(cell=cell, bidirectional=False, max_iter=60, **options).fit(X, y)
        X_new, y_new = data_for(RNNTagger(), seed=1)
        assert tagger.score(X_new, y_new) > 0.9
        assert list(tagger.classes_) == ["high", "low", "mid"]

    @pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
    def test_numbers_are_learnt_in_units_of_their_own(self, loss):
        X, y = sums(n_samples=200)
        options = {"hidden_layer_sizes": 16, "learning_rate_init": 0.02, "random_state": 0}
        regressor = RNNStepRegressor(loss=loss, bidirectional=False, max_iter=60, **options)
        regressor.fit(X, [1e6 * one + 1e7 for one in y])
        X_new, y_new = sums(seed=1)
        assert regressor.score(X_new, [1e6 * one + 1e7 for one in y_new]) > 0.9

    def test_what_comes_after_a_step_is_seen_in_both_directions_only(self):
        X, _ = sums(n_samples=200)
        y = [x[::-1, 0].cumsum()[::-1] for x in X]
        options = {"hidden_layer_sizes": 16, "learning_rate_init": 0.02, "random_state": 0}
        assert RNNStepRegressor(max_iter=60, **options).fit(X, y).score(X, y) > 0.9
        one_way = RNNStepRegressor(bidirectional=False, max_iter=60, **options).fit(X, y)
        assert one_way.score(X, y) < 0.8

    def test_quantiles_of_every_step_do_not_cross(self):
        X, y = sums()
        options = SHORT | {"loss": "quantile", "quantile": [0.1, 0.5, 0.9]}
        answers = RNNStepRegressor(**options).fit(X, y).predict(X)
        assert all(a.shape == (len(x), 3) for a, x in zip(answers, X, strict=True))
        assert all((np.diff(a, axis=1) >= 0).all() for a in answers)

    def test_several_numbers_a_step(self):
        X, y = sums()
        both = [np.stack([one, -one], axis=1) for one in y]
        regressor = RNNStepRegressor(**SHORT | {"max_iter": 100}).fit(X, both)
        answers = regressor.predict(X)
        assert all(a.shape == b.shape for a, b in zip(answers, both, strict=True))
        assert regressor.score(X, both) > 0.5

    def test_two_classes_have_one_output(self):
        X, y = sums()
        tagger = RNNTagger(**SHORT).fit(X, [one > 0 for one in y])
        assert tagger.n_outputs_ == 1
        assert tagger.out_activation_ == "logistic"
        assert tagger.predict(X)[0].dtype == bool
        probabilities = tagger.predict_proba(X)
        assert all(np.allclose(p.sum(axis=1), 1) for p in probabilities)
        most_probable = [p.argmax(axis=1).astype(bool) for p in probabilities]
        assert same(most_probable, tagger.predict(X))


@every_estimator
class TestAnswers:
    def test_one_array_a_sequence_also_where_all_are_as_long(self, estimator):
        X, y = data_for(estimator)
        fitted = clone(estimator).fit(X, y)
        for sequences in (X, [x[:2] for x in X], np.stack([x[:2] for x in X])):
            answers = fitted.predict(sequences)
            assert answers.dtype == object
            assert answers.shape == (len(sequences),)
            assert all(a.shape == (len(x),) for a, x in zip(answers, sequences, strict=True))

    def test_nothing_depends_on_neighbours_or_copies(self, estimator):
        X, y = data_for(estimator)
        fitted = clone(estimator).fit(X, y)
        answers = fitted.predict(X)
        for i in (0, 7, 39):
            assert np.array_equal(fitted.predict([X[i]])[0], answers[i])
        assert same(pickle.loads(pickle.dumps(fitted)).predict(X), answers)
        assert same(clone(estimator).fit(X, y).predict(X), answers)

    def test_outputs_are_those_of_the_twin(self, estimator):
        X, y = data_for(estimator)
        fitted = clone(estimator).set_params(dtype="float64", hidden_layer_sizes=(5, 3)).fit(X, y)
        scaled = [(x - fitted.feature_mean_) / fitted.feature_scale_ for x in X]
        rule = {"cell": fitted.cell, "activation": fitted.activation}
        raw = naive.step_outputs(fitted.weights_, scaled, **rule)
        if isinstance(estimator, RNNTagger):
            expected = [fitted.classes_[one.argmax(axis=1)] for one in raw]
            assert same(fitted.predict(X), expected)
        else:
            flat = np.concatenate(y)
            for answer, one in zip(fitted.predict(X), raw, strict=True):
                assert answer == pytest.approx(one[:, 0] * flat.std() + flat.mean(), abs=1e-9)

    @pytest.mark.parametrize("form", ["tuple", "object array", "series", "lists", "array", "frame"])
    def test_every_form_of_y_is_the_same(self, estimator, form):
        X, y = data_for(estimator)
        if form in ("array", "frame"):
            X, y = np.stack([x[:2] for x in X]), np.stack([one[:2] for one in y])
        forms = {
            "tuple": tuple,
            "object array": object_array,
            "series": lambda y: pd.Series(object_array(y), index=range(5, 45)),
            "lists": lambda y: [one.tolist() for one in y],
            "array": np.asarray,
            "frame": pd.DataFrame,
        }
        expected = clone(estimator).fit(X, list(y)).predict(X)
        assert same(clone(estimator).fit(X, forms[form](y)).predict(X), expected)

    def test_padding_of_y_goes_with_that_of_x(self, estimator):
        X, y = data_for(estimator)
        missing = None if isinstance(estimator, RNNTagger) else np.nan
        longest = max(map(len, y))
        y_padded = [[*one, *[missing] * (longest - len(one))] for one in y]
        cube = padded(X)
        expected = clone(estimator).fit(X, y)
        fitted = clone(estimator).fit(cube, y_padded)
        assert same(fitted.predict(cube), expected.predict(X))
        assert fitted.score(cube, y_padded) == expected.score(X, y)


@every_estimator
class TestWeights:
    def test_a_step_without_a_target_counts_for_nothing(self, estimator):
        X, y = data_for(estimator)
        rng = np.random.default_rng(0)
        masks = [rng.random(len(one)) < 0.3 for one in y]
        holes = [
            [None if hole else value for value, hole in zip(one, mask, strict=True)]
            for one, mask in zip(y, masks, strict=True)
        ]
        weights = [np.where(mask, 0.0, 1.0) for mask in masks]
        with_holes = clone(estimator).fit(X, holes)
        weighted = clone(estimator).fit(X, y, weights)
        assert same(with_holes.predict(X), weighted.predict(X))
        assert with_holes.score(X, holes) == pytest.approx(with_holes.score(X, y, weights))

    def test_weights_of_sequences_are_those_of_all_their_steps(self, estimator):
        X, y = data_for(estimator)
        of_sequences = np.random.default_rng(0).uniform(0.5, 2, len(X))
        of_steps = [np.full(len(x), w) for x, w in zip(X, of_sequences, strict=True)]
        one = clone(estimator).fit(X, y, of_sequences)
        other = clone(estimator).fit(X, y, of_steps)
        assert same(one.predict(X), other.predict(X))
        assert one.score(X, y, of_sequences) == other.score(X, y, of_steps)

    def test_a_sequence_of_weight_zero_might_as_well_be_absent(self, estimator):
        X, y = data_for(estimator)
        weights = np.ones(len(X))
        weights[[3, 20]] = 0
        rest = [i for i in range(len(X)) if weights[i]]
        absent = clone(estimator).fit([X[i] for i in rest], [y[i] for i in rest])
        assert same(clone(estimator).fit(X, y, weights).predict(X), absent.predict(X))


def test_balanced_class_weights_count_steps():
    X, y = data_for(RNNTagger())
    flat = np.concatenate(y)
    weights = {c: len(flat) / 3 / np.sum(flat == c) for c in np.unique(flat)}
    balanced = RNNTagger(**SHORT, class_weight="balanced").fit(X, y)
    given = RNNTagger(**SHORT, class_weight=weights).fit(X, y)
    for one, other in zip(balanced.predict_proba(X), given.predict_proba(X), strict=True):
        assert one == pytest.approx(other, abs=1e-5)


def test_score_samples_is_the_log_probability_of_the_labels():
    X, y = data_for(RNNTagger())
    tagger = RNNTagger(**SHORT).fit(X, y)
    logs = tagger.predict_log_proba(X)
    codes = [np.searchsorted(tagger.classes_, one) for one in y]
    expected = [log[np.arange(len(c)), c].sum() for log, c in zip(logs, codes, strict=True)]
    assert tagger.score_samples(X, y) == pytest.approx(expected, rel=1e-12)
    holes = [[None, *one[1:]] for one in y]
    without = [e - log[0, c[0]] for e, log, c in zip(expected, logs, codes, strict=True)]
    assert tagger.score_samples(X, holes) == pytest.approx(without, rel=1e-9)


def test_a_label_that_training_has_not_seen_is_wrong():
    X, y = data_for(RNNTagger())
    tagger = RNNTagger(**SHORT).fit(X, y)
    other = [np.where(one == "mid", "odd", one) for one in y]
    with pytest.warns(UserWarning, match="labels that training has not seen, odd"):
        score = tagger.score(X, other)
    right = [(a == b) & (b != "mid") for a, b in zip(tagger.predict(X), y, strict=True)]
    assert score == np.concatenate(right).mean()
    with pytest.warns(UserWarning, match="not seen"):
        assert np.isneginf(tagger.score_samples(X, other)).any()

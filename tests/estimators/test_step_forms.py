"""Odd forms of y, weights and chunks: padding, nullable columns, dates, masks."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score, r2_score

from skrnn import RNNStepRegressor, RNNTagger
from skrnn.metrics import flat, flat_scorer, sequence_accuracy_score

from ..toys import QUICK, padded
from .test_step_answers import SHORT, data_for, same, sums


def padded_sums():
    """Return padded X and y, and both without padding."""
    X, y = sums(20)
    return padded(X), padded([one[:, np.newaxis] for one in y])[:, :, 0], X, y


def test_scores_of_padded_y_are_those_without_padding():
    cube, y_padded, X, y = padded_sums()
    regressor = RNNStepRegressor(**SHORT).fit(cube, y_padded)
    expected = flat(r2_score)(y, regressor.predict(X))
    assert flat_scorer("r2")(regressor, cube, y_padded) == expected
    assert flat(r2_score)(y_padded, regressor.predict(cube)) == expected
    assert sequence_accuracy_score(y_padded, y) == 1


def test_weights_may_be_padded_as_y_is_or_not():
    cube, y_padded, X, y = padded_sums()
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0.5, 2, len(x)) for x in X]
    wide = padded([w[:, np.newaxis] for w in weights])[:, :, 0]
    expected = RNNStepRegressor(**SHORT).fit(X, y, weights)
    for given in (weights, wide, np.nan_to_num(wide, nan=7.0)):
        fitted = RNNStepRegressor(**SHORT).fit(cube, y_padded, given)
        assert same(fitted.predict(X), expected.predict(X))
        assert fitted.score(cube, y_padded, given) == expected.score(X, y, weights)


def test_large_labels_of_nullable_columns_stay_apart():
    X, _ = sums(20)
    ids = [2**60, 2**60 + 1]
    y = [pd.array([pd.NA, *np.array(ids)[np.arange(len(x) - 1) % 2]], dtype="Int64") for x in X]
    assert RNNTagger(**SHORT).fit(X, y).classes_.tolist() == ids


def test_dates_of_another_unit_are_the_same_labels():
    X, y = data_for(RNNTagger())
    days = {"low": "2020-01-01", "mid": "2020-01-02", "high": "2020-01-03"}
    dates = [np.array([days[label] for label in one], "M8[D]") for one in y]
    tagger = RNNTagger(**SHORT).fit(X, dates)
    assert tagger.score(X, [one.astype("M8[ns]") for one in dates]) == tagger.score(X, dates)


def test_a_column_of_labels_is_taken():
    X, y = data_for(RNNTagger())
    columns = [one[:, np.newaxis] for one in y]
    assert RNNTagger(**SHORT).fit(X, columns).score(X, columns) > 0


def test_flat_metrics_can_be_pickled():
    metric = pickle.loads(pickle.dumps(flat(f1_score)))
    assert metric([[0, 1]], [[0, 1]]) == 1
    assert repr(metric) == "flat(f1_score)"
    with pytest.raises(TypeError, match="a function is expected"):
        flat("f1")


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (RNNTagger, {"scoring": "f1_macro"}, r"Pass skrnn.metrics.flat_scorer\('f1_macro'\)"),
        (RNNStepRegressor, {"delta": 3.0}, "delta=3.0 has no effect with loss='squared_error'"),
        (RNNStepRegressor, {"quantile": 0.5}, "quantile=0.5 has no effect"),
    ],
)
def test_parameters_without_effect(kind, options, message):
    X, y = data_for(kind())
    with pytest.raises(ValueError, match=message):
        kind(**QUICK | options).fit(X, y)


def test_messages_name_sequence_and_step():
    X, y = sums(20)
    y = [list(one) for one in y]
    y[3][1] = "text"
    with pytest.raises(ValueError, match=r"y\[3\]\[1\] is 'text'"):
        RNNStepRegressor(**SHORT).fit(X, y)
    with pytest.raises(TypeError, match="sample_weight holds strings"):
        RNNStepRegressor(**SHORT).fit(X, sums(20)[1], ["1" * len(x) for x in X])
    with pytest.raises(ValueError, match=r"y\[0\] has numbers that are no classes.*RNNStep"):
        RNNTagger(**SHORT).fit(X, sums(20)[1])


class TestChunks:
    def fitted(self):
        X, y = data_for(RNNTagger())
        return RNNTagger(**SHORT, bidirectional=False).fit(X, y), X

    def test_the_stream_at_fault_is_named(self):
        tagger, X = self.fitted()
        bad = X[2].copy()
        bad[1, 0] = np.nan
        with pytest.raises(ValueError, match=r"^chunk\[2\] cannot be read: .*time step 1"):
            tagger.stream(3).predict([[], X[1], bad])
        with pytest.raises(ValueError, match=r"^chunk cannot be read: .*time step 1"):
            tagger.stream().predict(bad)

    def test_masks_and_other_forms(self):
        tagger, X = self.fitted()
        with pytest.raises(TypeError, match="chunk is a masked array"):
            tagger.stream().predict(np.ma.array(X[0][:1], mask=True))
        with pytest.raises(TypeError, match="chunk is of type dict, but a list of 3 chunks"):
            tagger.stream(3).predict({})
        with pytest.raises(ValueError, match="chunk is not rectangular"):
            tagger.stream().predict([[1.0], [1.0, 2.0]])

    def test_reset_of_none(self):
        tagger, X = self.fitted()
        stream = tagger.stream(2)
        stream.predict(X[:2])
        assert stream.reset([]).state["n_steps"].all()
        assert repr(stream).startswith("Stream(RNNTagger(")

    def test_of_an_estimator_that_was_fitted_on_a_named_table(self, recwarn):
        table = pd.DataFrame(np.random.default_rng(0).normal(size=(8, 5)), columns=list("vwxyz"))
        tagger = RNNTagger(**SHORT, bidirectional=False).fit(table, (table > 0).to_numpy())
        recwarn.clear()
        answers = tagger.stream().predict(table.iloc[0].tolist())
        assert not recwarn.list
        assert np.array_equal(answers, tagger.predict(table)[0])

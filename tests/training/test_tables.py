"""Tables whose rows are looked up: updates of the rows that are read are updates of all rows."""

import signal

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skrnn import RNNClassifier, RNNLanguageModel, RNNTagger
from skrnn.solvers import SOLVERS
from skrnn.training import updates
from skrnn.training.tables import Tables

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

COMMON = {"dtype": "float64", "batch_size": 4, "max_iter": 3, "random_state": 0}
N_CODES = 60


@pytest.fixture
def by_rows(monkeypatch):
    """Return what decides whether tables are updated by rows, and counts their epochs."""
    epochs = []

    def switch(is_on):
        monkeypatch.setattr(updates, "_WORTHWHILE", 1 if is_on else 1 << 60)
        return epochs

    finish = Tables.finish

    def counted(tables):
        epochs.append(tables)
        finish(tables)

    monkeypatch.setattr(Tables, "finish", counted)
    return switch


def make_data(rng, n=40):
    """Return sequences with two columns of codes beside a number, most codes rare, and labels."""
    X = []
    for length in rng.integers(2, 12, size=n):
        codes = rng.zipf(1.3, size=(length, 2)) % N_CODES
        X.append(np.column_stack([rng.normal(size=length), codes]))
    return X, [(x[:, 1] % 3).astype(int) for x in X]


def tagger(**parameters):
    defaults = {"categorical_features": [1, 2], "embedding_size": [3, 2], "bidirectional": False}
    return RNNTagger(5, **COMMON | defaults | parameters)


def both_ways(by_rows, fit):
    """Return what `fit` returns with all rows at every update, and with those that are read."""
    n_epochs = len(by_rows(False))
    whole = fit()
    assert len(by_rows(True)) == n_epochs
    return whole, fit()


def assert_close(estimator, other):
    assert_allclose(estimator.loss_curve_, other.loss_curve_, rtol=1e-9)
    for name, weights in other.weights_.items():
        assert_allclose(estimator.weights_[name], weights, rtol=1e-6, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bptt_steps": 3, "alpha": 0.1, "max_grad_norm": 1e-3},
        {"dropout": 0.3, "learning_rate": "onecycle", "bidirectional": True},
        {"decoder": "crf"},
    ],
    ids=str,
)
def test_are_those_of_all_rows(by_rows, rng, solver, options):
    X, y = make_data(rng)
    whole, rows = both_ways(by_rows, lambda: tagger(solver=solver, **options).fit(X, y))
    knows_idle = "idle" in vars(SOLVERS[solver])  # if not, its updates are of all rows
    assert len(by_rows(True)) == (3 if knows_idle else 0)
    assert_close(rows, whole)


def test_go_on_in_partial_fit_and_warm_start(by_rows, rng):
    X, y = make_data(rng)

    def fit():
        again = tagger(warm_start=True).fit(X, y)
        return again.partial_fit(X, y).fit(X, y)

    assert_close(*both_ways(by_rows, fit))


def test_of_a_classifier_with_embeddings_that_are_kept(by_rows, rng):
    X, y = make_data(rng)
    vectors = {code: rng.normal(size=2) for code in range(10)}

    def fit():
        network = RNNClassifier(
            5, categorical_features=[2], embeddings=vectors, train_embeddings=False, **COMMON
        )
        return network.fit([x[:, [0, 1, 2]] for x in X], [labels[0] for labels in y])

    whole, rows = both_ways(by_rows, fit)
    assert_close(rows, whole)


def test_of_words_that_are_spelled(by_rows, rng):
    words = ["".join(rng.choice(list("abc"), size=3)) for _ in range(40)]
    X = [list(rng.choice(words, size=6)) for _ in range(30)]
    y = [[word[0] for word in text] for text in X]

    def fit():
        network = RNNTagger(4, character_layer_size=3, embedding_size=3, bidirectional=False)
        return network.set_params(**COMMON).fit(X, y)

    assert_close(*both_ways(by_rows, fit))


@pytest.mark.parametrize("tied", [True, False])
def test_of_a_language_model_are_by_rows_unless_it_is_tied(by_rows, rng, tied):
    X = [(rng.zipf(1.3, size=30) % N_CODES).tolist() for _ in range(20)]

    def fit():
        model = RNNLanguageModel(6, tie_weights=tied, bptt_steps=5, embedding_dropout=0.2)
        return model.set_params(**COMMON).fit(X)

    whole, rows = both_ways(by_rows, fit)
    assert len(by_rows(True)) == (0 if tied else 3)
    assert_close(rows, whole)


def test_a_mean_of_all_parameters_asks_for_all_rows(by_rows, rng):
    X = [(rng.zipf(1.3, size=30) % N_CODES).tolist() for _ in range(20)]
    model = RNNLanguageModel(6, tie_weights=False, averaging="ntasgd", early_stopping=True)
    by_rows(True)
    model.set_params(**COMMON).fit(X)
    assert by_rows(True) == []


def test_ctrl_c_leaves_all_rows_up_to_date(by_rows, rng, monkeypatch):
    X, y = make_data(rng)
    step, steps = Tables.step, []

    def interrupted(tables, rate):
        step(tables, rate)
        steps.append(tables)
        if len(steps) == 15:  # in the second epoch
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Tables, "step", interrupted)
    by_rows(True)
    with pytest.warns(UserWarning, match="interrupted after 1 epochs"):
        stopped = tagger().fit(X, y)
    assert len(steps) == 15
    for rows in steps[-1]._rows.values():
        assert (rows.since == 5).all()
    assert np.isfinite(stopped.predict_proba(X[:1])[0]).all()

"""How a language model is trained: streams or texts, going on, stopping, saving, searching."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import randint
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingRandomSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from skrnn import RNNLanguageModel
from skrnn.cells import CELLS

from .conftest import by_joblib

X = ["abcabcabcab", "bcabca", "cabcabcabcabc", "abc"] * 8
COMMON = {"learning_rate_init": 0.02, "max_iter": 6, "batch_size": 4, "bptt_steps": 8}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
both_ways = pytest.mark.parametrize("carry_state", [True, False])


def model(size=12, **parameters):
    return RNNLanguageModel(size, **COMMON | {"random_state": 0} | parameters)


@both_ways
@pytest.mark.parametrize("cell", CELLS)
def test_learns(cell, carry_state):
    fitted = model(cell=cell, carry_state=carry_state, max_iter=25).fit(X)
    # A text may end after any token: a choice of about two.
    assert fitted.perplexity(X) < 1.6
    assert fitted.perplexity(["acbacb"]) > 5


@both_ways
def test_one_seed_gives_the_same_bits(carry_state):
    dropped = {"dropout": 0.2, "input_dropout": 0.1, "embedding_dropout": 0.1}
    options = {"carry_state": carry_state, "weight_dropout": 0.2, **dropped}
    one, two = (model(n_jobs=n, **options).fit(X) for n in (1, 2))
    for name, array in one.weights_.items():
        assert_array_equal(two.weights_[name], array)
    assert model(random_state=1, **options).fit(X).loss_ != one.loss_


@both_ways
def test_a_warm_start_goes_on(carry_state):
    whole = model(carry_state=carry_state, max_iter=5, dropout=0.1).fit(X)
    parts = model(carry_state=carry_state, max_iter=2, dropout=0.1, warm_start=True).fit(X)
    parts.set_params(max_iter=3).fit(X)
    assert_array_equal(parts.score_samples(X), whole.score_samples(X))
    assert parts.loss_curve_ == whole.loss_curve_


def test_partial_fit_keeps_the_vocabulary():
    fitted = model().partial_fit(X)
    before = fitted.score(["xyxyxy"])
    for _ in range(20):
        fitted.partial_fit(["xyxyxy"])
    assert sorted(fitted.vocabulary_) == ["a", "b", "c"]
    assert fitted.score(["xyxyxy"]) > before + 0.5


@pytest.mark.parametrize("averaging", [None, "ntasgd"])
@pytest.mark.parametrize("texts", ["passed", "held out", "the end"])
def test_early_stopping_keeps_the_best(texts, averaging):
    rng = np.random.default_rng(0)
    noisy = ["".join(rng.choice(list("abc"), 40)) for _ in range(10)]
    options = {"early_stopping": True, "averaging": averaging, "max_iter": 25}
    fitted = model(**options, n_iter_no_change=20)
    X_val = noisy[:3] if texts == "passed" else None
    fitted.fit(["".join(noisy)] if texts == "the end" else noisy[3:], X_val=X_val)
    # Of held-out texts only the fit knows which they are: it restores what it has noted as best.
    trained = fitted._fitted.training
    assert_array_equal(trained.parameters, trained.best_parameters)
    assert (trained.parameters != trained.last_parameters).any()
    if X_val is not None:
        assert_allclose(fitted.score(X_val), fitted.best_validation_score_, rtol=1e-6)
    assert fitted.best_validation_score_ == max(fitted.validation_scores_)
    assert_allclose(fitted.validation_loss_curve_, np.negative(fitted.validation_scores_))
    assert (trained.average is not None) == (averaging is not None)


@pytest.mark.parametrize(
    "copied", [deepcopy, by_joblib, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_copies_say_and_write_the_same(copied):
    fitted = model(cell="gru", embedding_size=5, tie_weights=False).fit(X)
    copy = copied(fitted)
    assert_array_equal(copy.score_samples(X), fitted.score_samples(X))
    assert copy.generate(random_state=0) == fitted.generate(random_state=0)
    assert copy.vocabulary_ == fitted.vocabulary_
    assert_array_equal(copy.partial_fit(X).score(X), fitted.partial_fit(X).score(X))
    assert not hasattr(clone(fitted), "vocabulary_")


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("task", "tokens", ["a", "b"]),
        ("task", "tokens", ["a", "b", "c", "d"]),
        ("task", "tokens", ["b", "a", "c"]),
        ("task", "tokens", ["a", "a", "b"]),
        ("task", "tokens", ["a", "b", 3]),
        ("task", "tokens", ("a", "b", "c")),
        ("task", "of_texts", "yes"),
        ("architecture", "tied", False),
        ("architecture", "categories", ()),
        ("architecture", "categories", ((0, 5, 7),)),
        ("architecture", "every_step", False),
        ("architecture", "bidirectional", True),
        ("loss", "label_smoothing", 0.5),
    ],
)
def test_what_was_tampered_with_is_refused(part, name, value):
    state = deepcopy(model(max_iter=1).fit(X).__getstate__())
    state["_fitted"][part][name] = value
    with pytest.raises(ValueError, match="damaged"):
        RNNLanguageModel().__setstate__(state)


def test_through_searches():
    scores = cross_val_score(model(), X, cv=3)
    assert scores.shape == (3,)
    assert (scores < 0).all()
    search = GridSearchCV(model(), {"hidden_layer_sizes": [1, 12]}, cv=3).fit(X)
    assert search.best_params_ == {"hidden_layer_sizes": 12}
    assert search.best_estimator_.generate(random_state=0) == search.best_estimator_.generate(
        random_state=0
    )
    halving = HalvingRandomSearchCV(
        model(), {"hidden_layer_sizes": randint(1, 12)}, cv=2, random_state=0, n_candidates=4
    )
    assert halving.fit(X).best_score_ < 0
    lower = FunctionTransformer(lambda texts: [text.lower() for text in texts])
    pipeline = Pipeline([("lower", lower), ("model", model())])
    assert_allclose(pipeline.fit(X).score([text.upper() for text in X]), model().fit(X).score(X))

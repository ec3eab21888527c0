"""A tagger whose labels are a chain: what it returns and refuses."""

import pickle
from itertools import pairwise, product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.model_selection import GridSearchCV, cross_val_score

from skrnn import RNNTagger

from ..toys import QUICK

CRF = QUICK | {"decoder": "crf"}


def spans(n_samples=40, seed=0, longest=7):
    """Return sequences of two features, and tags of spans of two types."""
    rng = np.random.default_rng(seed)
    X = [rng.standard_normal((n, 2)) for n in rng.integers(1, longest, n_samples)]
    return X, [tags_of(x) for x in X]


def tags_of(x):
    kinds = ["O" if a < 0 else "p" if b < 0 else "q" for a, b in x]
    before = ["O", *kinds[:-1]]
    pairs = zip(kinds, before, strict=True)
    return np.array([k if k == "O" else ("I-" if b == k else "B-") + k for k, b in pairs])


def two_labels(X):
    return [np.where(x[:, 0].cumsum() > 0, "up", "down") for x in X]


X, Y = spans()


def fit(labels=None, **options):
    """Return a fitted tagger of tags, or of two labels."""
    return RNNTagger(**CRF | {"max_iter": 15} | options).fit(X, Y if labels is None else labels)


def all_paths(tagger, x):
    """Return log p of every sequence of labels, from outputs and what the tagger shows."""
    raw, _ = tagger._raw_steps(tagger._record(), [x])
    scores = {}
    for path in product(range(len(tagger.classes_)), repeat=len(x)):
        score = tagger.start_transitions_[path[0]] + tagger.end_transitions_[path[-1]]
        score += sum(raw[step, label] for step, label in enumerate(path))
        score += sum(tagger.transitions_[pair] for pair in pairwise(path))
        scores[path] = score
    total = np.logaddexp.reduce(list(scores.values()))
    return {path: score - total for path, score in scores.items()}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("labels", "scheme"), [(None, None), (None, "iob2"), (two_labels(X), None)], ids=str
)
def test_answers_are_those_of_all_sequences_of_labels(labels, scheme, dtype):
    tagger = fit(labels, scheme=scheme, dtype=dtype)
    classes = tagger.classes_.tolist()
    for x in [x for x in X if len(x) <= 4][:6]:
        log_proba = all_paths(tagger, x)
        best = sorted(log_proba, key=log_proba.get, reverse=True)[:3]
        assert [classes.index(label) for label in tagger.predict([x])[0]] == list(best[0])
        (answers,) = tagger.predict_n_best([x], 3)
        for (labels_of_path, proba), path in zip(answers, best, strict=False):
            assert [classes.index(label) for label in labels_of_path] == list(path)
            assert proba == pytest.approx(np.exp(log_proba[path]), rel=1e-9)
        marginals = np.zeros((len(x), len(classes)))
        for path, one in log_proba.items():
            marginals[np.arange(len(x)), path] += np.exp(one)
        assert_allclose(tagger.predict_proba([x])[0], marginals, rtol=1e-9, atol=1e-12)
        y = [classes[label] for label in best[1]]
        assert tagger.score_samples([x], [y])[0] == pytest.approx(log_proba[best[1]], rel=1e-9)


def test_it_learns_that_tags_depend_on_the_one_before():
    X_new, y_new = spans(seed=1)
    tagger = RNNTagger(16, decoder="crf", learning_rate_init=0.03, random_state=0).fit(*spans(400))
    assert tagger.score(X_new, y_new) > 0.9
    assert tagger.out_activation_ == "crf"
    assert tagger.loss_ < 0.3 < tagger.loss_curve_[0]


@pytest.mark.parametrize("scheme", ["iob2", "iobes"])
def test_answers_keep_to_the_scheme(scheme):
    y = Y
    if scheme == "iobes":
        y = [[SINGLE.get(tag, tag) for tag in tags] for tags in Y]
    untrained = RNNTagger(**CRF | {"max_iter": 1}, scheme=scheme).fit(X, y)
    X_new, _ = spans(200, seed=1)
    for labels in untrained.predict(X_new):
        untrained.score_samples([X_new[0][:1]], [labels[:1]])
        codes = np.searchsorted(untrained.classes_, labels)
        assert untrained.start_transitions_[codes[0]] > -np.inf
        assert untrained.end_transitions_[codes[-1]] > -np.inf
        assert (untrained.transitions_[codes[:-1], codes[1:]] > -np.inf).all()
    free = RNNTagger(**CRF | {"max_iter": 1}).fit(X, y)
    assert np.isfinite(free.transitions_).all()


SINGLE = {"B-p": "S-p", "I-p": "S-p", "B-q": "S-q", "I-q": "S-q"}


def test_what_the_scheme_forbids_has_the_probability_zero():
    tagger = fit(scheme="iob2")
    inside = np.flatnonzero([label[0] == "I" for label in tagger.classes_])
    first = np.array([p[0] for p in tagger.predict_proba(X)])
    log_first = np.array([p[0] for p in tagger.predict_log_proba(X)])
    assert (first[:, inside] == 0).all()
    assert (log_first[:, inside] == -np.inf).all()
    assert tagger.score_samples(X[:1], [["I-p"] * len(X[0])])[0] == -np.inf
    for proba in tagger.predict_proba(X):
        assert_allclose(proba.sum(axis=1), 1, rtol=1e-12)


def test_n_best_are_all_where_there_are_no_more():
    tagger = fit(two_labels(X))
    short = [x for x in X if len(x) == 2][:1]
    (answers,) = tagger.predict_n_best(short, n_best=100)
    assert len(answers) == 4
    assert sum(proba for _, proba in answers) == pytest.approx(1, abs=1e-12)
    assert not hasattr(RNNTagger(), "predict_n_best")
    with pytest.raises(ValueError, match="n_best must be an integer >= 1, but it is 0"):
        tagger.predict_n_best(short, 0)


def test_a_step_of_weight_zero_is_one_without_a_label():
    rng = np.random.default_rng(3)
    masks = [rng.random(len(x)) < 0.3 for x in X]
    holes = [np.where(mask, None, y.astype(object)) for mask, y in zip(masks, Y, strict=True)]
    with_holes = fit(holes)
    weighted = RNNTagger(**CRF | {"max_iter": 15}).fit(X, Y, [(~mask) * 1.0 for mask in masks])
    assert with_holes.loss_curve_ == weighted.loss_curve_ != fit().loss_curve_
    assert_array_equal(with_holes.transitions_, weighted.transitions_)
    # Any label may stand in a hole.
    i = [int(sum(mask)) for mask in masks].index(1)
    filled = [[label if y is None else y for y in holes[i]] for label in with_holes.classes_]
    parts = with_holes.score_samples([X[i]] * len(filled), filled)
    whole = with_holes.score_samples([X[i]], [holes[i]])[0]
    assert whole == pytest.approx(np.logaddexp.reduce(parts), rel=1e-9)


def test_weights_are_repeats():
    weights = np.ones(len(X))
    weights[:5] = 2
    options = {"batch_size": 100, "dtype": "float64", "alpha": 0.0, "standardize": False}
    weighted = RNNTagger(**CRF | options).fit(X, Y, weights)
    repeated = RNNTagger(**CRF | options).fit([*X, *X[:5]], [*Y, *Y[:5]])
    assert_allclose(weighted.transitions_, repeated.transitions_, rtol=1e-6, atol=1e-9)


def test_goes_on_to_the_bit_and_is_saved():
    warm = RNNTagger(**CRF | {"max_iter": 3}, scheme="iob2", warm_start=True).fit(X, Y).fit(X, Y)
    once = RNNTagger(**CRF | {"max_iter": 6}, scheme="iob2").fit(X, Y)
    copy = pickle.loads(pickle.dumps(once))
    stream = RNNTagger(**CRF, scheme="iob2")
    for _ in range(6):
        stream.partial_fit(X, Y, classes=once.classes_)
    for other in (warm, copy, stream):
        assert_array_equal(other.transitions_, once.transitions_)
        for one, expected in zip(other.predict_proba(X), once.predict_proba(X), strict=True):
            assert_array_equal(one, expected)


def test_early_stopping_judges_whole_sequences():
    options = {"early_stopping": True, "max_iter": 20}
    tagger = RNNTagger(**CRF | options).fit(X, Y, X_val=X[:9], y_val=Y[:9])
    assert max(tagger.validation_scores_) == tagger.score(X[:9], Y[:9])
    scores, losses = np.array(tagger.validation_scores_), np.array(tagger.validation_loss_curve_)
    loss = -tagger.score_samples(X[:9], Y[:9]).sum() / sum(map(len, Y[:9]))
    assert loss == pytest.approx(losses[scores == scores.max()].min(), rel=1e-5)


def test_an_answer_does_not_depend_on_the_batch():
    tagger = fit(scheme="iob2")
    for x, labels, proba in zip(X, tagger.predict(X), tagger.predict_proba(X), strict=True):
        assert_array_equal(tagger.predict([x])[0], labels)
        assert_array_equal(tagger.predict_proba([x])[0], proba)


def test_searches_and_cross_validation():
    assert cross_val_score(RNNTagger(**CRF), X, Y, cv=3).shape == (3,)
    search = GridSearchCV(RNNTagger(**QUICK), {"decoder": ["softmax", "crf"]}, cv=2).fit(X, Y)
    assert set(search.cv_results_["param_decoder"]) == {"softmax", "crf"}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_label_that_was_never_seen():
    tagger = fit()
    with pytest.warns(UserWarning, match="labels that training has not seen, B-z"):
        log_proba = tagger.score_samples(X[:2], [["B-z"] * len(X[0]), Y[1]])
    assert log_proba[0] == -np.inf < log_proba[1]

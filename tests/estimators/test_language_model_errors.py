"""What a language model refuses: each message says what is wrong, and the model is as it was."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skrnn import RNNLanguageModel

from .conftest import fails_unchanged

X = ["abc", "cab", "bca"] * 4

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def model(**parameters):
    return RNNLanguageModel(4, **{"max_iter": 1, "random_state": 0} | parameters)


BAD_TEXTS = [
    ("abc", ValueError, r"Pass \[text\]"),
    ([], ValueError, "X is empty"),
    ([""], ValueError, "X has no tokens"),
    (["", []], ValueError, "X has no tokens"),
    (["ab", 3], TypeError, r"X\[1\] is 3"),
    (["ab", None], TypeError, r"X\[1\] is None"),
    ([["a", 1]], TypeError, r"X\[0\] has tokens of type int, str"),
    ([["a", "b"], [1, 2]], TypeError, "tokens that are strings and tokens that are integers"),
    ([[0.5, 1.5]], TypeError, r"X\[0\] has tokens of type float"),
    (3, TypeError, "a list of texts"),
    (np.ma.masked_array(["a", "b"]), TypeError, "masked"),
]


@pytest.mark.parametrize(("texts", "error", "match"), BAD_TEXTS)
def test_texts(texts, error, match):
    fails_unchanged(model(), "fit", texts, error=error, match=match)
    fails_unchanged(model().fit(X), "fit", texts, error=error, match=match)


@pytest.mark.parametrize(("texts", "error"), [("abc", ValueError), (["a", 3], TypeError)])
def test_texts_to_validate_on(texts, error):
    fitted, match = model(early_stopping=True).fit(X), r"data \(X_val\) cannot be used: X"
    fails_unchanged(fitted, "fit", X, X_val=texts, error=error, match=match)


@pytest.mark.parametrize("method", ["score", "score_samples", "perplexity", "transform"])
def test_texts_to_be_scored(method):
    fails_unchanged(model().fit(X), method, "abc", match=r"Pass \[text\]")
    fails_unchanged(model().fit(X), method, [3], error=TypeError, match=r"X\[0\]")
    fails_unchanged(
        model().fit(X), method, ["a", [1]], error=TypeError, match=r"X\[1\] has tokens .* integers"
    )
    numbers = model().fit([[1, 2], [2, 1]])
    fails_unchanged(numbers, method, [[], "1 2"], error=TypeError, match="learnt integers")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("analyzer", "letters"),
        ("min_frequency", 0),
        ("max_categories", 0),
        ("embedding_size", 0),
        ("tie_weights", "yes"),
        ("carry_state", 1.5),
        ("bptt_steps", None),
        ("bptt_steps", 0),
        ("batch_size", 0),
        ("max_iter", 0),
        ("dropout", 1.0),
        ("input_dropout", 1.0),
        ("embedding_dropout", -0.1),
        ("weight_dropout", "a"),
        ("averaging", "asgd"),
        ("validation_fraction", 1.0),
        ("hidden_layer_sizes", 0),
    ],
)
def test_parameters(name, value):
    fitted = model().fit(X).set_params(**{name: value})
    fails_unchanged(fitted, "fit", X, match=f"The parameter {name} of RNNLanguageModel must be")


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"embedding_size": 3}, "embedding_size=3, but with tie_weights=True"),
        ({"averaging": "ntasgd"}, "early_stopping=False"),
        ({"min_frequency": 100}, "Every token of X is rare by min_frequency=100"),
        ({"early_stopping": True, "validation_fraction": 0.99}, "leaves none of 12 texts"),
    ],
)
def test_parameters_that_do_not_go_together(parameters, match):
    fails_unchanged(model().fit(X).set_params(**parameters), "fit", X, match=match)


def test_validation_texts_without_early_stopping():
    match = "X_val was passed, but early_stopping=False"
    fails_unchanged(model().fit(X), "fit", X, X_val=X, match=match)
    fitted = model().fit(X).set_params(early_stopping=True, validation_fraction=0.9)
    fails_unchanged(fitted, "fit", ["a"], match="leaves none of 2 tokens")


def test_training_cannot_go_on_with_other_vectors():
    fitted = model(tie_weights=False, embedding_size=3, warm_start=True).fit(X)
    fitted.set_params(embedding_size=2)
    fails_unchanged(fitted, "partial_fit", X, match="fitted with embedding_size=3")


@pytest.mark.parametrize(
    "parameters",
    [{"hidden_layer_sizes": 5}, {"tie_weights": False}, {"cell": "gru"}, {"dtype": "float64"}],
)
def test_training_cannot_go_on_with_another_network(parameters):
    fitted = model(warm_start=True).fit(X).set_params(**parameters)
    (name,) = parameters
    for method in ("fit", "partial_fit"):
        fails_unchanged(fitted, method, X, match=f"fitted with {name}=")


def test_what_is_not_fitted():
    for method in ("score", "generate", "transform", "next_token_proba", "stream"):
        arguments = [] if method in ("generate", "stream") else [X]
        with pytest.raises(NotFittedError):
            getattr(model(), method)(*arguments)

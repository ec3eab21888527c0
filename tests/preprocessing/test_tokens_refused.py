"""What the encoder of tokens refuses, in which words, and that it is then as it was."""

import numpy as np
import pandas as pd
import pytest

from skrnn.preprocessing import TokenEncoder

from ..toys import state_of

TEXTS = ["abc", "", "cab", "ba"]


@pytest.mark.parametrize(
    "item",
    [None, np.nan, pd.NA, 5, b"a", {"a"}, {"a": 1}, iter("ab"), np.ones((2, 1), int),
     np.array([1.0]), np.array(["2020-01-01"], "M8[ns]"), np.ma.masked_array([1, 2])],
)  # fmt: skip
def test_neither_text_nor_tokens(item):
    encoder = TokenEncoder().fit(TEXTS)
    for call in (encoder.fit, encoder.transform):
        with pytest.raises(TypeError, match=r"X\[3\] is (?s:.*), but a text \(str\) or a list"):
            call(["a", ["b"], "", item])


@pytest.mark.parametrize("tokens", [["a", 1], ["a", None], [1, 2.0], [True, False], [("a",)]])
def test_tokens_of_other_or_several_kinds(tokens):
    with pytest.raises(TypeError, match=r"X\[1\] has tokens of type .* or all integers"):
        TokenEncoder().fit(["a", tokens])
    encoder = TokenEncoder(analyzer=lambda text: tokens)
    with pytest.raises(TypeError, match=r"^What analyzer returned for X\[0\] has tokens"):
        encoder.fit(["a"])


def test_analyzer_that_returns_no_list():
    with pytest.raises(TypeError, match=r"^What analyzer returned for X\[0\] is 'a' of type"):
        TokenEncoder(analyzer=str.lower).fit(["A"])


def test_tokens_that_cannot_be_sorted():
    with pytest.raises(TypeError, match=r"strings and tokens.* integers.*cannot be sort"):
        TokenEncoder().fit([["left"], [3, 5]])


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ("text", ValueError, r"X is the string 'text', but a list of texts.*Pass \[text\]"),
        (np.str_("text"), ValueError, "but a list of texts is expected"),
        ([], ValueError, "X is empty"),
        (["", []], ValueError, "X has no tokens"),
        (None, TypeError, "X is None of type NoneType"),
        (5, TypeError, "X is 5 of type int"),
        (iter(TEXTS), TypeError, "of type list_iterator, but a list of texts"),
        (np.array([["a", "b"]]), ValueError, r"X has shape \(1, 2\).*list\(X\)"),
        (np.ma.masked_array(["a", "b"]), TypeError, "X is a masked array"),
    ],
)
def test_what_is_no_list_of_texts(X, error, message):
    encoder = TokenEncoder().fit(TEXTS)
    before = state_of(encoder)
    with pytest.raises(error, match=message):
        encoder.fit(X)
    assert state_of(encoder) == before


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("analyzer", ("chars", None, 1)),
        ("lowercase", (1, "True", None)),
        ("min_frequency", (0, -1, 1.0, 0.0, "2", None, True, np.nan)),
        ("max_categories", (0, -1, 2.0, "2", True)),
    ],
)
def test_parameters(parameter, values):
    for value in values:
        message = f"^The parameter {parameter} of TokenEncoder must be .*Got {value!r}.$"
        with pytest.raises(ValueError, match=message):
            TokenEncoder(**{parameter: value}).fit(TEXTS)
        with pytest.raises(ValueError, match=message):
            TokenEncoder().fit(TEXTS).set_params(**{parameter: value}).transform(TEXTS)

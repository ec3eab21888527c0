"""What a language model refuses to write: each message names what is wrong."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skrnn import RNNLanguageModel

from .conftest import fails_unchanged

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def model():
    return RNNLanguageModel(4, max_iter=1, random_state=0).fit(["abc", "cab", "bca"])


OUT_OF_RANGE = {
    "n_samples": (0, -1, 1.5, True, None, "2"),
    "max_new_tokens": (0, -1, 2.0, None),
    "do_sample": (None, "yes", 2),
    "temperature": (0, 0.0, -1.0, np.nan, np.inf, None, "a"),
    "top_k": (0, -1, 2.5, True),
    "top_p": (0.0, -0.1, 1.01, np.nan, None),
    "min_p": (-0.1, 1.5, np.nan, None),
    "repetition_penalty": (0, -1.0, 1e7, np.nan, np.inf, None),
    "no_repeat_ngram_size": (-1, 1.5, None),
    "num_beams": (0, -1, 1.5, None),
    "length_penalty": (11, np.nan, np.inf, -np.inf, None, "a"),
    "stop": (1.5, [], ["a", 1.5], {"a": 1}),
    "join": ("-", 3),
    "random_state": ("a", -1, 2**32, 1.5, np.random.default_rng(0)),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in OUT_OF_RANGE.items() for value in values]
)
def test_what_is_out_of_range_is_named(model, name, value):
    match = f"The parameter {name} of RNNLanguageModel must be"
    fails_unchanged(model, "generate", ["a"], match=match, **{name: value})


SAMPLING = {"temperature": 0.5, "top_k": 5, "top_p": 0.5, "min_p": 0.5}


@pytest.mark.parametrize("num_beams", [1, 2])
@pytest.mark.parametrize("name", SAMPLING)
def test_what_has_no_effect_where_nothing_is_drawn(model, name, num_beams):
    asked = {"do_sample": False, "num_beams": num_beams, name: SAMPLING[name]}
    match = f"^{name}={SAMPLING[name]} has no effect with do_sample=False"
    fails_unchanged(model, "generate", ["a"], match=match, **asked)


@pytest.mark.parametrize("do_sample", [True, False])
def test_a_length_penalty_has_no_effect_without_beams(model, do_sample):
    asked = {"do_sample": do_sample, "length_penalty": 0.5}
    fails_unchanged(model, "generate", match="^length_penalty=0.5 has no effect with", **asked)


def test_beams_draw_nothing(model):
    fails_unchanged(model, "generate", match="^num_beams=2 .* do_sample=True draws", num_beams=2)


@pytest.mark.parametrize(("n_samples", "num_beams"), [(2, 1), (4, 3)])
def test_more_samples_than_beams(model, n_samples, num_beams):
    asked = {"do_sample": False, "num_beams": num_beams}
    match = f"^n_samples={n_samples} .* num_beams={num_beams} beams"
    fails_unchanged(model, "generate", ["a"], n_samples, match=match, **asked)


@pytest.mark.parametrize(
    ("prompts", "error", "match"),
    [
        ("abc", ValueError, r"\[text\]"),
        ([], ValueError, "empty"),
        (["a", 3], TypeError, r"X\[1\]"),
        ([[1, 2]], TypeError, "integers"),
        (
            ["a", "ab?"],
            ValueError,
            r"^prompts\[1\] has the token '\?' at place 2, .* min_frequency=2",
        ),
    ],
)
def test_prompts(model, prompts, error, match):
    fails_unchanged(model, "generate", prompts, error=error, match=match)


@pytest.mark.parametrize("options", [{}, {"do_sample": False}, {"random_state": 0}])
def test_what_is_not_fitted_writes_nothing(options):
    with pytest.raises(NotFittedError):
        RNNLanguageModel().generate(["a"], **options)


def test_what_makes_no_texts_of_tokens(model):
    match = r"join must make a string of a list of tokens.* Of \['[abc]'\] it made a list"
    fails_unchanged(model, "generate", error=TypeError, match=match, join=list)


@pytest.mark.parametrize("stop", ["", ["a", ""], 3, [3]])
def test_stops_that_no_text_comes_to(model, stop):
    with pytest.raises(ValueError, match="stop must hold a string that is not empty"):
        model.generate(stop=stop)


@pytest.mark.parametrize("stop", ["a", [7, "a"]])
def test_stops_that_no_sequence_of_numbers_comes_to(stop):
    numbers = RNNLanguageModel(4, max_iter=1, random_state=0).fit([[5, 7], [7]])
    with pytest.raises(ValueError, match="stop must hold an integer"):
        numbers.generate([[5]], stop=stop)

"""Scores of labelled spans, beside those of seqeval."""

import numpy as np
import pytest

from skrnn.metrics import span_f1_score, span_precision_score, span_recall_score

SCORES = {"f1": span_f1_score, "precision": span_precision_score, "recall": span_recall_score}
SCHEMES = {None: "BIES", "iob2": "BI", "iobes": "BIES"}
AVERAGES = ["micro", "macro", "weighted", None]


def random_tags(rng, lengths, letters, types):
    tags = np.array(["O"] * 3 + [f"{letter}{kind}" for letter in letters for kind in types])
    return [rng.choice(tags, size=length).tolist() for length in lengths]


def valid_tags(rng, lengths, scheme, types):
    """Return tags of whole spans only, of up to four steps."""
    sequences = []
    for length in lengths:
        tags = []
        while len(tags) < length:
            n, kind = int(rng.integers(1, 5)), rng.choice(types)
            letters = ["O"] if rng.random() < 0.3 else ["B"] + ["I"] * (n - 1)
            if scheme == "iobes" and letters[0] == "B":
                letters = ["S"] if n == 1 else ["B"] + ["I"] * (n - 2) + ["E"]
            tags += [letter if letter == "O" else f"{letter}{kind}" for letter in letters]
        sequences.append(tags)
    return sequences


def altered(rng, sequences, others):
    """Return the sequences with a fifth of their tags taken from others."""
    return [
        [b if rng.random() < 0.2 else a for a, b in zip(tags, other, strict=True)]
        for tags, other in zip(sequences, others, strict=True)
    ]


def check_against_seqeval(true, predicted, scheme):
    from seqeval import metrics
    from seqeval import scheme as schemes

    rules = {}
    if scheme is not None:
        rules = {"mode": "strict", "scheme": getattr(schemes, scheme.upper())}
    for name, score in SCORES.items():
        theirs = getattr(metrics, f"{name}_score")
        for average in AVERAGES:
            for zero_division in (0, 1):
                options = {"average": average, "zero_division": zero_division}
                expected = theirs(true, predicted, **options, **rules)
                if average == "macro" and np.isnan(expected):  # there are no spans at all
                    expected = zero_division
                found = score(true, predicted, scheme=scheme, **options)
                assert np.shape(found) == np.shape(expected)
                np.testing.assert_allclose(found, expected, rtol=1e-12, atol=0)


# seqeval takes the mean of no types.
@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
@pytest.mark.parametrize("types", [("-PER",), ("-PER", "-LOC", "-A-B"), ("", "-X")], ids=str)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_as_seqeval(rng, scheme, types):
    pytest.importorskip("seqeval", reason="the scores are compared with seqeval's")
    for _ in range(15):
        lengths = rng.integers(1, 9, size=rng.integers(1, 20))
        any_tags = [random_tags(rng, lengths, SCHEMES[scheme], types) for _ in range(2)]
        check_against_seqeval(*any_tags, scheme)
        valid = valid_tags(rng, lengths, scheme, types)
        others = random_tags(rng, map(len, valid), SCHEMES[scheme], types)
        check_against_seqeval(valid, altered(rng, valid, others), scheme)
        check_against_seqeval(altered(rng, valid, others), valid, scheme)


@pytest.mark.parametrize(
    ("scheme", "tags", "same"),
    [
        # Without a scheme a span needs neither beginning nor end.
        (None, "O I-A I-A O", "O B-A I-A O"),
        (None, "I-A I-B", "B-A B-B"),
        (None, "B-A E-A I-A", "B-A E-A B-A"),
        (None, "S-A I-A", "B-A B-A"),
        (None, "B-A E-A", "B-A I-A"),
        # With one, what is not well-formed is nothing.
        ("iob2", "O I-A I-A", "O O O"),
        ("iob2", "B-A I-B I-A", "B-A O O"),
        ("iobes", "B-A I-A O", "O O O"),
        ("iobes", "B-A I-B E-A", "O O O"),
        ("iobes", "B-A B-A E-A", "O B-A E-A"),
        ("iobes", "S-A E-A", "S-A O"),
    ],
)
def test_tags_that_mean_the_same(scheme, tags, same):
    beside = ["B-Z", "E-Z" if scheme == "iobes" else "I-Z"]  # so that there is a span
    sequences, others = [tags.split(), beside], [same.split(), beside]
    for score in SCORES.values():
        assert np.all(score(sequences, others, scheme=scheme, average=None) == 1)


def test_spans_end_with_their_sequence():
    true, predicted = [["B-A"], ["B-A"]], [["B-A"], ["I-A"]]
    assert span_f1_score(true, predicted) == 1
    assert span_recall_score(true, predicted, scheme="iob2") == 1 / 2


def test_counts_by_hand():
    true = [["B-A", "I-A", "O", "B-B", "B-B"]]
    predicted = [["B-A", "O", "O", "B-B", "B-C"]]
    expected = {"f1": [0, 2 / 3, 0], "precision": [0, 1, 0], "recall": [0, 1 / 2, 0]}
    micro = {"f1": 1 / 3, "precision": 1 / 3, "recall": 1 / 3}
    for name, score in SCORES.items():
        assert score(true, predicted, average=None).tolist() == pytest.approx(expected[name])
        assert score(true, predicted) == pytest.approx(micro[name])
        assert score(true, predicted, average="macro") == pytest.approx(np.mean(expected[name]))
        weighted = expected[name][1] * 2 / 3
        assert score(true, predicted, average="weighted") == pytest.approx(weighted)


@pytest.mark.parametrize("zero_division", [0.0, 1.0])
def test_without_spans(zero_division):
    for score in SCORES.values():
        options = {"zero_division": zero_division}
        for average in AVERAGES[:3]:
            assert score([["O"]], [["O"]], average=average, **options) == zero_division
        assert score([["O"]], [["O"]], average=None, **options).shape == (0,)


def test_tags_of_one_letter_in_any_form():
    assert span_f1_score(["BIO", "OB"], np.array(["BIO", "OB"])) == 1
    assert span_f1_score(np.array([list("BIO")]), ["BII"]) == 0

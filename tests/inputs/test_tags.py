"""Which tags may follow which: against regular expressions of whole sequences."""

import re
from itertools import pairwise, product

import pytest

from skrnn.inputs.tags import well_formed

WHOLE = {
    "iob2": r"(O |B-x (I-x )*|B-y (I-y )*)*",
    "iobes": r"(O |S-x |S-y |B-x (I-x )*E-x |B-y (I-y )*E-y )*",
    None: r".*",
}
LETTERS = {"iob2": "BI", "iobes": "BIES", None: "BIES"}


@pytest.mark.parametrize("scheme", WHOLE)
def test_sequences_are_allowed_that_consist_of_spans(scheme):
    tags = ["O", *(f"{letter}-{kind}" for letter in LETTERS[scheme] for kind in "xy")]
    transitions, start, end = well_formed(tags, scheme)
    n_allowed = 0
    for length in range(1, 5):
        for codes in product(range(len(tags)), repeat=length):
            pairs = pairwise(codes)
            allowed = start[codes[0]] and end[codes[-1]] and all(transitions[p] for p in pairs)
            text = "".join(f"{tags[code]} " for code in codes)
            assert allowed == bool(re.fullmatch(WHOLE[scheme], text)), text
            n_allowed += allowed
    assert n_allowed > 50


def test_tags_without_a_type_are_of_one():
    transitions, start, end = well_formed(["B", "I", "O"], "iob2")
    assert transitions.tolist() == [[1, 1, 1], [1, 1, 1], [1, 0, 1]]
    assert start.tolist() == [1, 0, 1]
    assert end.tolist() == [1, 1, 1]


@pytest.mark.parametrize("label", ["X-A", 3, "E-A", ""])
def test_what_is_no_tag_is_named(label):
    with pytest.raises(ValueError, match=rf"y has the label {label!r}, but 'O' is expected, or B"):
        well_formed(["O", label], "iob2")

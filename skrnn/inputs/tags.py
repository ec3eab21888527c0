"""What tags mean, such as "B-PER": which spans they make, and which may follow which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Tag(NamedTuple):
    """A letter, and the type of the span that it is of; "_" where there is only a letter."""

    letter: str
    kind: str


@dataclass(frozen=True)
class Scheme:
    """The letters that tags begin with, besides O.

    A span begins at one of `starting`. It goes on while a step with B or I is followed by one of
    the same type with a letter of `continuing`, and counts if its last letter is one of `ending`.
    """

    letters: str
    starting: str
    continuing: str
    ending: str

    def continues(self, before: Tag, tag: Tag) -> bool:
        """Return whether a tag goes on with the span of the one before it."""
        return before.letter in "BI" and tag.letter in self.continuing and before.kind == tag.kind

    def may_end(self, tag: Tag) -> bool:
        """Return whether a span that is well formed may end at a tag, or none is there."""
        return tag.letter == "O" or tag.letter in self.ending

    def may_follow(self, before: Tag, tag: Tag) -> bool:
        """Return whether one tag follows another in spans that are well formed."""
        if tag.letter in self.continuing:
            return self.continues(before, tag)
        return self.may_end(before)


SCHEMES = {
    None: Scheme(letters="BIES", starting="BIES", continuing="IE", ending="BIES"),
    "iob2": Scheme(letters="BI", starting="B", continuing="I", ending="BI"),
    "iobes": Scheme(letters="BIES", starting="BS", continuing="IE", ending="ES"),
}


def read_tag(tag: Any, scheme: Scheme, where: str) -> Tag:
    """Return what a tag means; raise ValueError, which says where it is, if it is none."""
    if tag == "O":
        return Tag("O", "_")
    if isinstance(tag, str) and tag[:1] in tuple(scheme.letters) and tag[1:2] in ("", "-"):
        return Tag(tag[0], tag[2:] or "_")
    letters = ", ".join(scheme.letters[:-1]) + f" or {scheme.letters[-1]}"
    raise ValueError(
        f"{where}, but 'O' is expected, or {letters} with a hyphen and a type, such as 'B-PER'. "
        "Convert the tags, or choose another scheme."
    )


def well_formed(
    classes: Sequence[Any], name: str | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which classes may follow which, which may be first, and which last, under a scheme.

    Of shapes (n_classes, n_classes), from and to, and (n_classes,), bool. Without a scheme
    everything is allowed, and classes may be anything.
    """
    n = len(classes)
    if name is None:
        return np.ones((n, n), bool), np.ones(n, bool), np.ones(n, bool)
    scheme = SCHEMES[name]
    tags = [read_tag(tag, scheme, f"y has the label {tag!r}") for tag in classes]
    transitions = [[scheme.may_follow(before, tag) for tag in tags] for before in tags]
    start = [tag.letter not in scheme.continuing for tag in tags]
    return np.array(transitions), np.array(start), np.array([scheme.may_end(tag) for tag in tags])

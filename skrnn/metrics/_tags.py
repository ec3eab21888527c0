"""Which spans tags mean."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..inputs.steps import first_place, is_missing


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


SCHEMES = {
    None: Scheme(letters="BIES", starting="BIES", continuing="IE", ending="BIES"),
    "iob2": Scheme(letters="BI", starting="B", continuing="I", ending="BI"),
    "iobes": Scheme(letters="BIES", starting="BS", continuing="IE", ending="ES"),
}


def spans_of(sequences: list[np.ndarray], scheme: Scheme, name: str) -> set[tuple]:
    """Return the spans of all sequences: (type, sequence, first step, last step)."""
    _check_no_holes(sequences, name)
    spans = set()
    for i, tags in enumerate(sequences):
        parts = [
            _parts_of(tag, scheme, f"{name}[{i}] has {tag!r} at step {step}")
            for step, tag in enumerate(tags.tolist())
        ]
        spans |= {(kind, i, first, last) for kind, first, last in _spans_in(parts, scheme)}
    return spans


def _spans_in(parts: list[tuple[str, str]], scheme: Scheme) -> Iterator[tuple[str, int, int]]:
    """Give each span of one sequence of letters and types: its type, its first and last step."""
    step = 0
    while step < len(parts):
        first = step
        letter, kind = parts[first]
        step += 1
        if letter not in scheme.starting:
            continue
        while step < len(parts) and letter in "BI" and _continues(parts[step], kind, scheme):
            letter = parts[step][0]
            step += 1
        if letter in scheme.ending:
            yield kind, first, step - 1


def _continues(part: tuple[str, str], kind: str, scheme: Scheme) -> bool:
    return part[0] in scheme.continuing and part[1] == kind


def _parts_of(tag: Any, scheme: Scheme, where: str) -> tuple[str, str]:
    """Return a tag's letter and its type, which is "_" where there is only a letter."""
    if tag == "O":
        return "O", "_"
    if isinstance(tag, str) and tag[:1] in tuple(scheme.letters) and tag[1:2] in ("", "-"):
        return tag[0], tag[2:] or "_"
    letters = ", ".join(scheme.letters[:-1]) + f" or {scheme.letters[-1]}"
    raise ValueError(
        f"{where}, but 'O' is expected, or {letters} with a hyphen and a type, such as 'B-PER'. "
        "Convert the tags, or choose another scheme."
    )


def _check_no_holes(sequences: list[np.ndarray], name: str) -> None:
    place = first_place([np.any(is_missing(sequence), axis=1) for sequence in sequences])
    if place is not None:
        raise ValueError(
            f"{name}[{place[0]}] has no tag at step {place[1]}, but spans can only be told where "
            "every step has one. Drop the sequence, or tag the step."
        )

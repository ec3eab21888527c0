"""Which spans tags mean."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..inputs.steps import first_place, is_missing
from ..inputs.tags import Scheme, Tag, read_tag


def spans_of(sequences: list[np.ndarray], scheme: Scheme, name: str) -> set[tuple]:
    """Return the spans of all sequences: (type, sequence, first step, last step)."""
    _check_no_holes(sequences, name)
    spans = set()
    for i, tags in enumerate(sequences):
        read = [
            read_tag(tag, scheme, f"{name}[{i}] has {tag!r} at step {step}")
            for step, tag in enumerate(tags.tolist())
        ]
        spans |= {(kind, i, first, last) for kind, first, last in _spans_in(read, scheme)}
    return spans


def _spans_in(tags: list[Tag], scheme: Scheme) -> Iterator[tuple[str, int, int]]:
    """Give each span of one sequence: its type, its first and last step."""
    step = 0
    while step < len(tags):
        first = step
        step += 1
        if tags[first].letter not in scheme.starting:
            continue
        while step < len(tags) and scheme.continues(tags[step - 1], tags[step]):
            step += 1
        if tags[step - 1].letter in scheme.ending:
            yield tags[first].kind, first, step - 1


def _check_no_holes(sequences: list[np.ndarray], name: str) -> None:
    place = first_place([np.any(is_missing(sequence), axis=1) for sequence in sequences])
    if place is not None:
        raise ValueError(
            f"{name}[{place[0]}] has no tag at step {place[1]}, but spans can only be told where "
            "every step has one. Drop the sequence, or tag the step."
        )

"""What a language model is asked to write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ..decoding.filters import Filters
from ..solvers import Boolean, Constraint, Interval
from .checks import AnyOf, Function, InstanceOf, Integer, OneOf, SequenceOf, check_parameter

_NONE = OneOf((None,))
_POSITIVE = Interval(0, closed="neither")
_TOKEN = AnyOf(InstanceOf(str), Integer(-(2**63)))


@dataclass(frozen=True)
class Request:
    """What `generate` was asked for; see there."""

    n_samples: int
    max_new_tokens: int
    do_sample: bool
    temperature: float
    top_k: int | None
    top_p: float
    min_p: float
    repetition_penalty: float
    no_repeat_ngram_size: int
    num_beams: int
    length_penalty: float
    stop: Any
    join: Callable[[list], str] | None
    random_state: Any

    def check(self, owner: object) -> None:
        """Raise ValueError for what is out of range, or can have no effect."""
        for name, constraint in _CONSTRAINTS.items():
            check_parameter(owner, name, getattr(self, name), constraint)
        sampling = {"temperature": 1.0, "top_k": None, "top_p": 1.0, "min_p": 0.0}
        if not self.do_sample:
            self._refuse(sampling, "do_sample=False, which draws nothing. Set do_sample=True")
            if self.n_samples > self.num_beams:
                raise ValueError(
                    f"n_samples={self.n_samples} samples with do_sample=False would be the same: "
                    f"num_beams={self.num_beams} beams find as many different ones at most. Set "
                    f"do_sample=True, or num_beams={self.n_samples}."
                )
        elif self.num_beams > 1:
            raise ValueError(
                f"num_beams={self.num_beams} searches for the most probable text, but "
                "do_sample=True draws one. Set do_sample=False, or num_beams=1."
            )
        if self.num_beams == 1:
            self._refuse({"length_penalty": 1.0}, "num_beams=1. Set num_beams to 2 or more")

    def _refuse(self, defaults: dict[str, Any], where: str) -> None:
        for name, default in defaults.items():
            if getattr(self, name) != default:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} has no effect with {where}, or {name} to "
                    f"{default!r}."
                )

    @property
    def filters(self) -> Filters:
        """What is done to probabilities before a token is chosen."""
        return Filters(**{field.name: getattr(self, field.name) for field in fields(Filters)})


_CONSTRAINTS: dict[str, Constraint] = {
    "n_samples": Integer(1),
    "max_new_tokens": Integer(1),
    "do_sample": Boolean(),
    "temperature": _POSITIVE,
    "top_k": AnyOf(_NONE, Integer(1)),
    "top_p": Interval(0, 1, closed="right"),
    "min_p": Interval(0, 1, closed="both"),
    "repetition_penalty": Interval(0, 1e6, closed="right"),
    "no_repeat_ngram_size": Integer(0),
    "num_beams": Integer(1),
    "length_penalty": Interval(-10, 10, closed="both"),
    "stop": AnyOf(_NONE, _TOKEN, SequenceOf(_TOKEN)),
    "join": AnyOf(_NONE, Function()),
    "random_state": AnyOf(_NONE, Integer(0, 2**32 - 1), InstanceOf(np.random.RandomState)),
}

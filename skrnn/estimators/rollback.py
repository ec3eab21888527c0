"""What a call that fails gives back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numpy.random import RandomState


@contextmanager
def rewinding(random_state: Any) -> Iterator[None]:
    """Put a stream of random numbers back where it was if the block fails.

    The stream is a parameter of the estimator: after a failed fit the next one draws what it would
    have drawn. A seed needs no rewinding, and NumPy's global stream belongs to everybody.
    """
    if not isinstance(random_state, RandomState):
        yield
        return
    before = random_state.get_state()
    try:
        yield
    except BaseException:
        random_state.set_state(before)
        raise

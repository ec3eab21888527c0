"""Ctrl-C during training: served at once, but never in the middle of an update."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Parts of scikit-learn whose `fit` hands on one `fit` and does nothing after it; all others may
# have more to fit, or take what was learnt for the result of a whole training.
_HAND_ON = {"base", "callback", "compose", "pipeline", "utils"}


def is_called_by_user() -> bool:
    """Return whether a person called the running `fit`, and not a search or a task of joblib.

    Ctrl-C is meant for all of these. If one fit kept what it had learnt, its score would count
    like any other, and the search would go on.

    The callers tell. joblib knows of itself only with several workers: with one it calls its tasks
    without a note of that, and a search fits the best parameters without joblib.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        package, _, rest = frame.f_globals.get("__name__", "").partition(".")
        if package == "joblib":
            return False
        if package == "sklearn" and rest.partition(".")[0] not in _HAND_ON:
            return False
        frame = frame.f_back
    return True


class Undivided:
    """Blocks of code that Ctrl-C does not cut in two: it is raised at their end.

    Only they are short. The rest, the long computation of a gradient above all, is left by the
    exception as soon as Python sees it, so that Ctrl-C need not wait for the end of a minibatch.

    Examples
    --------
    >>> undivided = Undivided()
    >>> with undivided.handling_ctrl_c():
    ...     with undivided:
    ...         weights, n_updates = 1.0, 1
    """

    def __init__(self) -> None:
        self._inside = self._pending = False

    def __enter__(self) -> None:
        self._inside = True

    def __exit__(self, *_: object) -> None:
        self._inside = False
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt

    @contextmanager
    def handling_ctrl_c(self) -> Iterator[None]:
        """Decide when Ctrl-C is raised while the block runs.

        Other threads than the main one get no signals, and a handler that is not Python's own is
        somebody's choice: with these, nothing is changed.
        """
        if (
            threading.current_thread() is not threading.main_thread()
            or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        ):
            yield
            return
        signal.signal(signal.SIGINT, self._handle)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self._inside:
            self._pending = True
        else:
            raise KeyboardInterrupt

"""Who has called the package."""

from __future__ import annotations

import sys

# scikit-learn wraps `fit` where there are callbacks.
_PACKAGES = (__name__.partition(".")[0], "sklearn.callback")


def user_level() -> int:
    """Return the `stacklevel` at which a warning names the line that called the package.

    For the function that calls `warnings.warn`. The way to it is of another length in `fit` than in
    `partial_fit`.
    """
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    return level


def _is_ours(module: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in _PACKAGES)

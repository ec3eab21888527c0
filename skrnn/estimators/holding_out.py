"""Which samples early stopping holds out to validate on: a share of them, or a splitter's last."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..inputs.values import as_labels
from ..runtime.callers import user_level
from .early_stopping import Samples
from .task import Strata

_FEW = 20  # cases, of which one is five per cent of an accuracy


def check_groups(groups: Any, n_samples: int, *, is_used: bool) -> np.ndarray | None:
    """Return the groups as array (n_samples,), or None; raise unless they are made use of."""
    if groups is None:
        return None
    if not is_used:
        raise ValueError(
            "groups was passed, but nothing is split by it. Set early_stopping=True and "
            "validation_fraction to a splitter such as GroupKFold(5), without X_val; or leave it "
            "out."
        )
    groups = as_labels(groups, "groups")
    if groups.shape != (n_samples,):
        raise ValueError(
            f"groups has shape {groups.shape}, but X has {n_samples} sequences. Pass an array of "
            f"shape ({n_samples},), one group for each."
        )
    return groups


def hold_out_share(
    indices: np.ndarray,
    fraction: float,
    strata: Strata | None,
    random_state: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray]:
    """Return which samples to train on, and which to validate on, as two arrays of indices.

    Parameters
    ----------
    indices : ndarray of shape (n,), int64
        Of the samples to be split.
    fraction : float
        Share of them to validate on, between 0 and 1.
    strata : Strata or None
        Each gets its share of both parts; None for a split that looks at nothing.
    random_state : RandomState

    Raises
    ------
    ValueError
        If there are too few samples, of one stratum or in total.
    """
    # Imported where it is needed: a tenth of what `import skrnn` would take.
    from sklearn.model_selection import train_test_split

    codes = None
    if strata is not None:
        codes = strata.codes[indices]
        _check_strata(codes, strata.names)
    split = partial(train_test_split, stratify=codes, random_state=random_state)
    return _checked(lambda: split(indices, test_size=fraction), fraction, len(indices))


def hold_out_last(
    splitter: Any, samples: Samples, indices: np.ndarray, groups: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return which samples a splitter trains on last, and which it tests on, as indices.

    Parameters
    ----------
    splitter : object
        With the method ``split(X, y, groups)`` of scikit-learn's.
    samples : Samples
        Those to be split, as they were passed.
    indices : ndarray of shape (n,), int64
        Of these among all that were passed.
    groups : ndarray of shape (n_samples,) or None
        Of all that were passed.

    Raises
    ------
    ValueError
        If the splitter cannot split them, or one of the parts has too few.
    """

    def last_split() -> tuple[np.ndarray, np.ndarray]:
        taken = samples.taken()
        of_taken = None if groups is None else groups[indices]
        *_, (kept, held_out) = splitter.split(taken.X, taken.y, of_taken)
        return indices[kept], indices[held_out]

    return _checked(last_split, splitter, len(indices))


def _checked(split: Callable[[], Any], asked: Any, n_samples: int) -> tuple[np.ndarray, np.ndarray]:
    """Return both parts of a split, if they can serve; `asked` is the validation_fraction."""
    try:
        kept, held_out = split()
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"early_stopping=True with validation_fraction={asked!r} cannot hold out a part of "
            f"{n_samples} samples: {error}"
        ) from error
    if len(held_out) < 2 or len(kept) == 0:
        raise ValueError(
            f"early_stopping=True needs at least 2 samples to validate on and some to train on, "
            f"but validation_fraction={asked!r} of {n_samples} samples leaves {len(held_out)} and "
            f"{len(kept)} samples to train on. Change validation_fraction, or pass more samples."
        )
    return kept, held_out


def warn_of_few(n_held_out: int, n_samples: int) -> None:
    """Warn if so few samples decide when training stops, and which weights are kept."""
    if n_held_out < _FEW:
        enough = f"set validation_fraction={_FEW / n_samples:.2g}, "
        warnings.warn(
            f"early_stopping decides by only {n_held_out} sequences when to stop and which weights "
            f"are the best: much of that is chance. Pass X_val and y_val, "
            f"{enough if n_samples >= 2 * _FEW else 'raise validation_fraction, '}"
            "or set early_stopping=False.",
            stacklevel=user_level(),
        )


def _check_strata(codes: np.ndarray, names: np.ndarray) -> None:
    """Raise ValueError for the first stratum that cannot be in both parts of a split.

    scikit-learn's own error would tell its code, which the user has never seen.
    """
    rare = np.flatnonzero(np.bincount(codes, minlength=len(names)) == 1)
    if len(rare) > 0:
        raise ValueError(
            "early_stopping=True holds out a share of every class of y, but the class "
            f"{names.tolist()[rare[0]]!r} has only one sample of positive weight. Pass more of "
            "them or leave the class out, pass X_val and y_val, or set early_stopping=False."
        )

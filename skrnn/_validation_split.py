"""Holding out a part of the data for early stopping."""

from __future__ import annotations

import numpy as np

from ._training import TrainingData


def hold_out(
    data: TrainingData,
    *,
    fraction: float,
    strata: np.ndarray | None,
    random_state: np.random.RandomState,
) -> tuple[np.ndarray, np.ndarray]:
    """Return which samples to train on, and which to validate on, as two arrays of indices.

    Parameters
    ----------
    data : TrainingData
        All samples. Those of weight zero take no part, here as in training.
    fraction : float
        Share of the samples to validate on, between 0 and 1.
    strata : ndarray of shape (n_samples,) or None
        Each value gets its share of both parts; None for a split that looks at nothing.
    random_state : RandomState

    Raises
    ------
    ValueError
        If there are too few samples, of one stratum or in total.
    """
    weights = data.sample_weight
    indices = np.arange(len(data.targets)) if weights is None else np.flatnonzero(weights)
    # Imported where it is needed: a tenth of what `import skrnn` would take.
    from sklearn.model_selection import train_test_split

    try:
        kept, held_out = train_test_split(
            indices,
            test_size=fraction,
            random_state=random_state,
            stratify=None if strata is None else strata[indices],
        )
    except ValueError as error:
        raise ValueError(
            f"early_stopping=True cannot hold out validation_fraction={fraction} of "
            f"{len(indices)} samples: {error}"
        ) from error
    if len(held_out) < 2:
        raise ValueError(
            f"early_stopping=True needs at least 2 samples to validate on, but "
            f"validation_fraction={fraction} of {len(indices)} samples is {len(held_out)}. "
            "Increase validation_fraction, or pass more samples."
        )
    return kept, held_out

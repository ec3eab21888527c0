"""Every accepted input as one `Sequences`: the sequences one after the other, no padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, validate_data

from ..runtime.rows import Sequences, offsets_of
from .containers import empty_sequence_error, read_input, read_sequence
from .names import Names, fitted_names, learn_names, match_names, warn_of_names

_FEW = 4096  # values that are looked at in less time than NumPy's warnings are switched off


def check_sequences(estimator: BaseEstimator, X: Any, *, dtype: np.dtype, reset: bool) -> Sequences:
    """Convert any accepted X to `Sequences` and check its features against the estimator.

    A *table* is X of one value a time step: a 2-D array or data frame of shape
    (n_samples, n_timesteps), or nested lists of numbers that are rectangular. scikit-learn's rules
    hold for it: ``n_features_in_`` is the number of columns, and an estimator fitted on a table
    takes tables of as many columns only. All else (a 3-D array; a list, tuple, Series, object array
    or one-column frame of arrays) is sequences: ``n_features_in_`` is the number of features of a
    step, and the lengths are free. Between the two, the features of a step are what must match: an
    estimator fitted on a table takes sequences of one feature, of any length, and one fitted on
    sequences of one feature takes tables of any width.

    The names of features are the columns of a table, or those of sequences that are data frames.
    Between the two, names are not compared. A table must have those of `fit` in their order; frames
    that are sequences must have the same, and are put in order: that of `fit`, or of the first.
    What has no names (arrays, and frames whose names are not strings) is read by position, with a
    warning where the other side has names.

    Parameters
    ----------
    estimator : estimator instance
        With `reset` it gets ``n_features_in_``, ``feature_names_in_`` (if there are names),
        and the private ``_n_features_step`` (features of a time step) and ``_fitted_on_table``.
    X : array-like
        One of

        - array or data frame of shape (n_samples, n_timesteps);
        - array of shape (n_samples, n_timesteps, n_features), where the trailing time steps of a
          sequence may be NaN in every feature: padding, which is dropped;
        - list, tuple, Series, object array of shape (n_samples,) or (n_samples, 1), or
          one-column data frame of array-likes of shape (length, n_features) or (length,).
    dtype : numpy dtype
        float32 or float64, the dtype of the result.
    reset : bool
        True in `fit`: learn what X looks like. False in `predict`: check that X looks so.

    Returns
    -------
    Sequences
        All time steps in `dtype`. X is never written to; a writable C-contiguous array of `dtype`
        without padding is not copied.

    Raises
    ------
    TypeError
        For sparse and masked input, groups of a data frame, nested tensors, values that are neither
        numbers nor sequences, and for frames where only some of the columns' names are strings.
    ValueError
        For complex numbers, strings, dates, a MultiIndex, 1-D input, no samples, no features, an
        empty sequence, sequences that disagree on features, NaN that is not trailing padding,
        infinity, a value too large for `dtype`, and features other than in `fit`, by number or by
        name.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from skrnn.inputs.sequences import check_sequences
    >>> X = [[[1, 2]], [[3, 4], [5, 6]]]
    >>> sequences = check_sequences(BaseEstimator(), X, dtype=np.float32, reset=True)
    >>> sequences.lengths
    array([1, 2])
    """
    X = read_input(X)
    names: list[Names | None] = []
    if isinstance(X, list):
        names, orders = match_names(X, None if reset else fitted_names(estimator))
        sequences = _pack_list(X, orders, dtype)
    else:
        _check_not_empty(X.shape, 0, "sample")
        if len(X.shape) < 3:
            return _pack_table(estimator, X, dtype, reset)
        sequences = _pack_3d(X, dtype)
    if reset:
        # scikit-learn's own way to set `n_features_in_` and to forget `feature_names_in_`.
        step = np.empty((1, sequences.n_features))
        validate_data(estimator, step, reset=True, skip_check_array=True)
        estimator._n_features_step = sequences.n_features
        estimator._fitted_on_table = False
        learn_names(estimator, names)
    else:
        _check_step_features(estimator, sequences.n_features)
        if names or "feature_names_in_" in vars(estimator):
            warn_of_names(estimator, names)
    return sequences


def _pack_list(items: list, orders: Mapping[int, np.ndarray], dtype: np.dtype) -> Sequences:
    """Pack array-likes of shape (length, n_features) or (length,).

    `orders` holds, by the index of a sequence, the positions of its columns as they are wanted.
    """
    arrays = [read_sequence(item, f"sequence {i}") for i, item in enumerate(items)]
    for i, order in orders.items():
        arrays[i] = arrays[i][:, order]
    n_features = arrays[0].shape[1]
    for i, array in enumerate(arrays):
        _check_not_empty(array.shape, 1, "feature")
        if array.shape[1] != n_features:
            raise ValueError(
                f"sequence {i} has {array.shape[1]} features, but sequence 0 has {n_features}. "
                "Every sequence must be of shape (length, n_features) with the same n_features; "
                "transpose arrays of shape (n_features, length)."
            )
    offsets = offsets_of(np.array([len(array) for array in arrays]))
    # `out` settles the dtype and the memory order, whatever mixture the arrays are of.
    values = np.empty((offsets[-1], n_features), dtype=dtype)
    with np.errstate(over="ignore"):
        np.concatenate(arrays, out=values, casting="unsafe")
    _check_finite(values, offsets, arrays)
    return Sequences(values, offsets)


def _pack_3d(cube: np.ndarray, dtype: np.dtype) -> Sequences:
    """Pack an array (n_samples, n_timesteps, n_features), with or without NaN padding."""
    n_samples, n_timesteps, n_features = cube.shape[:3]
    if cube.ndim > 3:
        raise ValueError(
            f"X has shape {cube.shape}, but (n_samples, n_timesteps) or (n_samples, n_timesteps, "
            "n_features) is expected."
        )
    _check_not_empty(cube.shape, 2, "feature")
    packed = _cast(cube, dtype)
    if n_timesteps > 0 and _all_finite(packed):
        values = packed.reshape(-1, n_features)
        return Sequences.of_equal_lengths(values, n_samples, n_timesteps)
    lengths = _lengths_without_padding(packed)
    if not lengths.all():
        raise empty_sequence_error(f"sequence {lengths.argmin()}")
    packed = packed[np.arange(n_timesteps) < lengths[:, np.newaxis]]
    values, offsets = packed.reshape(-1, n_features), offsets_of(lengths)
    _check_finite(values, offsets, cube)
    return Sequences(values, offsets)


def _pack_table(estimator: BaseEstimator, X: Any, dtype: np.dtype, reset: bool) -> Sequences:
    """Pack an array or data frame (n_samples, n_timesteps) that scikit-learn finds valid."""
    # Floats keep their dtype until `_cast`, so that `_check_finite` can see what they were.
    checks: dict[str, Any] = {"dtype": [np.float64, np.float32], "ensure_all_finite": False}
    if reset or estimator._fitted_on_table:
        table = validate_data(estimator, X, reset=reset, **checks)
    else:
        table = check_array(X, estimator=estimator, input_name="X", **checks)
        _check_step_features(estimator, 1)
    values = _cast(table, dtype).reshape(-1, 1)
    sequences = Sequences.of_equal_lengths(values, *table.shape)
    _check_finite(values, sequences.offsets, table)
    if reset:
        estimator._n_features_step = 1
        estimator._fitted_on_table = True
    return sequences


def _check_step_features(estimator: BaseEstimator, n_features: int) -> None:
    """Raise ValueError unless a time step has as many features as in `fit`."""
    expected = estimator._n_features_step
    if n_features != expected:
        raise ValueError(
            f"X has {n_features} features, but {type(estimator).__name__} is expecting {expected} "
            "features as input: the features of one time step. (A 2-D X has one; a single "
            "sequence of shape (length, n_features) is passed as [X].)"
        )


def _check_not_empty(shape: tuple[int, ...], axis: int, name: str) -> None:
    """Raise ValueError, in scikit-learn's words, if there is nothing along the axis."""
    if shape[axis : axis + 1] == (0,):
        raise ValueError(
            f"X has no {name}s: Found array with 0 {name}(s) (shape={shape}) while a minimum "
            "of 1 is required."
        )


def _cast(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return `array` C-contiguous, aligned and writable in `dtype`: itself if it is so already.

    A read-only array is copied, since Numba would compile every kernel once more for it.
    """
    flags = array.flags
    if array.dtype == dtype and flags.c_contiguous and flags.aligned and flags.writeable:
        return array  # what the next line would find out in as much time as a small prediction
    with np.errstate(over="ignore"):  # `_check_finite` reports what became infinite, and where
        return np.require(array, dtype=dtype, requirements=["C", "A", "W"])


def _lengths_without_padding(cube: np.ndarray) -> np.ndarray:
    """Return the number of steps (n,) before the trailing all-NaN ones of (n, t, f)."""
    empty_steps = np.isnan(cube).all(axis=2)
    trailing = np.logical_and.accumulate(empty_steps[:, ::-1], axis=1)
    return cube.shape[1] - trailing.sum(axis=1)


def _all_finite(values: np.ndarray) -> bool:
    """Whether no value is NaN or infinite."""
    if values.size < _FEW:
        return bool(np.isfinite(values).all())
    # A finite sum proves it in one pass without a temporary; an overflowing sum proves nothing.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(values.sum())) or bool(np.isfinite(values).all())


def _check_finite(
    values: np.ndarray, offsets: np.ndarray, sources: Sequence[np.ndarray] | np.ndarray
) -> None:
    """Raise ValueError for the first value of packed `values` that is not finite.

    `sources[i]`, of shape (>= length,) or (>= length, n_features), is sequence i before it was
    cast: it tells a value too large for the dtype from an infinite one.
    """
    if _all_finite(values):
        return
    row, feature = np.argwhere(~np.isfinite(values))[0]
    sequence = int(np.searchsorted(offsets, row, side="right")) - 1
    step = int(row - offsets[sequence])
    place = f"in sequence {sequence} at time step {step}"
    if values.shape[1] > 1:
        place += f", feature {feature}"
    if np.isnan(values[row, feature]):
        raise ValueError(
            f"Input X contains NaN {place}. NaN is accepted only as trailing padding of a 3-D "
            "array: time steps at a sequence's end whose features are all NaN. Impute other "
            "missing values, or cut them out."
        )
    source = sources[sequence].reshape(-1, values.shape[1])[step, feature]
    if np.isfinite(source):
        raise ValueError(
            f"Input X contains a value too large for {values.dtype} {place}: {source!s}. "
            "Scale X, or compute in float64."
        )
    raise ValueError(
        f"Input X contains infinity {place}. Every value must be finite: clip or replace it."
    )

"""Every accepted input as `Passed`: the sequences in the order of X, checked, no padding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, validate_data

from ..runtime.rows import equal_offsets, offsets_of
from .containers import empty_sequence_error, read_input, read_sequence
from .names import Names, fitted_names, learn_names, match_names, warn_of_names
from .packing import Passed, all_finite


def read_sequences(estimator: BaseEstimator, X: Any, *, reset: bool) -> Passed:
    """Read any accepted X and check its features against the estimator.

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
    reset : bool
        True in `fit`: learn what X looks like. False in `predict`: check that X looks so.

    Returns
    -------
    Passed
        To be packed; a writable C-contiguous array of the network's dtype without padding is then
        not copied. X is never written to.

    Raises
    ------
    TypeError
        For sparse and masked input, groups of a data frame, nested tensors, values that are neither
        numbers nor sequences, and for frames where only some of the columns' names are strings.
    ValueError
        For complex numbers, strings, dates, a MultiIndex, 1-D input, no samples, no features, an
        empty sequence, sequences that disagree on features, and features other than in `fit`, by
        number or by name. Values that are not finite are found when they are packed.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from skrnn.inputs.sequences import read_sequences
    >>> X = [[[1, 2]], [[3, 4], [5, 6]]]
    >>> passed = read_sequences(BaseEstimator(), X, reset=True)
    >>> passed.packed(np.dtype(np.float32)).values
    array([[1., 2.],
           [3., 4.],
           [5., 6.]], dtype=float32)
    >>> passed.lengths
    array([1, 2])
    """
    X = read_input(X)
    names: list[Names | None] = []
    if isinstance(X, list):
        names, orders = match_names(X, None if reset else fitted_names(estimator))
        passed = _read_list(X, orders)
    else:
        _check_not_empty(X.shape, 0, "sample")
        if len(X.shape) < 3:
            return _read_table(estimator, X, reset)
        passed = _read_3d(X)
    if reset:
        # scikit-learn's own way to set `n_features_in_` and to forget `feature_names_in_`.
        step = np.empty((1, passed.n_features))
        validate_data(estimator, step, reset=True, skip_check_array=True)
        estimator._n_features_step = passed.n_features
        estimator._fitted_on_table = False
        learn_names(estimator, names)
    else:
        _check_step_features(estimator, passed.n_features)
        if names or "feature_names_in_" in vars(estimator):
            warn_of_names(estimator, names)
    return passed


def _read_list(items: list, orders: Mapping[int, np.ndarray]) -> Passed:
    """Read array-likes of shape (length, n_features) or (length,).

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
    return Passed(arrays, offsets_of(np.array([len(array) for array in arrays])))


def _read_3d(cube: np.ndarray) -> Passed:
    """Read an array (n_samples, n_timesteps, n_features), with or without NaN padding."""
    n_timesteps = cube.shape[1]
    if cube.ndim > 3:
        raise ValueError(
            f"X has shape {cube.shape}, but (n_samples, n_timesteps) or (n_samples, n_timesteps, "
            "n_features) is expected."
        )
    _check_not_empty(cube.shape, 2, "feature")
    if n_timesteps > 0 and all_finite(cube):
        return _read_cube(cube)
    lengths = _lengths_without_padding(cube)
    if not lengths.all():
        raise empty_sequence_error(f"sequence {lengths.argmin()}")
    if (lengths == n_timesteps).all():
        return _read_cube(cube)
    pieces = [sequence[:length] for sequence, length in zip(cube, lengths, strict=True)]
    return Passed(pieces, offsets_of(lengths))


def _read_cube(cube: np.ndarray) -> Passed:
    """Read sequences of one length, (n_samples, n_timesteps, n_features), one after the other."""
    n_samples, n_timesteps, n_features = cube.shape
    offsets = equal_offsets(n_samples, n_timesteps)
    if cube.flags.c_contiguous:
        return Passed([cube.reshape(-1, n_features)], offsets)
    return Passed(list(cube), offsets)  # views: to reshape it would copy it in its own dtype


def _read_table(estimator: BaseEstimator, X: Any, reset: bool) -> Passed:
    """Read an array or data frame (n_samples, n_timesteps) that scikit-learn finds valid."""
    checks: dict[str, Any] = {"dtype": [np.float64, np.float32], "ensure_all_finite": False}
    if reset or estimator._fitted_on_table:
        table = validate_data(estimator, X, reset=reset, **checks)
    else:
        table = check_array(X, estimator=estimator, input_name="X", **checks)
        _check_step_features(estimator, 1)
    if reset:
        estimator._n_features_step = 1
        estimator._fitted_on_table = True
    return _read_cube(table[:, :, np.newaxis])


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


def _lengths_without_padding(cube: np.ndarray) -> np.ndarray:
    """Return the number of steps (n,) before the trailing all-NaN ones of (n, t, f)."""
    empty_steps = np.isnan(cube).all(axis=2)
    trailing = np.logical_and.accumulate(empty_steps[:, ::-1], axis=1)
    return cube.shape[1] - trailing.sum(axis=1)

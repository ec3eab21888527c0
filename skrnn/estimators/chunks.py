"""Chunks of sequences, as they are given to a stream."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..network.architecture import Architecture
from ..runtime.rows import Sequences
from .fitted import Fitted
from .reading_estimator import ReadingEstimator


def name_of(stream: int, n_streams: int) -> str:
    """Return what messages call the chunk of a stream."""
    return "chunk" if n_streams == 1 else f"chunk[{stream}]"


def chunks_of(chunk: Any, n_streams: int, architecture: Architecture) -> list[Any]:
    """Return one chunk for each stream, an array (n_steps, n_features) or a data frame."""
    if n_streams == 1:
        return [_steps(chunk, architecture, "chunk")]
    if not isinstance(chunk, list | tuple | np.ndarray):
        raise TypeError(
            f"chunk is of type {type(chunk).__name__}, but a list of {n_streams} chunks is "
            "expected, one for each stream."
        )
    if len(chunk) != n_streams:
        raise ValueError(
            f"There are {n_streams} streams, but {len(chunk)} chunks. Pass a list with a chunk for "
            "each stream; one without steps for a stream that has none."
        )
    return [_steps(one, architecture, name_of(i, n_streams)) for i, one in enumerate(chunk)]


def packed_chunks(
    estimator: ReadingEstimator, fitted: Fitted, chunks: list[Any], coming: np.ndarray
) -> Sequences:
    """Return the chunks that have steps, those at `coming`, as the network takes them.

    Raises
    ------
    ValueError, TypeError
        Which names the first chunk that is not what the estimator takes.
    """
    form = dict(fitted.inputs) | {"_fitted_on_table": False}
    form["n_features_in_"] = fitted.architecture.n_features
    if fitted.inputs["_fitted_on_table"]:  # whose names are those of time steps
        form.pop("feature_names_in_", None)

    def packed(some: np.ndarray) -> Sequences:
        sequences = np.empty(len(some), dtype=object)
        for place, stream in enumerate(some):
            sequences[place] = chunks[stream]
        return fitted.packed(estimator._read(sequences, fitted, form))

    try:
        return packed(coming)
    except (TypeError, ValueError):
        # One by one, to say which it is: the message counts only those that have steps.
        for stream in coming:
            try:
                packed(np.array([stream]))
            except (TypeError, ValueError) as error:
                name = name_of(int(stream), len(chunks))
                raise type(error)(f"{name} cannot be read: {error}") from error
        raise


def _steps(chunk: Any, architecture: Architecture, name: str) -> Any:
    """Return a chunk as array (n_steps, n_features), or as the data frame that it is."""
    n_features = architecture.n_features
    if hasattr(chunk, "columns"):
        return chunk
    if isinstance(chunk, str) and architecture.categories:
        chunk = list(chunk)
    if np.ma.isMaskedArray(chunk):
        raise TypeError(f"{name} is a masked array, but its mask would be ignored. Pass an array.")
    try:
        # As objects, since NumPy would turn numbers beside strings into strings.
        array = np.asarray(chunk, dtype=object if architecture.categories else None)
    except ValueError as error:
        raise ValueError(
            f"{name} is not rectangular, but (n_steps, {n_features}) is expected: {error}"
        ) from error
    if array.ndim == 1 and (n_features == 1 or len(array) == 0):
        return array.reshape(-1, n_features)
    if array.ndim != 2 or array.shape[1] != n_features:
        raise ValueError(
            f"{name} has shape {array.shape}, but (n_steps, {n_features}) is expected: one row for "
            "each new time step."
        )
    return array

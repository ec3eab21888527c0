"""Reading what has one value a time step, and putting the labelled steps one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set, Sized
from typing import Any

import numpy as np

from .foreign import to_numpy
from .values import as_labels


def read_sequences(values: Any, name: str, of: str = "outputs") -> list[np.ndarray]:
    """Return one array for each sequence, (length,) or (length, n_outputs), of any dtype.

    Messages say `of` for what a step has several of.
    """
    _refuse_masked(values, name)
    if isinstance(values, str | bytes | Mapping | Set):
        raise _not_sequences_error(values, name)
    if not isinstance(values, list | tuple):
        values = to_numpy(values, name)
        if values.ndim == 0:
            raise _not_sequences_error(values.item(), name)
    if len(values) == 0:
        raise ValueError(f"{name} is empty, but at least one sequence is expected.")
    sequences = [_read_sequence(item, f"{name}[{i}]", of) for i, item in enumerate(values)]
    _check_outputs(sequences, name, of)
    return sequences


def read_pair(true: Any, predicted: Any, names: tuple[str, str]) -> tuple[list, list]:
    """Return the sequences of both, which have the same number of steps."""
    true, predicted = read_sequences(true, names[0]), read_sequences(predicted, names[1])
    if len(true) == len(predicted):
        pairs = zip(true, predicted, strict=True)
        true = [without_padding(one, len(other)) for one, other in pairs]
    check_same_steps(true, predicted, names)
    return true, predicted


def without_padding(sequence: np.ndarray, length: int) -> np.ndarray:
    """Return a sequence without what it has beyond a length, if that is nothing: padding."""
    if len(sequence) > length and is_missing(sequence[length:]).all():
        return sequence[:length]
    return sequence


def kept_within(kept: np.ndarray, length: int) -> np.ndarray:
    """Return which steps to keep, without those beyond a length, if none of these is kept."""
    return kept[:length] if len(kept) > length and not kept[length:].any() else kept


def check_same_steps(
    true: Sequence[Sized], predicted: Sequence[Sized], names: tuple[str, str]
) -> None:
    """Raise ValueError for the first sequence that is longer in one of two lists."""
    if len(true) != len(predicted):
        raise ValueError(
            f"{names[0]} has {_counted(true, 'sequence')}, but {names[1]} has {len(predicted)}. "
            "Pass the same sequences in both."
        )
    for i, (one, other) in enumerate(zip(true, predicted, strict=True)):
        if len(one) != len(other):
            raise ValueError(
                f"{names[0]}[{i}] has {_counted(one, 'step')}, but {names[1]}[{i}] has "
                f"{len(other)}. Pass one value for each step in both."
            )


def labelled_steps(sequences: list[np.ndarray], name: str) -> list[np.ndarray]:
    """Return for each sequence which of its steps have a label, at least one in all."""
    missing = [is_missing(sequence) for sequence in sequences]
    unlabelled = [np.all(outputs, axis=1) for outputs in missing]
    partly = [np.any(outputs, axis=1) & ~np.all(outputs, axis=1) for outputs in missing]
    place = first_place(partly)
    if place is not None:
        raise ValueError(
            f"{name}[{place[0]}] has numbers for some outputs of step {place[1]}, but none for "
            "others. Give all of them, or none where the step has no label."
        )
    if all(each.all() for each in unlabelled):
        raise ValueError(
            f"{name} has no label at any step of any sequence. Label at least one step."
        )
    return [~each for each in unlabelled]


def joined(
    sequences: list[np.ndarray],
    kept: list[np.ndarray],
    name: str,
    convert: Callable[[np.ndarray, str], np.ndarray] = as_labels,
) -> np.ndarray:
    """Return the steps to keep of all sequences, one after the other, as labels of one type.

    Or as what `convert` makes of values and the name of their argument.
    """
    missing = [
        np.any(is_missing(sequence), axis=1) & mask
        for sequence, mask in zip(sequences, kept, strict=True)
    ]
    place = first_place(missing)
    if place is not None:
        value = sequences[place[0]][place[1]]
        raise ValueError(
            f"{name}[{place[0]}] has {value} at step {place[1]}, but a value is expected at each "
            "step that has a label. Drop the sequence, or fill in what is missing."
        )
    try:
        return convert(_concatenated(sequences, kept), name)
    except (TypeError, ValueError):
        # Once more sequence by sequence, so that the message names the first that is at fault.
        for i, (sequence, mask) in enumerate(zip(sequences, kept, strict=True)):
            if mask.any():
                convert(sequence[mask], f"{name}[{i}]")
        raise


def is_missing(sequence: np.ndarray) -> np.ndarray:
    """Return where a sequence has NaN, None or pandas' NA, (length, n_outputs)."""
    outputs = sequence[:, np.newaxis] if sequence.ndim == 1 else sequence
    if outputs.dtype.kind in "biuUS":
        return np.zeros(outputs.shape, dtype=bool)
    if outputs.dtype.kind == "f":
        return np.isnan(outputs)
    from pandas import isna  # costs start-up time: imported only where it is in use

    return isna(outputs)


def first_place(flags: list[np.ndarray]) -> tuple[int, int] | None:
    """Return the sequence and the step of the first flag that is set."""
    for i, flagged in enumerate(flags):
        if flagged.any():
            return i, int(flagged.argmax())
    return None


def _read_sequence(item: Any, where: str, of: str) -> np.ndarray:
    _refuse_masked(item, where)
    if isinstance(item, str):
        return np.array(list(item), dtype=object)
    columns = _columns_of(item)
    if columns and not _are_alike(columns):
        # NumPy would make floats of whole numbers beside others, and merge large ones.
        array = np.empty((len(columns[0]), len(columns)), dtype=object)
        for place, column in enumerate(columns):
            array[:, place] = list(column)
        return array
    if not columns and not isinstance(item, np.ndarray) and _has_nulls(item):
        # NumPy would make floats of whole numbers, and merge large ones.
        item = list(item)
    try:
        array = to_numpy(item, where)
    except ValueError as error:
        raise ValueError(
            f"{where} is not rectangular: all its steps must have the same number of {of}."
        ) from error
    if array.ndim == 0:
        raise TypeError(
            f"{where} is {item!r:.80} of type {type(item).__name__}, but an array with a value "
            "for each step is expected. Pass a list of sequences, also where there is only one."
        )
    if array.ndim > 2:
        raise ValueError(
            f"{where} has shape {array.shape}, but (length,) or (length, n_{of}) is expected."
        )
    # NumPy would turn NaN into a string, and large integers beside NaN into floats.
    if array.dtype.kind == "T" or (isinstance(item, list | tuple) and array.dtype.kind in "USf"):
        return np.asarray(item, dtype=object)
    return array


def _columns_of(item: Any) -> list:
    """Return the columns of a data frame of pandas or polars; none of anything else."""
    if not hasattr(item, "columns"):
        return []
    if hasattr(item, "iter_columns"):
        return list(item.iter_columns())
    return [column for _, column in item.items()] if hasattr(item, "items") else []


def _are_alike(columns: list) -> bool:
    """Whether columns have one dtype, and nothing is missing."""
    return len({str(column.dtype) for column in columns}) == 1 and not any(map(_has_nulls, columns))


def _has_nulls(item: Any) -> bool:
    """Whether a column of pandas or polars has missing values of its own."""
    if hasattr(item, "null_count"):
        return bool(item.null_count() > 0)
    return hasattr(item, "isna") and bool(np.any(item.isna()))


def _check_outputs(sequences: list[np.ndarray], name: str, of: str) -> None:
    """Raise ValueError for the first sequence whose steps have other outputs than those before."""
    with_steps = [(i, sequence) for i, sequence in enumerate(sequences) if len(sequence) > 0]
    for i, sequence in with_steps:
        first, expected = with_steps[0]
        if sequence.shape[1:] != expected.shape[1:]:
            raise ValueError(
                f"{name}[{i}] has shape {sequence.shape}, but {name}[{first}] has shape "
                f"{expected.shape}. Pass the same number of {of} for every step."
            )


def _concatenated(sequences: list[np.ndarray], kept: list[np.ndarray]) -> np.ndarray:
    parts = [s[mask] for s, mask in zip(sequences, kept, strict=True) if mask.any()]
    if len({part.dtype.kind for part in parts}) > 1:
        # NumPy would turn numbers beside strings into strings.
        parts = [part.astype(object) for part in parts]
    return np.concatenate(parts)


def _refuse_masked(values: Any, name: str) -> None:
    if np.ma.isMaskedArray(values):
        raise TypeError(
            f"{name} is a masked array, but its mask would be ignored. Pass a plain array, with "
            "NaN or None where a step has no label."
        )


def _not_sequences_error(values: Any, name: str) -> TypeError:
    if isinstance(values, str):
        return TypeError(
            f"{name} is the string {values!r:.80}, but a list of sequences is expected. Pass a "
            "list, such as [text], if it is one sequence."
        )
    return TypeError(
        f"{name} is {values!r:.80} of type {type(values).__name__}, but a list with one array for "
        "each sequence is expected."
    )


def _counted(items: Sized, noun: str) -> str:
    return f"{len(items)} {noun}" + "s" * (len(items) != 1)

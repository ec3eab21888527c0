"""What was passed as X, checked but not yet converted: to be packed as what kernels take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import DTypeLike

from ..kernels.units import write_in_units
from ..runtime.once import computed_once
from ..runtime.rows import NO_UNITS, Sequences, offsets_of
from .letters import WordList

_FEW = 4096  # values that are looked at in less time than NumPy's warnings are switched off
# Values that are converted at a time: few enough to stay in the second-level cache as float64, and
# the same number for every container, so that sums have the same bits.
_BLOCK = 1 << 15


class Passed:
    """Sequences of unequal length in the arrays in which they were passed.

    Parameters
    ----------
    pieces : sequence of ndarray of shape (n_rows, n_features)
        Of real numbers in any dtypes and memory orders: one array for each sequence, or a single
        one for all. They may be the user's: read them only.
    offsets : ndarray of shape (n_sequences + 1,), int64
        Where each sequence begins in the rows of all pieces, and the end.
    """

    def __init__(self, pieces: Sequence[np.ndarray], offsets: np.ndarray) -> None:
        self._pieces, self.offsets = pieces, offsets
        self.words: WordList | None = None  # that numbers in a column mean
        self.n_features = int(pieces[0].shape[1])

    def __len__(self) -> int:
        """Return the number of sequences."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Number of time steps of each sequence, (n_sequences,) int64."""
        return self.offsets[1:] - self.offsets[:-1]

    @property
    def _block_rows(self) -> int:
        return max(1, _BLOCK // self.n_features)

    @computed_once
    def _starts(self) -> np.ndarray:
        """Where each piece begins in the rows of all, and the end."""
        if len(self._pieces) == len(self):
            return self.offsets
        return offsets_of(np.array([len(piece) for piece in self._pieces]))

    def packed(self, dtype: np.dtype, units: np.ndarray = NO_UNITS) -> Sequences:
        """Return the sequences as kernels take them.

        Parameters
        ----------
        dtype : dtype
            float32 or float64.
        units : ndarray of shape (2, n_features), float64
            What is subtracted from a feature, and what it is multiplied by then, both in float64:
            here, or by the kernels where the values are not converted. No rows are no units.

        Raises
        ------
        ValueError
            For the first value that is not finite, or not in `dtype`.
        """
        pieces = self._pieces
        if all(piece.dtype == dtype for piece in pieces):
            values = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
            values = _as_kernels_take(values, dtype)
        else:
            values = np.empty((int(self.offsets[-1]), self.n_features), dtype)
            with np.errstate(over="ignore", invalid="ignore"):
                for first, block in self._blocks():
                    out = values[first : first + len(block)]
                    if len(units) > 0:
                        # NumPy would need three passes, and more time where features are few.
                        write_in_units(_as_kernels_take(block, np.float64), units, out)
                    else:
                        out[...] = block
            units = NO_UNITS
        self._check(values)
        words = None if self.words is None else self.words.packed(values.dtype)
        return Sequences(values, self.offsets, units, words)

    def weighted_blocks(
        self, weights: np.ndarray | None
    ) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """Yield some steps after the other, float64, and their weights, None where all have one.

        The steps are a copy, to be worked on.
        The weights are those of the sequences, (n_sequences,); steps of weight 0 are left out.
        """
        for first, block in self._blocks():
            with np.errstate(over="ignore"):
                # In one memory order: sums go along it.
                values = block.astype(np.float64, order="C")
            of_steps = None
            if weights is not None:
                rows = np.arange(first, first + len(block))
                of_steps = weights[np.searchsorted(self.offsets, rows, side="right") - 1]
                values, of_steps = values[of_steps > 0], of_steps[of_steps > 0]
            yield values, of_steps

    def _blocks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the rows of all pieces, some after the other, and the number of the first."""
        pieces, starts = self._pieces, self._starts
        n_rows, size = int(starts[-1]), self._block_rows
        for first in range(0, n_rows, size):
            stop = min(first + size, n_rows)
            one, end = np.searchsorted(starts, [first, stop - 1], side="right")
            if end - one > 0:
                parts = list(pieces[one - 1 : end])
                parts[-1] = parts[-1][: stop - starts[end - 1]]
                parts[0] = parts[0][first - starts[one - 1] :]
                yield first, np.concatenate(parts)
            else:
                yield first, pieces[one - 1][first - starts[one - 1] : stop - starts[one - 1]]

    def _check(self, values: np.ndarray) -> None:
        """Raise ValueError for the first of the packed values that is not finite."""
        if all_finite(values):
            return
        row, feature = np.argwhere(~np.isfinite(values))[0]
        sequence = int(np.searchsorted(self.offsets, row, side="right")) - 1
        place = f"in sequence {sequence} at time step {int(row - self.offsets[sequence])}"
        if values.shape[1] > 1:
            place += f", feature {feature}"
        piece = int(np.searchsorted(self._starts, row, side="right")) - 1
        source = self._pieces[piece][row - self._starts[piece], feature]
        if np.isnan(source):
            raise ValueError(
                f"Input X contains NaN {place}. NaN is accepted only as trailing padding of a 3-D "
                "array: time steps at a sequence's end whose features are all NaN. Impute other "
                "missing values, or cut them out."
            )
        if np.isfinite(source):
            raise ValueError(
                f"Input X contains a value too large for {values.dtype} {place}: {source!s}. "
                "Scale X, or compute in float64."
            )
        raise ValueError(
            f"Input X contains infinity {place}. Every value must be finite: clip or replace it."
        )


def _as_kernels_take(values: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """Return the values, or a copy of them, in C order, aligned and not read-only.

    Numba would compile every kernel once more for what is read-only.
    """
    flags = values.flags
    if values.dtype == dtype and flags.c_contiguous and flags.aligned and flags.writeable:
        return values
    return np.require(values, dtype, ["C", "A", "W"])


def all_finite(values: np.ndarray) -> bool:
    """Whether no value is NaN or infinite."""
    if values.size < _FEW:
        return bool(np.isfinite(values).all())
    # A finite sum proves it in one pass without a temporary; an overflowing sum proves nothing.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(values.sum())) or bool(np.isfinite(values).all())

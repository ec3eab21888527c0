"""Buffers that are kept from minibatch to minibatch."""

from __future__ import annotations

import math

import numpy as np


class Workspace:
    """Named buffers of one dtype; each grows to the largest size asked for.

    Fresh memory costs a page fault every 4 KiB when first written, which for the tapes of a small
    network takes as long as a tenth of the training itself.
    """

    def __init__(self, dtype: np.dtype) -> None:
        self._dtype = dtype
        self._buffers: dict[str, np.ndarray] = {}

    def empty(self, name: str, *shape: int) -> np.ndarray:
        """Return an array with arbitrary content; it is lost at the next call with this name."""
        size = math.prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[name] = np.empty(size, self._dtype)
        return buffer[:size].reshape(shape)

    def zeros(self, name: str, *shape: int) -> np.ndarray:
        """Return an array of zeros; it is lost at the next call with this name."""
        array = self.empty(name, *shape)
        array[...] = 0
        return array

"""Buffers that are kept from minibatch to minibatch."""

from __future__ import annotations

import math

import numpy as np

# A vector that straddles two cache lines costs two accesses.
_CACHE_LINE = 64


class Workspace:
    """Named buffers of one dtype, aligned to cache lines; each grows to the largest size asked for.

    Fresh memory costs a page fault every 4 KiB when first written, which for the tapes of a small
    network takes as long as a tenth of the training itself.
    """

    def __init__(self, dtype: np.dtype) -> None:
        self._dtype = dtype
        self._buffers: dict[str, np.ndarray] = {}
        self._arrays: dict[str, np.ndarray] = {}

    def empty(self, name: str, *shape: int) -> np.ndarray:
        """Return an array with arbitrary content; it is lost at the next call with this name."""
        last = self._arrays.get(name)
        if last is not None and last.shape == shape:
            return last
        size = math.prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size < size:
            buffer = self._buffers[name] = self._aligned(size)
        array = self._arrays[name] = buffer[:size].reshape(shape)
        return array

    def _aligned(self, size: int) -> np.ndarray:
        spare = _CACHE_LINE // self._dtype.itemsize
        buffer = np.empty(size + spare, self._dtype)
        start = -buffer.ctypes.data % _CACHE_LINE // self._dtype.itemsize
        return buffer[start : start + size]

    def zeros(self, name: str, *shape: int) -> np.ndarray:
        """Return an array of zeros; it is lost at the next call with this name."""
        array = self.empty(name, *shape)
        array.fill(0)
        return array

    def kept(self, name: str, *shape: int) -> np.ndarray:
        """Return an array of zeros at first, later as it was left; its shape must not change."""
        return self._arrays[name] if name in self._arrays else self.zeros(name, *shape)

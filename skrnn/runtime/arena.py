"""Memory for one pass: taken by moving a mark up, given back by moving it down."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")

# A vector that straddles two cache lines costs two accesses.
_CACHE_LINE = 64
# How many views are kept at most, and how many things made of them. Where every minibatch has other
# lengths, few are wanted twice.
_MOST_KEPT = 500


class Arena:
    """Arrays of one dtype from blocks of memory that are kept from pass to pass.

    What `empty` returned is valid until the arena is released to a mark set before it. Fresh
    memory costs a page fault every 4 KiB when first written, which for the tapes of a small
    network takes as long as a tenth of the training itself. The views are kept too: passes of one
    shape ask for the same arrays in the same order.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.runtime.arena import Arena
    >>> arena = Arena(np.dtype(np.float32))
    >>> mark = arena.mark()
    >>> tape = arena.zeros(2, 3)
    >>> arena.release(mark)
    >>> arena.empty(2, 3) is tape
    True
    """

    def __init__(self, dtype: np.dtype) -> None:
        self.dtype = np.dtype(dtype)
        self._per_line = _CACHE_LINE // self.dtype.itemsize
        self._blocks: list[tuple[int, np.ndarray]] = []  # and the position where each begins
        self._end = 0  # position after the last block
        self._position = 0
        # By position and shape: the array, and the position after it.
        self._views: dict[tuple[int, tuple[int, ...]], tuple[np.ndarray, int]] = {}
        # By position and key: what was made there, and the position after it.
        self._made: dict[tuple[int, Hashable], tuple[Any, int]] = {}

    @property
    def n_bytes(self) -> int:
        """Bytes of all blocks."""
        return self._end * self.dtype.itemsize

    def empty(self, *shape: int) -> np.ndarray:
        """Return an array with arbitrary content, C-contiguous, aligned to a cache line."""
        known = self._views.get((self._position, shape))
        if known is None:
            known = self._take(shape)
        array, self._position = known
        return array

    def zeros(self, *shape: int) -> np.ndarray:
        """Return an array of zeros."""
        array = self.empty(*shape)
        array.fill(0)
        return array

    def made(self, key: Hashable, make: Callable[..., T], *arguments: Any) -> T:
        """Return what ``make(*arguments)`` returned when it was last called here for this key.

        The key says all that the result depends on, but for the memory that it takes from here:
        that is taken again.
        """
        place = self._position, key
        known = self._made.get(place)
        if known is None:
            if len(self._made) >= _MOST_KEPT:
                self._made.clear()
            thing = make(*arguments)
            known = self._made[place] = thing, self._position
        thing, self._position = known
        return thing

    def mark(self) -> int:
        """Return the mark up to which arrays are taken."""
        return self._position

    def release(self, mark: int) -> None:
        """Give back all that was taken since the mark was set."""
        self._position = mark
        if mark == 0 and len(self._blocks) > 1:
            # The next pass of this size finds all of it in one block.
            size, self._blocks, self._end = self._end, [], 0
            self._views.clear()
            self._made.clear()
            self._add_block(size)

    def _take(self, shape: tuple[int, ...]) -> tuple[np.ndarray, int]:
        size = math.prod(shape)
        wanted = -(-size // self._per_line) * self._per_line
        position = self._position
        for start, block in self._blocks:
            if position < start:
                position = start
            if position + wanted <= start + len(block):
                break
        else:
            position = self._add_block(max(wanted, self._end))
            start, block = self._blocks[-1]
        first = position - start
        if len(self._views) >= _MOST_KEPT:
            self._views.clear()
        known = block[first : first + size].reshape(shape), position + wanted
        self._views[self._position, shape] = known
        return known

    def _add_block(self, size: int) -> int:
        """Add a block and return the position where it begins."""
        buffer = np.empty(size + self._per_line, self.dtype)
        first = -buffer.ctypes.data % _CACHE_LINE // self.dtype.itemsize
        start = self._end
        self._blocks.append((start, buffer[first : first + size]))
        self._end = start + size
        return start

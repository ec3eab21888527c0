"""Memory that a solver needs during an update but not between updates."""

import numpy as np


class Scratch:
    """An uninitialised array that copies and pickles as its shape alone."""

    def __init__(self, shape: int | tuple[int, ...], dtype: np.dtype) -> None:
        self.array = np.empty(shape, dtype)

    def __reduce__(self) -> tuple[type["Scratch"], tuple[tuple[int, ...], np.dtype]]:
        return Scratch, (self.array.shape, self.array.dtype)

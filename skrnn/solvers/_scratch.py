"""Memory that a solver needs during an update but not between updates."""

import numpy as np


class Scratch:
    """An uninitialised vector that copies and pickles as its size alone."""

    def __init__(self, size: int, dtype: np.dtype) -> None:
        self.array = np.empty(size, dtype)

    def __reduce__(self) -> tuple[type["Scratch"], tuple[int, np.dtype]]:
        return Scratch, (self.array.size, self.array.dtype)

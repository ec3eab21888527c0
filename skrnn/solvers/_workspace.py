"""Memory that a solver needs during an update but not between updates."""

import numpy as np


class Workspace:
    """An uninitialised vector that copies and pickles as its size alone."""

    def __init__(self, size: int, dtype: np.dtype) -> None:
        self.array = np.empty(size, dtype)

    def __reduce__(self) -> tuple[type["Workspace"], tuple[int, np.dtype]]:
        return Workspace, (self.array.size, self.array.dtype)

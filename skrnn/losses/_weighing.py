"""What every loss writes of its gradient, and how it sums over outputs."""

import numpy as np


def write_weighted(gradient: np.ndarray, weights: np.ndarray, d_raw: np.ndarray | None) -> None:
    """Write each row of a gradient (n, k) times its weight (n,) to `d_raw`, if that is wanted."""
    if d_raw is not None:
        np.multiply(gradient, weights[:, np.newaxis].astype(d_raw.dtype), out=d_raw)


def sum_of_outputs(output_losses: np.ndarray) -> np.ndarray:
    """Return the sum of (n, k) losses over the outputs, (n,) float64."""
    return np.add.reduce(output_losses, axis=1, dtype=np.float64)

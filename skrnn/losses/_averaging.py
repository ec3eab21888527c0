"""The weighted mean that every loss takes over its samples."""

import numpy as np


def average(
    sample_losses: np.ndarray, gradient: np.ndarray, sample_weight: np.ndarray | None
) -> float:
    """Return the mean of (n,) losses and turn their (n, k) gradients into the mean's, in place."""
    if sample_weight is None:
        gradient /= len(sample_losses)
        return float(np.add.reduce(sample_losses, dtype=np.float64)) / len(sample_losses)
    total = float(np.add.reduce(sample_weight))
    gradient *= (sample_weight / total).astype(gradient.dtype)[:, np.newaxis]
    return float(np.add.reduce(sample_losses * sample_weight)) / total


def average_over_outputs(
    output_losses: np.ndarray, gradient: np.ndarray, sample_weight: np.ndarray | None
) -> float:
    """Return the mean of (n, k) losses over both axes and turn their gradients into the mean's."""
    n_outputs = output_losses.shape[1]
    gradient /= n_outputs
    return average(np.add.reduce(output_losses, axis=1) / n_outputs, gradient, sample_weight)

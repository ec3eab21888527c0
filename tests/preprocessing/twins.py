"""What the transformers compute, one value at a time."""

import numpy as np


def framed(sequence, length, step):
    """Return frames of a list of steps, each a list of features."""
    frames, start = [], 0
    while True:
        frame = []
        for i in range(start, start + length):
            frame.extend(sequence[i] if i < len(sequence) else sequence[-1])
        frames.append(frame)
        covered, start = start + length, start + step
        if covered >= len(sequence) or start >= len(sequence):
            return np.array(frames)


def units(sequences, weights):
    """Return mean and standard deviation of each feature, 1 for those that do not vary."""
    n_features = len(sequences[0][0])
    means, scales = [], []
    for feature in range(n_features):
        pairs = [
            (step[feature], weight)
            for sequence, weight in zip(sequences, weights, strict=True)
            for step in sequence
        ]
        total = sum(weight for _, weight in pairs)
        mean = sum(value * weight for value, weight in pairs) / total
        variance = sum(weight * (value - mean) ** 2 for value, weight in pairs) / total
        means.append(mean)
        scales.append(variance**0.5 or 1.0)
    return np.array(means), np.array(scales)


def differences(sequence, order):
    """Return the differences of one order, where the first step was there all the time before."""
    steps = [np.array(step) for step in sequence]
    for _ in range(order):
        steps = [step - steps[max(i - 1, 0)] for i, step in enumerate(steps)]
    return np.array(steps)

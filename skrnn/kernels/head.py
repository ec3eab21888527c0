"""The dense head on the last hidden states: few outputs, so plain sums of vectors."""

from __future__ import annotations

from .compilation import kernel
from .vectors import fma, lanes_of, load, store, sum_of_lanes


@kernel
def head_forward(features, weight, bias, raw):
    """Write features (n, width) . weight (n_outputs, width).T + bias (1, n_outputs) to raw."""
    for i in range(raw.shape[0]):
        for output in range(raw.shape[1]):
            total = load(features, i, 0) * load(weight, output, 0)
            for j in range(lanes_of(features), features.shape[1], lanes_of(features)):
                total = fma(load(features, i, j), load(weight, output, j), total)
            raw[i, output] = bias[0, output] + sum_of_lanes(total)


@kernel
def head_backward(features, weight, d_raw, d_features, d_weight, d_bias):
    """Add the gradients of features, weight and bias that follow from d_raw (n, n_outputs)."""
    for i in range(d_raw.shape[0]):
        for output in range(d_raw.shape[1]):
            d = d_raw[i, output]
            d_bias[0, output] += d
            for j in range(0, features.shape[1], lanes_of(features)):
                gradient = fma(load(weight, output, j), d, load(d_features, i, j))
                store(d_features, i, j, gradient)
                gradient = fma(load(features, i, j), d, load(d_weight, output, j))
                store(d_weight, output, j, gradient)

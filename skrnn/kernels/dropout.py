"""Dropout: random numbers that are a function of seed, sequence, step and column."""

from __future__ import annotations

import numpy as np

from .compilation import device, inlined, kernel
from .team import launch

# SplitMix64 (Steele, Lea and Flood 2014): its n-th number follows from n, so that nothing is kept
# for the way back. NumPy's generators hand out one number after the other, at five times the cost.
_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_FACTOR = np.uint64(0x94D049BB133111EB)
_FIRST_SHIFT, _SECOND_SHIFT, _LAST_SHIFT = np.uint64(30), np.uint64(27), np.uint64(31)
_HIGH_BITS = np.uint64(32)


@inlined
def _number(seed, n):
    """Return the n-th number of a seed's stream."""
    z = seed + np.uint64(n + 1) * _INCREMENT
    z = (z ^ (z >> _FIRST_SHIFT)) * _FIRST_FACTOR
    z = (z ^ (z >> _SECOND_SHIFT)) * _SECOND_FACTOR
    return z ^ (z >> _LAST_SHIFT)


@device
def _drop_shard(shard, shards, values, inputs, plan, seed, n_zeros, scale):
    """Drop in the rows of one shard's sequences."""
    order, lengths, step0 = plan
    for s in range(shards[shard], shards[shard + 1]):
        of_sequence = _number(seed, order[s])
        for t in range(lengths[s]):
            of_step = _number(of_sequence, step0[s] + t)
            row = inputs.first[s] + t
            for block in range(inputs.n_blocks):
                first = block * inputs.block_stride
                for j in range(inputs.block_width):
                    z = _number(of_step, block * inputs.block_width + j)
                    kept = (z >> _HIGH_BITS) >= n_zeros
                    values[row, first + j] *= scale if kept else values.dtype.type(0)


@kernel
def drop_rows(mailbox, shards, values, inputs, plan, seed, n_zeros, scale):
    """Set entries of values (n_rows, columns) to zero, n_zeros of 2**32; multiply others by scale.

    `inputs` says where the rows lie; `plan` is (order, lengths, step0), (n_sequences,) each.
    """
    arguments = (shards, values, inputs, plan, seed, n_zeros, scale)
    launch(_drop_shard, mailbox, shards.size - 1, arguments)

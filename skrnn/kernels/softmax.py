"""The cross-entropy of a softmax and its gradient, in the place of the raw outputs."""

from __future__ import annotations

import math

from .activations import exp
from .compilation import device, kernel
from .team import launch
from .vectors import clamp, lanes_of, load, store


@device
def _cross_entropy_shard(shard, rows_of_shard, raw, n_outputs, answers, losses, lanes):
    """Do some of the rows; `lanes` (n_shards, one vector) is working memory."""
    targets, weights = answers
    n_rows, width = raw.shape
    step = lanes_of(raw)
    zero = raw.dtype.type(0)
    for row in range(shard * rows_of_shard, min((shard + 1) * rows_of_shard, n_rows)):
        target = raw[row, targets[row]]
        # The exponential of a padding's number is next to none.
        for column in range(n_outputs, width):
            raw[row, column] = -math.inf
        top = load(raw, row, 0)
        for column in range(step, width, step):
            top = clamp(load(raw, row, column), top, math.inf)
        store(lanes, shard, 0, top)
        largest = lanes[shard, 0]
        for lane in range(1, step):
            largest = max(largest, lanes[shard, lane])
        exponential = exp(load(raw, row, 0) - largest)
        store(raw, row, 0, exponential)
        sums = exponential
        for column in range(step, width, step):
            exponential = exp(load(raw, row, column) - largest)
            store(raw, row, column, exponential)
            sums = sums + exponential
        store(lanes, shard, 0, sums)
        total = zero
        for lane in range(step):
            total += lanes[shard, lane]
        losses[row] = math.log(total) - (target - largest)
        weight = raw.dtype.type(weights[row])
        scale = weight / total
        for column in range(0, width, step):
            store(raw, row, column, load(raw, row, column) * scale)
        raw[row, targets[row]] -= weight


@kernel
def cross_entropy(mailbox, rows_of_shard, raw, n_outputs, answers, losses, lanes):
    """Write the loss of each row, and its weighted gradient over raw (n_rows, whole vectors).

    `answers` is (targets, weights), (n_rows,) int64 and float64; losses (n_rows,) float64.
    """
    n_shards = -(-raw.shape[0] // rows_of_shard)
    arguments = (rows_of_shard, raw, n_outputs, answers, losses, lanes)
    launch(_cross_entropy_shard, mailbox, n_shards, arguments)

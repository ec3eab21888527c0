"""Softmax: its cross-entropy and gradient in the place of the raw outputs, and probabilities."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from . import processor
from .activations import exp
from .compilation import device, inlined, kernel
from .team import launch
from .vectors import clamp, lanes_of, load, store

# The vectors' exponential ends where normal numbers of float32 or float64 do, a little below this;
# a probability goes on to 0.
_FAR = -80.0


@inlined
def _write_exponentials(raw, row, n_outputs, lanes, shard):
    """Overwrite a row, of whole vectors, by exp(raw - largest); return the largest, and the sum."""
    width, step = raw.shape[1], lanes_of(raw)
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
    total = raw.dtype.type(0)
    for lane in range(step):
        total += lanes[shard, lane]
    return largest, total


@device
def _cross_entropy_shard(shard, rows_of_shard, raw, n_outputs, answers, losses, lanes):
    """Do some of the rows; `lanes` (n_shards, one vector) is working memory."""
    targets, weights = answers
    n_rows, width = raw.shape
    step = lanes_of(raw)
    for row in range(shard * rows_of_shard, min((shard + 1) * rows_of_shard, n_rows)):
        target = raw[row, targets[row]]
        largest, total = _write_exponentials(raw, row, n_outputs, lanes, shard)
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


@inlined
def _write_exponentials_of(raw, row, work):
    """Write those of a row (n_outputs,) to ``work[0]``; return the row's largest, and their sum."""
    for column in range(raw.shape[1]):
        work[0, column] = raw[row, column]
    return _write_exponentials(work, 0, raw.shape[1], work, 1)


@kernel
def _write_probabilities(raw, work, probabilities):
    """Write those of raw (n_rows, n_outputs); `work` is (2, whole vectors that hold a row)."""
    for row in range(raw.shape[0]):
        largest, total = _write_exponentials_of(raw, row, work)
        for column in range(raw.shape[1]):
            shifted = raw[row, column] - largest
            exponential = math.exp(shifted) if shifted < _FAR else work[0, column]
            probabilities[row, column] = exponential / total


@kernel
def _write_logarithms(raw, work, logarithms):
    """Write those of the probabilities; as `_write_probabilities`."""
    for row in range(raw.shape[0]):
        largest, total = _write_exponentials_of(raw, row, work)
        logarithm = math.log(total)
        for column in range(raw.shape[1]):
            logarithms[row, column] = (raw[row, column] - largest) - logarithm


@cache
def _whole_vectors(n_outputs: int, dtype: np.dtype) -> int:
    """Return how many numbers the vectors have that hold so many outputs."""
    return processor.round_up(n_outputs, processor.lanes(dtype))


def _written(write: Callable[..., None], raw: np.ndarray) -> np.ndarray:
    raw = np.ascontiguousarray(raw)
    result = np.empty_like(raw)
    write(raw, np.empty((2, _whole_vectors(raw.shape[1], raw.dtype)), raw.dtype), result)
    return result


def softmax(raw: np.ndarray) -> np.ndarray:
    """Return the probabilities of raw outputs, (n_rows, n_outputs) of float32 or float64.

    NumPy's five calls for it take three times as long, for one row and for many.
    """
    return _written(_write_probabilities, raw)


def log_softmax(raw: np.ndarray) -> np.ndarray:
    """Return the logarithms of the probabilities of raw outputs, as `softmax`."""
    return _written(_write_logarithms, raw)

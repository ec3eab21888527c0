"""The gradient of what the sums of the gates begin with, where a few vectors are all inputs."""

from __future__ import annotations

from .compilation import device, kernel
from .team import launch
from .vectors import lanes_of, load, store


@device
def _add_columns(shard, columns_of_shard, timetable, inputs, gates, d_sums):
    """Add some columns of the rows of all steps."""
    start = shard * columns_of_shard
    stop = min(start + columns_of_shard, d_sums.shape[1])
    for t in range(timetable.n_active.size):
        for i in range(timetable.n_active[t]):
            code, row = inputs.codes[inputs.first[i] + t], timetable.first_row[t] + i
            for j in range(start, stop, lanes_of(gates)):
                store(d_sums, code, j, load(d_sums, code, j) + load(gates, row, j))


@kernel
def add_by_code(mailbox, columns_of_shard, timetable, inputs, gates, d_sums):
    """Add the gradients of the gates on the tape (n_rows, ..) to d_sums (n_codes, ..) by codes.

    Each element is added up by one thread, in the order of the tape.
    """
    n_shards = -(-d_sums.shape[1] // columns_of_shard)
    arguments = columns_of_shard, timetable, inputs, gates, d_sums
    launch(_add_columns, mailbox, n_shards, arguments)

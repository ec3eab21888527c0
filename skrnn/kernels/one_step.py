"""What is done before and after the layers where one time step of each sequence is read at a time.

NumPy's calls for it took five times as long as the layers of a small network.
"""

from __future__ import annotations

from .compilation import inlined, kernel
from .units import put_in_units


@inlined
def _copy(source, target):
    """Write source to target, (n_rows, n_columns)."""
    for row in range(source.shape[0]):
        for column in range(source.shape[1]):
            target[row, column] = source[row, column]


@kernel
def begin_step(steps, units, values, states, kept):
    """Write steps (n_sequences, n_features), in units, to `values`, and a copy of all states.

    Steps and units, (2, n_features) or no rows, are float64. `states` and `kept` are tuples of
    arrays, (n_sequences, ..) each.
    """
    for number in range(len(states)):
        _copy(states[number], kept[number])
    if units.shape[0] > 0:
        put_in_units(steps, units, values)
    else:
        _copy(steps, values)


@kernel
def end_step(values, raw, n_steps, last_raw):
    """Return whether values and raw outputs are finite; count the step, and keep them, if so.

    Raw outputs and `last_raw` are (n_sequences, n_outputs), n_steps (n_sequences,). Values are
    looked at, too: they may be NaN where rectified outputs are not.
    """
    n_others = 0
    for row in range(raw.shape[0]):
        # Counted as integers, which LLVM adds by vectors: it keeps the order of a sum of floats.
        for column in range(values.shape[1]):
            value = values[row, column]
            n_others += value - value != 0
        for column in range(raw.shape[1]):
            value = raw[row, column]
            n_others += value - value != 0
    if n_others > 0:
        return False
    for row in range(raw.shape[0]):
        n_steps[row] += 1
    _copy(raw, last_raw)
    return True

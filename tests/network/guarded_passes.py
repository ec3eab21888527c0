"""Passes through whole networks, every array of which lies beside a page nobody may touch.

For a process of its own: it changes the package, and dies where a kernel leaves its arrays.
"""

import itertools
import math
import sys
from contextlib import contextmanager
from dataclasses import asdict, replace
from types import SimpleNamespace

import numpy as np

from skrnn.cells import CELLS
from skrnn.network import network as network_module
from skrnn.network import objective as objective_module
from skrnn.network import stack as stack_module
from skrnn.network import windows as windows_module
from skrnn.network.architecture import Architecture
from skrnn.network.dropout import Dropout
from skrnn.network.ends import EachRow
from skrnn.network.objective import Batching, Objective, TrainingData
from skrnn.network.pooling import POOLINGS
from skrnn.network.prediction import Predictor
from skrnn.network.sequence_network import SequenceNetwork
from skrnn.network.stack import Stack
from skrnn.network.states import Carried, States
from skrnn.runtime import rows as rows_module
from skrnn.runtime.arena import Arena
from skrnn.runtime.rows import Plan, Sequences, Timetable
from skrnn.runtime.run import Packing

from ..guarded import PLACES, guarded, guarded_copy
from ..passes import GivenGradient


@contextmanager
def replaced(*changes):
    """Replace attributes: (object, name, value) each."""
    before = [(thing, name, getattr(thing, name)) for thing, name, _ in changes]
    try:
        for change in changes:
            setattr(*change)
        yield
    finally:
        for one in reversed(before):
            setattr(*one)


def everything_guarded(place):
    """Let all arrays that the package makes for its kernels lie beside a guard.

    An arena rounds what it takes to cache lines, so that an array of it could not end at a page
    unless it were of whole lines. No kernel may count on that: these end where they end.
    """

    def take(arena, shape):
        size = math.prod(shape)
        position = arena._position + -(-size // arena._per_line) * arena._per_line
        known = guarded(shape, arena.dtype, place), position
        arena._views[arena._position, shape] = known
        return known

    def memory(packing, key, *shape):
        if key not in packing._memory:
            packing._memory[key] = guarded(shape, packing._dtype, place)
            packing._memory[key].fill(0)
        return packing._memory[key]

    def init(plan, *parts, original=Plan.__init__):
        original(plan, *parts)
        for name in ("order", "lengths", "step0", "first", "n_active"):
            setattr(plan, name, guarded_copy(getattr(plan, name), place))

    def timetable(original):
        return lambda *arguments: Timetable(
            *(guarded_copy(array, place) for array in original(*arguments))
        )

    def states(stack, arena, n_sequences):
        # Of their own, not parts of one array whose neighbours would take what runs over.
        layers = [
            [
                Carried(*(arena.empty(n_sequences, one.padded_width) for _ in Carried._fields))
                for one in layer.directions
            ]
            for layer in stack._layers
        ]
        arrays = [array for layer in layers for carried in layer for array in carried]
        together = SimpleNamespace(fill=lambda value: [array.fill(value) for array in arrays])
        return together, States(layers)

    def copy_in_c_order(values):
        return guarded_copy(values, place)

    def rows_of(*arguments, original=rows_module.rows_of):
        rows = original(*arguments)
        return rows._replace(first=guarded_copy(rows.first, place))

    def mailbox(original=objective_module.new_mailbox):
        return guarded_copy(original(), place)

    rows_module._plan.cache_clear()  # plans of other memory
    return replaced(
        (Arena, "_take", take),
        (Packing, "memory", memory),
        (Plan, "__init__", init),
        (Plan, "_taped", timetable(Plan._taped)),
        (Plan, "_untaped", timetable(Plan._untaped)),
        (Stack, "_states", states),
        (stack_module, "in_c_order", copy_in_c_order),  # what poolings give, NumPy's own memory
        (objective_module, "rows_of", rows_of),
        (sys.modules[Predictor.__module__], "rows_of", rows_of),
        (objective_module, "new_mailbox", mailbox),
        (sys.modules[Predictor.__module__], "new_mailbox", mailbox),
    )


def small_windows_and_threads():
    """Let small passes be cut into windows, and be worth two threads, as large ones are."""
    return replaced(
        (network_module, "_WORK_OF_THREAD", 1),
        (rows_module, "_FEWEST_ROWS_OF_SHARD", 1),
        (windows_module, "_BYTES_OF_WINDOW", 1 << 9),
    )


def random_case(rng, cell, activation, dtype):
    """Return an architecture, how it is trained and what on, all drawn at random."""
    architecture = Architecture(
        n_features=int(rng.integers(1, 10)),
        n_outputs=int(rng.integers(1, 4)),
        hidden_layer_sizes=tuple(map(int, rng.integers(1, 18, size=rng.integers(1, 3)))),
        cell=cell,
        activation=activation,
        bidirectional=bool(rng.integers(2)),
        pooling=str(rng.choice(list(POOLINGS))),
        dtype=dtype,
    )
    # A window that may be longer than all sequences, or none. In two directions, none.
    n_steps = None if architecture.bidirectional or rng.integers(2) else int(rng.integers(1, 7))
    dropout = Dropout(*rng.choice([0.0, 0.4], size=2).tolist())
    lengths = rng.integers(1, 9, size=rng.integers(1, 10))
    return architecture, {"dropout": dropout, "bptt_steps": n_steps}, lengths


def results(network, arrays, data, n_threads):
    """Return loss, gradient and raw outputs; `arrays` are parameters and the gradient's memory."""
    parameters, gradient = arrays
    batching = Batching(len(data.targets), False)
    objective = Objective(network, EachRow(GivenGradient()), data, batching, n_threads)
    losses = []
    for _ in range(2):  # the second time with the memory of the first
        (batch,) = objective.batches(np.random.RandomState(0))
        losses.append(objective(parameters, batch, gradient))
    predictor = Predictor(network, parameters)
    raw = [predictor.raw_outputs(data.sequences, n_threads) for _ in range(2)]
    one = predictor.raw_outputs(data.sequences, n_threads, np.array([0]))
    return np.concatenate([losses, gradient.copy(), *map(np.ravel, (*raw, one))])


def check_case(rng, case, place, n_threads):
    """Compare a pass beside guards with one in ordinary memory, bit by bit."""
    architecture, options, lengths = case
    dtype = np.dtype(architecture.dtype)
    offsets = rows_module.offsets_of(lengths)
    values = rng.normal(size=(offsets[-1], architecture.n_features)).astype(dtype)
    targets = rng.normal(size=(len(lengths), architecture.n_outputs)).astype(dtype)
    parameters = rng.normal(size=SequenceNetwork(architecture).layout.n_parameters).astype(dtype)
    data = TrainingData(Sequences(values, offsets), targets)
    arrays = parameters, np.empty_like(parameters)
    expected = results(SequenceNetwork(architecture, **options), arrays, data, 1)
    with everything_guarded(place):
        sequences = Sequences(guarded_copy(values, place), guarded_copy(offsets, place))
        guarded_data = replace(data, sequences=sequences, targets=guarded_copy(targets, place))
        beside = [guarded_copy(array, place) for array in arrays]
        computed = results(
            SequenceNetwork(architecture, **options), beside, guarded_data, n_threads
        )
    rows_module._plan.cache_clear()
    assert np.isfinite(expected).all()
    np.testing.assert_array_equal(computed, expected)


def check_networks(cell, seed, n_architectures):
    """Try so many different architectures of a cell, with all activations and dtypes."""
    rng, tried = np.random.default_rng(seed), set()
    kinds = [(a, d) for a in CELLS[cell].kernels for d in ("float32", "float64")]
    with small_windows_and_threads():
        for number in itertools.count():
            if len(tried) == n_architectures:
                return len(tried)
            case = random_case(rng, cell, *kinds[number % len(kinds)])
            place, n_threads = PLACES[number // len(kinds) % 2], int(rng.integers(1, 3))
            # What is said last before the process dies.
            print(asdict(case[0]), *case[1:], place, n_threads, file=sys.stderr, flush=True)
            check_case(rng, case, place, n_threads)
            tried.add(case[0])

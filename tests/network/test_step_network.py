"""An answer at every time step: against the twin, against central differences, and to the bit."""

from itertools import pairwise

import numpy as np
import pytest

from skrnn.losses import LOSSES
from skrnn.network import windows
from skrnn.network.dropout import NOTHING_DROPPED, Dropout
from skrnn.network.ends import EachRow
from skrnn.network.kinds import network_of
from skrnn.network.objective import Batching, Objective, TrainingData

from .. import naive
from ..naive.cells import CELLS
from ..passes import GivenGradient, loss_and_gradient
from ..toys import CELL_ACTIVATIONS

every_cell = pytest.mark.parametrize(("cell", "activation"), CELL_ACTIVATIONS)
every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])
N_OUTPUTS = 3
SHAPES = {
    "one way": {},
    "both ways": {"bidirectional": True},
    "one step": {"lengths": [1, 1, 1]},
    "one sequence": {"lengths": [40]},
    "two layers": {"hidden_layer_sizes": (5, 9)},
    "two layers, both ways": {"hidden_layer_sizes": (17, 5), "bidirectional": True},
}


def steps_of(problem, rng, dtype):
    """Return a random gradient of the outputs of every step, (n_steps, n_outputs)."""
    return rng.normal(size=(len(problem.sequences.values), N_OUTPUTS)).astype(dtype)


def data_of(problem, targets, sample_weight=None, indices=None):
    sequences = problem.sequences
    return TrainingData(sequences, targets, sample_weight, indices, sequences.offsets)


def by_sequence(problem, of_steps):
    return np.split(of_steps, problem.sequences.offsets[1:-1])


@every_dtype
@every_cell
@pytest.mark.parametrize("shape", SHAPES)
def test_outputs_and_gradient_equal_the_twin(rng, make_problem, cell, activation, shape, dtype):
    problem = make_problem(
        cell=cell, activation=activation, dtype=dtype, every_step=True, **SHAPES[shape]
    )
    raw = np.concatenate(naive.step_outputs(problem.weights, problem.arrays, **problem.rule))
    naive.assert_close(problem.raw_outputs(), raw, problem.output_bound)

    d_raw = steps_of(problem, rng, dtype)
    _, flat = loss_and_gradient(
        problem.network, problem.parameters, data_of(problem, d_raw), GivenGradient()
    )
    expected = naive.step_gradient(
        problem.weights, problem.arrays, by_sequence(problem, d_raw), **problem.rule
    )
    for name, array in problem.network.layout.named(flat).items():
        naive.assert_close(array, expected[name], 3 * problem.gradient_bound, name)


@pytest.mark.parametrize("loss", sorted(LOSSES))
@pytest.mark.parametrize("weighted", [False, True], ids=["equal weights", "step weights"])
@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_gradient_equals_central_differences(rng, make_problem, cell, loss, weighted):
    problem = make_problem(
        cell=cell,
        activation="tanh",
        dtype="float64",
        every_step=True,
        hidden_layer_sizes=(3, 2),
        bidirectional=True,
        n_features=2,
        lengths=[3, 1, 4, 2],
    )
    n_steps = len(problem.sequences.values)
    weights = None
    if weighted:
        weights = rng.uniform(0.2, 3.0, size=n_steps)
        weights[[1, 5]] = 0  # steps without a label
    targets = naive.random_targets(rng, LOSSES[loss](), (n_steps, N_OUTPUTS))
    data = data_of(problem, targets, weights)

    def value_and_gradient():
        return loss_and_gradient(problem.network, problem.parameters, data, LOSSES[loss]())

    value, gradient = value_and_gradient()
    of_steps = np.ones(n_steps) if weights is None else weights
    losses = LOSSES[loss]().losses(problem.raw_outputs(), targets, of_steps)
    assert value == pytest.approx(np.average(losses, weights=of_steps), rel=1e-13)
    slopes = naive.central_differences(lambda: value_and_gradient()[0], problem.parameters)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-7, atol=1e-9)


@every_dtype
@every_cell
def test_bits_do_not_depend_on_threads_or_neighbours(rng, large_problem, cell, activation, dtype):
    problem = large_problem(cell=cell, activation=activation, dtype=dtype, every_step=True)
    raw, data = problem.raw_outputs(), data_of(problem, steps_of(problem, rng, dtype))

    def gradient(n_threads):
        return loss_and_gradient(
            problem.network, problem.parameters, data, GivenGradient(), n_threads=n_threads
        )[1]

    for n_threads in (2, 3):
        np.testing.assert_array_equal(problem.raw_outputs(n_threads), raw)
        np.testing.assert_array_equal(gradient(n_threads), gradient(1))
    predictor = problem.predictor()
    for chosen in ([5], [66, 3, 20]):
        indices = np.array(chosen)
        alone = predictor.raw_outputs(problem.sequences, 1, indices)
        parts = by_sequence(problem, raw)
        np.testing.assert_array_equal(alone, np.concatenate([parts[i] for i in chosen]))


@every_cell
def test_windows_do_not_change_a_bit_of_the_outputs(monkeypatch, make_problem, cell, activation):
    problem = make_problem(
        cell=cell,
        activation=activation,
        dtype="float32",
        every_step=True,
        hidden_layer_sizes=(5, 9),
    )
    whole = problem.raw_outputs()
    for n_bytes in (1, 1 << 10, 1 << 12):
        monkeypatch.setattr(windows, "_BYTES_OF_WINDOW", n_bytes)
        np.testing.assert_array_equal(problem.raw_outputs(), whole)


@every_cell
@pytest.mark.parametrize("bptt_steps", [1, 3, 100])
def test_every_window_of_truncated_backpropagation_has_its_gradient(
    rng, make_problem, cell, activation, bptt_steps
):
    problem = make_problem(
        cell=cell, activation=activation, dtype="float64", every_step=True, bptt_steps=bptt_steps
    )
    d_raw = steps_of(problem, rng, "float64")
    _, flat = loss_and_gradient(
        problem.network, problem.parameters, data_of(problem, d_raw), GivenGradient()
    )
    expected = truncated_gradient(problem, by_sequence(problem, d_raw), bptt_steps)
    for name, array in problem.network.layout.named(flat).items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-10, atol=1e-12, err_msg=name)


def truncated_gradient(problem, d_raw, bptt_steps):
    """Return the twin's gradient, state by state: the last window of a sequence ends with it."""
    rule, weights = CELLS[problem.rule["cell"]](problem.rule["activation"]), problem.weights
    W, U, b = naive.arrays_of(weights, 0, "forward")
    total = {name: np.zeros_like(array) for name, array in weights.items()}
    for sequence, d_one in zip(problem.arrays, d_raw, strict=True):
        state = tuple(np.zeros(U.shape[0]) for _ in range(rule.n_states))
        n_first = (len(sequence) - 1) % bptt_steps + 1
        starts = [0, *range(n_first, len(sequence), bptt_steps), len(sequence)]
        for start, end in pairwise(starts):
            memories, hidden = [], []
            for x in sequence[start:end]:
                state, memory = rule.step(x, state, W, U, b)
                memories.append(memory)
                hidden.append(state[0])
            d_window = d_one[start:end]
            total["output.weight"] += np.array(hidden).T @ d_window
            total["output.bias"] += d_window.sum(axis=0)
            d_hidden = d_window @ weights["output.weight"].T
            one = naive.one_direction_back(rule, d_hidden, memories, W, U, b)[1]
            for name, array in zip(("input", "recurrent", "bias"), one, strict=True):
                total[f"layer_0.forward.{name}"] += array
    return total


def test_a_sequence_without_a_labelled_step_takes_no_part(rng, make_problem):
    problem = make_problem(cell="gru", activation="tanh", dtype="float64", every_step=True)
    weights = np.ones(len(problem.sequences.values))
    weights[problem.sequences.offsets[2] : problem.sequences.offsets[3]] = 0
    data = data_of(problem, steps_of(problem, rng, "float64"), weights)
    assert list(data.counting) == [i for i in range(len(problem.arrays)) if i != 2]
    objective = Objective(problem.network, EachRow(GivenGradient()), data, Batching(4), 1)
    batches = list(objective.batches(np.random.RandomState(0)))
    assert sorted(np.concatenate([b.indices for b in batches])) == list(data.counting)
    assert sum(batch.weight for batch in batches) == weights.sum()


def test_loss_and_what_is_dropped_do_not_depend_on_windows(rng, make_problem):
    problem = make_problem(cell="gru", activation="tanh", dtype="float64", every_step=True)
    targets = rng.normal(size=(len(problem.sequences.values), N_OUTPUTS))
    data, loss = data_of(problem, targets), LOSSES["squared_error"]()

    def loss_with(dropout, bptt_steps, seed):
        network = network_of(problem.network.architecture, dropout, bptt_steps)
        return loss_and_gradient(network, problem.parameters, data, loss, seed=seed)[0]

    dropout = Dropout(0.5, 0.3)
    whole = loss_with(dropout, None, 7)
    assert loss_with(dropout, 3, 7) == pytest.approx(whole, rel=1e-12)
    assert loss_with(dropout, 3, 8) != pytest.approx(whole, rel=1e-3)
    nothing = loss_with(NOTHING_DROPPED, None, None)
    assert loss_with(NOTHING_DROPPED, 3, None) == pytest.approx(nothing, rel=1e-12)
    assert nothing != pytest.approx(whole, rel=1e-3)

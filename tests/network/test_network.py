"""skrnn's network: against the twin, against central differences, and to the bit."""

import numpy as np
import pytest

from skrnn.losses import LOSSES
from skrnn.network.architecture import Architecture
from skrnn.network.objective import Batching, Objective, TrainingData
from skrnn.network.sequence_network import SequenceNetwork

from .. import naive
from ..passes import data_of, loss_and_gradient, raw_outputs
from ..toys import CELL_ACTIVATIONS

every_cell = pytest.mark.parametrize(("cell", "activation"), CELL_ACTIVATIONS)
every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])

N_OUTPUTS = 3
SHAPES = {
    # Sizes on both sides of whole vectors and tiles.
    **{f"{n} hidden": {"hidden_layer_sizes": (n,)} for n in (1, 3, 5, 16, 17, 33, 50)},
    **{f"{n} features": {"n_features": n} for n in (1, 2, 7, 24, 40)},
    **{f"batch of {n}": {"lengths": naive.LENGTHS[:n]} for n in range(1, 14)},
    "one step": {"lengths": [1, 1, 1]},
    "one long sequence": {"lengths": [60]},
    "both directions": {"bidirectional": True},
    "two layers": {"hidden_layer_sizes": (5, 9)},
    "two layers, both directions": {"hidden_layer_sizes": (9, 5), "bidirectional": True},
    "three layers, both directions": {"hidden_layer_sizes": (2, 17, 3), "bidirectional": True},
}


def test_every_cell_has_its_twin():
    assert naive.EVERY_CELL == CELL_ACTIVATIONS


@every_dtype
@every_cell
@pytest.mark.parametrize("shape", SHAPES)
def test_outputs_and_gradient_equal_the_twin(make_problem, cell, activation, shape, dtype):
    shape = SHAPES[shape]
    problem = make_problem(cell=cell, activation=activation, dtype=dtype, **shape)
    raw = naive.raw_outputs(problem.weights, problem.arrays, **problem.rule)
    naive.assert_close(problem.raw_outputs(), raw, problem.output_bound)

    expected = naive.gradient(problem.weights, problem.arrays, problem.d_raw, **problem.rule)
    gradient = problem.network.layout.named(problem.gradient())
    assert list(gradient) == list(expected)
    for name, array in expected.items():
        naive.assert_close(gradient[name], array, problem.gradient_bound, name)


@every_cell
def test_minibatch_is_the_sequences_at_the_indices(make_problem, cell, activation):
    problem = make_problem(cell=cell, activation=activation, dtype="float64", bidirectional=True)
    indices = np.array([6, 1, 11, 0, 9])
    expected = naive.gradient(
        problem.weights,
        [problem.arrays[i] for i in indices],
        problem.d_raw[indices],
        **problem.rule,
    )
    gradient = problem.network.layout.named(problem.gradient(indices))
    for name, array in expected.items():
        naive.assert_close(gradient[name], array, problem.gradient_bound, name)


@pytest.mark.parametrize("weighted", [False, True], ids=["equal weights", "sample weights"])
@pytest.mark.parametrize("loss", sorted(LOSSES))
@every_cell
def test_gradient_equals_central_differences(rng, make_problem, cell, activation, loss, weighted):
    problem = make_problem(
        cell=cell,
        activation=activation,
        dtype="float64",
        hidden_layer_sizes=(3, 2),
        bidirectional=True,
        n_features=2,
        lengths=[3, 1, 4, 3, 2],
    )
    indices = np.array([3, 0, 2, 1])
    sample_weight = rng.uniform(0.2, 3.0, size=len(indices)) if weighted else None
    targets = naive.random_targets(rng, LOSSES[loss](), (len(indices), N_OUTPUTS))

    data = data_of(problem.sequences, indices, targets, sample_weight)

    def value_and_gradient():
        return loss_and_gradient(problem.network, problem.parameters, data, LOSSES[loss]())

    value, gradient = value_and_gradient()
    weights = np.ones(len(indices)) if sample_weight is None else sample_weight
    losses = LOSSES[loss]().losses(problem.raw_outputs()[indices], targets, weights)
    assert value == pytest.approx(np.average(losses, weights=weights), rel=1e-14)

    slopes = naive.central_differences(lambda: value_and_gradient()[0], problem.parameters)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-7, atol=1e-9)


@every_dtype
@every_cell
def test_bits_do_not_depend_on_threads_or_repetition(large_problem, cell, activation, dtype):
    problem = large_problem(cell=cell, activation=activation, dtype=dtype)
    parameters, values = problem.parameters.copy(), problem.sequences.values.copy()
    raw, gradient = problem.raw_outputs(), problem.gradient()
    assert raw.dtype == dtype
    assert raw.shape == (67, N_OUTPUTS)
    for n_threads in (1, 2, 3, 8):
        np.testing.assert_array_equal(problem.raw_outputs(n_threads), raw)
        np.testing.assert_array_equal(problem.gradient(n_threads=n_threads), gradient)
    np.testing.assert_array_equal(problem.parameters, parameters)
    np.testing.assert_array_equal(problem.sequences.values, values)


@every_dtype
@every_cell
def test_bits_of_an_output_do_not_depend_on_the_other_sequences(
    rng, large_problem, cell, activation, dtype
):
    problem = large_problem(cell=cell, activation=activation, dtype=dtype)
    raw = problem.raw_outputs(n_threads=2)

    def outputs_of(indices, n_threads):
        taken = problem.sequences.take(indices)
        return raw_outputs(problem.network, problem.parameters, taken, n_threads)

    alone = np.concatenate([outputs_of([i], 1) for i in range(len(raw))])
    np.testing.assert_array_equal(alone, raw)
    for n_threads in (1, 2, 3, 8):
        order = rng.permutation(len(raw))
        np.testing.assert_array_equal(outputs_of(order, n_threads), raw[order])
        for size in range(2, 14):
            some = rng.choice(len(raw), size=size)  # a sequence may come twice
            np.testing.assert_array_equal(outputs_of(some, n_threads), raw[some])


@every_cell
def test_bits_of_many_sequences(rng, make_problem, cell, activation):
    # More than are predicted at a time, by any number of threads here.
    lengths = rng.integers(1, 5, size=1100)
    problem = make_problem(cell=cell, activation=activation, dtype="float32", lengths=lengths)
    raw = naive.raw_outputs(problem.weights, problem.arrays, **problem.rule)
    naive.assert_close(problem.raw_outputs(), raw, problem.output_bound)
    np.testing.assert_array_equal(problem.raw_outputs(n_threads=2), problem.raw_outputs())


@every_cell
def test_bits_do_not_depend_on_what_was_computed_before(make_problem, cell, activation):
    choices = {"cell": cell, "activation": activation, "dtype": "float32", "bidirectional": True}
    problem = make_problem(hidden_layer_sizes=(5, 3), **choices)
    some = np.array([6, 1, 11, 0, 9])
    fresh = problem.gradient(some)
    parameters = problem.parameters.copy()
    problem.gradient()  # a larger batch
    np.testing.assert_array_equal(problem.gradient(some), fresh)
    problem.parameters[:] = np.nan
    assert np.isnan(problem.gradient()).any()
    problem.parameters[:] = parameters
    np.testing.assert_array_equal(problem.gradient(some), fresh)


@every_dtype
@pytest.mark.parametrize(("cell", "activation"), [c for c in CELL_ACTIVATIONS if c[1] == "tanh"])
def test_huge_features_saturate_and_stay_finite(make_problem, cell, activation, dtype):
    problem = make_problem(cell=cell, activation=activation, dtype=dtype, bidirectional=True)
    problem.sequences.values[...] *= 1e30
    assert np.isfinite(problem.raw_outputs()).all()
    assert np.isfinite(problem.gradient()).all()


@pytest.fixture
def new_network():
    """Return the maker of a network of two layers and both directions."""

    def new_network(cell, activation, dtype, bidirectional=True):
        architecture = Architecture(
            n_features=15,
            n_outputs=N_OUTPUTS,
            hidden_layer_sizes=(20, 12),
            cell=cell,
            activation=activation,
            bidirectional=bidirectional,
            dtype=dtype,
        )
        return SequenceNetwork(architecture)

    return new_network


@pytest.mark.parametrize("bidirectional", [False, True])
@every_cell
def test_names_cover_the_flat_vector_once(new_network, cell, activation, bidirectional):
    network = new_network(cell, activation, "float64", bidirectional)
    flat = np.arange(network.layout.n_parameters, dtype=np.float64)
    named = network.layout.named(flat)

    expected = naive.weight_shapes(
        n_features=15,
        hidden_layer_sizes=(20, 12),
        n_gates=naive.CELLS[cell].n_gates,
        bidirectional=bidirectional,
        n_outputs=N_OUTPUTS,
    )
    assert {name: view.shape for name, view in named.items()} == expected
    assert all(np.shares_memory(view, flat) for view in named.values())
    every_entry = np.concatenate([view.ravel() for view in named.values()])
    np.testing.assert_array_equal(np.sort(every_entry), flat)


@every_cell
def test_biases_are_not_penalised(new_network, cell, activation):
    network = new_network(cell, activation, "float64")
    penalised = network.layout.penalised()
    assert penalised.dtype == bool
    for name, view in network.layout.named(penalised.astype(np.float64)).items():
        assert (view == (0.0 if name.endswith("bias") else 1.0)).all(), name


@every_dtype
@every_cell
def test_initial_parameters(new_network, cell, activation, dtype):
    network = new_network(cell, activation, dtype)
    flat = network.layout.initial(np.random.RandomState(0), network.dtype)
    assert flat.dtype == dtype
    assert flat.shape == (network.layout.n_parameters,)
    n_gates = naive.CELLS[cell].n_gates
    for name, array in network.layout.named(flat).items():
        gates = [array] if name.startswith("output") else np.split(array, n_gates, axis=-1)
        for gate, block in enumerate(gates):
            if name.endswith("bias"):
                is_forget = cell == "lstm" and gate == 1 and name != "output.bias"
                assert (block == float(is_forget)).all(), name
            elif not name.endswith("recurrent"):
                assert_glorot_uniform(block)
            elif activation == "relu":
                scale = block[0, 0]  # Le, Jaitly and Hinton (2015)
                assert 0.0 < scale <= 1.0
                np.testing.assert_array_equal(block, scale * np.eye(len(block)))
            else:
                product = block.astype(np.float64).T @ block
                atol = 10 * np.finfo(dtype).eps
                np.testing.assert_allclose(product, np.eye(len(block)), rtol=0, atol=atol)


def assert_glorot_uniform(block):
    """Check the bound of Glorot and Bengio (2010), and that entries fill what it bounds."""
    bound = np.sqrt(6.0 / sum(block.shape))
    assert np.abs(block).max() <= bound * (1.0 + 1e-7)
    # Uniform: standard deviation bound / sqrt(3), known here to about 5 % from 70 entries up.
    assert np.std(block) == pytest.approx(bound / np.sqrt(3.0), rel=0.2)
    assert abs(np.mean(block)) < 0.2 * bound


@every_cell
def test_blocks_are_drawn_independently(new_network, cell, activation):
    network = new_network(cell, activation, "float64")
    named = network.layout.named(network.layout.initial(np.random.RandomState(0), network.dtype))
    drawn = "input" if activation == "relu" else "recurrent"
    blocks = [
        block
        for direction in ("forward", "backward")
        for block in np.split(
            named[f"layer_0.{direction}.{drawn}"], naive.CELLS[cell].n_gates, axis=1
        )
    ]
    for i, block in enumerate(blocks):
        assert not any(np.array_equal(block, other) for other in blocks[:i])


@every_dtype
@every_cell
def test_initial_parameters_follow_the_seed(new_network, cell, activation, dtype):
    network = new_network(cell, activation, dtype)
    first, again, other = (
        network.layout.initial(np.random.RandomState(seed), network.dtype) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_kernels_are_given_nothing_of_another_dtype_or_width(make_problem):
    problem = make_problem(cell="gru", activation="tanh", dtype="float32")
    other = make_problem(cell="gru", activation="tanh", dtype="float64", n_features=4)
    for sequences in (other.sequences, make_problem(**(GRU | {"n_features": 4})).sequences):
        match = f"3 features and dtype float32, but got 4 of dtype {sequences.values.dtype}"
        with pytest.raises(ValueError, match=match):
            raw_outputs(problem.network, problem.parameters, sequences)
        data = TrainingData(sequences, np.zeros(len(sequences), np.int64))
        with pytest.raises(ValueError, match=match):
            Objective(problem.network, None, data, Batching(None), 1)


GRU = {"cell": "gru", "activation": "tanh", "dtype": "float32"}

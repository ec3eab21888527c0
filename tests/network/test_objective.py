"""The objective of a network: its minibatches, and loss and gradient as functions of them."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.losses import LOSSES
from skrnn.network.architecture import Architecture
from skrnn.network.dropout import NOTHING_DROPPED, Dropout
from skrnn.network.ends import EachRow
from skrnn.network.objective import Batching, Objective
from skrnn.network.sequence_network import SequenceNetwork
from skrnn.training.train import train

from ..training.stand_ins import DEFAULTS, assert_same_state, make_data, start, take

N_SEQUENCES = 30
IN_BATCHES_OF_SEVEN = Batching(7)


def objective_of(data, batching=IN_BATCHES_OF_SEVEN, dropout=NOTHING_DROPPED):
    """Return the squared error of two hidden units, in the dtype of the data."""
    architecture = Architecture(
        n_features=4,
        n_outputs=1,
        hidden_layer_sizes=(2,),
        cell="simple",
        activation="tanh",
        dtype=data.targets.dtype.name,
    )
    network = SequenceNetwork(architecture, dropout)
    return Objective(network, EachRow(LOSSES["squared_error"]()), data, batching, n_threads=1)


def batches_of(objective, random_state=None):
    return list(objective.batches(random_state or np.random.RandomState(0)))


def some_parameters(objective, rng):
    return rng.normal(size=len(objective.penalised)) / 2


def loss_and_gradient(objective, parameters, batch):
    gradient = np.full_like(parameters, np.nan)  # every entry must be written
    return objective(parameters, batch, gradient), gradient


def loss_and_gradient_of_all(data, parameters):
    """Return loss and gradient of all that counts, in one minibatch."""
    objective = objective_of(data, Batching(len(data.targets)))
    (batch,) = batches_of(objective)
    return loss_and_gradient(objective, parameters, batch)


@pytest.fixture
def data(rng):
    return make_data(rng, N_SEQUENCES, n_outputs=1)


@pytest.fixture
def some_weights(rng):
    """Return weights of which every third is zero."""
    weights = rng.uniform(0.5, 2.0, N_SEQUENCES)
    weights[::3] = 0.0
    return weights


# --- Minibatches ------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("restricted", [True, False])
def test_batches_cover_what_counts_exactly_once(restricted, weighted, shuffle, data, some_weights):
    meant = np.arange(N_SEQUENCES)
    if weighted:
        data = replace(data, sample_weight=some_weights)
        meant = meant[some_weights > 0]
    if restricted:
        data = data.only(np.arange(4, 26))
        meant = meant[(meant >= 4) & (meant < 26)]
    objective = objective_of(data, Batching(4, shuffle))
    batches = batches_of(objective)
    assert len(batches) == objective.n_batches == -(-len(meant) // 4)
    assert_array_equal(np.sort(np.concatenate([batch.indices for batch in batches])), meant)
    assert [batch.n_samples for batch in batches[:-1]] == [4] * (len(batches) - 1)
    for batch in batches:
        assert batch.n_samples == len(batch.indices)
        lengths = data.sequences.lengths[batch.indices]
        assert (np.diff(lengths) <= 0).all()
        assert_array_equal(batch.plan.lengths, lengths)
        weights = some_weights[batch.indices] if weighted else np.ones(batch.n_samples)
        assert type(batch.weight) is float
        assert_allclose(batch.weight, weights.sum(), rtol=1e-14)


def test_shuffling_permutes_every_epoch_and_is_reproducible(data):
    objective, orders = objective_of(data), []
    for random_state in (np.random.RandomState(3), np.random.RandomState(3)):
        for _ in range(2):
            batches = batches_of(objective, random_state)
            orders.append(np.concatenate([batch.indices for batch in batches]))
    assert_array_equal(orders[:2], orders[2:])
    assert (np.sort(orders[0]) == np.sort(orders[1])).all()
    assert (orders[0] != orders[1]).any()


def test_without_shuffling_the_order_is_kept(data):
    for number, batch in enumerate(batches_of(objective_of(data, Batching(7, False)))):
        consecutive = np.arange(7 * number, min(7 * number + 7, N_SEQUENCES))
        by_length = np.argsort(-data.sequences.lengths[consecutive], kind="stable")
        assert_array_equal(batch.indices, consecutive[by_length])


@pytest.mark.parametrize("batching", [Batching(N_SEQUENCES), Batching(None), Batching(7, False)])
def test_draws_nothing_where_there_is_nothing_to_shuffle(batching, data):
    random_state = np.random.RandomState(0)
    batches = batches_of(objective_of(data, batching), random_state)
    assert random_state.randint(1 << 30) == np.random.RandomState(0).randint(1 << 30)
    assert all(batch.seed is None for batch in batches)


def test_dropout_has_a_seed_for_every_batch(data):
    batches = batches_of(objective_of(data, dropout=Dropout(0.5)))
    assert len({batch.seed for batch in batches}) == len(batches) == 5
    assert all(type(batch.seed) is int for batch in batches)


@pytest.mark.parametrize(("n_sequences", "sizes"), [(40, [32, 8]), (32, [32]), (5, [5])])
@pytest.mark.filterwarnings("error")
def test_automatic_batch_size(n_sequences, sizes, rng):
    objective = objective_of(make_data(rng, n_sequences, n_outputs=1), Batching(None))
    objective.warn_if_clipped()
    assert [batch.n_samples for batch in batches_of(objective)] == sizes


def test_too_large_a_batch_is_clipped_with_a_warning(data):
    objective = objective_of(data, Batching(31))
    with pytest.warns(UserWarning, match="batch_size=31 is larger .* 30 is used") as warned:
        objective.warn_if_clipped()
    assert warned[0].filename == __file__
    assert [batch.n_samples for batch in batches_of(objective)] == [30]


def test_a_batch_is_too_large_for_what_counts(data, some_weights):
    objective = objective_of(replace(data, sample_weight=some_weights), Batching(30))
    with pytest.warns(UserWarning, match="batch_size=30 is larger .* 20 is used"):
        objective.warn_if_clipped()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        objective_of(data, Batching(30)).warn_if_clipped()


def test_all_weights_zero(data):
    zeros = replace(data, sample_weight=np.zeros(N_SEQUENCES))
    with pytest.raises(ValueError, match="sample_weight is zero for every"):
        objective_of(zeros)
    first_only = replace(data, sample_weight=1.0 * (np.arange(N_SEQUENCES) == 0))
    with pytest.raises(ValueError, match="sample_weight is zero for every"):
        objective_of(first_only.only(np.arange(1, N_SEQUENCES)))


# --- Some of the sequences --------------------------------------------------------------------


def test_only_some_sequences_without_a_copy(data, some_weights, rng):
    data = replace(data, sample_weight=some_weights)
    chosen = rng.permutation(N_SEQUENCES)[:17]
    some = data.only(chosen)
    assert np.shares_memory(some.sequences.values, data.sequences.values)
    assert np.shares_memory(some.targets, data.targets)
    assert np.shares_memory(some.sample_weight, data.sample_weight)
    assert_array_equal(some.counting, chosen[some_weights[chosen] > 0])
    assert some.counting.dtype == "int64"
    assert data.indices is None
    parameters = some_parameters(objective_of(data), rng)
    loss, gradient = loss_and_gradient_of_all(some, parameters)
    expected = loss_and_gradient_of_all(take(data, chosen, some_weights[chosen]), parameters)
    assert loss == expected[0]
    assert_array_equal(gradient, expected[1])


@pytest.mark.parametrize("solver", ["adam", "sgd"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_training_with_weight_zero_is_training_without_to_the_bit(solver, data, some_weights, rng):
    present = np.flatnonzero(some_weights)
    parameters = some_parameters(objective_of(data), rng)
    weighted = replace(data, sample_weight=some_weights)
    state, expected = (
        train(start(parameters.copy(), solver), objective_of(some, Batching(3)), DEFAULTS)
        for some in (weighted, take(data, present, some_weights[present]))
    )
    assert_same_state(state, expected)


# --- Loss and gradient ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_equal_weights_of_any_size_are_no_weights(scale, dtype, rng):
    data = make_data(rng, N_SEQUENCES, n_outputs=1, dtype=dtype)
    parameters = some_parameters(objective_of(data), rng).astype(dtype)
    weights = np.full(N_SEQUENCES, scale)
    loss, gradient = loss_and_gradient_of_all(replace(data, sample_weight=weights), parameters)
    tolerance = {"float32": 1e-6, "float64": 1e-13}[dtype]
    for other in (data, replace(data, sample_weight=np.ones(N_SEQUENCES))):
        expected_loss, expected_gradient = loss_and_gradient_of_all(other, parameters)
        assert_allclose(loss, expected_loss, rtol=tolerance)
        assert_allclose(gradient, expected_gradient, rtol=10 * tolerance, atol=tolerance)


def test_weights_are_repetitions(data, rng):
    repeats = rng.integers(0, 4, N_SEQUENCES)
    parameters = some_parameters(objective_of(data), rng)
    loss, gradient = loss_and_gradient_of_all(
        replace(data, sample_weight=repeats.astype(float)), parameters
    )
    repeated = take(data, np.repeat(np.arange(N_SEQUENCES), repeats))
    expected_loss, expected_gradient = loss_and_gradient_of_all(repeated, parameters)
    assert_allclose(loss, expected_loss, rtol=1e-13)
    assert_allclose(gradient, expected_gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("weighted", [True, False])
def test_batches_add_up_by_their_weights(weighted, data, some_weights, rng):
    if weighted:
        data = replace(data, sample_weight=some_weights)
    parameters = some_parameters(objective_of(data), rng)
    expected_loss, expected_gradient = loss_and_gradient_of_all(data, parameters)
    objective = objective_of(data, Batching(18))
    batches = batches_of(objective)
    assert len(batches) == 2
    shares = np.array([batch.weight for batch in batches])
    shares /= shares.sum()
    parts = [loss_and_gradient(objective, parameters, batch) for batch in batches]
    losses, gradients = zip(*parts, strict=True)
    assert_allclose(shares @ losses, expected_loss, rtol=1e-13)
    assert_allclose(shares @ gradients, expected_gradient, rtol=1e-12, atol=1e-14)

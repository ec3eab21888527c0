"""A corpus in parallel streams, a head that is tied to the embedding, and all that is dropped."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.losses import LOSSES
from skrnn.network import step_network
from skrnn.network.architecture import Architecture
from skrnn.network.corpus import CorpusObjective, cut
from skrnn.network.dropout import NOTHING_DROPPED, Dropout
from skrnn.network.ends import EachRow
from skrnn.network.kinds import network_of
from skrnn.network.objective import Batching, Objective, TrainingData
from skrnn.network.prediction import Predictor
from skrnn.network.tokens import EachToken
from skrnn.runtime.rows import Sequences, offsets_of

from ..naive import central_differences

N_CODES, SIZE = 6, 5
ALL_DROPPED = Dropout(0.3, 0.4, 0.2, 0.3, 0.4)


def network_for(cell="lstm", dtype="float64", dropout=NOTHING_DROPPED, **options):
    architecture = {
        "n_features": 1,
        "n_outputs": N_CODES,
        "hidden_layer_sizes": (4, SIZE),
        "cell": cell,
        "activation": "tanh",
        "dtype": dtype,
        "every_step": True,
        "categories": ((0, N_CODES, SIZE),),
        "tied": True,
    }
    return network_of(Architecture(**architecture | options), dropout)


def parameters_of(network):
    flat = network.layout.initial(np.random.RandomState(0), network.dtype)
    return flat + np.random.default_rng(1).normal(scale=0.3, size=flat.size).astype(network.dtype)


def data_for(rng, lengths, dtype="float64"):
    offsets = offsets_of(np.array(lengths))
    codes = rng.integers(0, N_CODES, (offsets[-1], 1)).astype(dtype)
    targets = rng.integers(0, N_CODES, offsets[-1])
    return TrainingData(Sequences(codes, offsets), targets, offsets=offsets)


class Recording(EachRow):
    """A loss that keeps the raw outputs it gets."""

    def losses(self, outputs, targets, weights, gradient=None):
        self.__dict__.setdefault("raw", []).append(outputs.raw.copy())
        return super().losses(outputs, targets, weights, gradient)


def streams_of(data, order, n_streams):
    """Give the rows of each stream, and which of them begin a text."""
    offsets = data.sequences.offsets
    rows = np.concatenate([np.arange(offsets[i], offsets[i + 1]) for i in order])
    n = -(-len(rows) // n_streams)
    for first in range(0, len(rows), n):
        of_stream = rows[first : first + n]
        yield of_stream, np.isin(of_stream, offsets[:-1])


@pytest.mark.parametrize("n_streams", [1, 2, 3, 7])
@pytest.mark.parametrize("n_steps", [1, 2, 5, 100])
def test_pieces_are_the_windows_of_all_streams(rng, n_streams, n_steps):
    data = data_for(rng, [3, 1, 9, 1, 2, 14])
    order = rng.permutation(6)
    texts = data.sequences.offsets[order], data.sequences.lengths[order]
    pieces = cut(*texts, n_streams, n_steps)
    streams = list(streams_of(data, order, n_streams))
    for window, (start, stop) in enumerate(pairwise(pieces.of_windows)):
        expected = []
        for number, (rows, begins) in enumerate(streams):
            for at in range(window * n_steps, min((window + 1) * n_steps, len(rows))):
                if at == window * n_steps or begins[at]:
                    goes_on = at > 0 and not begins[at]
                    expected.append([rows[at], 0, number, goes_on])
                expected[-1][1] += 1
        actual = zip(*(values[start:stop].tolist() for values in pieces[:4]), strict=True)
        assert list(map(list, actual)) == expected
    assert pieces.of_windows[-1] == len(pieces.first)


@pytest.mark.parametrize(
    ("lengths", "wanted", "n_streams"),
    [
        ([9999], None, 32),  # however few texts there are
        ([700], None, 14),  # so that there are ten updates
        ([7] * 100, None, 14),
        ([5] * 3, None, 1),
        ([700], 20, 20),
        ([7], 20, 7),
    ],
)
def test_number_of_streams_is_chosen_by_how_many_steps_there_are(rng, lengths, wanted, n_streams):
    data, network = data_for(rng, lengths), network_for()
    end, batching = EachRow(LOSSES["softmax_cross_entropy"]()), Batching(wanted, False)
    objective = CorpusObjective(network, end, data, batching, 1, 5)
    (first, *_) = objective.batches(np.random.RandomState(0))
    assert len(first.streams) == n_streams


@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
@pytest.mark.parametrize("n_threads", [1, 2])
def test_states_go_on_until_a_text_begins(rng, cell, n_threads):
    data, network = data_for(rng, [3, 1, 9, 1, 2, 14]), network_for(cell)
    parameters, loss = parameters_of(network), LOSSES["softmax_cross_entropy"]()
    end = Recording(loss)
    objective = CorpusObjective(network, end, data, Batching(4, True), n_threads, 3)
    raw, counts = np.zeros((30, N_CODES)), np.zeros(30, int)
    for batch in objective.batches(np.random.RandomState(5)):
        objective(parameters, batch, np.empty_like(parameters))
        places = objective._places(batch, batch.plan)
        raw[places], counts[places] = end.raw[-1], counts[places] + 1
    assert (counts == 1).all()
    assert len(end.raw) == objective.n_batches
    order = np.random.RandomState(5).permutation(6)
    for rows, begins in streams_of(data, order, 4):
        for part in np.split(rows, np.flatnonzero(begins)):
            if len(part):
                alone = Sequences(data.sequences.values[part], np.array([0, len(part)]))
                expected = Predictor(network, parameters).raw_outputs(alone, 1)
                assert_allclose(raw[part], expected, rtol=1e-12, atol=1e-13)


def test_a_second_epoch_begins_anew(rng):
    data, network = data_for(rng, [17]), network_for()
    parameters, loss = parameters_of(network), LOSSES["softmax_cross_entropy"]()
    objective = CorpusObjective(network, EachRow(loss), data, Batching(2, True), 1, 4)
    stream, gradient = np.random.RandomState(0), np.empty_like(parameters)
    first, second = (
        [objective(parameters, batch, gradient) for batch in objective.batches(stream)]
        for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("dropout", [NOTHING_DROPPED, ALL_DROPPED], ids=["whole", "dropped"])
@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_gradient_equals_central_differences(rng, cell, dropout):
    data, network = data_for(rng, [3, 1, 5]), network_for(cell, dropout=dropout)
    parameters, loss = parameters_of(network), LOSSES["softmax_cross_entropy"]()
    objective = Objective(network, EachRow(loss), data, Batching(3, False), 1)
    (batch,) = objective.batches(np.random.RandomState(3))
    gradient = np.empty_like(parameters)
    objective(parameters, batch, gradient)
    named, ignored = network.layout.named(gradient.copy()), np.empty_like(parameters)
    for name, array in network.layout.named(parameters).items():
        slopes = central_differences(lambda: objective(parameters, batch, ignored), array)
        assert_allclose(named[name], slopes, rtol=1e-6, atol=1e-8, err_msg=name)
        assert named[name].any(), name


def test_weights_and_vectors_are_dropped_at_their_rates(rng):
    network = network_for(hidden_layer_sizes=(40, 60), categories=((0, N_CODES, 60),))
    dropped = network_for(
        hidden_layer_sizes=(40, 60),
        categories=((0, N_CODES, 60),),
        dropout=Dropout(weight_rate=0.25),
    )
    data, loss = data_for(rng, [30]), LOSSES["softmax_cross_entropy"]()
    parameters = parameters_of(network)
    gradients = []
    for one in (network, dropped):
        objective = Objective(one, EachRow(loss), data, Batching(1, False), 1)
        (batch,) = objective.batches(np.random.RandomState(3))
        gradient = np.empty_like(parameters)
        objective(parameters, batch, gradient)
        gradients.append(one.layout.named(gradient))
    whole, kept = (one["layer_1.forward.recurrent"] for one in gradients)
    assert (whole != 0).all()
    assert abs((kept == 0).mean() - 0.25) < 0.02
    # Each layer drops others.
    below = gradients[1]["layer_0.forward.recurrent"]
    assert ((below == 0) != (kept[:40, :160] == 0)).any()


def test_nothing_is_dropped_in_a_prediction(rng):
    data = data_for(rng, [4, 9], "float32")
    plain, dropping = (
        network_for(dtype="float32"),
        network_for(dtype="float32", dropout=ALL_DROPPED),
    )
    parameters = parameters_of(plain)
    expected = Predictor(plain, parameters).raw_outputs(data.sequences, 1)
    assert_array_equal(Predictor(dropping, parameters).raw_outputs(data.sequences, 2), expected)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_rows_in_blocks_give_the_same(rng, monkeypatch, cell):
    data, network = data_for(rng, [3, 150, 70]), network_for(cell, dropout=ALL_DROPPED)
    parameters = parameters_of(network)
    results = []
    for n_bytes in (1 << 24, 1):
        monkeypatch.setattr(step_network, "_BYTES_OF_BLOCK", n_bytes)
        for end in (EachToken, EachRow):
            loss, gradient = LOSSES["softmax_cross_entropy"](), np.empty_like(parameters)
            objective = Objective(network, end(loss), data, Batching(3, False), 2)
            (batch,) = objective.batches(np.random.RandomState(3))
            results.append((objective(parameters, batch, gradient), gradient))
    for loss, gradient in results[1:]:
        assert_allclose(loss, results[0][0], rtol=1e-13)
        assert_allclose(gradient, results[0][1], rtol=1e-9, atol=1e-13)

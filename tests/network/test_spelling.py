"""Words that are read by their letters: gradients, and bits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn.losses import LOSSES
from skrnn.network.architecture import Architecture
from skrnn.network.kinds import network_of
from skrnn.network.objective import TrainingData
from skrnn.network.prediction import Predictor
from skrnn.runtime.rows import Sequences, Words, offsets_of

from ..naive import central_differences
from ..passes import loss_and_gradient

LENGTHS = np.array([3, 1, 5, 2])
N_CODES, N_LETTERS, N_WORDS = 4, 5, 6
LENGTHS_OF_WORDS = np.array([2, 1, 4, 3, 1, 6])


def network_for(dtype="float64", every_step=True, n_kept=(), **options):
    architecture = {
        "n_features": 3,
        "n_outputs": 2,
        "hidden_layer_sizes": (4,),
        "cell": "gru",
        "activation": "tanh",
        "dtype": dtype,
        "every_step": every_step,
        "categories": ((1, N_CODES, 2),),
        "n_kept": n_kept,
        "spelling": (1, N_LETTERS, 3),
    }
    return network_of(Architecture(**architecture | options))


def words_for(rng, dtype):
    offsets = offsets_of(LENGTHS_OF_WORDS)
    letters = rng.integers(0, N_LETTERS, (offsets[-1], 1)).astype(dtype)
    return Words(rng.integers(0, N_CODES, N_WORDS), Sequences(letters, offsets))


def sequences_for(rng, dtype="float64"):
    """Return ragged sequences of a number, a word and a number."""
    offsets = offsets_of(LENGTHS)
    values = rng.normal(size=(offsets[-1], 3))
    values[:, 1] = rng.integers(0, N_WORDS, offsets[-1])
    return Sequences(values.astype(dtype), offsets, words=words_for(rng, dtype))


def parameters_of(network):
    flat = network.layout.initial(np.random.RandomState(0), network.dtype)
    return flat + np.random.default_rng(1).normal(scale=0.3, size=flat.size).astype(network.dtype)


def data_for(rng, network, sequences):
    every_step = network.architecture.every_step
    n = len(sequences.values) if every_step else len(LENGTHS)
    offsets = sequences.offsets if every_step else None
    targets = rng.normal(size=(n, 2)).astype(network.dtype)
    return TrainingData(sequences, targets, rng.uniform(0.5, 2, n), None, offsets)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize(
    ("every_step", "pooling"), [(True, "last"), (False, "last"), (False, "max")]
)
@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_gradient_equals_central_differences(rng, cell, every_step, pooling, bidirectional):
    network = network_for(
        cell=cell, every_step=every_step, pooling=pooling, bidirectional=bidirectional
    )
    parameters = parameters_of(network)
    data, loss = data_for(rng, network, sequences_for(rng)), LOSSES["squared_error"]()
    gradient = network.layout.named(loss_and_gradient(network, parameters, data, loss)[1])
    for name, array in network.layout.named(parameters).items():
        slopes = central_differences(
            lambda: loss_and_gradient(network, parameters, data, loss)[0], array
        )
        assert_allclose(gradient[name], slopes, rtol=1e-6, atol=1e-8, err_msg=name)
        assert gradient[name].any(), name


def test_vectors_that_are_kept_get_no_gradient(rng):
    sequences, loss = sequences_for(rng), LOSSES["squared_error"]()
    learnt, kept = network_for(), network_for(n_kept=(2,))
    parameters, data = parameters_of(learnt), data_for(rng, learnt, sequences)
    name = "embedding_1.weight"
    expected = learnt.layout.named(loss_and_gradient(learnt, parameters, data, loss)[1])[name]
    actual = kept.layout.named(loss_and_gradient(kept, parameters, data, loss)[1])[name]
    assert_array_equal(actual[[0, 3]], expected[[0, 3]])
    assert expected[1:3].any()
    assert not actual[1:3].any()


def test_a_penalty_is_for_weights_and_not_for_vectors():
    layout = network_for().layout
    for name, penalised in layout.named(layout.penalised()).items():
        assert penalised.all() == name.endswith(("input", "recurrent", "output.weight"))
        assert penalised.any() == penalised.all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_answer_does_not_depend_on_the_other_words(rng, dtype):
    network = network_for(dtype, bidirectional=True)
    predictor, sequences = Predictor(network, parameters_of(network)), sequences_for(rng, dtype)
    together = np.split(predictor.raw_outputs(sequences, 1), sequences.offsets[1:-1])
    for i, expected in enumerate(together):
        assert_array_equal(predictor.raw_outputs(sequences.take([i]), 1), expected)
    assert_array_equal(np.concatenate(together), predictor.raw_outputs(sequences, 2))
    # Words may have any numbers.
    order = rng.permutation(N_WORDS)
    words, values = sequences.words, sequences.values.copy()
    values[:, 1] = np.argsort(order)[values[:, 1].astype(int)]
    renamed = Words(words.codes[order], words.letters.take(order))
    others = Sequences(values, sequences.offsets, words=renamed)
    assert_array_equal(predictor.raw_outputs(others, 1), np.concatenate(together))


def test_words_are_needed(rng):
    network, sequences = network_for(), sequences_for(rng)
    predictor = Predictor(network, parameters_of(network))
    without = Sequences(sequences.values, sequences.offsets)
    with pytest.raises(ValueError, match="takes words with their letters"):
        predictor.raw_outputs(without, 1)

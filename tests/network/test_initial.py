"""Parameters at the start: biases, which say over how many steps a unit keeps, and vectors."""

import numpy as np
import pytest

from skrnn.cells import CELLS
from skrnn.network.embedding import Categories, Embedding
from skrnn.network.initial import Initial

REMEMBERING = [name for name, cell in sorted(CELLS.items()) if cell.remembering]


def biases(cell, n_hidden, timescale):
    """Return the biases that a layer begins with, by gate."""
    initial = Initial(CELLS[cell], "tanh", 2, n_hidden)
    flat = initial.bias(np.random.RandomState(0), timescale)
    return dict(zip(CELLS[cell].gates, np.split(flat, len(CELLS[cell].gates)), strict=True))


def test_units_of_lstm_forget_at_rates_evenly_spread_over_the_logarithm_of_time():
    start = biases("lstm", 5, 1000)
    np.testing.assert_allclose(start["forget"], np.linspace(np.log(2000), -1, 5))
    np.testing.assert_array_equal(start["input"], -start["forget"])
    assert not start["cell"].any()
    assert not start["output"].any()


def test_update_gate_of_gru_mirrors_the_forget_gate():
    start = biases("gru", 5, 1000)
    np.testing.assert_allclose(start["update"], -np.linspace(np.log(2000), -1, 5))
    assert not start["reset"].any()
    assert not start["new"].any()


@pytest.mark.parametrize("cell", REMEMBERING)
def test_a_single_unit_remembers_longest(cell):
    gate = {"lstm": "forget", "gru": "update"}[cell]
    assert abs(biases(cell, 1, 1000)[gate]) == pytest.approx(np.log(2000))


@pytest.mark.parametrize("cell", CELLS)
def test_without_a_timescale_biases_are_those_that_the_cell_names(cell):
    for gate, bias in biases(cell, 3, None).items():
        np.testing.assert_array_equal(bias, CELLS[cell].initial_bias.get(gate, 0.0))


@pytest.mark.parametrize("timescale", [1.0, 3.0, 1e6])
def test_the_longest_memory_keeps_more_than_half_over_the_timescale(timescale):
    """A gate of bias log(2 T) keeps (1 + 1 / 2 T) ** -T of a state over T steps: 0.61 or more."""
    longest = biases("lstm", 4, timescale)["forget"].max()
    assert (1 / (1 + np.exp(-longest))) ** timescale > 0.6


@pytest.mark.parametrize(
    ("n_codes", "tied", "scale"),
    [(256, False, 1.0), (257, False, 1 / 8), (256, True, 64**-0.25), (9999, True, 64**-0.25)],
)
def test_first_vectors_are_longer_of_few_codes_and_where_they_are_weights_too(n_codes, tied, scale):
    (parameter,) = Embedding(1, [Categories(0, n_codes, 64)], tied=tied).parameters
    vectors = parameter.initial(np.random.RandomState(0), None)
    assert (vectors[0] == 0).all()
    assert vectors[1:].std() == pytest.approx(scale, rel=0.02)
    assert abs(vectors).max() < 1.8 * scale

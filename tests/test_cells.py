"""The registry of cells, and that a cell really is one file."""

import re
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import numpy as np
import pytest

from skrnn._network import Network
from skrnn._sequences import Sequences
from skrnn.cells import CELLS
from skrnn.losses import LOSSES

GUIDE = Path(__file__).parent.parent / "docs" / "how-to-add-a-cell.md"


def test_registry_has_the_cells_of_the_estimators():
    assert set(CELLS) >= {"simple", "lstm", "gru"}
    assert all(cell.name == name for name, cell in CELLS.items())
    assert CELLS["lstm"].gates == ("input", "forget", "cell", "output")
    assert CELLS["gru"].gates == ("reset", "update", "new")


@pytest.fixture
def guide_cell(monkeypatch):
    """The guide's file as a module of the package, for the time of a test."""
    (source,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    module = module_from_spec(ModuleSpec("skrnn.cells.ugrnn", None))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(source, str(GUIDE), "exec"), vars(module))
    monkeypatch.setitem(CELLS, module.CELL.name, module.CELL)
    return module.CELL


def _step(x, h, weights):
    """The guide's equations, for one sequence."""
    update, new = np.split(
        x @ weights["layer_0.forward.input"]
        + h @ weights["layer_0.forward.recurrent"]
        + weights["layer_0.forward.bias"],
        2,
    )
    u = 1 / (1 + np.exp(-update))
    return u * h + (1 - u) * np.tanh(new)


def test_cell_of_the_guide_computes_its_equations_and_their_gradient(guide_cell):
    rng = np.random.RandomState(0)
    lengths = [3, 1, 5]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    sequences = Sequences(rng.normal(size=(9, 2)), offsets)
    network = Network(
        n_features=2,
        hidden_layer_sizes=(3,),
        cell=guide_cell.name,
        activation="tanh",
        bidirectional=False,
        n_outputs=2,
        dtype="float64",
    )
    parameters = network.initial_parameters(rng)
    parameters += 0.1 * rng.normal(size=parameters.shape)
    weights = network.named(parameters)

    raw = network.raw_outputs(parameters, sequences, n_threads=1)
    for i, length in enumerate(lengths):
        h = np.zeros(3)
        for t in range(length):
            h = _step(sequences.values[offsets[i] + t], h, weights)
        expected = h @ weights["output.weight"] + weights["output.bias"]
        np.testing.assert_allclose(raw[i], expected, rtol=1e-12)

    targets, loss = rng.normal(size=(3, 2)), LOSSES["squared_error"]()
    unused = np.empty_like(parameters)

    def value(at, gradient=unused):
        everything = np.arange(3)
        return network.loss_and_gradient(
            at, sequences, everything, targets, None, loss, gradient, n_threads=2
        )

    gradient = np.empty_like(parameters)
    value(parameters, gradient)
    steps = 1e-6 * np.eye(len(parameters))
    numeric = [(value(parameters + s) - value(parameters - s)) / 2e-6 for s in steps]
    np.testing.assert_allclose(gradient, numeric, atol=1e-8)

"""The registry of cells, and that a cell really is one file."""

import re

import pytest

from skrnn.cells import CELLS
from skrnn.losses import LOSSES
from skrnn.network.pooling import POOLINGS

PROGRAM = """
import numpy as np
from skrnn import RNNRegressor

rng = np.random.default_rng(0)
X = [rng.normal(size=(length, 2)) for length in (3, 1, 5)]
model = RNNRegressor(3, cell="ugrnn", dtype="float64", max_iter=2, tol=0, random_state=0)
weights = model.fit(X, [-1.0, 0.0, 1.0]).weights_
expected = []
for x in X:
    h = np.zeros(3)
    for x_t in (x - model.feature_mean_) / model.feature_scale_:
        a = h @ weights["layer_0.forward.recurrent"] + x_t @ weights["layer_0.forward.input"]
        update, new = np.split(a + weights["layer_0.forward.bias"], 2)
        u = 1 / (1 + np.exp(-update))
        h = u * h + (1 - u) * np.tanh(new)
    expected.append(h @ weights["output.weight"] + weights["output.bias"])
scale = np.std([-1.0, 0.0, 1.0])
np.testing.assert_allclose(model.predict(X), scale * np.ravel(expected), rtol=1e-12)
"""


def test_registry_has_the_cells_of_the_estimators():
    assert set(CELLS) >= {"simple", "lstm", "gru"}
    assert all(cell.name == name for name, cell in CELLS.items())
    assert CELLS["lstm"].gates == ("input", "forget", "cell", "output")
    assert CELLS["gru"].gates == ("reset", "update", "new")


@pytest.mark.slow
def test_cell_of_the_guide_is_one_file_and_tested_by_what_is_there(package_copy):
    folder, run = package_copy
    guide = (folder / "docs" / "how-to-add-a-cell.md").read_text(encoding="utf-8")
    (source,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    (folder / "skrnn" / "cells" / "ugrnn.py").write_text(source, encoding="utf-8")

    equations = run("-c", PROGRAM)
    assert equations.returncode == 0, equations.stderr
    files = "tests/network/test_network.py", "tests/network/test_regularisation.py"
    gradient = run("-m", "pytest", "-q", *files, "-k", "ugrnn and central")
    assert gradient.returncode == 0, gradient.stdout
    n_plain, n_with_dropout = 2 * len(LOSSES), 2 * len(POOLINGS)
    assert f"{n_plain + n_with_dropout} passed" in gradient.stdout

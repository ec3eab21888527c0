"""Cells of one name are told apart, in a process and in the disk cache."""

import os
import re
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from skrnn.kernels.recurrence import forward_step

from ..child import run_child

DEFINITION = """
from skrnn.cells import CellShape
from skrnn.kernels.recurrence import forward_step

class Toy(CellShape):
    pass

@forward_step.register(Toy)
def _forward(cell, panels, tape, state, row, first, rows):
    tape[0] = {value}
"""

KERNEL = """
import numba
import numpy as np
import toy
from skrnn.kernels.recurrence import forward_step

@numba.njit(cache=True)
def step(cell, tape):
    forward_step(cell, 0, tape, 0, 0, 0, 0)

tape = np.zeros(1)
step(toy.Toy(1, 1, 1, 0), tape)
print(tape[0], sum(step.stats.cache_hits.values()))
"""

# The cell of docs/how-to-add-a-cell.md, in a file outside the package.
GUIDE = Path(__file__).parents[2] / "docs" / "how-to-add-a-cell.md"
UGRNN = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[1]
UGRNN = UGRNN.replace("from ..kernels", "from skrnn.kernels")
UGRNN = UGRNN.replace("from ._definition", "from skrnn.cells._definition")

OUTSIDE = """
import numpy as np
from skrnn import RNNClassifier
from skrnn.cells import CELLS
from skrnn.kernels.recurrence import backward, forward
if name == "ugrnn":
    CELLS[name] = CELL
X = np.sin(np.arange(60.0).reshape(6, 10))
RNNClassifier(4, cell=name, max_iter=2, tol=0).fit(X, [0, 1] * 3)
print(*[sum(kernel.stats.cache_hits.values()) for kernel in (forward, backward)])
"""

FIT = """
import numpy as np
from skrnn import RNNRegressor
from skrnn.kernels.recurrence import backward, forward
X = np.sin(np.arange(60.0).reshape(6, 10))
RNNRegressor(4, cell="gru", max_iter=2, tol=0).fit(X, X[:, 0])
print([sum(kernel.stats.cache_misses.values()) for kernel in (forward, backward)])
"""


@numba.njit
def step(cell, tape):
    forward_step(cell, 0, tape, 0, 0, 0, 0)


def test_class_that_is_defined_again_gets_its_own_kernel():
    namespace = {"__name__": "notebook"}
    cells = []
    for value in (1, 2, 3):
        exec(DEFINITION.format(value=value), namespace)
        cells.append(namespace["Toy"](1, 1, 1, 0))
    for _ in range(2):
        for value, cell in enumerate(cells, start=1):
            tape = np.zeros(1)
            step(cell, tape)
            assert tape[0] == value


def run(folder, program):
    file = folder / "program.py"
    if not file.exists():  # Numba looks at when it was written, too
        file.write_text(program)
    environment = {
        "NUMBA_CACHE_DIR": folder / "cache",
        "PYTHONDONTWRITEBYTECODE": 1,  # two edits in one second look like one to its cache
        "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, sys.path)]),
    }
    return run_child(file, timeout=120, **environment).split()


def test_edited_step_is_compiled_again(tmp_path):
    for value, hits in ((1, 0), (1, 1), (2, 0), (2, 1), (1, 1)):
        (tmp_path / "toy.py").write_text(DEFINITION.format(value=value))
        assert run(tmp_path, KERNEL) == [f"{value}.0", str(hits)]


def test_cell_that_is_gone_is_no_hindrance(tmp_path):
    program = KERNEL.replace("toy.Toy(", "toy.current(")
    definition = DEFINITION + "current = Toy"
    (tmp_path / "toy.py").write_text(definition.format(value=1))
    assert run(tmp_path, program) == ["1.0", "0"]
    (tmp_path / "toy.py").write_text(definition.format(value=2).replace("Toy", "Other"))
    assert run(tmp_path, program) == ["2.0", "0"]


def test_second_process_compiles_nothing(tmp_path):
    run(tmp_path, FIT)
    assert run(tmp_path, FIT) == ["[0,", "0]"]


@pytest.mark.slow
def test_cell_outside_the_package_is_no_hindrance_to_others(tmp_path):
    (tmp_path / "ugrnn.py").write_text(UGRNN)
    imported = "name = 'ugrnn'\nfrom ugrnn import CELL" + OUTSIDE
    of_main = UGRNN + "name = 'ugrnn'" + OUTSIDE
    other = "name = 'lstm'" + OUTSIDE
    assert run(tmp_path, imported) == ["0", "0"]
    (tmp_path / "ugrnn.py").unlink()
    for program, hits in ((of_main, "0 0"), (other, "0 0"), (other, "1 1"), (of_main, "1 1")):
        (tmp_path / "program.py").write_text(program)
        assert run(tmp_path, program) == hits.split()


@pytest.mark.slow
def test_cell_without_a_file_leaves_nothing_on_disk(tmp_path):
    # The text of a program: its cell is of `__main__`, and lies in no file.
    program = UGRNN + "name = 'ugrnn'" + OUTSIDE
    assert run_child(program, timeout=120, NUMBA_CACHE_DIR=tmp_path).split() == ["0", "0"]
    assert any(tmp_path.rglob("*.nbi"))
    assert list(tmp_path.rglob("recurrence.*")) == []

"""The package works from a zip file, with a folder for compiled kernels and without one."""

import os
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

import skrnn

from ..child import run_child

FIT = """
import numpy as np
import skrnn
from skrnn.cells import CELLS
from skrnn.kernels.compilation import _sources_fingerprint
from skrnn.kernels.recurrence import backward, forward

X = np.sin(np.arange(60.0).reshape(6, 10))
model = skrnn.RNNClassifier(4, cell="gru", max_iter=2, tol=0, random_state=0).fit(X, [0, 1] * 3)
print(skrnn.__file__)
print(_sources_fingerprint(), *sorted(CELLS), model.predict_proba(X).tobytes().hex())
print(*[sum(kernel.stats.cache_hits.values()) for kernel in (forward, backward)])
"""


@pytest.fixture
def archive(tmp_path):
    package = Path(skrnn.__file__).parent
    # A file, since Python looks into the working folder first if given the text.
    (tmp_path / "program.py").write_text(FIT)
    with ZipFile(tmp_path / "skrnn.zip", "w") as file:
        for source in sorted(package.rglob("*.py")):
            file.write(source, source.relative_to(package.parent))
    return tmp_path / "skrnn.zip"


def fit(path, program, home):
    """Fit with what lies at path; return the network's bits, and how many kernels were read."""
    # Numba looks for the user's folder in one of these, and uses the first for no archive.
    homes = dict.fromkeys(["NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"], home)
    search = os.pathsep.join([str(path), *filter(None, sys.path)])
    printed = run_child(program, timeout=120, PYTHONPATH=search, **homes)
    imported, bits, hits = printed.splitlines()
    assert Path(imported).is_relative_to(path)
    return bits, hits


@pytest.mark.slow
def test_archive_without_a_home(archive, tmp_path):
    (tmp_path / "file").touch()
    bits, hits = fit(archive, tmp_path / "program.py", tmp_path / "file")
    assert hits == "0 0"
    tree = Path(skrnn.__file__).parents[1]
    assert fit(tree, tmp_path / "program.py", tmp_path / "home")[0] == bits


@pytest.mark.slow
def test_kernels_of_an_archive_are_read_from_the_cache(archive, tmp_path):
    bits, hits = fit(archive, tmp_path / "program.py", tmp_path / "home")
    assert hits == "0 0"
    assert fit(archive, tmp_path / "program.py", tmp_path / "home") == (bits, "1 1")

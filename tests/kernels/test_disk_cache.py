"""The disk cache of kernels is never in the way: neither if damaged nor if it cannot be written."""

import pytest

from ..child import run_child

# A kernel in a process of its own, since damaged machine code may end it. It is defined anew for
# every call, as in another process: what has been compiled is known from the disk alone.
SMALL = """
import os
import sys
from pathlib import Path
from types import FunctionType

import numpy as np
from skrnn.kernels.compilation import kernel

def total(values):
    result = 0.0
    for value in values:
        result += value * 2.0
    return result

def call():
    compiled = kernel(FunctionType(total.__code__, globals(), "total"))
    assert compiled(np.arange(4.0)) == 12.0
    return sum(compiled.stats.cache_hits.values())

assert [call(), call()] == [0, 1]
folder = Path(os.environ["NUMBA_CACHE_DIR"])
(index,) = folder.rglob("*.nbi")
(data,) = folder.rglob("*.nbc")
"""

DAMAGE = """
def flipped(content, bit):
    content = bytearray(content)
    content[bit // 8] ^= 1 << bit % 8
    return bytes(content)

file = {"index": index, "data": data}[sys.argv[1]]
whole = file.read_bytes()
n_bits = 8 * len(whole)
damaged = [b"", whole[: len(whole) // 2], whole[:-1], b"garbage" * 50, b"\\x80\\x05", whole[::-1]]
damaged += [flipped(whole, bit) for bit in range(0, n_bits, n_bits // 40)]
for content in damaged:
    file.write_bytes(content)
    assert [call(), call()] == [0, 1], content[:100]
file.unlink()
assert [call(), call()] == [0, 1]
print(len(damaged))
"""

MIXED = """
def other(values):
    return values[0] + 1

def call_other():
    compiled = kernel(FunctionType(other.__code__, globals(), "other"))
    assert compiled(np.ones(1)) == 2.0
    return sum(compiled.stats.cache_hits.values())

assert [call_other(), call_other()] == [0, 1]
(of_another,) = folder.rglob("*other*.nbc")
data.write_bytes(of_another.read_bytes())
assert [call(), call()] == [0, 1]
"""


@pytest.mark.parametrize("which", ["index", "data"])
def test_damaged_entry_is_compiled_and_replaced(tmp_path, which):
    assert int(run_small(tmp_path, SMALL + DAMAGE, which)) >= 40


def test_machine_code_of_another_entry_is_not_run(tmp_path):
    run_small(tmp_path, SMALL + MIXED)


def run_small(folder, program, *arguments):
    file = folder / "small.py"
    file.write_text(program)
    return run_child(file, *arguments, timeout=120, NUMBA_CACHE_DIR=folder / "cache")


EDITED = """
from collections import Counter
from skrnn.kernels import compilation

def names(pattern):
    return sorted(file.name for file in folder.rglob(pattern))

index.unlink()
data.unlink()
of_another = index.with_name(index.name.replace("total", "total_of_squares"))
python = index.with_suffix("").suffix
older_python = index.with_name(index.name.replace(python, ".py30"))
for other in (of_another, older_python):
    other.touch()
others = [index.name for index in (of_another, older_python)]
for number in range(1, 6):
    compilation._sources_fingerprint = lambda: f"{number:012x}"
    assert call() == 0
    index.parent.joinpath(names(f"small.total_{number:012x}*.nbi")[0] + ".tmp.1").touch()
kept = Counter(name[12:24] for name in names("small.total_00000000000*"))
assert kept == {"000000000003": 3, "000000000004": 3, "000000000005": 3}, kept
assert all(name in names("*.nbi") for name in others), names("*")
assert call() == 1

# What cannot be removed is left.
index.parent.joinpath(names("small.total_*3-*.nbi")[0] + ".tmp.2").mkdir()
compilation._sources_fingerprint = lambda: "f" * 12
assert [call(), call()] == [0, 1]
"""


def test_edits_leave_few_files_behind(tmp_path):
    run_small(tmp_path, SMALL + EDITED)


FIT = """
import numpy as np
from skrnn import RNNClassifier
from skrnn.kernels import compilation, dense, recurrence, weight_gradient

X = np.sin(np.arange(60.0).reshape(6, 10))
model = RNNClassifier(4, cell="lstm", max_iter=2, tol=0, random_state=0).fit(X, [0, 1] * 3)
print(model.predict_proba(X).tobytes().hex())
kernels = (
    dense.multiply_strided,
    recurrence.forward,
    recurrence.backward,
    weight_gradient.weight_gradient,
)
print(*[sum(kernel.stats.cache_hits.values()) for kernel in kernels])
"""


def fit(folder, before="", **environment):
    """Fit in a process of its own; return its probabilities and the cache hits of four kernels."""
    return run_child(before + FIT, timeout=120, **environment, NUMBA_CACHE_DIR=folder).split("\n")[
        :2
    ]


def flip_a_bit(content, part):
    content = bytearray(content)
    content[int(part * len(content))] ^= 16
    return bytes(content)


DAMAGES = [
    lambda content: b"",
    lambda content: content[: len(content) // 2],
    lambda content: b"garbage",
    lambda content: flip_a_bit(content, 0.3),
    lambda content: flip_a_bit(content, 0.9),
    lambda content: content[:-1],
]


@pytest.mark.slow
def test_fit_goes_on_with_a_damaged_cache(tmp_path):
    bits, _ = fit(tmp_path)
    indices = sorted(tmp_path.rglob("*.nbi"))
    assert len(indices) == len(DAMAGES)
    for number, (file, damage) in enumerate(zip(indices, DAMAGES, strict=True)):
        if number % 2:
            file = file.with_suffix(".1.nbc")
        file.write_bytes(damage(file.read_bytes()))
    assert fit(tmp_path) == [bits, "0 0 0 0"]
    assert fit(tmp_path) == [bits, "1 1 1 1"]


FULL = """
import resource
import signal
import skrnn
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
# Room for an index, but not for machine code.
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
"""


@pytest.mark.slow
def test_fit_goes_on_with_a_full_disk(tmp_path):
    pytest.importorskip("resource", reason="only Unix limits the size of files")
    bits, hits = fit(tmp_path, FULL)
    assert hits == "0 0 0 0"
    assert [file for file in tmp_path.rglob("*.nb*") if ".tmp." in file.name] == []
    assert fit(tmp_path) == [bits, "0 0 0 0"]
    assert fit(tmp_path) == [bits, "1 1 1 1"]


GONE = """
import os
import shutil
import skrnn
from pathlib import Path
folder = Path(os.environ["NUMBA_CACHE_DIR"])
shutil.rmtree(folder)
folder.write_text("A file where the folder was.")
"""


@pytest.mark.slow
def test_fit_goes_on_without_the_folder(tmp_path):
    folder = tmp_path / "cache"
    assert fit(folder, GONE)[1] == "0 0 0 0"
    assert folder.is_file()

"""Whole networks stay inside their arrays: beside each of them lies a page nobody may touch."""

import pytest

from ..child import run_child
from ..guarded import needs_guard_pages

# In each of nine children. One that has to compile its cell's kernels takes half a minute more.
N_ARCHITECTURES = 60
SEEDS = [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)]
CELLS = ["simple", "lstm", "gru"]
PROGRAM = """
import sys
from tests.network.guarded_passes import check_networks
print(check_networks(sys.argv[1], *map(int, sys.argv[2:])))
"""


@needs_guard_pages
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cell", CELLS)
def test_passes_beside_guard_pages(cell, seed):
    assert int(run_child(PROGRAM, cell, seed, N_ARCHITECTURES, timeout=120)) == N_ARCHITECTURES


def test_enough_architectures_are_tried():
    assert N_ARCHITECTURES * len(SEEDS) * len(CELLS) >= 500

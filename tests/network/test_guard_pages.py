"""Whole networks stay inside their arrays: beside each of them lies a page nobody may touch."""

import pytest

from ..child import run_child
from ..guarded import needs_guard_pages

# Nine children, so more than five hundred architectures; a child that compiles all of its cell's
# kernels takes half a minute more.
SEEDS = range(3)
N_ARCHITECTURES = 60
PROGRAM = """
import sys
from tests.network.guarded_passes import check_networks
print(check_networks(sys.argv[1], *map(int, sys.argv[2:])))
"""


@needs_guard_pages
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_passes_beside_guard_pages(cell, seed):
    assert int(run_child(PROGRAM, cell, seed, N_ARCHITECTURES, timeout=120)) == N_ARCHITECTURES

"""Products and packing stay inside their arrays: beside each lies a page nobody may touch."""

import pytest

from ..child import run_child
from ..guarded import needs_guard_pages

PROGRAM = """
import sys
from tests.kernels import guarded_products
print(getattr(guarded_products, sys.argv[1])(sys.argv[2]))
"""
# As few as the processor with the narrowest vectors has: two lanes of float64 and tiles of 4 x 4.
FEWEST = {"check_products": 300, "check_gradients": 30}


@needs_guard_pages
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("check", ["check_products", "check_gradients"])
def test_kernels_beside_guard_pages(check, dtype):
    assert int(run_child(PROGRAM, check, dtype, timeout=120)) >= FEWEST[check]

"""A record that somebody has changed is an error that names the field, or does no harm."""

import pytest

from ..child import run_child

# A process that reads beside an array may die: each batch of records has one of its own.
PROGRAM = """
import sys
from tests.estimators.tampering import tamper
print(tamper(way=sys.argv[1], seed=int(sys.argv[2]), n_records=int(sys.argv[3])))
"""
CASES = [(way, seed, 130, 30) for way in ("pickle", "joblib", "attribute") for seed in range(4)]
# To import skops is to import all of scikit-learn, and PyTorch where it is installed: up to twenty
# seconds on two busy cores.
CASES += [("skops", seed, 260, 90) for seed in range(2)]


@pytest.mark.parametrize(("way", "seed", "n_records", "limit"), CASES)
def test_tampered_record_is_refused_or_does_no_harm(way, seed, n_records, limit):
    if way == "skops":
        pytest.importorskip("skops", reason="reads and writes .skops files")
    n_refused = int(run_child(PROGRAM, way, seed, n_records, timeout=limit))
    # Else the test would try little. About half of a skops file's places are counts, losses and
    # parameters, on which no prediction depends: their change does no harm.
    assert n_refused > n_records / (3 if way == "skops" else 2)

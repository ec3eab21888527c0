"""A record that somebody has changed is an error that names the field, or does no harm."""

import pytest

from ..child import run_child

# A process that reads beside an array may die: each batch of records has one of its own.
PROGRAM = """
import sys
from tests.estimators.tampering import tamper
print(tamper(way=sys.argv[1], seed=int(sys.argv[2]), n_records=int(sys.argv[3])))
"""
N_RECORDS = 260


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("way", ["pickle", "joblib", "skops", "attribute"])
def test_tampered_record_is_refused_or_does_no_harm(way, seed):
    if way == "skops":
        pytest.importorskip("skops", reason="reads and writes .skops files")
    n_refused = int(run_child(PROGRAM, way, seed, N_RECORDS))
    assert n_refused > N_RECORDS / 2

"""Objects of other libraries that cannot be X, and the messages that say what to pass."""

import numpy as np
import pandas as pd
import pytest

from .conftest import converted, fitted

FRAME = pd.DataFrame({"who": [1, 1, 2], "x": [1.0, 2.0, 3.0], "z": 4.0})


@pytest.mark.parametrize(
    ("X", "kind"),
    [
        (FRAME.groupby("who"), "DataFrameGroupBy"),
        (FRAME.groupby("who")[["x", "z"]], "DataFrameGroupBy"),
        (FRAME.groupby("who")["x"], "SeriesGroupBy"),
    ],
)
def test_groups_of_pandas(X, kind):
    with pytest.raises(TypeError, match=f"^X is a {kind} object.*one array for each group.*Pass"):
        fitted(X)


def test_what_is_advised_for_groups_works():
    grouped = FRAME.groupby("who")[["x", "z"]]
    sequences = converted([group.to_numpy() for _, group in grouped])
    np.testing.assert_array_equal(sequences.lengths, [2, 1])


def test_groups_of_polars():
    polars = pytest.importorskip("polars", reason="polars is not installed")
    with pytest.raises(TypeError, match=r"^X is a GroupBy object"):
        fitted(polars.DataFrame({"who": [1, 1, 2], "x": 1.0}).group_by("who"))


class TestTensors:
    @pytest.fixture
    def torch(self):
        return pytest.importorskip("torch", reason="torch is not installed")

    @pytest.mark.parametrize("layout", ["strided", "jagged"])
    @pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
    def test_nested(self, torch, layout):
        parts = [torch.ones(3, 2), torch.ones(4, 2)]
        nested = torch.nested.nested_tensor(parts, layout=getattr(torch, layout))
        with pytest.raises(TypeError, match=r"^X is a nested tensor.*Pass a list.*unbind\(\)"):
            fitted(nested)
        advised = converted([part.detach().cpu().numpy() for part in nested.unbind()])
        np.testing.assert_array_equal(advised.lengths, [3, 4])

    @pytest.mark.parametrize(
        ("wrap", "where"), [(lambda t: t, "X"), (lambda t: [t[0], t[1]], "sequence 0")]
    )
    def test_with_a_gradient(self, torch, wrap, where):
        X = wrap(torch.ones(2, 3, 2, requires_grad=True))
        with pytest.raises(TypeError, match=f"^{where} is of type Tensor.*requires grad.*Convert"):
            fitted(X)

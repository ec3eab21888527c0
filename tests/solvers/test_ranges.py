"""Which solver's range an estimator checks its parameters by."""

from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from skrnn import RNNRegressor
from skrnn.estimators import hyperparameters
from skrnn.solvers import SGD, SOLVERS, Interval


@dataclass(eq=False, repr=False)
class Narrow(SGD):
    name: ClassVar = "narrow"
    constraints: ClassVar = {**SGD.constraints, "momentum": Interval(0, 0.5)}
    momentum: float = 0.25


@dataclass(eq=False, repr=False)
class Wide(SGD):
    name: ClassVar = "wide"
    constraints: ClassVar = {
        **SGD.constraints,
        "momentum": Interval(0, 5),
        "tol": Interval(0, 1),
    }
    tol: float = 0.1


@pytest.fixture(params=[(Narrow, Wide), (Wide, Narrow)], ids=["wide last", "narrow last"])
def toys(request, monkeypatch):
    for solver in request.param:
        monkeypatch.setitem(SOLVERS, solver.name, solver)


def check(**parameters):
    RNNRegressor(**parameters)._check_hyperparameters()


@pytest.mark.usefixtures("toys")
class TestRange:
    @pytest.mark.parametrize(
        ("solver", "most", "allowed"),
        [("narrow", 0.4, "[0, 0.5)"), ("wide", 4, "[0, 5)"), ("sgd", 1, "[0, 1]")],
    )
    def test_is_that_of_the_solver_in_use(self, monkeypatch, solver, most, allowed):
        # As if the solvers' files had been there at import.
        fields = RNNRegressor.__dataclass_fields__
        both = hyperparameters._range_of("momentum")
        metadata = {**fields["momentum"].metadata, "constraint": both}
        monkeypatch.setattr(fields["momentum"], "metadata", metadata)
        check(solver=solver, momentum=most)
        with pytest.raises(ValueError, match="momentum of RNNRegressor must be") as raised:
            check(solver=solver, momentum=most + 1)
        assert f"must be a number in {allowed}. Got" in str(raised.value)

    def test_of_a_solver_narrows_the_estimators_own(self):
        check(solver="sgd", tol=2)
        with pytest.raises(ValueError, match=r"tol of RNNRegressor must be a number in \[0, 1\)"):
            check(solver="wide", tol=2)

    def test_that_solvers_disagree_on_is_shown_whole(self):
        shown = str(hyperparameters._range_of("momentum"))
        assert set(shown.split(" or ")) == {
            "a number in [0, 1]",
            "a number in [0, 0.5)",
            "a number in [0, 5)",
        }
        assert str(hyperparameters._range_of("rho")) == "a number in [0, 1)"


def test_field_without_a_range_is_refused():
    @dataclass(eq=False, repr=False)
    class Careless(SGD):
        warmup: int = field(default=3)

    message = "Careless.constraints has no entry for the field 'warmup'"
    with pytest.raises(TypeError, match=message):
        check(solver=Careless())


def test_field_without_a_range_is_refused_by_name(monkeypatch):
    @dataclass(eq=False, repr=False)
    class Careless(SGD):
        name: ClassVar = "careless"
        warmup: int = 3

    monkeypatch.setitem(SOLVERS, "careless", Careless)
    with pytest.raises(TypeError, match="no entry for the field 'warmup'"):
        check(solver="careless")

"""Files that versions have saved, which every later one loads, or refuses with what to do."""

import json
import pickle
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from skrnn import RNNClassifier, RNNRegressor
from skrnn.estimators import record_checks
from skrnn.estimators.parameter_fields import hyperparameter
from skrnn.estimators.saving import FORMAT
from skrnn.solvers import AdamW, Interval

from ..saved import make
from ..toys import labelled, ragged
from .conftest import classifier, regressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

STEMS = sorted(path.stem for path in make.FOLDER.glob("*.npz"))


def from_pickle(stem):
    return pickle.loads((make.FOLDER / f"{stem}.pickle").read_bytes())


def from_skops(stem):
    skops_io = pytest.importorskip("skops.io", reason="reads .skops files")
    path = make.FOLDER / f"{stem}.skops"
    untrusted = skops_io.get_untrusted_types(file=path)
    assert all(name.startswith("skrnn.") for name in untrusted)
    return skops_io.load(path, trusted=untrusted)


def assert_close(actual, expected):
    """Not to the bit: compilers round differently for another processor, or in another version."""
    assert_allclose(actual, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("load", [from_pickle, from_skops])
@pytest.mark.parametrize("stem", STEMS)
class TestFiles:
    def test_predict_as_then(self, stem, load):
        X, _, known = make.read(stem)
        assert_close(make.outputs(load(stem), X), known["outputs"])

    def test_go_on_as_then(self, stem, load):
        X, y, known = make.read(stem)
        loaded = make.trained_further(load(stem), X, y)
        assert_close(make.outputs(loaded, X), known["outputs_after_partial_fit"])

    def test_have_the_parameters_of_then(self, stem, load):
        expected = json.loads(str(make.read(stem)[-1]["parameters"]))
        found = make.parameters(load(stem))
        # Later versions may have more.
        assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("number", range(1, FORMAT + 1))
def test_there_are_files_of_every_format(number):
    kinds = {stem.partition("-")[0] for stem in STEMS if stem.endswith(f"-format-{number}")}
    later = {"tagger", "steps", "language"} if number > 1 else set()
    assert kinds == {"classifier", "regressor", "frames"} | later
    for stem in STEMS:
        for suffix in ("npz", "pickle", "skops"):
            assert (make.FOLDER / f"{stem}.{suffix}").stat().st_size < 20_000


def saved_without(estimator, *names):
    """Return a fitted estimator's state as that of a version without these parameters."""
    state = deepcopy(estimator.__getstate__())
    return {name: value for name, value in state.items() if name not in names}


def loaded(kind, state):
    estimator = kind.__new__(kind)
    estimator.__setstate__(state)
    return estimator


class TestLackingParameter:
    """A parameter that a later version has added."""

    def test_gets_what_behaves_as_before_and_not_the_default(self):
        @dataclass(eq=False, repr=False)
        class Later(RNNRegressor):
            zoneout: float = hyperparameter(0.3, Interval(0, 1), "Added.", before=0.0)
            residual: bool = hyperparameter(False, Interval(0, 1), "Added; behaves as before.")

        X, y = ragged()
        fitted = regressor().fit(X, y)
        twin = loaded(Later, fitted.__getstate__())
        assert (Later().zoneout, twin.zoneout, twin.residual) == (0.3, 0.0, False)
        assert twin.get_params() == fitted.get_params() | {"zoneout": 0.0, "residual": False}
        assert_array_equal(twin.predict(X), fitted.predict(X))
        again = pickle.loads(pickle.dumps(twin.__getstate__()))  # and says so from now on
        assert (again["zoneout"], again["residual"]) == (0.0, False)

    @pytest.mark.parametrize("fit", [True, False])
    def test_of_a_parameter_that_there_is(self, monkeypatch, fit):
        parameter = RNNClassifier.__dataclass_fields__["pooling"]
        changed = {**parameter.metadata, "before": "max"}
        monkeypatch.setattr(parameter, "metadata", changed)
        estimator = classifier(max_iter=1)
        if fit:
            estimator.fit(*labelled(["a", "b"]))
        assert loaded(RNNClassifier, saved_without(estimator, "pooling")).pooling == "max"
        assert loaded(RNNClassifier, estimator.__getstate__()).pooling == "last"

    def test_of_a_solver(self, monkeypatch):
        fitted = regressor(solver=AdamW(weight_decay=0.2, epsilon=1e-5), max_iter=2).fit(*ragged())
        state = saved_without(fitted)
        for solver in (state["solver"], state["_fitted"]["training"]["solver"]):
            del vars(solver)["weight_decay"]
        parameter = AdamW.__dataclass_fields__["weight_decay"]
        monkeypatch.setattr(parameter, "metadata", {"before": 0.0})
        twin = loaded(RNNRegressor, state)
        for solver in (twin.solver, twin._fitted.training.solver):
            assert (solver.weight_decay, solver.epsilon) == (0.0, 1e-5)

    def test_is_no_shared_object(self):
        @dataclass(eq=False, repr=False)
        class Later(RNNRegressor):
            heads: tuple = hyperparameter((), Interval(0), "Added.", before=[1])

        first, second = (loaded(Later, regressor().__getstate__()) for _ in range(2))
        first.heads.append(2)
        assert second.heads == [1]

    def test_what_a_subclass_wrote_down_stays(self):
        class Small(RNNRegressor):
            cell = "gru"

            def __init__(self, width=2):  # and leaves the others to the class
                self.width = width

        state = Small(width=5).__getstate__() | {"of_the_user": [1, 2]}
        twin = loaded(Small, state)
        assert (twin.width, twin.cell, twin.of_the_user) == (5, "gru", [1, 2])


FIELDS = {
    "_fitted": ("first_stream", ()),
    "architecture": ("pooling", ("architecture",)),
    "task": ("dtype", ("task",)),
    "training": ("no_improvement_count", ("training",)),
    "loss": ("delta", ("loss",)),
}


@pytest.mark.parametrize("part", FIELDS)
class TestLackingField:
    """A field of the record that a later version has added."""

    def lacking(self, part):
        name, path = FIELDS[part]
        fitted = regressor(max_iter=2, loss="huber", delta=2.0).fit(*ragged())
        state = deepcopy(fitted.__getstate__())
        of_part = state["_fitted"]
        for key in path:
            of_part = of_part[key]
        return fitted, state, of_part.pop(name)

    def test_gets_the_value_of_then(self, part, monkeypatch):
        fitted, state, value = self.lacking(part)
        monkeypatch.setitem(record_checks.ADDED_FIELDS, part, {FIELDS[part][0]: value})
        twin = loaded(RNNRegressor, state)
        X, y = ragged()
        assert_array_equal(twin.predict(X), fitted.predict(X))
        assert_array_equal(twin.partial_fit(X, y).predict(X), fitted.partial_fit(X, y).predict(X))

    def test_is_an_error_where_no_version_lacks_it(self, part):
        _, state, _ = self.lacking(part)
        with pytest.raises(ValueError, match=rf"{part}\.{FIELDS[part][0]} is missing. Load it "):
            loaded(RNNRegressor, state)

    def test_that_no_version_has_is_refused(self, part):
        _, state, value = self.lacking(part)
        of_part = state["_fitted"]
        for key in FIELDS[part][1]:
            of_part = of_part[key]
        of_part |= {FIELDS[part][0]: value, "novelty": 1}
        match = rf"{part}\.novelty is not known, as it may be if a later version of skrnn saved it"
        with pytest.raises(ValueError, match=match):
            loaded(RNNRegressor, state)

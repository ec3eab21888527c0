"""Parameters drawn from the estimators' own table: allowed ones, and each of them gone wrong."""

import math
from functools import singledispatch

import numpy as np
from hypothesis import strategies as st
from sklearn.model_selection import KFold, ShuffleSplit

from skrnn.estimators import checks
from skrnn.estimators.parameter_fields import hyperparameters_of
from skrnn.solvers import Boolean, Interval

# What keeps an example small; everything else is drawn from what a constraint allows.
SMALL = {
    "hidden_layer_sizes": st.lists(st.integers(1, 9), min_size=1, max_size=3),
    "max_iter": st.integers(1, 3),
    "batch_size": st.sampled_from(["auto", 1, 2, 7, 100]),
    "n_jobs": st.sampled_from([None, 1, 2, -1]),
    "verbose": st.sampled_from([0, False]),
    "random_state": st.integers(0, 2**32 - 1),  # None and a stream are another network each time
    "learning_rate_init": st.floats(1e-6, 1.0),
    "alpha": st.floats(0, 10.0),
    "epsilon": st.floats(1e-10, 1.0),
    "weight_decay": st.floats(0, 1.0),
    "power_t": st.floats(0, 2.0),
    "max_grad_norm": st.one_of(st.none(), st.floats(1e-3, 1e3)),
    "delta": st.floats(1e-3, 10.0),
    "class_weight": st.one_of(
        st.sampled_from([None, "balanced"]),
        st.dictionaries(st.sampled_from(["a", "b", "c"]), st.floats(0.1, 10.0)),
    ),
    "scoring": st.sampled_from([None, "loss"]),
    "categorical_features": st.none(),  # the data are numbers
    "embedding_size": st.none(),
    "embeddings": st.none(),
    "train_embeddings": st.just(True),
    "character_layer_size": st.none(),
    "warm_start": st.just(False),
    "dtype": st.just("float64"),  # the canonical form rounds nothing
}
ODDITIES = [
    None, "x", b"x", -1, 0, 2, -0.5, 0.5, 1.5, math.nan, math.inf, -math.inf, 10**400, 1j, [], (),
    {}, set(), [0], ["x"], [None], object(), object, len, np.array([]), np.array(3), np.nan,
    np.float32("inf"), np.datetime64("NaT"), np.array([1, 2]), "auto", True, np.True_, range(3),
]  # fmt: skip


@singledispatch
def allowed_by(constraint):
    """Return a strategy of what a constraint allows."""
    raise NotImplementedError(type(constraint))


@allowed_by.register
def _(constraint: Boolean):
    return st.booleans()


@allowed_by.register
def _(constraint: Interval):
    ends = {"exclude_min": constraint.closed in ("right", "neither")}
    if constraint.high < math.inf:
        ends |= {
            "max_value": constraint.high,
            "exclude_max": constraint.closed in ("left", "neither"),
        }
    else:
        ends["max_value"] = 1e3
    return st.floats(constraint.low, **ends)


@allowed_by.register
def _(constraint: checks.Integer):
    return st.integers(constraint.low, min(constraint.high, 9))


@allowed_by.register
def _(constraint: checks.OneOf):
    return st.sampled_from(list(constraint.options))


@allowed_by.register
def _(constraint: checks.AnyOf):
    return st.one_of(*map(allowed_by, constraint.constraints))


@allowed_by.register
def _(constraint: checks.Splitter):
    return st.sampled_from([KFold(3), ShuffleSplit(2, test_size=0.3, random_state=0)])


@allowed_by.register
def _(constraint: checks.SequenceOf):
    return st.lists(allowed_by(constraint.element), min_size=1, max_size=3)


@allowed_by.register
def _(constraint: checks.InstanceFrom):
    return st.one_of([solver_of(kind) for kind in constraint.registry.values()])


def solver_of(kind):
    """Return a strategy of solvers with parameters of their own."""
    fields = {n: SMALL.get(n, allowed_by(c)) for n, c in kind.constraints.items()}
    return st.builds(kind, **fields)


def as_numpy(value):
    """Return numbers as NumPy's, and sequences as arrays."""
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, int):
        return np.int64(value)
    if isinstance(value, float):
        return np.float64(value)
    return np.array(value) if isinstance(value, list) else value


@st.composite
def parameters_of(draw, kind):
    """Draw allowed parameters for an estimator class, each absent in a third of all cases."""
    drawn = {"max_iter": 2, "random_state": 0, "dtype": "float64", "hidden_layer_sizes": 3}
    for parameter in hyperparameters_of(kind):
        if draw(st.integers(0, 2)):
            name, constraint = parameter.name, parameter.metadata["constraint"]
            drawn[name] = draw(SMALL[name] if name in SMALL else allowed_by(constraint))
    if drawn.get("cell") != "simple" and draw(st.integers(0, 3)):
        drawn.pop("activation", None)  # else half of all examples would be of this one error
    return drawn


@st.composite
def wrong_parameter_of(draw, kind):
    """Draw a parameter of an estimator class and a value that it may not have."""
    parameter = draw(st.sampled_from(hyperparameters_of(kind)))
    constraint = parameter.metadata["constraint"]
    wrong = [value for value in ODDITIES if not constraint.allows(value)]
    return parameter.name, draw(st.sampled_from(wrong))

"""The law for every part, found by its being in the folder: gradients, and bits."""

import importlib
import pkgutil

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import skrnn.network
from skrnn.network.states import Carried, States
from skrnn.runtime.parameters import Layout
from skrnn.runtime.threads import team_of

from .. import naive
from ..passes import rows_of_arrays, run_of

LENGTHS = [3, 1, 5, 3, 2]


def kinds():
    """Return the classes of the folder that give examples."""
    modules = [
        importlib.import_module(f"skrnn.network.{module.name}")
        for module in pkgutil.iter_modules(skrnn.network.__path__)
    ]
    return {
        kind
        for module in modules
        for kind in vars(module).values()
        if getattr(kind, "__module__", None) == module.__name__
        and hasattr(kind, "examples")
        and not getattr(kind, "_is_protocol", False)
    }


EXAMPLES = [
    (kind.__name__, number, example.name)
    for kind in sorted(kinds(), key=lambda kind: kind.__name__)
    for number, example in enumerate(kind.examples(np.dtype(np.float64)))
]
every_part = pytest.mark.parametrize(
    ("kind", "number"),
    [pytest.param(kind, number, id=f"{kind} {name}") for kind, number, name in EXAMPLES],
)


class Case:
    """An example, random parameters for it, ragged rows, and a random gradient of what it gives."""

    def __init__(self, kind, number, dtype="float64"):
        (kind,) = (one for one in kinds() if one.__name__ == kind)
        example = list(kind.examples(np.dtype(dtype)))[number]
        self.part, columns = example.part, example.columns
        self.layout = Layout(self.part.parameters)
        rng = np.random.default_rng(100 + number)
        self.parameters = 0.7 * rng.normal(size=self.layout.n_parameters)
        self.parameters = self.parameters.astype(dtype)
        n_features = columns.n_blocks * columns.block_width
        self.arrays = [
            array.astype(dtype) for array in naive.random_sequences(rng, LENGTHS, n_features)
        ]
        self.rows = rows_of_arrays(self.arrays, columns)
        self.rng, self.states = rng, ()
        self.example = example
        if hasattr(self.part, "zeros"):
            self.states = (self.random_states(),)
        given, *self.d_states = self.forward(run_of(self.layout, self.parameters))
        self.d_values = self.noise_like(given)
        self.d_states = [self.random_states() for _ in self.d_states]

    def noise_like(self, rows):
        """Return noise where rows have numbers, and zeros in their padding."""
        noise = np.zeros_like(rows.values)
        for _, padded in rows.columns.blocks:
            noise[:, padded] = self.rng.normal(size=noise[:, padded].shape)
        return noise

    def random_states(self):
        """Return states of noise; padding is zero, and so is memory that means nothing."""
        zeros = self.part.zeros(run_of(self.layout, self.parameters).arena, len(LENGTHS))
        layers = []
        for layer, n_hidden in zip(zeros, self.example.hidden_layer_sizes, strict=True):
            layers.append([])
            for carried in layer:
                noise = Carried(*map(np.zeros_like, carried))
                for array in noise[: 1 + self.example.has_memory]:
                    array[:, :n_hidden] = self.rng.normal(size=(len(LENGTHS), n_hidden))
                layers[-1].append(noise)
        return States(layers)

    def forward(self, run, rows=None):
        """Return rows and, if the part has them, states."""
        rows = self.rows if rows is None else rows
        return self.part.forward(run, rows, *self.states)[:-1]

    def value(self):
        """Return a number that depends on all that the part gives."""
        given, *states = self.forward(run_of(self.layout, self.parameters))
        total = np.sum(self.d_values[:, : given.values.shape[1]] * given.values)
        for state, d_state in zip(states, self.d_states, strict=True):
            for ours, theirs in zip(arrays_of(state), arrays_of(d_state), strict=True):
                total += np.sum(ours * theirs)
        return total

    def gradient(self, run_options=()):
        """Return the gradient of `value`: of parameters, rows, and states if there are any."""
        gradient = np.zeros_like(self.parameters)
        run = run_of(self.layout, self.parameters, gradient, **dict(run_options))
        *_, tape = self.part.forward(run, self.rows, *self.states)
        result = self.part.backward(run, tape, self.d_values, *self.d_states)
        d_rows, *d_states = result if isinstance(result, tuple) else (result,)
        return gradient, d_rows[:, : self.rows.values.shape[1]], *d_states


def arrays_of(states):
    return [array for layer in states for carried in layer for array in carried]


@every_part
def test_gradient_is_that_of_central_differences(kind, number):
    case = Case(kind, number)
    gradient, d_rows, *d_states = case.gradient()
    slopes = naive.central_differences(case.value, case.parameters)
    assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-8)
    for name, array in case.layout.named(gradient).items():
        assert array.any(), f"{name} gets no gradient"
    assert_allclose(d_rows, naive.central_differences(case.value, case.rows.values), atol=1e-8)
    for given, found in zip(case.states, d_states, strict=True):
        for array, d_array in zip(arrays_of(given), arrays_of(found), strict=True):
            assert_allclose(d_array, naive.central_differences(case.value, array), atol=1e-8)


@every_part
def test_gradients_add_up(kind, number):
    case = Case(kind, number)
    gradient = np.ones_like(case.parameters)
    run = run_of(case.layout, case.parameters, gradient)
    for _ in range(2):
        *given, tape = case.part.forward(run, case.rows, *case.states)
        case.part.backward(run, tape, case.d_values, *case.d_states)
    twice = gradient - 1
    once = np.zeros_like(gradient)
    run = run_of(case.layout, case.parameters, once)
    *given, tape = case.part.forward(run, case.rows, *case.states)
    case.part.backward(run, tape, case.d_values, *case.d_states)
    assert given
    assert_allclose(twice, 2 * once, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_part
def test_bits_depend_neither_on_threads_nor_on_a_tape(kind, number, dtype):
    case = Case(kind, number, dtype)
    given, *_ = case.forward(run_of(case.layout, case.parameters))
    expected = given.values.copy()
    with team_of(2) as team:
        for gradient in (None, np.zeros_like(case.parameters)):
            run = run_of(case.layout, case.parameters, gradient, team=team)
            assert_array_equal(case.forward(run)[0].values, expected)
        threaded = case.gradient({"team": team}.items())
    for ours, theirs in zip(threaded[:2], case.gradient()[:2], strict=True):
        assert_array_equal(ours, theirs)


@every_part
def test_forward_changes_nothing_that_it_was_given(kind, number):
    case = Case(kind, number)
    before = [case.rows.values.copy(), *map(np.copy, given_arrays(case))]
    case.gradient()
    for array, copy in zip([case.rows.values, *given_arrays(case)], before, strict=True):
        assert_array_equal(array, copy)


def given_arrays(case):
    return [array for states in (*case.states, *case.d_states) for array in arrays_of(states)]


@every_part
def test_bits_of_a_sequence_do_not_depend_on_the_others(kind, number):
    case = Case(kind, number, "float32")
    if case.states:
        case.states = ()
    together = case.forward(run_of(case.layout, case.parameters))[0]
    for place, index in enumerate(case.rows.plan.order):
        rows = rows_of_arrays([case.arrays[index]], case.rows.columns)
        alone = case.forward(run_of(case.layout, case.parameters), rows)[0]
        first = together.first[place]
        n = len(alone.values) if len(together.values) == len(case.rows.values) else 1
        _, *numbers = (slice(None), *(padded for _, padded in together.columns.blocks))
        for columns in numbers:
            assert_array_equal(
                together.values[first : first + n, columns], alone.values[:n, columns]
            )

"""Dropout, pooling over time and truncated backpropagation, in network and estimators."""

import sys

import numpy as np
import pytest

from skrnn import RNNClassifier, RNNRegressor
from skrnn.kernels.team import new_mailbox
from skrnn.network import stack
from skrnn.network.dropout import Dropout, mask_of
from skrnn.network.pooling import POOLINGS
from skrnn.network.sequence_network import SequenceNetwork
from skrnn.runtime.arena import Arena
from skrnn.runtime.rows import Columns, Plan
from skrnn.runtime.run import Packing, Run
from skrnn.runtime.threads import Team

from .. import naive
from ..child import run_child
from ..passes import raw_outputs
from ..toys import CELL_ACTIVATIONS, QUICK, labelled, ragged

# The number of epochs is chosen, not found by convergence.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

every_cell = pytest.mark.parametrize(("cell", "activation"), naive.EVERY_CELL)
every_pooling = pytest.mark.parametrize("pooling", sorted(POOLINGS))
POOL = {
    "last": lambda outputs: outputs[-1],
    "mean": lambda outputs: outputs.mean(axis=0),
    "max": lambda outputs: outputs.max(axis=0),
}


def twin_outputs(problem, weights, frozen, n_steps, masks):
    """Return raw outputs (n_sequences, n_outputs), by the equations, one sequence at a time.

    States are carried from window to window with the weights `frozen`; within a window each step
    is computed with `weights`. `masks` has a recurrent mask for each sequence and layer.
    """
    cell = naive.CELLS[problem.rule["cell"]](problem.rule["activation"])
    n_layers = naive.n_layers_of(weights)
    results = []
    for number, sequence in enumerate(problem.arrays):
        carried = [
            tuple(np.zeros(len(weights[f"layer_{i}.forward.recurrent"])) for _ in range(2))
            for i in range(n_layers)
        ]
        carried = [state[: cell.n_states] for state in carried]
        cut = (len(sequence) - 1) % n_steps + 1
        outputs = []
        for window in np.split(sequence, range(cut, len(sequence), n_steps)):
            states = list(carried)
            for x in window:
                for layer in range(n_layers):
                    arrays = naive.arrays_of(weights, layer, "forward")
                    states[layer], _ = cell.step(x, states[layer], *arrays, masks[number][layer])
                    x = states[layer][0]
                outputs.append(x)
            for x in window:
                for layer in range(n_layers):
                    arrays = naive.arrays_of(frozen, layer, "forward")
                    carried[layer], _ = cell.step(x, carried[layer], *arrays, masks[number][layer])
                    x = carried[layer][0]
        results.append(np.array(outputs))
    pool = POOL[problem.pooling]
    return np.array([pool(o) for o in results]) @ weights["output.weight"] + weights["output.bias"]


@pytest.fixture
def make_pooled(make_problem):
    def make_pooled(pooling, **options):
        problem = make_problem(pooling=pooling, **options)
        problem.pooling = pooling
        return problem

    return make_pooled


@every_pooling
@pytest.mark.parametrize(("cell", "activation"), CELL_ACTIVATIONS)  # those without a twin, too
@pytest.mark.parametrize("bidirectional", [False, True])
def test_gradient_equals_central_differences(make_pooled, cell, activation, pooling, bidirectional):
    problem = make_pooled(
        pooling,
        cell=cell,
        activation=activation,
        dtype="float64",
        hidden_layer_sizes=(3, 2),
        bidirectional=bidirectional,
        n_features=2,
        lengths=[3, 1, 4, 3, 2],
        dropout=Dropout(0.3, 0.4),
    )
    indices = np.array([3, 0, 2, 1])
    _, gradient = problem.value_and_gradient(indices, seed=1)
    slopes = naive.central_differences(
        lambda: problem.value_and_gradient(indices, seed=1)[0], problem.parameters
    )
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-9)


@every_pooling
@every_cell
@pytest.mark.parametrize("n_steps", [1, 3, 5])
@pytest.mark.parametrize("recurrent_rate", [0.0, 0.5])
def test_windows_carry_states_but_no_gradients(
    monkeypatch, make_pooled, cell, activation, pooling, n_steps, recurrent_rate
):
    problem = make_pooled(
        pooling,
        cell=cell,
        activation=activation,
        dtype="float64",
        hidden_layer_sizes=(3, 2),
        lengths=[7, 1, 5, 6, 12],
        bptt_steps=n_steps,
        dropout=Dropout(0.0, recurrent_rate),
    )
    drawn = {}  # by the place of the layer; the last window has all sequences

    def noted(run, place, rate, plan, columns):
        mask = mask_of(run, place, rate, plan, columns)
        if len(mask) == len(problem.arrays):
            drawn[place] = mask[np.argsort(plan.order)]
        return mask

    monkeypatch.setattr(stack, "mask_of", noted)
    value, gradient = problem.value_and_gradient(seed=3)
    of_layers = [drawn[place] for place in sorted(drawn)] or [np.ones((5, 3)), np.ones((5, 2))]
    masks = [[mask[i, :n] for mask, n in zip(of_layers, (3, 2), strict=True)] for i in range(5)]
    weights = naive.in_float64(problem.weights)
    flat = problem.parameters.copy()
    perturbed = problem.network.layout.named(flat)

    def twin():
        return np.sum(twin_outputs(problem, perturbed, weights, n_steps, masks) * problem.d_raw)

    assert value == pytest.approx(twin(), rel=1e-12)
    slopes = naive.central_differences(twin, flat)
    np.testing.assert_allclose(gradient, slopes, rtol=1e-6, atol=1e-9)


@every_pooling
def test_a_window_that_covers_all_changes_no_bit(make_pooled, pooling):
    options = {"cell": "gru", "activation": "tanh", "dtype": "float32", "lengths": [9, 4, 9]}
    whole = make_pooled(pooling, **options)
    value, gradient = whole.value_and_gradient()
    whole.network = SequenceNetwork(whole.network.architecture, bptt_steps=9)
    value_of_windowed, windowed = whole.value_and_gradient()
    assert value_of_windowed == value
    np.testing.assert_array_equal(windowed, gradient)


@every_pooling
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bits_do_not_depend_on_threads(rng, make_pooled, pooling, dtype):
    problem = make_pooled(
        pooling,
        cell="gru",
        activation="tanh",
        dtype=dtype,
        hidden_layer_sizes=(50, 17),
        n_features=24,
        lengths=rng.integers(1, 31, size=67),
        dropout=Dropout(0.2, 0.3),
        bptt_steps=8,
    )
    gradients = [problem.value_and_gradient(n_threads=n, seed=5)[1] for n in (1, 2, 3)]
    np.testing.assert_array_equal(gradients[1], gradients[0])
    np.testing.assert_array_equal(gradients[2], gradients[0])


@every_pooling
@pytest.mark.parametrize("bidirectional", [False, True])
def test_pooled_outputs_equal_the_twin_whatever_else_is_in_the_batch(
    make_pooled, pooling, bidirectional
):
    problem = make_pooled(
        pooling, cell="lstm", activation="tanh", dtype="float32", bidirectional=bidirectional
    )
    raw = problem.raw_outputs(n_threads=2)
    alone = [
        raw_outputs(problem.network, problem.parameters, problem.sequences.take([i]))
        for i in range(len(raw))
    ]
    np.testing.assert_array_equal(np.concatenate(alone), raw)
    if not bidirectional:
        ones = [[1.0]] * len(raw)
        weights = naive.in_float64(problem.weights)
        expected = twin_outputs(problem, weights, weights, 1000, ones)
        naive.assert_close(raw, expected, problem.output_bound)


def mask_of_sequences(n, width, rate, dtype):
    dtype = np.dtype(dtype)
    team = Team(new_mailbox(), 1)
    run = Run({}, None, 0, team, Arena(dtype), Packing(dtype))
    plan = Plan.of(np.ones(n, np.int64))
    return mask_of(run, 0, rate, plan, Columns(1, width, width))


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_masks_keep_the_mean(rate):
    mask = mask_of_sequences(1000, 200, rate, "float32")
    assert mask.dtype == np.float32
    assert set(np.unique(mask)) == {0, mask.max()}
    assert mask.max() == pytest.approx(1 / (1 - rate), rel=1e-4)
    # Five standard deviations of a share of 200,000 independent draws.
    assert (mask == 0).mean() == pytest.approx(rate, abs=5 * np.sqrt(rate * (1 - rate) / 2e5))


def test_each_sequence_and_step_is_dropped_from_on_its_own():
    mask = mask_of_sequences(64, 64, 0.5, "float64") > 0
    correlations = np.corrcoef(mask) - np.eye(64)
    assert np.abs(correlations).max() < 5 / np.sqrt(64)


@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
@pytest.mark.parametrize(
    "options",
    [
        {"dropout": 0.2, "hidden_layer_sizes": (8, 6)},
        {"recurrent_dropout": 0.3},
        {"pooling": "mean"},
        {"pooling": "max", "bidirectional": True},
        {"bptt_steps": 3},
        {"bptt_steps": 3, "pooling": "mean", "dropout": 0.1, "recurrent_dropout": 0.1},
    ],
)
def test_every_option_learns_and_repeats_itself(cell, options):
    X, y = labelled(["a", "b"])
    parameters = {**QUICK, "max_iter": 60, "cell": cell, **options}
    fitted = RNNClassifier(**parameters).fit(X, y)
    assert fitted.score(X, y) > 0.8
    again = RNNClassifier(**parameters, n_jobs=1).fit(X, y)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    assert again.loss_curve_ == fitted.loss_curve_


def test_dropout_is_for_training_alone():
    X, y = ragged()
    fitted = RNNRegressor(**QUICK, dropout=0.5, recurrent_dropout=0.5).fit(X, y)
    np.testing.assert_array_equal(fitted.predict(X), fitted.predict(X))
    plain = RNNRegressor(**QUICK).fit(X, y)
    assert fitted.loss_ > plain.loss_


def test_rates_near_one_stay_finite():
    X, y = ragged()
    fitted = RNNRegressor(**QUICK, dropout=1 - 1e-9, recurrent_dropout=1 - 1e-9).fit(X, y)
    assert np.isfinite(fitted.predict(X)).all()


def test_training_cannot_go_on_with_another_pooling():
    X, y = ragged()
    fitted = RNNRegressor(**QUICK, warm_start=True).fit(X, y)
    fitted.set_params(pooling="max")
    with pytest.raises(ValueError, match="fitted with pooling=last"):
        fitted.fit(X, y)


def test_windows_and_both_directions_exclude_each_other():
    X, y = ragged()
    with pytest.raises(ValueError, match="bptt_steps=5 is not supported with bidirectional=True"):
        RNNRegressor(bptt_steps=5, bidirectional=True).fit(X, y)


LONG = """
import resource
import numpy as np
from skrnn import RNNClassifier

rng = np.random.default_rng(0)
X = rng.standard_normal((1, 100_000, 2), dtype=np.float32).repeat(2, axis=0)
network = RNNClassifier(64, bptt_steps=200, pooling={pooling!r}, max_iter=1)
network.fit(X[:, :300], [0, 1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
network.fit(X, [0, 1])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
@pytest.mark.parametrize("pooling", ["last", "mean"])
def test_memory_is_that_of_a_window(pooling):
    # All steps on one tape would take 2 * 100,000 * (66 + 256 + 128) * 4 bytes, 340 MiB.
    assert float(run_child(LONG.format(pooling=pooling), timeout=120)) < 30  # MiB

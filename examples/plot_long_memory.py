"""Draw how far back each cell remembers, with and without a start that is made for it.

A sequence is a symbol of eight, followed by symbols that say nothing; the class is the first. Each
cell is fitted once for each distance, for 15 epochs, with biases that remember for as long as the
sequences are (``max_timescale="auto"``, the default) and without (None). The simple cell has no
such biases. All of it takes some ten minutes on two cores; the table that it prints is the
picture's.

    python examples/plot_long_memory.py
    python examples/plot_long_memory.py --steps 30 100
"""

import argparse
import sys
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
from sklearn.exceptions import ConvergenceWarning

from skrnn import RNNClassifier

sys.path.append(str(Path(__file__).parent / "benchmarks"))
from long_memory import N_SYMBOLS, first_symbol

NETWORKS = {  # the parameters of each line, and how it is drawn
    "GRU": ({"cell": "gru"}, "C0-"),
    "GRU, max_timescale=None": ({"cell": "gru", "max_timescale": None}, "C0:"),
    "LSTM": ({"cell": "lstm"}, "C1-"),
    "LSTM, max_timescale=None": ({"cell": "lstm", "max_timescale": None}, "C1:"),
    "simple, tanh": ({"cell": "simple"}, "C2-"),
    "simple, ReLU": ({"cell": "simple", "activation": "relu"}, "C3-"),
}


def recalled(split, network):
    """Return the share of the test sequences whose first symbol is recalled."""
    classifier = RNNClassifier(
        64,
        **network,
        learning_rate_init=2e-3,
        max_iter=15,
        tol=0,
        n_iter_no_change=15,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(split.X_train, split.y_train)
    return classifier.score(split.X_test, split.y_test)


def draw(steps, shares, path):
    """Draw the shares of each network, one a distance."""
    figure, axes = plt.subplots(figsize=(9, 4.6), layout="constrained")
    for name, (_, style) in NETWORKS.items():
        axes.plot(steps, shares[name], style, marker="o", markersize=4, label=name)
    axes.axhline(1 / N_SYMBOLS, color="grey", linewidth=0.8)
    axes.set(
        xscale="log",
        xlabel="steps since the symbol",
        ylabel="share recalled",
        title="Recall of a first symbol; the grey line is guessing",
        ylim=(0, 1.03),
    )
    axes.set_xticks(steps, [str(n) for n in steps])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right", fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, nargs="+", default=[30, 100, 300, 1000])
    parser.add_argument(
        "--output",
        type=Path,
        default=Path(__file__).with_suffix(".png"),
        help="where to draw the picture (default: beside this script)",
    )
    arguments = parser.parse_args()
    splits = [first_symbol(n)(seed=0) for n in arguments.steps]
    shares = {}
    print(f"{'network':25}", *(f"{n:>7}" for n in arguments.steps))
    for name, (network, _) in NETWORKS.items():
        shares[name] = [recalled(split, network) for split in splits]
        print(f"{name:25}", *(f"{share:7.3f}" for share in shares[name]), flush=True)
    draw(arguments.steps, shares, arguments.output)
    print(f"Picture: {arguments.output}")


if __name__ == "__main__":
    main()

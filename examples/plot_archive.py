"""Draw what archive.py has found: each set beside a published network, and what settings did.

    python examples/benchmarks/archive.py "search,n_iter=8" --test --results test.jsonl
    python examples/benchmarks/archive.py defaults "defaults,cell='gru'" --results settings.jsonl
    python examples/plot_archive.py test.jsonl settings.jsonl

On the left a point is a set of the archive: above the line the vote of the search is better than
ResNet. On the right a bar is the mean accuracy with some settings, over the sets that have been
tried with all of them.
"""

import argparse
import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

sys.path.append(str(Path(__file__).parent / "benchmarks"))
from published import published


def read(path):
    """Return the lines of a file of results."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def draw_sets(axes, lines, rival):
    """Draw the accuracy of each set over that of a published network."""
    theirs = published()
    ours = {line["set"]: line["accuracy"] for line in lines if line["set"] in theirs}
    x, y = np.array([(theirs[data][rival], accuracy) for data, accuracy in ours.items()]).T
    axes.plot([0, 100], [0, 100], color="grey", linewidth=0.8)
    axes.scatter(x, y, s=16, alpha=0.7)
    wins = f"better on {np.sum(y > x)} of {len(x)} sets, means {y.mean():.1f} and {x.mean():.1f} %"
    low = min(x.min(), y.min()) - 3
    axes.set(
        xlabel=f"{rival} (published), %",
        ylabel="search and vote, %",
        title=wins,
        xlim=(low, 101),
        ylim=(low, 101),
    )


def draw_settings(axes, lines):
    """Draw the mean accuracy of each recipe, over what has been tried with all of them."""
    by_recipe = {}
    for line in lines:
        by_recipe.setdefault(line["recipe"], {})[line["set"], line["seed"]] = line["accuracy"]
    shared = set.intersection(*(set(of_recipe) for of_recipe in by_recipe.values()))
    means = {
        name: np.mean([of_recipe[key] for key in shared]) for name, of_recipe in by_recipe.items()
    }
    names = sorted(means, key=means.get)
    bars = axes.barh(names, [means[name] for name in names])
    axes.bar_label(bars, fmt="%.1f", padding=2, fontsize=8)
    n_sets = len({data for data, _ in shared})
    axes.set(
        xlabel=f"accuracy on held-out training data, %, mean of {n_sets} sets",
        xlim=(min(means.values()) - 5, max(means.values()) + 3),
    )
    axes.tick_params(axis="y", labelsize=8)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("test", type=Path, help="results of the search on the test sets")
    parser.add_argument("settings", type=Path, help="results on held-out training data")
    parser.add_argument("--rival", choices=next(iter(published().values())), default="resnet")
    parser.add_argument(
        "--output", type=Path, default=Path("archive.png"), help="default: %(default)s"
    )
    arguments = parser.parse_args()
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 5), layout="constrained")
    draw_sets(left, read(arguments.test), arguments.rival)
    draw_settings(right, read(arguments.settings))
    figure.savefig(arguments.output, dpi=110)
    print(f"Picture: {arguments.output}")


if __name__ == "__main__":
    main()

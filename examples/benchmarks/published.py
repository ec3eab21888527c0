"""Results on the UCR archive beside published ones: mean accuracy and mean rank."""

import csv
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

TABLE = Path(__file__).with_name("archive_published.csv")


def published():
    """Return the accuracies that others have published, by set and by name."""
    with TABLE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return {row.pop("dataset"): {who: float(value) for who, value in row.items()} for row in rows}


def accuracies_of(lines):
    """Return the mean accuracies of result lines, by set and by recipe; of a vote its best too."""
    votes = {line["recipe"] for line in lines if "accuracy of best" in line}
    gathered = {}
    for line in lines:
        of_set = gathered.setdefault(line["set"], {})
        of_set.setdefault(line["recipe"], []).append(line["accuracy"])
        if line["recipe"] in votes:
            best = line.get("accuracy of best", line["accuracy"])
            of_set.setdefault(f"{line['recipe']}, the best alone", []).append(best)
    return {
        data: {who: float(np.mean(values)) for who, values in of_set.items()}
        for data, of_set in gathered.items()
    }


def print_beside_published(lines):
    """Print mean accuracy and mean rank, over the sets that all have."""
    ours, theirs = accuracies_of(lines), published()
    together = {data: ours[data] | theirs[data] for data in ours if data in theirs}
    everybody = sorted({who for of_set in together.values() for who in of_set})
    shared = [of_set for of_set in together.values() if len(of_set) == len(everybody)]
    table = np.array([[of_set[who] for who in everybody] for of_set in shared])
    ranks = rankdata(-table, axis=1)
    print(f"\n{len(shared)} sets: mean accuracy, mean rank")
    for who, accuracy, rank in zip(everybody, table.mean(axis=0), ranks.mean(axis=0), strict=True):
        print(f"{who:60} {accuracy:5.1f} {rank:5.2f}")

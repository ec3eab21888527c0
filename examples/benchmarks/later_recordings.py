"""What a network is to see of a step, chosen by later recordings of the same speakers.

    python examples/benchmarks/later_recordings.py
    python examples/benchmarks/later_recordings.py --seeds 2 --steps differences

JapaneseVowels has the recordings of a speaker in their order, and its test set has later ones. So
consecutive thirds of each speaker's training recordings are held out in turn: a random third is
much like the rest, and says that nearly all is right already. The test set is not looked at.
"""

import argparse
import warnings

import datasets
import numpy as np
import recipes
from accuracy import seeded
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import PredefinedSplit, cross_val_score
from sklearn.pipeline import make_pipeline

from skrnn.preprocessing import SequenceDifferences, SequenceFrames

STEPS = {
    "values": "passthrough",
    "frames of 2": SequenceFrames(2, 1),
    "frames of 3": SequenceFrames(3, 1),
    "frames of 5": SequenceFrames(5, 1),
    "differences": SequenceDifferences(),
    "differences of order 2": SequenceDifferences(order=2),
    "differences only": SequenceDifferences(keep=False),
}
N_BLOCKS = 3


def blocks_of(speakers):
    """Return the block of each recording: the speaker's first third, the second, or the last."""
    blocks = np.empty(len(speakers), dtype=int)
    for speaker in np.unique(speakers):
        places = np.flatnonzero(speakers == speaker)
        blocks[places] = np.arange(len(places)) * N_BLOCKS // len(places)
    return blocks


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS))
    parser.add_argument("--seeds", type=int, default=6, help="how many of them")
    arguments = parser.parse_args()
    split = datasets.load_japanese_vowels(0)
    later = PredefinedSplit(blocks_of(np.asarray(split.y_train)))
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(f"{'a step is':25} {'wrong':>7} {'least':>7} {'most':>7}  of {arguments.seeds} seeds")
    for name in arguments.steps:
        wrong = []
        for seed in range(arguments.seeds):
            estimator = seeded(make_pipeline(STEPS[name], recipes.recipe("vowels")), seed)
            right = cross_val_score(estimator, split.X_train, split.y_train, cv=later)
            wrong.append(100 * (1 - right.mean()))
        print(f"{name:25} {np.mean(wrong):6.2f}% {min(wrong):6.2f}% {max(wrong):6.2f}%", flush=True)


if __name__ == "__main__":
    main()

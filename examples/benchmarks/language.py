"""A language model beside PyTorch: training, and a text that is written token by token.

    python examples/benchmarks/language.py

Two LSTM layers whose embedding is tied to the output: 256 units on 100 characters, and 200 units
on 10,000 words. Training is 32 streams in windows of 70 steps, Adam, clipping; the tokens are drawn
by Zipf's law. Writing is one text, each token drawn from the model's probabilities. The sides take
turns in one process.
"""

import argparse
import time
import warnings
from typing import NamedTuple

import numpy as np
from machine import by_turns, large_matrix_rate, print_versions, processor_name, seconds_of
from peers import LEARNING_RATE, MAX_GRAD_NORM
from sklearn.exceptions import ConvergenceWarning
from table import print_row

from skrnn import RNNLanguageModel
from skrnn.runtime.threads import effective_n_threads

N_STREAMS, N_STEPS, N_LAYERS = 32, 70, 2


class Size(NamedTuple):
    """Of a model and its corpus."""

    n_tokens: int
    n_units: int
    n_windows: int

    @property
    def flops_of_token(self):
        """Return those of training: the products of all layers and their two gradients.

        For each token, although skrnn shares the bottom layer's between equal ones.
        """
        return 6 * (N_LAYERS * 8 * self.n_units**2 + self.n_units * self.n_tokens)


SIZES = {"characters": Size(100, 256, 15), "words": Size(10_000, 200, 6)}


def corpus_of(size):
    """Draw one text, in which every token occurs."""
    rng, n = np.random.default_rng(0), N_STREAMS * N_STEPS * size.n_windows
    proba = 1 / np.arange(1, size.n_tokens + 1)
    text = rng.choice(size.n_tokens, n, p=proba / proba.sum())
    text[: size.n_tokens] = np.arange(size.n_tokens)
    return text


def model_of(size, n_threads):
    """Return an unfitted model like PyTorch's."""
    return RNNLanguageModel(
        (size.n_units,) * N_LAYERS,
        dropout=0.0,
        alpha=0.0,
        batch_size=N_STREAMS,
        bptt_steps=N_STEPS,
        learning_rate_init=LEARNING_RATE,
        max_iter=1,
        n_iter_no_change=np.inf,
        random_state=0,
        n_jobs=n_threads,
    )


class TorchModel:
    """The same model in PyTorch; `dropout` is between the layers and before the output."""

    def __init__(self, n_tokens, n_units, n_threads, dropout=0.0):
        import torch

        torch.set_num_threads(n_threads)
        torch.manual_seed(0)
        self.torch = torch
        self.embedding = torch.nn.Embedding(n_tokens, n_units)
        self.layers = torch.nn.LSTM(n_units, n_units, N_LAYERS, dropout=dropout)
        self.dropout = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(n_units, n_tokens)
        self.head.weight = self.embedding.weight
        modules = self.embedding, self.layers, self.head
        self.parameters = list(dict.fromkeys(p for m in modules for p in m.parameters()))
        self.optimizer = torch.optim.Adam(self.parameters, lr=LEARNING_RATE)

    def raw(self, codes, state):
        """Return the raw outputs (n_steps, n, n_tokens) and the last state."""
        hidden, state = self.layers(self.embedding(codes), state)
        return self.head(self.dropout(hidden)), state

    def train(self, text, after_step=lambda: None):
        """Train for an epoch, and return the mean loss of the minibatches."""
        torch = self.torch
        streams = torch.from_numpy(text.reshape(N_STREAMS, -1).T.copy())
        state, losses = None, []
        for first in range(0, len(streams) - 1, N_STEPS):
            codes = streams[first : first + N_STEPS + 1]
            raw, state = self.raw(codes[:-1], state)
            state = tuple(one.detach() for one in state)
            self.optimizer.zero_grad()
            targets = codes[1:].reshape(-1)
            loss = torch.nn.functional.cross_entropy(raw.flatten(0, 1), targets)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.parameters, MAX_GRAD_NORM)
            self.optimizer.step()
            after_step()
            losses.append(loss.detach())
        return float(torch.stack(losses).mean())

    def write(self):
        """Yield tokens, each drawn from the probabilities after the one before."""
        torch = self.torch
        codes, state = torch.zeros((1, 1), dtype=torch.int64), None
        with torch.inference_mode():
            while True:
                raw, state = self.raw(codes, state)
                codes = torch.multinomial(torch.softmax(raw[0], dim=-1), 1)
                yield codes.item()


def written(model):
    """Yield tokens that a fitted model draws; after the end of a text begin another."""
    stream = model.stream()
    for seed in range(1_000_000):
        yield from stream.reset().generate(max_new_tokens=10_000, random_state=seed)


def microseconds_of(tokens, n_tokens):
    """Return what each of the next tokens takes."""
    taken = []
    for _ in range(n_tokens):
        start = time.perf_counter()
        next(tokens)
        taken.append(1e6 * (time.perf_counter() - start))
    return taken


def compare_training(name, size, model, torch, options):
    """Print tokens a second, and the share of the large-matrix rate."""
    text = corpus_of(size)
    timers = {
        "skrnn": lambda: seconds_of(lambda: model.partial_fit([text.tolist()])),
        "PyTorch": lambda: seconds_of(lambda: torch.train(text)),
    }
    medians = by_turns(timers, options.rounds)
    rates = {side: len(text) / seconds for side, seconds in medians.items()}
    share = rates["skrnn"] * size.flops_of_token / large_matrix_rate()
    ours = f"{rates['skrnn']:.0f} tokens/s, {share:.0%} of the large-matrix rate"
    ratio = f"{rates['skrnn'] / rates['PyTorch']:.2f}"
    print_row(f"training, {name}", ours, f"{rates['PyTorch']:.0f} tokens/s", ratio)


def compare_writing(name, model, torch, options):
    """Print the median and the 99th percentile of a token's time."""
    sides = {"skrnn": written(model), "PyTorch": torch.write()}
    taken = {side: [] for side in sides}
    for round_number in range(options.rounds + 1):
        for side, tokens in sides.items():
            times = microseconds_of(tokens, options.tokens)
            taken[side] += times if round_number > 0 else []
    medians = {side: np.median(times) for side, times in taken.items()}
    late = {side: np.percentile(times, 99) for side, times in taken.items()}
    cells = [f"{medians[side]:.0f} us, 99 %: {late[side]:.0f} us" for side in sides]
    print_row(f"writing, {name}", *cells, f"{medians['PyTorch'] / medians['skrnn']:.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=200, help="written in a turn")
    parser.add_argument("--threads", type=int, default=effective_n_threads(None))
    options = parser.parse_args()
    print(f"{processor_name()}, {options.threads} threads")
    print_versions(["skrnn", "numba", "numpy", "torch"])
    print_row("what", "skrnn", "PyTorch", "ratio")
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name in options.sizes:
        size = SIZES[name]
        model = model_of(size, options.threads)
        torch = TorchModel(size.n_tokens, size.n_units, options.threads)
        compare_training(name, size, model, torch, options)
        compare_writing(name, model, torch, options)


if __name__ == "__main__":
    main()

"""A chain of labels beside PyTorch: loss and gradient of a minibatch, and the most probable labels.

    python examples/benchmarks/chain.py

The conditional random field alone, without the network below it. PyTorch's is written out as
torchcrf does it, all sequences of a step at once; the gradient is that of its autograd. Sequences
of half to all of 50 steps, padded for PyTorch. The sides take turns in one process.
"""

import argparse

import numpy as np
from machine import by_turns, print_versions, processor_name
from table import milliseconds, print_row, repeated

from skrnn.network.chain import Allowed, Chain, chain_parameters
from skrnn.network.ends import Outputs
from skrnn.runtime.threads import effective_n_threads

N_STEPS = 50


class Ours:
    """The chain on random outputs, with random labels."""

    def __init__(self, n_labels, lengths, rng):
        n_rows = int(lengths.sum())
        shapes = {one.name: one.shape for one in chain_parameters(n_labels)}
        parameters = {name: rng.normal(size=shape).astype("f") for name, shape in shapes.items()}
        raw = rng.normal(size=(n_rows, n_labels)).astype("f")
        self.outputs = Outputs(raw, lengths, parameters)
        gradients = {name: np.zeros(shape, "f") for name, shape in shapes.items()}
        self.gradient = Outputs(np.empty_like(raw), lengths, gradients)
        self.codes, self.weights = rng.integers(n_labels, size=n_rows), np.ones(n_rows)
        self.chain = Chain(Allowed(*(np.ones(shape, bool) for shape in shapes.values())))

    def learn(self):
        """Return the sum of the losses; write the gradient."""
        for array in self.gradient.parameters.values():
            array[...] = 0
        return self.chain.losses(self.outputs, self.codes, self.weights, self.gradient).sum()

    def decode(self):
        """Return the most probable labels of all steps."""
        return self.chain.best(self.outputs)[0][0]


class Theirs:
    """The same in PyTorch, time-major and padded."""

    def __init__(self, ours, n_threads):
        import torch

        torch.set_num_threads(n_threads)
        self.torch, lengths = torch, ours.outputs.lengths
        first, n_steps = np.cumsum(lengths) - lengths, int(lengths.max())
        rows = np.minimum(first + np.arange(n_steps)[:, np.newaxis], len(ours.codes) - 1)
        self.raw = torch.tensor(ours.outputs.raw[rows], requires_grad=True)
        self.tags = torch.tensor(ours.codes[rows])
        self.mask = torch.tensor(np.arange(n_steps)[:, np.newaxis] < lengths)
        self.last = torch.tensor(lengths - 1)
        self.transitions, self.start, self.end = (
            torch.tensor(array, requires_grad=True) for array in ours.outputs.parameters.values()
        )

    def learn(self):
        """Return the sum of the losses; add the gradient."""
        torch, batch = self.torch, self.torch.arange(self.raw.shape[1])
        score = self.start[self.tags[0]] + self.raw[0, batch, self.tags[0]]
        sums = self.start + self.raw[0]
        for t in range(1, len(self.raw)):
            more = self.transitions[self.tags[t - 1], self.tags[t]]
            more = more + self.raw[t, batch, self.tags[t]]
            score = score + torch.where(self.mask[t], more, 0)
            both = sums.unsqueeze(2) + self.transitions + self.raw[t].unsqueeze(1)
            new = torch.logsumexp(both, dim=1)
            sums = torch.where(self.mask[t].unsqueeze(1), new, sums)
        score = score + self.end[self.tags[self.last, batch]]
        loss = (torch.logsumexp(sums + self.end, dim=1) - score).sum()
        loss.backward()
        return loss.item()

    def decode(self):
        """Return the most probable labels of each sequence."""
        with self.torch.inference_mode():
            best, history = self.start + self.raw[0], []
            for t in range(1, len(self.raw)):
                both = best.unsqueeze(2) + self.transitions + self.raw[t].unsqueeze(1)
                new, origins = both.max(dim=1)
                best = self.torch.where(self.mask[t].unsqueeze(1), new, best)
                history.append(origins)
            labels = []
            for i, last in enumerate(self.last.tolist()):
                path = [int((best[i] + self.end).argmax())]
                for origins in reversed(history[:last]):
                    path.append(int(origins[i, path[-1]]))
                labels += path[::-1]
            return np.array(labels)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=int, nargs="+", default=[4, 9, 17, 45])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=effective_n_threads(None))
    options = parser.parse_args()
    print(f"{processor_name()}, {options.threads} threads")
    print_versions(["skrnn", "numba", "numpy", "torch"])
    print_row("what", "skrnn", "PyTorch, padded", "ratio")
    for n_labels in options.labels:
        rng = np.random.default_rng(0)
        ours = Ours(n_labels, rng.integers(N_STEPS // 2, N_STEPS + 1, options.batch), rng)
        theirs = Theirs(ours, options.threads)
        np.testing.assert_allclose(ours.learn(), theirs.learn(), rtol=1e-4)
        np.testing.assert_array_equal(ours.decode(), theirs.decode())
        for what in ("learn", "decode"):
            functions = {"skrnn": getattr(ours, what), "PyTorch": getattr(theirs, what)}
            medians = by_turns(repeated(functions), options.rounds)
            times = [milliseconds(seconds) for seconds in medians.values()]
            ratio = medians["PyTorch"] / medians["skrnn"]
            print_row(f"{what}, {n_labels} labels", *times, f"{ratio:.1f}")


if __name__ == "__main__":
    main()

"""Random batches for a chain of labels, and what the twin says of their sequences."""

from typing import NamedTuple

import numpy as np

from skrnn.network.chain import Allowed, Chain, chain_parameters
from skrnn.network.ends import Outputs

from .. import naive

LENGTHS = (3, 1, 4, 2, 4, 1, 2)
LABELLED = ("all", "some", "all but one sequence")


class Batch(NamedTuple):
    """A chain, what the network gives it, and the labels: without a weight they count for none."""

    chain: Chain
    outputs: Outputs
    targets: np.ndarray
    weights: np.ndarray

    def losses(self, gradient=None):
        return self.chain.losses(self.outputs, self.targets, self.weights, gradient)

    def results(self):
        """Return losses, their gradient as `Outputs`, log marginals, and the three best paths."""
        raw, lengths, parameters = self.outputs
        zeros = {name: np.zeros_like(array) for name, array in parameters.items()}
        gradient = Outputs(np.full_like(raw, np.nan), lengths, zeros)
        losses = self.losses(gradient)
        return (
            losses,
            gradient,
            self.chain.log_marginals(self.outputs),
            self.chain.best(self.outputs, 3),
        )

    def rows(self):
        """Give the rows of each sequence."""
        ends = np.cumsum(self.outputs.lengths).tolist()
        return [slice(end - n, end) for end, n in zip(ends, self.outputs.lengths, strict=True)]

    def alone(self, rows):
        """Return a batch of the one sequence that has the rows."""
        raw, lengths = self.outputs.raw[rows].copy(), np.array([rows.stop - rows.start])
        outputs = Outputs(raw, lengths, self.outputs.parameters)
        return Batch(self.chain, outputs, self.targets[rows], self.weights[rows])

    def codes(self):
        return np.where(self.weights > 0, self.targets, -1)

    def scores(self):
        """Return the scores of transitions, starts and ends for the twin."""
        arrays = self.outputs.parameters.values()
        return [
            np.where(mask, array.astype(np.float64), -np.inf)
            for mask, array in zip(self.chain.allowed, arrays, strict=True)
        ]

    def paths(self):
        """Return the rows of each sequence and all its paths."""
        raw, scores = self.outputs.raw.astype(np.float64), self.scores()
        return [(rows, naive.path_scores(raw[rows], *scores)) for rows in self.rows()]


def everything(n_labels):
    return Allowed(
        np.ones((n_labels, n_labels), bool), np.ones(n_labels, bool), np.ones(n_labels, bool)
    )


def restrictions(n_labels):
    """Return what always leaves the path of label 0 alone."""
    allowed = everything(n_labels)
    allowed.transitions[1, 1] = allowed.start[1] = allowed.end[-1] = False
    allowed.transitions[n_labels - 1, 0] = n_labels == 2
    return allowed


def batch_of(
    rng, n_labels, *, allowed=None, labelled="all", dtype=np.float64, lengths=LENGTHS, scale=2.0
):
    allowed = allowed or everything(n_labels)
    parameters = {
        one.name: (rng.normal(size=one.shape) * scale).astype(dtype)
        for one in chain_parameters(n_labels)
    }
    raw = (rng.normal(size=(sum(lengths), n_labels)) * scale).astype(dtype)
    of_sequences = rng.uniform(0.3, 3.0, len(lengths))
    weights = np.repeat(of_sequences, lengths)
    if labelled != "all":
        weights[rng.random(len(weights)) < 0.4] = 0
        weights[0] = of_sequences[0]
    if labelled == "all but one sequence":
        weights[sum(lengths[:2]) : sum(lengths[:3])] = 0
    outputs = Outputs(raw, np.array(lengths), parameters)
    targets = np.concatenate([allowed_path(rng, allowed, n) for n in lengths])
    targets[weights == 0] = -1
    return Batch(Chain(allowed), outputs, targets, weights)


def allowed_path(rng, allowed, n_steps):
    """Return a random path, of label 0 alone where another is not allowed."""
    path = rng.integers(len(allowed.start), size=n_steps)
    follows = allowed.transitions[path[:-1], path[1:]].all()
    return path if follows and allowed.start[path[0]] and allowed.end[path[-1]] else 0 * path


def batch_of_kind(rng, n_labels, restricted, labelled, dtype=np.float64):
    allowed = restrictions(n_labels) if restricted else None
    return batch_of(rng, n_labels, allowed=allowed, labelled=labelled, dtype=dtype)


def without_paths(which):
    """Return what is allowed of two labels, and which lengths have a path."""
    allowed = everything(2)
    if which == "one step":  # only from 0 to 1
        allowed.start[1] = allowed.end[0] = False
        return allowed, lambda n: n > 1
    for name in Allowed._fields if which == "all" else [which]:
        getattr(allowed, name)[...] = False
    return allowed, lambda n: which == "transitions" and n == 1

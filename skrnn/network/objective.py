"""What training minimises: the loss of a minibatch and its gradient, of one flat vector."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import numpy as np

from ..kernels.team import new_mailbox
from ..runtime.arena import Arena
from ..runtime.callers import user_level
from ..runtime.rows import Plan, Rows, Sequences, places_of_answers, ranges, rows_of
from ..runtime.run import Packing, Reads, Run
from ..runtime.threads import Team, team_of
from .ends import End, Outputs
from .network import GradientOf, Network
from .stack import StackTape
from .tokens import EachToken

AUTO_BATCH_SIZE = 32


@dataclass(frozen=True)
class TrainingData:
    """Sequences, what the network should say of them, and how much each counts.

    Parameters
    ----------
    sequences : Sequences
    targets : ndarray of shape (n_answers,) or (n_answers, n_targets)
        As the loss wants them: of each sequence, or of each of its time steps.
    sample_weight : ndarray of shape (n_answers,), float64, or None
        Not negative. A sequence of weight zero takes no part: it fills no place in a minibatch
        and nobody counts it, so that it might as well be absent.
    indices : ndarray of shape (n,), int64, or None
        Which of the sequences are meant; None is all. What is held out is not copied.
    offsets : ndarray of shape (n_sequences + 1,), int64, or None
        Where the answers of each sequence begin; None is one answer for each.
    """

    sequences: Sequences
    targets: np.ndarray
    sample_weight: np.ndarray | None = None
    indices: np.ndarray | None = None
    offsets: np.ndarray | None = None

    def only(self, indices: np.ndarray) -> Self:
        """Return the same data, but of some of the sequences only."""
        return replace(self, indices=indices)

    @property
    def weights_of_sequences(self) -> np.ndarray | None:
        """The sum of each sequence's weights, (n_sequences,) float64; None if all are one."""
        if self.offsets is None:
            return self.sample_weight
        if self.sample_weight is None:
            return self.sequences.lengths.astype(np.float64)
        return np.add.reduceat(self.sample_weight, self.offsets[:-1])

    @property
    def counting(self) -> np.ndarray:
        """Which sequences are meant and have a positive weight, (n,) int64."""
        indices, weights = self.indices, self.weights_of_sequences
        if indices is None:
            indices = np.arange(self.sequences.n_sequences)
        if weights is not None:
            indices = indices[weights[indices] > 0]
        return indices.astype(np.int64)

    @property
    def places(self) -> np.ndarray | slice:
        """Where the answers lie of the sequences that are meant, in their order."""
        if self.indices is None:
            return slice(None)
        if self.offsets is None:
            return self.indices
        first = self.offsets[self.indices]
        return ranges(first, self.offsets[self.indices + 1] - first)


class Batching(NamedTuple):
    """How an epoch is cut into minibatches."""

    batch_size: int | None  # None chooses
    shuffle: bool = True


@dataclass(frozen=True, eq=False)
class Batch:
    """A minibatch, in the order of its plan."""

    indices: np.ndarray  # (n_sequences,) int64
    plan: Plan
    n_samples: int
    weight: float  # sum of the weights
    seed: int | None  # for dropout
    is_first: bool  # of an epoch


class Objective:
    """The mean loss over a minibatch as a function of one flat vector.

    Parameters
    ----------
    network : Network
    end : End
    data : TrainingData
    batching : Batching
    n_threads : int
        The most to use; no bit of the result depends on it.
    """

    def __init__(
        self,
        network: Network,
        end: End,
        data: TrainingData,
        batching: Batching,
        n_threads: int,
    ) -> None:
        network.check(data.sequences)
        self._network, self._end, self._data = network, end, data
        self._shuffle, self._n_threads = batching.shuffle, n_threads
        self._indices = data.counting
        n = len(self._indices)
        if n == 0:
            raise ValueError(
                "sample_weight is zero for every training sequence; give some a positive weight."
            )
        self._wanted = batching.batch_size
        self._batch_size = min(self._wanted or AUTO_BATCH_SIZE, n)
        self.n_batches = -(-n // self._batch_size)
        self.penalised = network.layout.penalised()
        self.recurrent = network.layout.places_of("recurrent")
        self.tables = network.layout.tables()
        self._draws = network.dropout.draws
        lengths = data.sequences.lengths
        self._equal_lengths = bool((lengths == lengths[0]).all())
        arena, packing = Arena(network.dtype), Packing(network.dtype)
        self._run = Run({}, {}, None, Team(new_mailbox(), 1), arena, packing)
        self._n_zero = 0  # so many numbers of a gradient are zero beforehand
        self.saturated_share = math.nan
        # By the number of sequences of a batch. They end with the objective: of long sequences, or
        # of a batch of many, they take megabytes.
        self._plans: dict[int, Plan] = {}
        self._weights_of_sequences = data.weights_of_sequences
        self._equal_shares: dict[tuple[int, float], np.ndarray] = {}
        self._views: tuple[np.ndarray, np.ndarray] | None = None

    def report_reads(self, reads: Reads | None) -> None:
        """Tell from now on which rows of `tables` are about to be read, or nobody any more.

        The gradient of the tables must then be zero whenever it is asked for.
        """
        self._run.reads = reads
        self._n_zero = 0 if reads is None else self.tables[-1].place.stop

    def warn_if_clipped(self) -> None:
        """Warn of a batch size that the data cannot fill."""
        if self._wanted is not None and self._wanted > self._batch_size:
            warnings.warn(
                f"batch_size={self._wanted} is larger than the number of training sequences; "
                f"{self._batch_size} is used.",
                stacklevel=user_level(),
            )

    def batches(self, random_state: np.random.RandomState) -> Iterator[Batch]:
        """Draw the minibatches of an epoch: a fresh permutation, and seeds for dropout."""
        indices = self._indices
        # The order within a single minibatch changes nothing but the rounding.
        if self._shuffle and self.n_batches > 1:
            indices = indices[random_state.permutation(len(indices))]
        weights = self._weights_of_sequences
        for first in range(0, len(indices), self._batch_size):
            chosen = indices[first : first + self._batch_size]
            plan = self._plan(chosen)
            if not self._equal_lengths:
                chosen = chosen[plan.order]
            weight = len(chosen) if weights is None else float(np.add.reduce(weights[chosen]))
            seed = random_state.randint(1 << 64, dtype=np.uint64) if self._draws else None
            yield Batch(
                chosen,
                plan,
                len(chosen),
                float(weight),
                None if seed is None else int(seed),
                is_first=first == 0,
            )

    def _plan(self, chosen: np.ndarray) -> Plan:
        """Return the plan of a minibatch: made once where the number says what the lengths are."""
        offsets = self._data.sequences.offsets
        if not self._equal_lengths and self.n_batches > 1:
            return Plan.of(offsets[chosen + 1] - offsets[chosen])
        n = len(chosen)
        if n not in self._plans:
            self._plans[n] = Plan.of(offsets[chosen + 1] - offsets[chosen])
        return self._plans[n]

    def __call__(self, parameters: np.ndarray, batch: Batch, gradient: np.ndarray) -> float:
        """Return the mean loss of a minibatch over its weight, and write its gradient.

        Parameters
        ----------
        parameters : ndarray of shape (n_parameters,)
            Where to evaluate.
        batch : Batch
        gradient : ndarray of shape (n_parameters,)
            Overwritten with the derivatives; see `report_reads`.
        """
        run, total = self._run, 0.0

        def gradient_of(outputs: Rows, tape: StackTape, rows: slice) -> np.ndarray:
            nonlocal total
            # Of a sequence in windows, the last one is looked at.
            if batch.is_first and not rows.start:
                self.saturated_share = self._network.stack.saturated_share(tape)
            loss, d_raw = self._loss_of(batch, outputs, rows)
            total += loss
            return d_raw

        self._bind(parameters, gradient)
        run.arena.release(0)  # an exception may have left it as it was
        gradient[self._n_zero :] = 0
        run.packing.forget()
        run.seed = batch.seed
        n_threads = self._network.worthwhile_threads(batch.plan.n_rows, self._n_threads)
        with team_of(min(n_threads, batch.plan.n_sequences)) as run.team:
            self._learn(batch, gradient_of)
        run.arena.release(0)
        return total

    def _learn(self, batch: Batch, gradient_of: GradientOf) -> None:
        """Add the gradients of all parameters."""
        rows = rows_of(self._data.sequences, batch.plan, batch.indices)
        self._network.learn(self._run, rows, gradient_of)

    def _places(self, batch: Batch, plan: Plan) -> np.ndarray:
        """Return where the answers of a minibatch lie, or of a window of it."""
        return places_of_answers(self._data.offsets, batch.indices, plan)

    def _loss_of(self, batch: Batch, outputs: Rows, rows: slice) -> tuple[float, np.ndarray]:
        """Return the share of some outputs in the loss of a minibatch, and their gradient."""
        data, run, n_outputs = self._data, self._run, self._network.head.n_outputs
        assert run.gradient is not None
        places = self._places(batch, outputs.plan)[rows]
        weights, lengths = self._shares(batch, places), outputs.plan.lengths
        if isinstance(self._end, EachToken):
            losses = self._end.losses_in_place(run, outputs, data.targets[places], weights)
            return float(np.add.reduce(losses * weights)), outputs.values
        d_raw = run.arena.empty(*outputs.values.shape)
        losses = self._end.losses(
            Outputs(outputs.values[:, :n_outputs], lengths, run.weights),
            data.targets[places],
            weights,
            Outputs(d_raw[:, :n_outputs], lengths, run.gradient),
        )
        return float(np.add.reduce(losses * weights)), d_raw

    def _shares(self, batch: Batch, places: np.ndarray) -> np.ndarray:
        """Return the weights of some answers, (n,) float64, divided by the minibatch's.

        Divided before they multiply anything in the network's dtype, so that weights may be of
        any size; and because the gradient of the outputs is the smallest there is to divide.
        """
        if self._data.sample_weight is None:
            key = len(places), batch.weight
            if key not in self._equal_shares:
                self._equal_shares.clear()
                self._equal_shares[key] = np.full(len(places), 1.0 / batch.weight)
            return self._equal_shares[key]
        return self._data.sample_weight[places] / batch.weight

    def _bind(self, parameters: np.ndarray, gradient: np.ndarray) -> None:
        """Name the parts of two vectors, once as long as they are the same."""
        if (
            self._views is None
            or self._views[0] is not parameters
            or self._views[1] is not gradient
        ):
            self._views = parameters, gradient
            network, run = self._network, self._run
            run.weights, run.gradient = network.named(parameters), network.named(gradient)

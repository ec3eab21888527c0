"""A corpus in parallel streams: states go on from minibatch to minibatch (Zaremba et al. 2014)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..runtime.arena import Arena
from ..runtime.rows import Plan, offsets_of, ranges, rows_of
from .ends import End
from .network import GradientOf
from .objective import AUTO_BATCH_SIZE, Batch, Batching, Objective, TrainingData
from .states import States
from .step_network import StepNetwork

_LEAST_UPDATES = 10  # an epoch, if the number of streams is not asked for


@dataclass(frozen=True, eq=False)
class Window(Batch):
    """The next steps of all streams: pieces of texts; `indices` are their first rows."""

    begins: np.ndarray  # (n,) int64, the stream whose state each piece begins with; -1 is zeros
    last: np.ndarray  # (n_present,) int64, the last piece of each stream that is present
    streams: np.ndarray  # (n_present,) int64, which these are


class Pieces(NamedTuple):
    """Pieces of texts, each of one window of one stream; in the order of windows and streams."""

    first: np.ndarray  # (n,) int64, the row of each piece's first step
    lengths: np.ndarray  # (n,) int64
    streams: np.ndarray  # (n,) int64
    goes_on: np.ndarray  # (n,) bool, whether it goes on where the stream's window before has ended
    of_windows: np.ndarray  # (n_windows + 1,) int64, where the pieces of each window begin


def cut(first: np.ndarray, lengths: np.ndarray, n_streams: int, n_steps: int) -> Pieces:
    """Cut texts, one after the other, into equal streams, and these into windows.

    Parameters
    ----------
    first, lengths : ndarray of shape (n_texts,), int64
        The first row of each text, and how many it has.
    n_streams : int
    n_steps : int
        Of a window.
    """
    begins = offsets_of(lengths)  # of texts, in the row of all texts
    n_rows = int(begins[-1])
    of_stream = -(-n_rows // n_streams)
    n_windows = -(-of_stream // n_steps)
    windows = np.arange(n_streams)[:, np.newaxis] * of_stream + np.arange(n_windows) * n_steps
    starts = np.union1d(begins[:-1], windows[windows < n_rows])
    ends = np.append(starts[1:], n_rows)
    streams, within = np.divmod(starts, of_stream)
    texts = np.searchsorted(begins, starts, side="right") - 1
    goes_on = (starts != begins[texts]) & (within > 0)
    window = within // n_steps
    order = np.argsort(window, kind="stable")
    of_windows = np.searchsorted(window[order], np.arange(n_windows + 1))
    rows = first[texts] + starts - begins[texts]
    lengths = ends - starts
    return Pieces(rows[order], lengths[order], streams[order], goes_on[order], of_windows)


class CorpusObjective(Objective):
    """The mean loss over the next steps of parallel streams of texts.

    The texts of an epoch, in a new order, are put one after the other and cut into as many equal
    streams as a minibatch has. Each minibatch has the next steps of all streams, and begins with
    the states that the one before has ended with; where a text begins, with zeros.

    Parameters
    ----------
    network : StepNetwork
    end : End
    data : TrainingData
        With an answer at every step, without weights.
    batching : Batching
    n_threads : int
        The most to use.
    n_steps : int
        Steps of each stream in a minibatch.
    """

    def __init__(
        self,
        network: StepNetwork,
        end: End,
        data: TrainingData,
        batching: Batching,
        n_threads: int,
        n_steps: int,
    ) -> None:
        super().__init__(network, end, data, batching, n_threads)
        self._layers, self._n_steps = network, n_steps
        n_rows = int(data.sequences.lengths[self._indices].sum())
        # A short corpus in many streams would have few updates an epoch.
        automatic = min(AUTO_BATCH_SIZE, max(1, n_rows // (_LEAST_UPDATES * n_steps)))
        self._n_streams = min(batching.batch_size or automatic, n_rows)
        of_stream = -(-n_rows // self._n_streams)
        self.n_batches = -(-of_stream // n_steps)
        self._states = self._begin()

    def warn_if_clipped(self) -> None:
        """Say nothing: there may be more streams than texts."""

    def _begin(self) -> States:
        return self._layers.stack.zeros(Arena(self._layers.dtype), self._n_streams)

    def batches(self, random_state: np.random.RandomState) -> Iterator[Batch]:
        """Draw the minibatches of an epoch: a fresh order of the texts, and seeds for dropout."""
        sequences, indices = self._data.sequences, self._indices
        if self._shuffle and len(indices) > 1:
            indices = indices[random_state.permutation(len(indices))]
        texts = sequences.offsets[indices], sequences.lengths[indices]
        pieces = cut(*texts, self._n_streams, self._n_steps)
        self._states = self._begin()
        for number in range(self.n_batches):
            seed = None
            if self._draws:
                seed = int(random_state.randint(1 << 64, dtype=np.uint64))
            yield self._window(pieces, number, seed)

    def _window(self, pieces: Pieces, number: int, seed: int | None) -> Window:
        some = slice(*pieces.of_windows[number : number + 2])
        streams = pieces.streams[some]
        plan = Plan.of(pieces.lengths[some])
        begins = np.where(pieces.goes_on[some], streams, -1)
        last = np.flatnonzero(np.diff(streams, append=-1))  # in the order of streams
        place = np.argsort(plan.order)
        return Window(
            indices=pieces.first[some][plan.order],
            plan=plan,
            n_samples=plan.n_rows,
            weight=float(plan.n_rows),
            seed=seed,
            is_first=number == 0,
            begins=begins[plan.order],
            last=place[last],
            streams=streams[last],
        )

    def _learn(self, batch: Batch, gradient_of: GradientOf) -> None:
        """Add the gradients of all parameters, and carry the states on."""
        assert isinstance(batch, Window)
        # The rows of whole texts, but for where each piece begins.
        rows = rows_of(self._data.sequences, batch.plan, np.zeros_like(batch.indices))
        states = self._states.take(batch.begins)
        self._layers.learn(self._run, rows._replace(first=batch.indices), gradient_of, states)
        self._states.put(batch.streams, states.take(batch.last))

    def _places(self, batch: Batch, plan: Plan) -> np.ndarray:
        return ranges(batch.indices[: plan.n_sequences] + plan.step0, plan.lengths)

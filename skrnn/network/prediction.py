"""A network with its parameters, ready to predict: packed once, never changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from ..kernels.team import new_mailbox
from ..runtime.arena import Arena
from ..runtime.rows import Plan, Rows, Sequences, rows_of
from ..runtime.run import Packing, Run
from ..runtime.threads import Team, team_of
from .network import Network

# Sequences of a thread at a time: enough rows a step to amortise reading the weights, few enough
# that control returns to Python now and then, where Ctrl-C is served.
_SEQUENCES_OF_THREAD = 256
# Multiply-adds of a forward pass that are worth another thread, some tens of microseconds.
_WORK_OF_THREAD = 1_500_000
# Bytes of an arena that is kept for the next prediction.
_MOST_KEPT_BYTES = 1 << 26


def worthwhile_threads(network: Network, n_rows: int, n_threads: int) -> int:
    """Return how many of the threads a pass over so many rows should use."""
    return max(1, min(n_threads, n_rows * network.layout.n_parameters // _WORK_OF_THREAD))


class Predictor:
    """A network and its parameters. Threads may share it.

    Parameters
    ----------
    network : Network
    parameters : ndarray of shape (n_parameters,)
        Copied.
    """

    def __init__(self, network: Network, parameters: np.ndarray) -> None:
        self._network = network
        # Neither a memory map, which joblib may load, nor what training goes on changing.
        self._weights = network.layout.named(np.array(parameters, network.dtype))
        self._packing = Packing(network.dtype)
        self._arenas: list[Arena] = []
        with self._run(Team(new_mailbox(), 1)) as run:
            network.pack(run)

    @contextmanager
    def _run(self, team: Team) -> Iterator[Run]:
        """Lend an arena that no other thread has; keep one for the next prediction."""
        try:
            arena = self._arenas.pop()
        except IndexError:
            arena = Arena(self._network.dtype)
        yield Run(self._weights, None, None, team, arena, self._packing)
        arena.release(0)
        if not self._arenas and arena.n_bytes <= _MOST_KEPT_BYTES:
            self._arenas.append(arena)

    def raw_outputs(
        self, sequences: Sequences, n_threads: int, indices: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the head's outputs, (n, n_outputs), before any link function.

        The bits of a row depend on its own sequence only.

        Parameters
        ----------
        sequences : Sequences
        n_threads : int
            The most to use; no bit of the result depends on it.
        indices : ndarray of shape (n,), int64, or None
            Which sequences; None is all.
        """
        lengths = sequences.lengths if indices is None else sequences.lengths[indices]
        n_threads = worthwhile_threads(self._network, int(lengths.sum()), n_threads)
        n_outputs = self._network.head.n_outputs
        raw = np.empty((len(lengths), n_outputs), self._network.dtype)
        longest_first = np.argsort(-lengths, kind="stable")
        with team_of(n_threads) as team, self._run(team) as run:
            for some in self._blocks(lengths, longest_first, team.n_threads):
                plan = Plan.of(lengths[some])
                chosen = some if indices is None else indices[some]
                rows = rows_of(sequences, plan, chosen[plan.order])
                raw[some[plan.order]] = self._raw(run, rows)[:, :n_outputs]
        return raw

    def _blocks(
        self, lengths: np.ndarray, longest_first: np.ndarray, n_threads: int
    ) -> Iterator[np.ndarray]:
        """Cut the sequences into blocks, the indices of each (n,) int64."""
        start, itemsize = 0, self._network.dtype.itemsize
        while start < len(lengths):
            longest = int(lengths[longest_first[start]])
            most = self._network.reader.most_sequences(longest, itemsize)
            stop = start + min(_SEQUENCES_OF_THREAD * n_threads, most)
            yield longest_first[start:stop]
            start = stop

    def _raw(self, run: Run, rows: Rows) -> np.ndarray:
        mark = run.arena.mark()
        raw, _ = self._network.forward(run, rows)
        run.arena.release(mark)  # the values are read before the next pass
        return raw.values

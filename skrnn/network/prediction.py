"""A network with its parameters, ready to predict: packed once, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..kernels.team import new_mailbox
from ..runtime.arena import Arena
from ..runtime.rows import Plan, Rows, Sequences, offsets_of, places_of_answers, rows_of
from ..runtime.run import Packing, Run
from ..runtime.threads import Team, team_of
from .carry import Carry
from .network import Network
from .step_by_step import StepByStep

# Sequences of a thread at a time: enough rows a step to amortise reading the weights, few enough
# that control returns to Python now and then, where Ctrl-C is served.
_SEQUENCES_OF_THREAD = 256
# Bytes of an arena that is kept for the next prediction.
_MOST_BYTES_OF_ARENA = 1 << 26


class Predictor:
    """A network and its parameters, packed. Threads may share it.

    Parameters
    ----------
    network : Network
    parameters : ndarray of shape (n_parameters,)
        They are packed here, and not looked at again.
    """

    def __init__(self, network: Network, parameters: np.ndarray) -> None:
        self._network = network
        self._packing = Packing(network.dtype)
        self._arenas: list[Arena] = []
        self.take(parameters)

    def take(self, parameters: np.ndarray) -> None:
        """Take other parameters, while no other thread predicts."""
        self._packing.forget()
        run = self._run(Arena(self._network.dtype), Team(new_mailbox(), 1))
        run.weights = self._network.named(parameters)
        self._network.pack(run)

    def _run(self, arena: Arena, team: Team) -> Run:
        return Run({}, None, None, team, arena, self._packing)

    def raw_outputs(
        self, sequences: Sequences, n_threads: int, indices: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the head's outputs, (n_answers, n_outputs), before any link function.

        A row for each sequence, or for each time step, sequence after sequence. The bits of a row
        depend on its own sequence only.

        Parameters
        ----------
        sequences : Sequences
        n_threads : int
            The most to use; no bit of the result depends on it.
        indices : ndarray of shape (n,), int64, or None
            Which sequences; None is all.
        """
        lengths = sequences.lengths if indices is None else sequences.lengths[indices]
        every_step = self._network.architecture.every_step
        n_answers = int(np.add.reduce(lengths)) if every_step else len(lengths)
        raw = np.empty((n_answers, self._network.head.n_outputs), self._network.dtype)

        def keep(_: Run, places: np.ndarray, outputs: Rows) -> None:
            raw[places] = outputs.values[:, : raw.shape[1]]

        self.visit(sequences, n_threads, keep, indices)
        return raw

    def visit(
        self,
        sequences: Sequences,
        n_threads: int,
        use: Callable[[Run, np.ndarray, Rows], None],
        indices: np.ndarray | None = None,
    ) -> None:
        """Call ``use(run, places, outputs)`` for some rows of `raw_outputs` after the other.

        They are the rows at `places` (n,). `use` may overwrite them, and they are overwritten
        later: there need not be memory for the outputs of all rows.
        """
        network = self._network
        network.check(sequences)
        lengths = sequences.lengths if indices is None else sequences.lengths[indices]
        n_threads = network.worthwhile_threads(int(np.add.reduce(lengths)), n_threads)
        offsets = offsets_of(lengths) if network.architecture.every_step else None
        arena = self._borrowed_arena()
        with team_of(n_threads) as team:
            run = self._run(arena, team)
            for places, plan in self._blocks(lengths, team.n_threads):
                chosen = places if indices is None else indices[places]
                for outputs in network.answers(run, rows_of(sequences, plan, chosen)):
                    answered = places_of_answers(offsets, places, outputs.plan)
                    use(run, answered, outputs)
                arena.release(0)
        self._give_back(arena)

    def begin(self, n_sequences: int) -> Carry:
        """Return what is carried of sequences of which nothing has been read."""
        return self._network.begin(n_sequences)

    def go_on(self, sequences: Sequences, carry: Carry, n_threads: int) -> np.ndarray:
        """Read more steps; return the raw outputs as `raw_outputs` does, and to the same bits.

        Parameters
        ----------
        sequences : Sequences
            The steps that are new.
        carry : Carry
            Of as many sequences, in their order; it is changed.
        n_threads : int
            The most to use.
        """
        network, every_step = self._network, self._network.architecture.every_step
        network.check(sequences)
        n_outputs, plan = network.head.n_outputs, Plan.of(sequences.lengths)
        offsets = sequences.offsets if every_step else None
        n_answers = plan.n_rows if every_step else plan.n_sequences
        raw = np.empty((n_answers, n_outputs), network.dtype)
        n_threads = network.worthwhile_threads(plan.n_rows, n_threads)
        arena = self._borrowed_arena()
        with team_of(n_threads) as team:
            taken = carry.take(plan.order)
            rows = rows_of(sequences, plan, plan.order)
            for outputs in network.go_on(self._run(arena, team), rows, taken):
                answered = places_of_answers(offsets, plan.order, outputs.plan)
                raw[answered] = outputs.values[:, :n_outputs]
        carry.put(plan.order, taken)
        arena.release(0)
        self._give_back(arena)
        last = slice(None) if offsets is None else offsets[1:] - 1
        carry.raw[...] = raw[last]
        return raw

    def step_by_step(self, carry: Carry, n_threads: int) -> StepByStep:
        """Return a reader of one step of each sequence after the other, which changes `carry`.

        It asks for other threads, `n_threads` in all at most, when they are worth it, step by step.
        """
        run = self._run(Arena(self._network.dtype), Team(new_mailbox(), n_threads))
        return StepByStep(self._network, run, carry)

    def _borrowed_arena(self) -> Arena:
        """Return an arena that no other thread has."""
        try:
            return self._arenas.pop()
        except IndexError:
            return Arena(self._network.dtype)

    def _give_back(self, arena: Arena) -> None:
        """Keep one arena for the next prediction, unless it is large."""
        if not self._arenas and arena.n_bytes <= _MOST_BYTES_OF_ARENA:
            self._arenas.append(arena)

    def _blocks(self, lengths: np.ndarray, n_threads: int) -> Iterator[tuple[np.ndarray, Plan]]:
        """Cut sequences into blocks: their places among `lengths`, longest first, and the plan."""
        most_sequences, n = self._network.most_sequences, len(lengths)
        most = min(_SEQUENCES_OF_THREAD * n_threads, n)
        if most_sequences(int(np.maximum.reduce(lengths))) >= n == most:
            plan = Plan.of(lengths)
            yield plan.order, plan
            return
        longest_first, start = np.argsort(-lengths, kind="stable"), 0
        while start < n:
            longest = int(lengths[longest_first[start]])
            stop = start + min(most, most_sequences(longest))
            block = longest_first[start:stop]
            plan = Plan.of(lengths[block])
            yield block[plan.order], plan
            start = stop


def check_finite(predictions: np.ndarray, offsets: np.ndarray | None = None) -> None:
    """Raise ValueError for the first sequence whose prediction, one of the rows, is not finite.

    With offsets (n_sequences + 1,) the rows are those of its time steps.
    """
    finite = np.isfinite(predictions)
    if np.count_nonzero(finite) < finite.size:  # half the time of `all`, for a single one
        place = int(np.argwhere(~finite)[0, 0])
        where = f"sequence {place}"
        if offsets is not None:
            sequence = int(np.searchsorted(offsets, place, side="right")) - 1
            where = f"sequence {sequence} at time step {place - int(offsets[sequence])}"
        raise ValueError(
            f"The prediction of {where} is not finite: a number has become too large on the way. "
            "Rectified units grow from step to step, and may overflow on "
            "sequences longer than those of fit, or with larger values. Scale X and y, fit to "
            "sequences as long, or use activation='tanh', cell='lstm' or 'gru'."
        )

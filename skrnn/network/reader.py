"""From sequences to one vector each: the layers over windows of time steps, and a pooling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..cells import CELLS
from ..runtime.arena import Arena
from ..runtime.parameters import Parameter
from ..runtime.rows import Columns, Plan, Rows
from ..runtime.run import Run
from .carry import Carry
from .direction import Kind
from .part import Example
from .pooling import POOLINGS, Fold, Pooling
from .stack import Stack, StackTape
from .states import States
from .windows import Windows


class ReaderTape(NamedTuple):
    """What the way there leaves for the way back: of the last window all, of the others little."""

    rows: Rows
    windows: list[Plan]
    last: StackTape
    begun: list[States]  # before each window but the last, if they are to be computed once more
    fold: Fold | None


class BoundReader(NamedTuple):
    """What is handed on after every step."""

    rows: Rows  # one for each sequence, changed by every step
    gather: Callable[[], None]  # to be called after the layers


def _nothing() -> None:
    """Gather nothing: the last states are where they are."""


class Reader:
    """Recurrent layers, and what is handed on of their hidden states.

    Truncated backpropagation through time (Williams and Peng 1990): states are carried from window
    to window, gradients are not, so that one window's tape is all that is kept. Where only the last
    states count, so does only the last window. With pooling each window's states before it are
    kept, and on the way back the windows before the last are computed once more.

    Parameters
    ----------
    stack : Stack
    pooling : Pooling or None
        None hands on the last states.
    bptt_steps : int or None
        Time steps of a window if there is a way back; None is one window for all.
    """

    def __init__(
        self, stack: Stack, pooling: Pooling | None = None, bptt_steps: int | None = None
    ) -> None:
        self._stack, self._pooling = stack, pooling
        self.columns = stack.columns
        n_handed_on = stack.n_handed_on(every_step=pooling is not None)
        self._windows = Windows(n_handed_on, bptt_steps, one=stack.bidirectional)

    @property
    def parameters(self) -> list[Parameter]:
        """Those of the layers."""
        return self._stack.parameters

    def pack(self, run: Run) -> None:
        """Pack all weights for the way there."""
        self._stack.pack(run)

    def most_sequences(self, n_steps: int, itemsize: int) -> int:
        """Return how many sequences of so many steps should be read at once without a way back."""
        return self._windows.most_sequences(n_steps, itemsize)

    def forward(self, run: Run, rows: Rows) -> tuple[Rows, ReaderTape]:
        """Return one row for each sequence, in the order of the plan, and the tape."""
        plan, pooling, arena = rows.plan, self._pooling, run.arena
        windows = plan.windows(self._windows.n_steps(run, plan))
        fold = self.begin(arena, plan.n_sequences)
        states, begun = None, []
        if len(windows) > 1:
            states = self._stack.zeros(arena, plan.n_sequences)
            # Their tapes would be overwritten.
            untaped = replace(run, gradient=None)
            for window in windows[:-1]:
                if run.gradient is not None and fold is not None:
                    begun.append(states.copied(arena))
                mark = arena.mark()
                _, after, _ = self._window(untaped, rows.in_window(window), states, fold)
                states.assign(after)
                arena.release(mark)
        _, states, last = self._window(run, rows.in_window(windows[-1]), states, fold)
        if pooling is None or fold is None:
            values = self._side_by_side(run, [carried.hidden for carried in states[-1]])
        else:
            pooling.finish(fold, plan.lengths)
            values = fold.pooled
        single = plan.single_step
        handed_on = Rows(values, single, single.first, self.columns)
        return handed_on, ReaderTape(rows, windows, last, begun, fold)

    def begin(self, arena: Arena, n_sequences: int) -> Fold | None:
        """Return what the pooling has gathered before the first step."""
        if self._pooling is None:
            return None
        return self._pooling.start(arena, n_sequences, self.columns.n_padded)

    def go_on(self, run: Run, rows: Rows, carry: Carry) -> Rows:
        """Read more steps; return one row for each sequence, of all its steps so far."""
        plan, arena, states, fold = rows.plan, run.arena, carry.states, carry.fold
        for window in plan.windows(self._windows.n_steps(run, plan)):
            mark = arena.mark()
            _, after, _ = self._window(run, rows.in_window(window), states, fold)
            states.assign(after)
            arena.release(mark)
        if self._pooling is None or fold is None:
            values = self._side_by_side(run, [carried.hidden for carried in states[-1]])
        else:
            # A copy, since what was gathered is added to later.
            finished = Fold(fold.pooled.copy(), fold.n_equal)
            self._pooling.finish(finished, carry.n_steps)
            values = finished.pooled
        single = plan.single_step
        return Rows(values, single, single.first, self.columns)

    def bound(self, hidden: Rows, carry: Carry) -> BoundReader:
        """Return where the row of each sequence is after a step, and what has to be done for it."""
        single, pooling, fold = hidden.plan.single_step, self._pooling, carry.fold
        (last,) = carry.states[-1]
        if pooling is None or fold is None:
            return BoundReader(Rows(last.hidden, single, single.first, self.columns), _nothing)
        finished = Fold(np.empty_like(fold.pooled), fold.n_equal)

        def gather() -> None:
            pooling.add(fold, hidden)
            finished.pooled[...] = fold.pooled
            pooling.finish(finished, carry.n_steps + 1)

        return BoundReader(Rows(finished.pooled, single, single.first, self.columns), gather)

    def _window(
        self, run: Run, rows: Rows, states: States | None, fold: Fold | None
    ) -> tuple[Rows | None, States, StackTape]:
        """Run over a window and gather what it gives."""
        passed = self._stack.forward(run, rows, states, every_step=fold is not None)
        outputs = passed[0]
        if outputs is not None and fold is not None and self._pooling is not None:
            self._pooling.add(fold, outputs)
        return passed

    def _side_by_side(self, run: Run, hidden: list[np.ndarray]) -> np.ndarray:
        """Return the last hidden states of the directions, laid out as `columns` are."""
        if len(hidden) == 1:
            return hidden[0]
        values = run.arena.empty(len(hidden[0]), self.columns.n_padded)
        width = self.columns.block_stride
        for number, block in enumerate(hidden):
            values[:, number * width : (number + 1) * width] = block[:, :width]
        return values

    def backward(self, run: Run, tape: ReaderTape, d_values: np.ndarray) -> np.ndarray | None:
        """Add the gradients of the layers' weights, given that of what was handed on.

        Returns
        -------
        ndarray or None
            The gradient of the rows' values, if they want one.
        """
        if tape.fold is None:
            d_states = self._gradient_of_states(run, tape, d_values)
            return self._stack.backward_from(run, tape.last, None, d_states)[0]
        d_inputs = self._back_through_pooling(run, tape, tape.last, d_values)
        for window, begun in zip(tape.windows[-2::-1], tape.begun[::-1], strict=True):
            mark = run.arena.mark()
            again = self._stack.forward(run, tape.rows.in_window(window), begun)[2]
            d_earlier = self._back_through_pooling(run, tape, again, d_values)
            if d_inputs is not None and d_earlier is not None:
                d_inputs += d_earlier
            run.arena.release(mark)
        return d_inputs

    def _gradient_of_states(self, run: Run, tape: ReaderTape, d_values: np.ndarray) -> States:
        """Return the gradient of the last states, all zero but the top layer's hidden ones."""
        d_states = self._stack.zeros(run.arena, tape.last.n_states)
        width = self.columns.block_stride
        for number, carried in enumerate(d_states[-1]):
            carried.hidden[:, :width] = d_values[:, number * width : (number + 1) * width]
        return d_states

    def _back_through_pooling(
        self, run: Run, tape: ReaderTape, passed: StackTape, d_values: np.ndarray
    ) -> np.ndarray | None:
        assert self._pooling is not None
        assert tape.fold is not None
        assert passed.outputs is not None
        d_pooled = d_values[:, : self.columns.n_padded]
        d_outputs = self._pooling.gradient(
            tape.fold, d_pooled, tape.rows.plan.lengths, passed.outputs
        )
        return self._stack.backward(run, passed, d_outputs)[0]

    @staticmethod
    def examples(dtype: np.dtype) -> Iterator[Example]:
        """Give readers of every pooling for the tests that hold for all parts."""
        kind = Kind(CELLS["gru"], "tanh", dtype)
        for name, pooling in POOLINGS.items():
            for bidirectional in (False, True):
                stack = Stack(kind, 2, (3, 2), bidirectional=bidirectional)
                way = "both ways" if bidirectional else "forwards"
                yield Example(f"{name} {way}", Reader(stack, pooling), Columns(1, 2, 2))

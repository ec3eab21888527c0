"""A minibatch through the recurrent layers and back, in training: by windows of time steps."""

from __future__ import annotations

import numpy as np

from ._dropout import draw_seeds
from ._layer import LayerPass
from ._minibatch import Minibatch, n_shards_of
from ._parallel import Team
from ._pooling import Pooling
from ._sequences import Sequences
from ._stack import Stack, StackPass
from ._workspace import Workspace
from .kernels.recurrence import State


class Passage:
    """One minibatch's way through the layers, first `forward`, then `backward`.

    Truncated backpropagation through time (Williams and Peng 1990): states are carried from window
    to window, gradients are not, so that one window's tape is all that is kept. Where only the last
    states count, so does only the last window. With pooling each window's states after it are kept,
    and on the way back the windows before the last are computed once more.

    Parameters
    ----------
    team : Team
    stack : Stack
    pooling : Pooling or None
    named : dict of str to ndarray
        The weights.
    sequences : Sequences
    batch : Minibatch
    n_steps : int or None
        Length of a window; None is one window for all.
    workspace : Workspace
    random_state : RandomState or None
        For dropout; None drops nothing.
    """

    def __init__(
        self,
        team: Team,
        stack: Stack,
        pooling: Pooling | None,
        named: dict[str, np.ndarray],
        sequences: Sequences,
        batch: Minibatch,
        n_steps: int | None,
        workspace: Workspace,
        random_state: np.random.RandomState | None,
    ) -> None:
        self._team, self._stack, self._pooling = team, stack, pooling
        self._named, self._sequences, self._batch = named, sequences, batch
        self._workspace = workspace
        self._windows = batch.windows(n_steps)
        n = batch.n_sequences
        self._packed = stack.pack(named, workspace, n)
        # A window that is computed twice must drop the same twice.
        self._seeds: np.ndarray | None = None
        if random_state is None:
            self._states = stack.states(n, workspace)
        else:
            self._states = stack.states_with_dropout(n, random_state, workspace)
            if stack.n_drops:
                self._seeds = draw_seeds(random_state, len(self._windows), stack.n_drops)
        self._states_before: list[list[list[State]]] = []

    def forward(self) -> np.ndarray:
        """Return what the head sees, (n_sequences, n_features)."""
        pooling, top = self._pooling, self._stack.top
        if pooling is None:
            for index in range(len(self._windows)):
                self._last = self._run(index)
            return top.features_of_states(self._last.layers[-1].states, self._workspace)
        shape = self._batch.n_sequences, top.n_columns
        self._pooled = np.full(shape, pooling.start, self._named["output.weight"].dtype)
        for index, window in enumerate(self._windows):
            if len(self._windows) > 1:
                self._states_before.append(_copy(self._states))
            self._last = self._run(index)
            pooling.add(self._pooled, self._outputs(self._last), window)
        pooling.finish(self._pooled, self._batch.lengths)
        return top.features_of_columns(self._pooled, self._workspace)

    def backward(self, d_features: np.ndarray, gradient: dict[str, np.ndarray]) -> None:
        """Write the gradients of the layers' weights."""
        if self._pooling is None:
            self._stack.backward(
                self._team, self._named, self._last, self._windows[-1], d_features=d_features,
                d_outputs=None, gradient=gradient, workspace=self._workspace,
            )  # fmt: skip
            return
        d_pooled = self._stack.top.columns_of_features(d_features)
        self._backward_through_pooling(len(self._windows) - 1, self._last, d_pooled, gradient)
        part = {name: np.empty_like(weights) for name, weights in gradient.items()}
        for index in range(len(self._windows) - 2, -1, -1):
            self._states = self._states_before[index]
            self._backward_through_pooling(index, self._run(index), d_pooled, part)
            for name in part:
                if not name.startswith("output."):
                    gradient[name] += part[name]

    def _run(self, index: int) -> StackPass:
        window, seeds = self._windows[index], self._seeds
        n_threads = min(self._team.n_threads, window.n_sequences)
        return self._stack.forward(
            self._team,
            window.schedule_with_tape(n_shards_of(window.n_sequences, n_threads)),
            self._packed,
            self._sequences,
            window,
            self._states,
            n_tape_rows=window.n_rows,
            with_outputs=self._pooling is not None,
            workspace=self._workspace,
            seeds=None if seeds is None else seeds[index],
        )

    def _backward_through_pooling(
        self, index: int, passed: StackPass, d_pooled: np.ndarray, gradient: dict[str, np.ndarray]
    ) -> None:
        assert self._pooling is not None
        window = self._windows[index]
        d_outputs = self._pooling.gradient(
            d_pooled, self._pooled, self._batch.lengths, self._outputs(passed), window
        )
        self._stack.backward(
            self._team, self._named, passed, window, d_features=None, d_outputs=d_outputs,
            gradient=gradient, workspace=self._workspace,
        )  # fmt: skip

    @staticmethod
    def _outputs(passed: StackPass) -> np.ndarray:
        top: LayerPass = passed.layers[-1]
        return top.outputs


def _copy(states: list[list[State]]) -> list[list[State]]:
    return [
        [State(state.hidden.copy(), state.memory.copy(), state.mask) for state in states_of_layer]
        for states_of_layer in states
    ]

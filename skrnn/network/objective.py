"""The network: recurrent layers in one or two directions, and a dense head on their last states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.random import RandomState

from ..cells import CELLS
from ..kernels.recurrence import State
from ..losses import Loss
from ..runtime.arena import Workspace
from ..runtime.rows import Minibatch, Sequences, n_shards_of
from ..runtime.threads import Team, team_of
from .dropout import NOTHING_DROPPED, Dropout, draw_seeds, drop
from .head import Head
from .parameters import DIRECTIONS, LayerSizes, ParameterLayout
from .pooling import POOLINGS, Pooling
from .stack import LayerPass, Stack, StackPass


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


# Rows of one shard's step in a prediction: enough to amortise reading the weights, few enough that
# the gates of a step stay in the second-level cache.
_ROWS_OF_SHARD = 64
# Shards a thread takes in a prediction before control returns to Python, where Ctrl-C is served.
_SHARDS_OF_THREAD = 4
# Multiply-adds of a forward pass that are worth another thread, some tens of microseconds.
_WORK_OF_THREAD = 1_500_000


class Network:
    """Recurrent layers and a dense head as a function of one flat parameter vector.

    Parameters
    ----------
    n_features : int
        Features of a time step.
    hidden_layer_sizes : tuple of int
        Hidden units of each recurrent layer.
    cell : str
        A name in ``skrnn.cells.CELLS``.
    activation : str
        An activation that the cell offers.
    bidirectional : bool
        Whether every layer also runs from the last step to the first; the hidden states of the two
        directions lie side by side.
    n_outputs : int
        Outputs of the head.
    dtype : dtype
        float32 or float64, in which everything is computed.
    pooling : str
        A name in `POOLINGS`: what the head sees of the top layer's hidden states.
    dropout : Dropout
        What training drops.
    bptt_steps : int or None
        Time steps of a window of truncated backpropagation, in training.
    """

    def __init__(
        self,
        *,
        n_features: int,
        hidden_layer_sizes: tuple[int, ...],
        cell: str,
        activation: str,
        bidirectional: bool,
        n_outputs: int,
        dtype: np.dtype | type | str,
        pooling: str = "last",
        dropout: Dropout = NOTHING_DROPPED,
        bptt_steps: int | None = None,
    ) -> None:
        self.dtype = np.dtype(dtype)
        self._activation = activation
        directions = DIRECTIONS if bidirectional else DIRECTIONS[:1]
        sizes, n_inputs = [], n_features
        for n_hidden in hidden_layer_sizes:
            sizes.append(LayerSizes(n_inputs, n_hidden, directions))
            n_inputs = n_hidden * len(directions)
        definition = CELLS[cell]
        self._layout = ParameterLayout(definition, tuple(sizes), n_outputs)
        self._dropout = dropout
        self._stack = Stack(definition, activation, sizes, dropout, self.dtype)
        self._pooling = POOLINGS[pooling]
        self._bptt_steps = bptt_steps
        self._head = Head(n_inputs, n_outputs, self.dtype)
        self._workspace = Workspace(self.dtype)
        self._workspaces_of_predictions: list[Workspace] = []
        self._views: dict[str, tuple[np.ndarray, dict[str, np.ndarray]]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Leave the buffers out of a pickle."""
        return {
            **vars(self),
            "_workspace": Workspace(self.dtype),
            "_workspaces_of_predictions": [],
            "_views": {},
        }

    @property
    def n_parameters(self) -> int:
        """Length of the flat parameter vector."""
        return self._layout.n_parameters

    @property
    def penalised(self) -> np.ndarray:
        """Which parameters an L2 penalty is for, (n_parameters,) bool: weights, not biases."""
        return self._layout.penalised()

    @property
    def n_recurrent(self) -> int:
        """How many parameters, the first ones, are those of the recurrent layers."""
        return self._layout.n_recurrent

    def initial_parameters(self, random_state: RandomState) -> np.ndarray:
        """Return a flat vector of initial parameters, (n_parameters,) in the network's dtype."""
        return self._layout.initial(self._activation, self.dtype, random_state)

    def named(self, flat: np.ndarray) -> dict[str, np.ndarray]:
        """Return the named weights as views into a flat vector."""
        return self._layout.named(flat)

    def _views_of(self, what: str, flat: np.ndarray) -> dict[str, np.ndarray]:
        """Return `named(flat)`, kept as long as the same vector comes in minibatch by minibatch."""
        last = self._views.get(what)
        if last is None or last[0] is not flat:
            last = self._views[what] = flat, self.named(flat)
        return last[1]

    def raw_outputs(
        self, parameters: np.ndarray, sequences: Sequences, n_threads: int
    ) -> np.ndarray:
        """Return the head's outputs, (n_sequences, n_outputs), before any link function.

        The bits of a row depend on its own sequence only.
        """
        with self._workspace_of_prediction() as workspace:
            return self._raw_outputs(parameters, sequences, n_threads, workspace)

    @contextmanager
    def _workspace_of_prediction(self) -> Iterator[Workspace]:
        """Give a workspace that no other thread has; keep one for the next prediction."""
        try:
            workspace = self._workspaces_of_predictions.pop()
        except IndexError:
            workspace = Workspace(self.dtype)
        yield workspace
        if not self._workspaces_of_predictions:
            self._workspaces_of_predictions.append(workspace)

    def _raw_outputs(
        self, parameters: np.ndarray, sequences: Sequences, n_threads: int, workspace: Workspace
    ) -> np.ndarray:
        named = self.named(parameters)
        packed = self._stack.pack(named, workspace, sequences.n_sequences)
        raw = np.empty((sequences.n_sequences, self._head.n_outputs), self.dtype)
        longest_first = np.argsort(-sequences.lengths, kind="stable")
        n_threads = self._worthwhile_threads(len(sequences.values), n_threads)
        block = _ROWS_OF_SHARD * _SHARDS_OF_THREAD * n_threads
        with team_of(n_threads) as team:
            for start in range(0, sequences.n_sequences, block):
                indices = longest_first[start : start + block]
                batch = Minibatch.of(sequences, indices)
                n_shards = n_shards_of(len(indices), team.n_threads)
                rows_of_shard = min(_ROWS_OF_SHARD, -(-len(indices) // n_shards))
                passed = self._stack.forward(
                    team,
                    batch.schedule_without_tape(rows_of_shard),
                    packed,
                    sequences,
                    batch,
                    self._stack.states(batch.n_sequences, workspace),
                    n_tape_rows=len(indices),
                    with_outputs=self._pooling is not None,
                    workspace=workspace,
                )
                features = self._features(passed, batch, workspace)
                raw[indices[batch.order]] = self._head.forward(named, features, workspace)
        return raw

    def _features(self, passed: StackPass, batch: Minibatch, workspace: Workspace) -> np.ndarray:
        """Return what the head sees, (n_sequences, n_features), after a pass over all steps."""
        top = passed.layers[-1]
        if self._pooling is None:
            return self._stack.top.features_of_states(top.states, workspace)
        pooled = np.full((batch.n_sequences, top.outputs.shape[1]), self._pooling.start, self.dtype)
        self._pooling.add(pooled, top.outputs, batch)
        self._pooling.finish(pooled, batch.lengths)
        return self._stack.top.features_of_columns(pooled, workspace)

    def _worthwhile_threads(self, n_rows: int, n_threads: int) -> int:
        return max(1, min(n_threads, n_rows * self.n_parameters // _WORK_OF_THREAD))

    def loss_and_gradient(
        self,
        parameters: np.ndarray,
        sequences: Sequences,
        indices: np.ndarray,
        targets: np.ndarray,
        sample_weight: np.ndarray | None,
        loss: Loss,
        gradient: np.ndarray,
        n_threads: int,
        random_state: RandomState | None = None,
    ) -> float:
        """Return the loss of a minibatch and write its gradient.

        Parameters
        ----------
        parameters : ndarray of shape (n_parameters,)
            Where to evaluate.
        sequences : Sequences
            All sequences.
        indices : ndarray of shape (n,), int64
            Which of them make up the minibatch.
        targets, sample_weight : ndarray of shape (n, n_outputs), ndarray of shape (n,) or None
            The minibatch's, in the order of `indices`.
        loss : Loss
            What to minimise.
        gradient : ndarray of shape (n_parameters,)
            Overwritten with the derivatives of the loss.
        n_threads : int
            Threads to use; no bit of the result depends on it.
        random_state : RandomState or None
            Where dropout's random numbers come from. None drops nothing.
        """
        named = self._views_of("parameters", parameters)
        named_gradient = self._views_of("gradient", gradient)
        batch = Minibatch.of(sequences, indices)
        n_threads = min(self._worthwhile_threads(batch.n_rows, n_threads), batch.n_sequences)
        with team_of(n_threads) as team:
            passage = Passage(
                team, self._stack, self._pooling, named, sequences, batch,
                self._bptt_steps, self._workspace, random_state,
            )  # fmt: skip
            features = passage.forward()
            seed = None
            if random_state is not None and self._dropout.rate > 0:
                (seed,) = draw_seeds(random_state, 1)
                drop(features, self._dropout.rate, seed)
            raw = np.empty((batch.n_sequences, self._head.n_outputs), self.dtype)
            raw[batch.order] = self._head.forward(named, features, self._workspace)
            value, d_raw = loss.value_and_gradient(raw, targets, sample_weight)
            d_features = self._head.backward(
                named, features, d_raw[batch.order], named_gradient, self._workspace
            )
            if seed is not None:
                drop(d_features, self._dropout.rate, seed)
            passage.backward(d_features, named_gradient)
        return value

"""The network: recurrent layers in one or two directions, and a dense head on their last states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.random import RandomState

from ._head import Head
from ._layer import Layer, LayerPass, Panels
from ._minibatch import Minibatch
from ._parallel import Team, team_of
from ._parameters import DIRECTIONS, LayerSizes, ParameterLayout
from ._sequences import Sequences
from ._workspace import Workspace
from .cells import CELLS
from .kernels.processor import TILE_ROWS
from .kernels.recurrence import Inputs, Schedule
from .losses import Loss

# Rows of one shard's step in a prediction: enough to amortise reading the weights, few enough that
# the gates of a step stay in the second-level cache.
_ROWS_OF_SHARD = 64
# Shards a thread takes of a minibatch: more than one, so that one that comes late, because its core
# was asleep or busy, leaves the others less to wait for; but only one where there would be fewer
# rows in each, as every shard reads all weights at every step.
_SHARDS_OF_MINIBATCH = 2
_FEWEST_ROWS_OF_SHARD = 2 * TILE_ROWS
# Shards a thread takes in a prediction before control returns to Python, where Ctrl-C is served.
_SHARDS_OF_THREAD = 4
# Multiply-adds of a forward pass that are worth another thread, some tens of microseconds.
_WORK_OF_THREAD = 1_500_000


def _n_shards(n_sequences: int, n_threads: int) -> int:
    """Return into how many shards a minibatch is best cut."""
    enough_rows = max(n_threads, n_sequences // _FEWEST_ROWS_OF_SHARD)
    return min(_SHARDS_OF_MINIBATCH * n_threads, enough_rows)


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
        self._layers = [
            Layer(definition, activation, layer_sizes, index, self.dtype)
            for index, layer_sizes in enumerate(sizes)
        ]
        self._head = Head(n_inputs, n_outputs, self.dtype)
        self._workspace = Workspace(self.dtype)
        self._workspaces_of_predictions: list[Workspace] = []

    def __getstate__(self) -> dict[str, Any]:
        """Leave the buffers out of a pickle."""
        return {
            **vars(self),
            "_workspace": Workspace(self.dtype),
            "_workspaces_of_predictions": [],
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
        packed = [layer.pack(named, workspace, sequences.n_sequences) for layer in self._layers]
        raw = np.empty((sequences.n_sequences, self._head.n_outputs), self.dtype)
        longest_first = np.argsort(-sequences.lengths, kind="stable")
        n_threads = self._worthwhile_threads(len(sequences.values), n_threads)
        block = _ROWS_OF_SHARD * _SHARDS_OF_THREAD * n_threads
        with team_of(n_threads) as team:
            for start in range(0, sequences.n_sequences, block):
                indices = longest_first[start : start + block]
                batch = Minibatch(sequences, indices)
                n_shards = _n_shards(len(indices), team.n_threads)
                rows_of_shard = min(_ROWS_OF_SHARD, -(-len(indices) // n_shards))
                schedule = batch.schedule_without_tape(rows_of_shard)
                passes = self._forward(
                    team, schedule, packed, sequences, batch, len(indices), workspace
                )
                features = self._layers[-1].features(passes[-1], workspace)
                raw[indices[batch.order]] = self._head.forward(named, features, workspace)
        return raw

    def _worthwhile_threads(self, n_rows: int, n_threads: int) -> int:
        return max(1, min(n_threads, n_rows * self.n_parameters // _WORK_OF_THREAD))

    def _forward(
        self,
        team: Team,
        schedule: Schedule,
        packed: list[list[Panels]],
        sequences: Sequences,
        batch: Minibatch,
        n_tape_rows: int,
        workspace: Workspace,
    ) -> list[LayerPass]:
        """Run all layers, from the inputs up."""
        n_features = sequences.n_features
        inputs = Inputs(sequences.values, batch.first_value, 1, n_features, n_features)
        passes: list[LayerPass] = []
        for layer, panels in zip(self._layers, packed, strict=True):
            passed = layer.forward(
                team,
                schedule,
                panels,
                inputs,
                batch,
                n_tape_rows=n_tape_rows,
                n_output_rows=0 if layer is self._layers[-1] else batch.n_rows,
                workspace=workspace,
            )
            passes.append(passed)
            inputs = layer.inputs_of_next(passed, batch)
        return passes

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
        """
        workspace = self._workspace
        named, named_gradient = self.named(parameters), self.named(gradient)
        packed = [layer.pack(named, workspace, len(indices)) for layer in self._layers]
        batch = Minibatch(sequences, indices)
        n_threads = min(self._worthwhile_threads(batch.n_rows, n_threads), batch.n_sequences)
        with team_of(n_threads) as team:
            schedule = batch.schedule_with_tape(_n_shards(batch.n_sequences, team.n_threads))
            passes = self._forward(
                team, schedule, packed, sequences, batch, batch.n_rows, workspace
            )
            features = self._layers[-1].features(passes[-1], workspace)
            raw = np.empty((batch.n_sequences, self._head.n_outputs), self.dtype)
            raw[batch.order] = self._head.forward(named, features, workspace)
            value, d_raw = loss.value_and_gradient(raw, targets, sample_weight)
            d_features = self._head.backward(
                named, features, d_raw[batch.order], named_gradient, workspace
            )
            self._backward(
                team, schedule, named, passes, batch, d_features, named_gradient, workspace
            )
        return value

    def _backward(
        self,
        team: Team,
        schedule: Schedule,
        named: dict[str, np.ndarray],
        passes: list[LayerPass],
        batch: Minibatch,
        d_features: np.ndarray,
        gradient: dict[str, np.ndarray],
        workspace: Workspace,
    ) -> None:
        """Run all layers, from the head down, and write the gradients of their weights."""
        nothing = np.empty((0, 0), self.dtype)
        d_outputs = nothing
        for index in range(len(self._layers) - 1, -1, -1):
            top, bottom = index == len(self._layers) - 1, index == 0
            below = nothing if bottom else passes[index - 1].outputs
            d_values = workspace.zeros(f"layer_{index} d_values", *below.shape)
            self._layers[index].backward(
                team,
                schedule,
                named,
                passes[index],
                batch,
                d_features=d_features if top else None,
                d_outputs=d_outputs,
                d_values=d_values,
                gradient=gradient,
                workspace=workspace,
            )
            d_outputs = d_values

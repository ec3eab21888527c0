"""One epoch over the minibatches of a data set: penalty, clipping, update."""

import math
import warnings
from typing import NamedTuple, Protocol

import numpy as np

from ..losses import Loss
from ..runtime.rows import Sequences
from ..schedules import Schedule
from .interruption import Undivided
from .state import TrainingData, TrainingOptions, TrainingState

AUTO_BATCH_SIZE = 32


class Trainable(Protocol):
    """What training asks of a network."""

    @property
    def penalised(self) -> np.ndarray:
        """Whether the L2 penalty applies to a parameter, (n_parameters,) bool."""
        ...

    @property
    def n_recurrent(self) -> int:
        """How many parameters, the first ones, are those of recurrent layers."""
        ...

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
        random_state: np.random.RandomState,
    ) -> float:
        """Return the loss of the sequences at `indices`; write its gradient, (n_parameters,).

        What is random about it comes from `random_state`.
        """
        ...


class Epoch(NamedTuple):
    """What an epoch amounts to."""

    loss: float  # mean over weights, penalty included
    gradient_norm: float  # mean over minibatches, penalty included, before clipping
    recurrent_share: float  # of the norm of the last minibatch's gradient, penalty excluded


class Descent:
    """Epochs of minibatches over one data set, and the buffers that they share."""

    def __init__(
        self,
        network: Trainable,
        loss: Loss,
        data: TrainingData,
        options: TrainingOptions,
        n_threads: int,
        parameters: np.ndarray,
        schedule: Schedule,
    ) -> None:
        self.network, self.loss, self.data, self.options = network, loss, data, options
        self.n_threads, self.schedule = n_threads, schedule
        # Python floats: a NumPy scalar would impose its own dtype on the arithmetic.
        self.alpha = float(options.alpha)
        self.max_norm = math.inf if options.max_grad_norm is None else float(options.max_grad_norm)
        if data.sample_weight is None:
            self.indices = np.arange(len(data.targets), dtype=np.int64)
        else:
            self.indices = np.flatnonzero(data.sample_weight).astype(np.int64)
        if len(self.indices) == 0:
            raise ValueError(
                "sample_weight is zero for every training sequence; give some a positive weight."
            )
        wanted = AUTO_BATCH_SIZE if options.batch_size == "auto" else options.batch_size
        self.batch_size = min(wanted, len(self.indices))
        self.n_minibatches = -(-len(self.indices) // self.batch_size)
        self.undivided = Undivided()
        self.penalised = network.penalised.astype(parameters.dtype)
        self.gradient = np.empty_like(parameters)
        self.decay = np.empty_like(parameters)
        self.squares = np.empty_like(parameters)

    def warn_if_clipped(self) -> None:
        """Warn of a `batch_size` that the data cannot fill."""
        wanted = self.options.batch_size
        if wanted != "auto" and wanted > self.batch_size:
            warnings.warn(
                f"batch_size={wanted} is larger than the number of training sequences; "
                f"{self.batch_size} is used.",
                stacklevel=5,
            )

    def run_epoch(self, state: TrainingState) -> Epoch:
        """Do one epoch on `state.parameters` and count its sequences.

        The mean loss is over weights. If it were over rows, as in ``MLPClassifier``, a sequence
        of weight 2 would not count as two sequences.
        """
        n_sequences = len(self.indices)
        indices = self.indices
        # The order within a single minibatch changes nothing but the rounding.
        if self.options.shuffle and self.batch_size < n_sequences:
            indices = indices[self._next_order(state)]
        loss_sum = weight_sum = norm_sum = 0.0
        recurrent_share = math.nan
        # What overflows here ends in one of the errors below, which say more than a warning.
        with np.errstate(over="ignore", invalid="ignore"):
            for first in range(0, n_sequences, self.batch_size):
                if self.schedule.is_planned:
                    state.current_learning_rate = self._planned_rate(state.n_iter_, first)
                batch = indices[first : first + self.batch_size]
                loss, weight = self._loss_and_gradient(state, batch)
                if first + self.batch_size >= n_sequences:
                    # Of one minibatch an epoch, because with the penalty it is another pass.
                    recurrent_share = self._recurrent_share()
                if self.alpha > 0:
                    loss += self._add_penalty(state.parameters, self.alpha / weight)
                if not math.isfinite(loss):
                    raise self._diverged("The loss", state)
                norm_sum += self._clip(state)
                with self.undivided:
                    rate = state.current_learning_rate
                    state.solver.update(state.parameters, self.gradient, rate)
                    state.t_ += len(batch)
                loss_sum += loss * weight
                weight_sum += weight
        if not np.isfinite(state.parameters).all():
            raise self._diverged("A parameter", state)
        return Epoch(loss_sum / weight_sum, norm_sum / self.n_minibatches, recurrent_share)

    def _planned_rate(self, n_epochs: int, first: int) -> float:
        """Return the rate of the minibatch that starts at `first` after so many epochs."""
        n_steps = n_epochs * self.n_minibatches + first // self.batch_size
        return self.schedule.rate_at(n_steps / (self.options.max_iter * self.n_minibatches))

    def _next_order(self, state: TrainingState) -> np.ndarray:
        """Return the sequences' places in the order of the next epoch, and remember it."""
        if state.order is None or len(state.order) != len(self.indices):
            state.order = np.arange(len(self.indices), dtype=np.int64)
        state.random_state.shuffle(state.order)
        return state.order

    def _loss_and_gradient(self, state: TrainingState, batch: np.ndarray) -> tuple[float, float]:
        """Write the gradient of a minibatch; return its loss and its weight."""
        data = self.data
        weights = None if data.sample_weight is None else data.sample_weight[batch]
        total = len(batch) if weights is None else float(np.add.reduce(weights))
        loss = self.network.loss_and_gradient(
            state.parameters,
            data.sequences,
            batch,
            data.targets[batch],
            weights,
            self.loss,
            self.gradient,
            self.n_threads,
            state.random_state,
        )
        return loss, total

    def _clip(self, state: TrainingState) -> float:
        """Scale the gradient down if its norm is too large; return the norm that it had."""
        norm = self._norm(self.gradient)
        if self.max_norm < math.inf:
            if not math.isfinite(norm):
                raise self._diverged("The gradient", state)
            if norm > self.max_norm:
                self.gradient *= self.max_norm / norm
        return norm

    def _recurrent_share(self) -> float:
        """Return the norm of the recurrent layers' gradient over that of the whole gradient."""
        whole = self._norm(self.gradient)
        return self._norm(self.gradient[: self.network.n_recurrent]) / whole if whole else math.nan

    def _add_penalty(self, parameters: np.ndarray, strength: float) -> float:
        """Return strength / 2 * ||weights||^2; add its gradient to that of the loss."""
        np.multiply(parameters, self.penalised, out=self.decay)
        penalty = 0.5 * strength * self._sum_of_squares(self.decay)
        self.decay *= strength
        self.gradient += self.decay
        return penalty

    def _norm(self, vector: np.ndarray) -> float:
        squared = self._sum_of_squares(vector)
        if math.isfinite(squared):
            return math.sqrt(squared)
        # The squares overflow long before the vector does.
        largest = float(np.abs(vector).max())
        return largest * math.sqrt(self._sum_of_squares(vector / largest))

    def _sum_of_squares(self, vector: np.ndarray) -> float:
        # Not np.dot: BLAS may add in another order when it has another number of threads.
        squares = np.multiply(vector, vector, out=self.squares[: len(vector)])
        return float(np.add.reduce(squares, dtype=np.float64))

    def _diverged(self, what: str, state: TrainingState) -> ValueError:
        clipping = self.options.max_grad_norm
        return ValueError(
            f"{what} became infinite or NaN in epoch {state.n_iter_ + 1} of training. Lower "
            f"learning_rate_init (now {self.options.learning_rate_init:g}), "
            f"{'set' if clipping is None else 'lower'} max_grad_norm (now {clipping}), or scale "
            "X so that its values are of the order of one."
        )

"""One epoch over the minibatches of a data set: penalty, clipping, update."""

import math
from collections.abc import Iterator
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from ..runtime.parameters import Table
from ..runtime.run import Reads
from ..schedules import Schedule
from .interruption import Undivided
from .state import TrainingOptions, TrainingState
from .updates import Updates, updates_of


class Minibatch(Protocol):
    """A minibatch; what else it holds is the objective's."""

    @property
    def n_samples(self) -> int:
        """How many samples it has."""
        ...

    @property
    def weight(self) -> float:
        """The sum of their weights."""
        ...


B = TypeVar("B", bound=Minibatch)


class Trainable(Protocol[B]):
    """What training minimises, a function of one flat vector."""

    n_batches: int
    """Minibatches of an epoch."""

    penalised: np.ndarray
    """Whether the L2 penalty applies to a parameter, (n_parameters,) bool."""

    recurrent: tuple[slice, ...]
    """Where the parameters of recurrent layers lie."""

    tables: tuple[Table, ...]
    """Those whose rows are looked up, from the first parameter on."""

    saturated_share: float
    """Of the gates in an epoch's first minibatch; NaN if none can be saturated."""

    def batches(self, random_state: np.random.RandomState) -> Iterator[B]:
        """Draw the minibatches of an epoch."""
        ...

    def report_reads(self, reads: Reads | None) -> None:
        """Tell which rows of the tables are about to be read, and expect them to have no gradient.

        None: tell nobody, and expect any gradient.
        """
        ...

    def __call__(self, parameters: np.ndarray, batch: B, gradient: np.ndarray) -> float:
        """Return the mean loss over the weight of a minibatch; write its gradient."""
        ...


class Epoch(NamedTuple):
    """What an epoch amounts to."""

    loss: float  # mean over weights, penalty included
    gradient_norm: float  # mean over minibatches, penalty included, before clipping
    recurrent_share: float  # of the norm of a gradient, penalty excluded; the larger of two
    saturated_share: float  # of the gates in the first minibatch


class Descent:
    """Epochs of minibatches of one objective, and the buffers that they share."""

    def __init__(
        self,
        objective: Trainable,
        options: TrainingOptions,
        parameters: np.ndarray,
        schedule: Schedule,
    ) -> None:
        self.objective, self.options, self.schedule = objective, options, schedule
        # Python floats: a NumPy scalar would impose its own dtype on the arithmetic.
        self.alpha = float(options.alpha)
        self.max_norm = math.inf if options.max_grad_norm is None else float(options.max_grad_norm)
        self.undivided = Undivided()
        self.penalised = objective.penalised.astype(parameters.dtype)
        self.gradient = np.empty_like(parameters)
        self.decay = np.empty_like(parameters)
        self.squares = np.empty_like(parameters)

    def run_epoch(self, state: TrainingState) -> Epoch:
        """Do one epoch on `state.parameters` and count its sequences.

        The mean loss is over weights. If it were over rows, as in ``MLPClassifier``, a sequence
        of weight 2 would not count as two sequences.
        """
        # What overflows here ends in one of the errors below, which say more than a warning.
        with np.errstate(over="ignore", invalid="ignore"):
            updates = updates_of(self.objective, state, self.options, self.gradient)
            self.objective.report_reads(self._uncut(updates.reads))
            try:
                epoch = self._run(state, updates)
            finally:
                self.objective.report_reads(None)
                with self.undivided:
                    updates.finish()
        if not np.isfinite(state.parameters).all():
            raise self._diverged("A parameter", state)
        return epoch

    def _uncut(self, reads: Reads | None) -> Reads | None:
        """Return what Ctrl-C does not leave halfway."""
        if reads is None:
            return None

        def uncut(name: str, rows: np.ndarray) -> None:
            with self.undivided:
                reads(name, rows)

        return uncut

    def _run(self, state: TrainingState, updates: Updates) -> Epoch:
        n_batches = self.objective.n_batches
        loss_sum = weight_sum = norm_sum = 0.0
        recurrent_share = math.nan
        for number, batch in enumerate(self.objective.batches(state.random_state)):
            if self.schedule.is_planned:
                n_done = state.n_iter_ * n_batches + number
                progress = n_done / (self.options.max_iter * n_batches)
                state.current_learning_rate = self.schedule.rate_at(progress)
            loss = self.objective(state.parameters, batch, self.gradient)
            if number in (0, n_batches - 1):
                # Of two minibatches an epoch, because with the penalty it is another pass.
                recurrent_share = float(np.fmax(recurrent_share, self._recurrent_share(updates)))
            if self.alpha > 0:
                loss += self._add_penalty(state, self.alpha / batch.weight, updates.dense)
            if not math.isfinite(loss):
                raise self._diverged("The loss", state)
            norm_sum += self._clip(state, updates)
            with self.undivided:
                updates.step(state.current_learning_rate)
                state.average_in()
                state.t_ += batch.n_samples
            loss_sum += loss * batch.weight
            weight_sum += batch.weight
        return Epoch(
            loss_sum / weight_sum,
            norm_sum / n_batches,
            recurrent_share,
            self.objective.saturated_share,
        )

    def _clip(self, state: TrainingState, updates: Updates) -> float:
        """Scale the gradient down if its norm is too large; return the norm that it had."""
        norm = self._norm_of(updates)
        if self.max_norm < math.inf:
            if not math.isfinite(norm):
                raise self._diverged("The gradient", state)
            if norm > self.max_norm:
                updates.scale(self.max_norm / norm)
        return norm

    def _recurrent_share(self, updates: Updates) -> float:
        """Return the norm of the recurrent layers' gradient over that of the whole gradient."""
        whole = self._norm_of(updates)
        if not whole:
            return math.nan
        parts = [self._norm(self.gradient[place]) for place in self.objective.recurrent]
        return math.hypot(*parts) / whole

    def _add_penalty(self, state: TrainingState, strength: float, penalised: slice) -> float:
        """Return strength / 2 * ||weights||^2; add its gradient to that of the loss."""
        decay = self.decay[penalised]
        np.multiply(state.parameters[penalised], self.penalised[penalised], out=decay)
        penalty = 0.5 * strength * self._sum_of_squares(decay)
        decay *= strength
        self.gradient[penalised] += decay
        return penalty

    def _norm_of(self, updates: Updates) -> float:
        """Return the norm of the whole gradient."""
        return math.hypot(*map(self._norm, updates.gradients()))

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

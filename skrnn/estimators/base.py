"""What classifier and regressor share: fitting, in terms of the floors below."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils import Tags, check_random_state

from ..inputs.sequences import check_sequences
from ..inputs.targets import check_n_targets, check_sample_weight
from ..losses import LOSSES, Loss
from ..network.objective import Batching, Objective, TrainingData
from ..runtime.rows import Sequences
from ..runtime.threads import effective_n_threads
from ..solvers import SOLVERS, Solver
from ..training.state import TrainingOptions, TrainingState
from ..training.train import train, train_epoch
from .callbacks import CallbackSupportMixin, FitTask, with_callbacks
from .early_stopping import (
    Samples,
    Validation,
    hold_out,
    naming_validation_data,
    passed_validation_samples,
)
from .fitted import FittedNetwork
from .hyperparameters import hyperparameters_of
from .rollback import unchanged_on_failure

# Takes the checked y and sample_weight of the first call and stores what there is to know of them.
LearnTargets = Callable[[np.ndarray, np.ndarray | None], None]


@dataclass(eq=False, repr=False)
class BaseRNN(CallbackSupportMixin, FittedNetwork, ABC):
    """A recurrent network fitted by minibatches; what y means is up to the subclasses."""

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit the network to sequences and their targets.

        Parameters
        ----------
        X : array-like of sequences
            One of

            - array or data frame of shape (n_samples, n_timesteps), one value a time step;
            - array of shape (n_samples, n_timesteps, n_features), where the trailing time steps of
              a sequence may be NaN in every feature: padding, which is not computed;
            - list, tuple, pandas Series, object array or one-column data frame of n_samples arrays
              of shape (length, n_features) or (length,), of any lengths.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, not negative. A sample of weight 2 counts as two samples, one of
            weight 0 as none.
        X_val : array-like of sequences, default=None
            What `early_stopping` validates on, instead of a part of X. Every call of a warm start
            should get the same: it restores the weights that had the best score of all calls.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            The targets of `X_val`; classes that y lacks are an error.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of `X_val`.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter, `X`, `y` or `sample_weight`, or one of the three to validate on, is not
            as described; if one of these lacks the others, or is passed without `early_stopping`;
            or if training diverges. Besides, whatever a callable `scoring` raises. The estimator
            is then as it was before the call.
        """
        self._check_hyperparameters()
        passed = passed_validation_samples(
            X_val, y_val, sample_weight_val, early_stopping=self.early_stopping
        )
        # What this leaves on the estimator is there until the decorator has ended the callbacks.
        context = self._init_callback_context(max_subtasks=int(self.max_iter))
        task = FitTask(self, context, X, y, sample_weight, self._attributes_if_stopped)
        with unchanged_on_failure(self), task:
            goes_on = self.warm_start and self.__sklearn_is_fitted__()
            data = self._check_data(X, y, sample_weight, None if goes_on else self._learn_targets)
            random_state = self._stream(goes_on)
            validate = None
            if passed is not None:
                validate = Validation(self, self._check_validation_data(passed), lambda: passed)
            elif self.early_stopping:
                # Before anything else is drawn, so that a warm start, which draws nothing else,
                # holds out the samples that the call before has held out.
                kept, held_out = hold_out(
                    data,
                    fraction=self.validation_fraction,
                    strata=self._strata(data.targets),
                    random_state=random_state,
                )
                validate = Validation(
                    self, data.only(held_out), lambda: Samples(X, y, sample_weight).take(held_out)
                )
                data = data.only(kept)
            state = self._going_on() if goes_on else self._start(random_state)
            objective = self._objective(data)
            objective.warn_if_clipped(stacklevel=3)
            self._keep(
                train(state, objective, self._options(), validate=validate, hooks=task.hooks)
            )
        return self

    def _fit_epoch(self, X: Any, y: Any, sample_weight: Any, learn_targets: LearnTargets) -> Self:
        """Train for one epoch; `learn_targets` serves only if there was no call before."""
        with unchanged_on_failure(self):
            self._check_partial_fit()
            goes_on = self.__sklearn_is_fitted__()
            data = self._check_data(X, y, sample_weight, None if goes_on else learn_targets)
            state = self._going_on() if goes_on else self._start(self._stream(goes_on))
            self._keep(train_epoch(state, self._objective(data), self._options()))
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    @abstractmethod
    def _check_y(self, y: Any) -> np.ndarray:
        """Return y as array, (n_samples,) or (n_samples, n_outputs), without looking at X."""

    @abstractmethod
    def _learn_targets(self, y: np.ndarray, sample_weight: np.ndarray | None) -> None:
        """Set the fitted attributes that follow from y."""

    @abstractmethod
    def _loss_name(self) -> str:
        """Return the key in `LOSSES` of what to minimise, once the targets are learnt."""

    def _learn_more_targets(self, y: np.ndarray, sample_weight: np.ndarray | None) -> None:
        """Set what can follow only from the y of a later call; by default nothing."""

    def _weigh_targets(self, y: np.ndarray, sample_weight: np.ndarray | None) -> None:
        """Set what all y of a call say of the weights of some; by default nothing."""

    @abstractmethod
    def _encode(
        self, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return what the outputs should be, as the loss wants it, and the training weights."""

    @abstractmethod
    def _n_outputs_for(self, targets: np.ndarray) -> int:
        """Return how many outputs the network has for such targets."""

    @abstractmethod
    def _strata(self, targets: np.ndarray) -> np.ndarray | None:
        """Return the class of each sample, (n_samples,), by which to stratify a split, or None."""

    @abstractmethod
    def _score_outputs(
        self, raw: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return the score, higher is better, of raw outputs of shape (n_samples, n_outputs)."""

    def _check_data(
        self, X: Any, y: Any, sample_weight: Any, learn_targets: LearnTargets | None
    ) -> TrainingData:
        """Check all input and convert it; `learn_targets` is None if training goes on."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        if learn_targets is None:
            self._check_architecture_is_fitted()
        reset = learn_targets is not None
        sequences, y, weights = self._check_samples(X, y, sample_weight, reset=reset)
        if learn_targets is None:
            self._learn_more_targets(y, weights)
        else:
            learn_targets(y, weights)
        self._weigh_targets(y, weights)
        self._loss: Loss = self._requested_loss()
        data = self._training_data(sequences, y, weights)
        if learn_targets is not None:
            self._set_architecture(sequences.n_features, self._n_outputs_for(data.targets))
            self.out_activation_ = self._loss.out_activation
        return data

    def _check_validation_data(self, samples: Samples) -> TrainingData:
        """Check and convert what was passed to validate on; nothing is learnt from it."""
        with naming_validation_data():
            return self._training_data(
                *self._check_samples(samples.X, samples.y, samples.sample_weight, reset=False)
            )

    def _check_samples(
        self, X: Any, y: Any, sample_weight: Any, *, reset: bool
    ) -> tuple[Sequences, np.ndarray, np.ndarray | None]:
        sequences = check_sequences(self, X, dtype=np.dtype(self.dtype), reset=reset)
        y = self._check_y(y)
        check_n_targets(y, len(sequences))
        return sequences, y, check_sample_weight(sample_weight, len(sequences))

    def _training_data(
        self, sequences: Sequences, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> TrainingData:
        targets, weights = self._encode(y, sample_weight)
        return TrainingData(sequences, targets, weights)

    def _requested_loss(self) -> Loss:
        loss = LOSSES[self._loss_name()]
        # Copies, so that a list that the caller changes later does not change a fitted loss.
        values = {
            field.name: np.asarray(getattr(self, field.name), np.float64).tolist()
            for field in fields(loss)
        }
        return loss(**values)

    def _fitted_loss(self) -> Loss:
        return self._loss

    def _new_solver(self) -> Solver:
        """Return a solver that nobody else has, since training changes it."""
        if not isinstance(self.solver, str):
            return clone(self.solver)
        solver = SOLVERS[self.solver]
        ours = {parameter.name for parameter in hyperparameters_of(type(self))}
        return solver(**{name: getattr(self, name) for name in ours & set(solver.constraints)})

    def _options(self) -> TrainingOptions:
        return TrainingOptions(
            **{field.name: getattr(self, field.name) for field in fields(TrainingOptions)}
        )

    def _objective(self, data: TrainingData) -> Objective:
        """Return what to minimise: all that is constant for a call is bound to it."""
        batch_size = None if self.batch_size == "auto" else int(self.batch_size)
        return Objective(
            self._network_in_training(),
            self._fitted_loss(),
            data,
            Batching(batch_size, bool(self.shuffle)),
            effective_n_threads(self.n_jobs),
        )

    def _start(self, random_state: np.random.RandomState) -> TrainingState:
        network = self._network()
        return TrainingState.start(
            network.layout.initial(random_state, network.dtype),
            self._new_solver(),
            random_state,
            network.layout.penalised(),
        )

    def _going_on(self) -> TrainingState:
        return self._training.going_on(self._new_solver(), self._network().layout.penalised())

    def _stream(self, goes_on: bool) -> np.random.RandomState:
        """Return where the split for early stopping and the initial weights are drawn from."""
        if not goes_on:
            stream = check_random_state(self.random_state)
            self._first_stream: np.random.RandomState = deepcopy(stream)
            return stream
        return deepcopy(self._first_stream)

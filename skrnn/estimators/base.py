"""What classifier and regressor share: fitting, in terms of the floors below."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.utils import Tags, check_random_state

from ..inputs.targets import check_n_targets, check_sample_weight
from ..network.architecture import Architecture
from ..network.kinds import network_of
from ..network.objective import TrainingData
from ..training.state import TrainingState
from ..training.train import train, train_epoch
from . import requested
from .callbacks import CallbackSupportMixin, FitTask, with_callbacks
from .checks import Splitter, check_unchanged
from .early_stopping import (
    Samples,
    Validation,
    naming_validation_data,
    passed_validation_samples,
)
from .fitted import Fitted
from .fitted_estimator import FittedEstimator
from .holding_out import check_groups, hold_out_last, hold_out_share, warn_of_few
from .read import Read
from .rollback import rewinding
from .task import Task

# Takes what y meant in the call before (None if training starts anew), y and sample_weight.
TaskFor = Callable[[Task | None, np.ndarray, np.ndarray | None], Task]


@dataclass(eq=False, repr=False)
class BaseRNN(CallbackSupportMixin, FittedEstimator, ABC):
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
        groups: Any = None,
    ) -> Self:
        """Fit the network to sequences and their targets.

        Parameters
        ----------
        X : array-like of sequences
            One of

            - array or data frame of shape (n_samples, n_timesteps), one value a time step;
            - array of shape (n_samples, n_timesteps, n_features), where the trailing time steps of
              a sequence may be NaN in every feature: padding, which is not computed;
            - list, tuple, Series, object array or one-column data frame of n_samples arrays of
              shape (length, n_features) or (length,), of any lengths. Data frames, one a sequence,
              are read by the names of their columns, in the order of the first.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, not negative. A sample of weight 2 counts as two samples, one of
            weight 0 as none. Their size matters for `alpha`: where they sum to one, as AdaBoost's
            do, divide it by n_samples, or set it to 0.
        X_val : array-like of sequences, default=None
            What `early_stopping` validates on, instead of a part of X. Every call of a warm start
            should get the same: it restores the weights that had the best score of all calls.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            The targets of `X_val`; classes that y lacks are an error.
        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of `X_val`.
        groups : array-like of shape (n_samples,), default=None
            What a splitter as `validation_fraction` may keep together, such as the person that a
            recording is of.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter, `X`, `y`, `sample_weight` or `groups`, or one of the three to validate
            on, is not as described; if one of these lacks the others, or is passed without
            `early_stopping`; if `groups` is passed and nothing is split by it;
            or if training diverges. Besides, whatever a callable `scoring` raises. The estimator
            is then as it was before the call.
        """
        self._check_hyperparameters()
        passed = passed_validation_samples(
            X_val, y_val, sample_weight_val, early_stopping=self.early_stopping
        )
        holds_out = self.early_stopping and passed is None
        context = self._init_callback_context(max_subtasks=int(self.max_iter))

        def attributes_if_stopped(state: TrainingState) -> dict[str, Any]:
            return draft.after(state.stopped()).shown

        task = FitTask(self, context, X, y, sample_weight, attributes_if_stopped)
        with rewinding(self.random_state), task:
            before = self._before(goes_on=self.warm_start)
            read = self._read_all(before, (X, y, sample_weight), self._task_for)
            stream, first_stream = self._streams(before)
            held_out = None
            groups = check_groups(groups, len(read.passed), is_used=holds_out and self._splits())
            if holds_out:
                # Before anything else is drawn, so that a warm start, which draws nothing else,
                # holds out the samples that the call before has held out.
                all_count = len(read.counting) == len(read.passed)  # so X need not be copied
                samples = Samples(X, y, sample_weight, None if all_count else read.counting)
                kept, held_out = self._hold_out(read, samples, groups, stream)
                warn_of_few(len(held_out), len(read.counting), stacklevel=3)
                read = read._replace(indices=kept)
            draft = self._draft(before, read, stream, first_stream)
            data = read.packed_for(draft)
            validate = validated = None
            if passed is not None:
                validated = self._check_validation_data(draft, passed)
            elif held_out is not None:
                validated = data.only(held_out)
            if validated is not None:
                samples = passed or Samples(X, y, sample_weight, validated.indices)
                validate = Validation(self, draft, validated, samples)
            objective = requested.objective(self, draft, data)
            objective.warn_if_clipped(stacklevel=3)
            options = requested.options(self)
            trained = train(draft.training, objective, options, validate=validate, hooks=task.hooks)
            self._keep(draft.after(trained))
        return self

    def _splits(self) -> bool:
        """Whether `validation_fraction` is a splitter."""
        return Splitter().allows(self.validation_fraction)

    def _hold_out(
        self,
        read: Read,
        samples: Samples,
        groups: np.ndarray | None,
        stream: np.random.RandomState,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return which samples to train on, and which to validate on."""
        if self._splits():
            return hold_out_last(self.validation_fraction, samples, read.counting, groups)
        strata = read.task.strata(read.targets)
        return hold_out_share(read.counting, float(self.validation_fraction), strata, stream)

    def _fit_epoch(self, X: Any, y: Any, sample_weight: Any, task_for: TaskFor) -> Self:
        """Train for one epoch; `task_for` says what y means."""
        self._check_partial_fit()
        before = self._before(goes_on=True)
        read = self._read_all(before, (X, y, sample_weight), task_for)
        with rewinding(self.random_state):
            draft = self._draft(before, read, *self._streams(before))
            objective = requested.objective(self, draft, read.packed_for(draft))
            self._keep(draft.after(train_epoch(draft.training, objective, requested.options(self))))
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    @abstractmethod
    def _check_y(self, y: Any) -> np.ndarray:
        """Return y as array, (n_samples,) or (n_samples, n_outputs), without looking at X."""

    @abstractmethod
    def _task_for(
        self, before: Task | None, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> Task:
        """Return what y means; `before` is what it meant last, None if training starts anew."""

    def _before(self, *, goes_on: bool) -> Fitted | None:
        """Return the record to go on from, if it is for what is asked for now."""
        fitted = self._record() if goes_on and self.__sklearn_is_fitted__() else None
        if fitted is not None:
            check_unchanged(requested.architecture(self), asdict(fitted.network.architecture))
            if not self.standardize:
                is_standardized = {"standardize": not fitted.units.change_nothing}
                check_unchanged({"standardize": False}, is_standardized)
            self._check_task_is_fitted(fitted.task)
        return fitted

    def _check_task_is_fitted(self, task: Task) -> None:
        """Raise ValueError if training cannot go on with these parameters."""

    def _read_all(
        self, before: Fitted | None, samples: tuple[Any, Any, Any], task_for: TaskFor
    ) -> Read:
        """Check and convert X, y and sample_weight."""
        X, y, sample_weight = samples
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        if before is None:
            passed, inputs = self._read_new(X)
        else:
            passed, inputs = self._read(X, before.inputs), dict(before.inputs)
        y, weights = self._check_targets(y, sample_weight, len(passed))
        task = task_for(None if before is None else before.task, y, weights)
        return Read(inputs, task, passed, *task.encode(y, weights))

    def _check_targets(
        self, y: Any, sample_weight: Any, n_samples: int
    ) -> tuple[np.ndarray, np.ndarray | None]:
        y = self._check_y(y)
        check_n_targets(y, n_samples)
        return y, check_sample_weight(sample_weight, n_samples)

    def _check_validation_data(self, draft: Fitted, samples: Samples) -> TrainingData:
        """Check and convert what was passed to validate on; nothing is learnt from it."""
        with naming_validation_data():
            passed = self._read(samples.X, draft.inputs)
            y, weights = self._check_targets(samples.y, samples.sample_weight, len(passed))
            return TrainingData(draft.packed(passed), *draft.task.encode(y, weights))

    def _streams(
        self, before: Fitted | None
    ) -> tuple[np.random.RandomState, np.random.RandomState]:
        """Return where split and initial weights are drawn from, and a copy from the beginning."""
        if before is not None:
            return deepcopy(before.first_stream), before.first_stream
        stream = check_random_state(self.random_state)
        return stream, deepcopy(stream)

    def _draft(
        self,
        before: Fitted | None,
        read: Read,
        stream: np.random.RandomState,
        first_stream: np.random.RandomState,
    ) -> Fitted:
        """Return the record of a network that is about to be trained."""
        if before is not None:
            training = before.training.going_on(
                requested.solver(self), before.network.layout.penalised()
            )
            return replace(
                before,
                inputs=read.inputs,
                task=read.task,
                training=training,
                first_stream=first_stream,
                units=before.units.learning_more(read.passed, read.weights),
            )
        architecture = Architecture(
            n_features=read.passed.n_features,
            n_outputs=read.task.n_outputs,
            **requested.architecture(self),
        )
        network = network_of(architecture)
        timescale = requested.timescale(self, read.passed.lengths, read.weights)
        units = requested.units(self, read.passed, read.weights)
        training = TrainingState.start(
            network.layout.initial(stream, network.dtype, timescale),
            requested.solver(self),
            stream,
            network.layout.penalised(),
        )
        return Fitted(
            read.inputs, architecture, read.task, training, first_stream, timescale, units
        )

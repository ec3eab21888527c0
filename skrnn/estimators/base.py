"""What all estimators share: fitting, in terms of the floors below."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Self, cast

import numpy as np
from sklearn.utils import Tags

from ..inputs.packing import Passed
from ..network.architecture import Architecture
from ..network.kinds import network_of
from ..network.objective import TrainingData
from ..training.state import TrainingState
from ..training.train import train, train_epoch
from . import embeddings, requested
from .callbacks import CallbackSupportMixin, FitTask
from .checks import Splitter, check_unchanged
from .early_stopping import (
    Samples,
    Validation,
    naming_validation_data,
    passed_validation_samples,
)
from .fitted import Fitted
from .given import Given
from .holding_out import check_groups, hold_out_last, hold_out_share, warn_of_few
from .read import Read
from .reading_estimator import ReadingEstimator
from .rollback import rewinding
from .stream import Stream
from .task import TargetTask, Task

# Takes what y meant in the call before (None if training starts anew), y and sample_weight.
TaskFor = Callable[[Task | None, np.ndarray, np.ndarray | None], TargetTask]


@dataclass(eq=False, repr=False)
class BaseRNN(CallbackSupportMixin, ReadingEstimator, ABC):
    """A recurrent network fitted by minibatches; what y means is up to the subclasses."""

    def _fit_all(
        self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, Any, Any], groups: Any
    ) -> Self:
        """Do what `fit` does; `validation` is X, y and weights to validate on, or three None."""
        self._check_hyperparameters()
        passed = passed_validation_samples(*validation, early_stopping=self.early_stopping)
        holds_out = self.early_stopping and passed is None
        context = self._init_callback_context(max_subtasks=int(self.max_iter))

        def attributes_if_stopped(state: TrainingState) -> dict[str, Any]:
            return draft.after(state.stopped()).shown

        task = FitTask(self, context, X, y, sample_weight, attributes_if_stopped)
        with rewinding(self.random_state), task:
            before = self._before(goes_on=self.warm_start)
            read = self._read_all(before, (X, y, sample_weight), self._task_for)
            stream, first_stream = requested.streams(self, before)
            held_out = None
            groups = check_groups(groups, len(read.passed), is_used=holds_out and self._splits())
            if holds_out:
                # Before anything else is drawn, so that a warm start, which draws nothing else,
                # holds out the samples that the call before has held out.
                all_count = len(read.counting) == len(read.passed)  # so X need not be copied
                samples = Samples(X, y, sample_weight, None if all_count else read.counting)
                kept, held_out = self._hold_out(read, samples, groups, stream)
                warn_of_few(len(held_out), len(read.counting))
                read = replace(read, indices=kept)
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
            objective.warn_if_clipped()
            options = requested.options(self)
            trained = train(draft.training, objective, options, validate=validate, hooks=task.hooks)
            self._keep(draft.after(trained))
        return self

    def stream(self, n_streams: int = 1) -> Stream:
        """Return a reader of sequences that arrive in chunks.

        Parameters
        ----------
        n_streams : int, default=1
            How many sequences arrive at the same time.

        Returns
        -------
        Stream
            It has `predict`, `predict_proba` if this has it, `reset`, `copy` and `state`.

        Raises
        ------
        ValueError
            If the network is bidirectional, which must see the end before it answers.
        """
        return Stream(self, n_streams)

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
        fraction = float(self.validation_fraction)
        return hold_out_share(read.counting, fraction, read.strata, stream)

    def _fit_epoch(self, X: Any, y: Any, sample_weight: Any, task_for: TaskFor) -> Self:
        """Train for one epoch; `task_for` says what y means."""
        self._check_partial_fit()
        before = self._before(goes_on=True)
        read = self._read_all(before, (X, y, sample_weight), task_for)
        with rewinding(self.random_state):
            draft = self._draft(before, read, *requested.streams(self, before))
            objective = requested.objective(self, draft, read.packed_for(draft))
            self._keep(draft.after(train_epoch(draft.training, objective, requested.options(self))))
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    @abstractmethod
    def _given(self, passed: Passed, y: Any, sample_weight: Any) -> Given:
        """Check and convert y and sample_weight, which go with X."""

    @abstractmethod
    def _task_for(
        self, before: Task | None, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> TargetTask:
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
            embeddings.check_same(self, fitted.architecture, fitted.inputs)
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
            passed, inputs = self._read(X, before), dict(before.inputs)
        given = self._given(passed, y, sample_weight)
        task = task_for(None if before is None else before.task, given.values, given.weights)
        return Read(inputs, task, passed, given.encoded(task))

    def _check_validation_data(self, draft: Fitted, samples: Samples) -> TrainingData:
        """Check and convert what was passed to validate on; nothing is learnt from it."""
        with naming_validation_data():
            passed = self._read(samples.X, draft)
            task = cast(TargetTask, draft.task)
            encoded = self._given(passed, samples.y, samples.sample_weight).encoded(task)
            return Read(dict(draft.inputs), task, passed, encoded).packed_for(draft)

    def _draft(
        self,
        before: Fitted | None,
        read: Read,
        stream: np.random.RandomState,
        first_stream: np.random.RandomState,
    ) -> Fitted:
        """Return the record of a network that is about to be trained."""
        if before is not None:
            return replace(
                before.going_on(requested.solver(self), first_stream),
                inputs=read.inputs,
                task=read.task,
                units=before.units.learning_more(read.passed, read.weights),
            )
        of_categories = embeddings.architecture(self, read.inputs)
        architecture = Architecture(
            n_features=read.passed.n_features,
            n_outputs=read.task.n_outputs,
            chained=read.task.end.chained,
            **of_categories,
            **requested.architecture(self),
        )
        network = network_of(architecture)
        timescale = requested.timescale(self, read.passed.lengths, read.weights)
        units = requested.units(self, read.passed, read.weights, architecture.categories)
        initial = network.layout.initial(stream, network.dtype, timescale)
        training = TrainingState.start(
            embeddings.write_given(self, network, initial),
            requested.solver(self),
            stream,
            network.layout.penalised(),
        )
        return Fitted(
            read.inputs, architecture, read.task, training, first_stream, timescale, units
        )

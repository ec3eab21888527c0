"""scikit-learn's callbacks, which are new in its version 1.9 and experimental; without, nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from sklearn.base import BaseEstimator

from ..training.state import EpochHooks, TrainingState

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Has no `set_callbacks`, which would seem to work and call nothing."""

        def _init_callback_context(self, **_: Any) -> None:
            return None

    def with_callbacks(method: Callable) -> Callable:
        """Return a wrapper that adds nothing but a frame, which the levels of warnings count."""

        @wraps(method)
        def plain(*arguments: Any, **named: Any) -> Any:
            return method(*arguments, **named)

        return plain


__all__ = ["CallbackSupportMixin", "FitTask", "with_callbacks"]

# Takes the state of training and returns the attributes of an estimator that stopped there.
Reconstruct = Callable[[TrainingState], dict[str, Any]]


class FitTask:
    """The callbacks' view of one fit: a task, as a ``with`` block, and in it a task an epoch.

    Parameters
    ----------
    estimator : estimator
    context : sklearn.callback.CallbackContext or None
        That of the fit; None if scikit-learn has no callbacks.
    X, y, sample_weight
        As `fit` got them.
    reconstruct : callable
        Called only if a callback asks for a fitted estimator.

    Attributes
    ----------
    hooks : EpochHooks or None
        What training is to call; None if the estimator has no callbacks.
    """

    def __init__(
        self,
        estimator: BaseEstimator,
        context: Any,
        X: Any,
        y: Any,
        sample_weight: Any,
        reconstruct: Reconstruct,
    ) -> None:
        self._context, self._epoch, self._reconstruct = context, context, reconstruct
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._arguments = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        self.hooks: EpochHooks | None = self if hasattr(estimator, "_skl_callbacks") else None

    def __enter__(self) -> None:
        if self.hooks:
            self._context.call_on_fit_task_begin(**self._arguments)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.hooks and kind is None:
            # The estimator itself is fitted by now.
            self._context.call_on_fit_task_end(**self._arguments, reconstruction_attributes={})

    def epoch_begins(self, state: TrainingState) -> None:
        """Call the callbacks before an epoch."""
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(
            **self._arguments, reconstruction_attributes=lambda: self._reconstruct(state)
        )

    def epoch_ends(self, state: TrainingState) -> bool:
        """Call the callbacks after an epoch; return whether one of them asks to stop."""
        return self._epoch.call_on_fit_task_end(
            **self._arguments, reconstruction_attributes=lambda: self._reconstruct(state)
        )

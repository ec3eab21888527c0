"""An estimator that may have learnt something: what it shows and saves of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .checked import CheckedHyperparameters
from .checks import check_solver_has_parameters
from .fitted import Fitted
from .loading import restored_fit
from .parameter_fields import give_lacking_parameters
from .record_checks import damaged
from .saving import saved_fit
from .task import Task


class FittedEstimator(CheckedHyperparameters, BaseEstimator):
    """The record of a fit is its one attribute `_fitted`; the others mirror it."""

    _task_kind: ClassVar[type[Task]]

    @property
    def weights_(self) -> dict[str, np.ndarray]:
        """The fitted weights by name, as views that cannot be written to; see `set_weights`."""
        return dict(self._record().weights)  # what is done to the dict stays with the caller

    def set_weights(self, weights: Mapping[str, Any]) -> Self:
        """Replace weights, some or all of them.

        What the solver has gathered is kept for training that goes on; the best loss, and the best
        and the last weights of `early_stopping`, are forgotten.

        Parameters
        ----------
        weights : mapping of str to array-like
            By names of `weights_`, in their shapes; finite.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            For another name or shape, or what is not a finite number. The estimator is then as it
            was before the call.
        """
        self._keep(self._record().with_weights(weights))
        return self

    def set_params(self, **params: Any) -> Self:
        """Set parameters of this estimator.

        Parameters
        ----------
        **params : dict
            New values by name; ``solver__weight_decay`` is that of a `solver` which is an
            instance.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError
            For a name that there is not, and for a parameter of a `solver` that is a string.
        """
        # scikit-learn would say: 'str' object has no attribute 'set_params'.
        solver = params.get("solver", self.solver)
        check_solver_has_parameters(solver, params, self.get_params(deep=False))
        return super().set_params(**params)

    def __sklearn_is_fitted__(self) -> bool:
        return "_fitted" in vars(self)

    def _record(self) -> Fitted:
        """Return all that was learnt; raise NotFittedError if nothing was."""
        fitted = vars(self).get("_fitted")
        if not isinstance(fitted, Fitted):
            check_is_fitted(self)
            raise damaged(f"_fitted is {fitted!r:.50}")
        return fitted

    def _keep(self, fitted: Fitted) -> None:
        """Show a record, and nothing of the one before."""
        before, shown = vars(self).get("_fitted"), fitted.shown
        self.__dict__.update(shown)
        for name in before.attributes if isinstance(before, Fitted) else ():
            if name not in shown:
                self.__dict__.pop(name, None)

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__().copy()
        if "_fitted" in state:
            fitted = self._record()
            for name in fitted.attributes:
                state.pop(name, None)
            state["_fitted"] = saved_fit(fitted)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        saved = state.pop("_fitted", None)
        fitted = None if saved is None else restored_fit(saved, self._task_kind, type(self))
        give_lacking_parameters(type(self), state)
        super().__setstate__(state)
        if fitted is not None:
            self._keep(fitted)


def shown_by_twin(estimator: FittedEstimator, fitted: Fitted) -> Any:
    """Return an estimator of the same parameters that has learnt something else."""
    twin = object.__new__(type(estimator))
    twin.__dict__.update(vars(estimator) | fitted.shown)
    return twin

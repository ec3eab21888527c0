"""An estimator that may have learnt something: what it shows, saves and predicts of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ..inputs.categories import CategoricalFeatures
from ..inputs.mixed import Mixed, holds_tokens
from ..inputs.packing import Passed
from ..inputs.sequences import read_sequences
from ..network.prediction import check_finite
from ..runtime.threads import effective_n_threads
from .checked import CheckedHyperparameters
from .checks import check_solver_has_parameters
from .fitted import Fitted
from .loading import restored_fit
from .parameter_fields import give_lacking_parameters
from .record_checks import damaged
from .saving import saved_fit
from .task import Task

# What `read_sequences` notes on the estimator that it is given.
_OF_INPUTS = ("n_features_in_", "feature_names_in_", "_n_features_step", "_fitted_on_table")


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

    def _stand_in(self, inputs: Mapping[str, Any]) -> Self:
        """Return what scikit-learn's checks of X may read and write the attributes of.

        This estimator is what it was until a fit has succeeded, also for other threads.
        """
        stand_in = object.__new__(type(self))
        stand_in.__dict__.update(self.__dict__)
        stand_in.__dict__.update(inputs)
        if "feature_names_in_" not in inputs:  # those of a fit before are not to be checked
            stand_in.__dict__.pop("feature_names_in_", None)
        return stand_in

    def _read_new(self, X: Any) -> tuple[Passed, dict[str, Any]]:
        """Read X, and return it and what there is to know of its form."""
        stand_in, categories, words = self._stand_in({}), {}, None
        asked = self.categorical_features
        if asked is None and self._takes_tokens and holds_tokens(X):
            asked = [0]
        if asked is not None:
            mixed = Mixed(X)
            learnt = CategoricalFeatures.learnt(
                mixed, asked, int(self.min_frequency), self.embeddings
            )
            if learnt is not None and self.character_layer_size is not None:
                learnt = learnt.reading_letters(mixed, int(self.min_frequency))
            if learnt is not None:
                (X, words), categories = learnt.encoded(mixed), learnt.noted
        passed = read_sequences(stand_in, X, reset=True)
        passed.words = words
        noted = {n: vars(stand_in)[n] for n in _OF_INPUTS if n in vars(stand_in)}
        return passed, noted | categories

    def _read(self, X: Any, fitted: Fitted, form: Mapping[str, Any] | None = None) -> Passed:
        """Read X, of the form that is known; another form replaces that of the fit."""
        words = None
        if fitted.categorical is not None:
            X, words = fitted.categorical.encoded(Mixed(X))
        stand_in = self._stand_in(fitted.inputs if form is None else form)
        passed = read_sequences(stand_in, X, reset=False)
        passed.words = words
        return passed

    def _raw_outputs(self, fitted: Fitted, X: Any) -> np.ndarray:
        """Return the network's outputs, (n_answers, n_outputs), as float64."""
        return self._outputs(fitted, X)[0]

    def _answers(
        self, fitted: Fitted, raw: np.ndarray, offsets: np.ndarray | None = None
    ) -> np.ndarray:
        """Return what `predict` says for raw outputs (n_answers, n_outputs), one after the other.

        Offsets say where each sequence begins, if the answers are of time steps.
        """
        raise NotImplementedError

    def _outputs(self, fitted: Fitted, X: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Return the network's outputs, and where each sequence's begin if they are of steps.

        The links take the outputs in float64, whatever the network computes in: probabilities then
        sum to one closely, and those near 0 and 1 do not become equal.
        """
        known = vars(self).get("_known_outputs")  # of an X that a scorer asks for; see `Validation`
        if known is not None and X is known[0]:
            return known[1].astype(np.float64), known[2]
        network = fitted.network
        sequences = fitted.packed(self._read(X, fitted))
        n_threads = 1
        # To ask how many there are takes longer than a small prediction.
        if network.worthwhile_threads(len(sequences.values), 2) > 1:
            n_threads = effective_n_threads(self.n_jobs)
        raw = fitted.predictor.raw_outputs(sequences, n_threads).astype(np.float64)
        offsets = sequences.offsets if self._every_step else None
        check_finite(raw, offsets)
        return raw, offsets

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__().copy()
        state.pop("_known_outputs", None)
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

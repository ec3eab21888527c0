"""An estimator that reads sequences of numbers and categories, and answers by a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from ..inputs.categories import CategoricalFeatures
from ..inputs.mixed import Mixed, holds_tokens
from ..inputs.packing import Passed
from ..inputs.sequences import read_sequences
from ..network.prediction import check_finite
from ..runtime.threads import effective_n_threads
from .fitted import Fitted
from .fitted_estimator import FittedEstimator
from .supervised_parameters import SupervisedParameters

# What `read_sequences` notes on the estimator that it is given.
_OF_INPUTS = ("n_features_in_", "feature_names_in_", "_n_features_step", "_fitted_on_table")


class ReadingEstimator(SupervisedParameters, FittedEstimator):
    """An estimator whose X are sequences of features."""

    def _check_hyperparameters(self) -> None:
        super()._check_hyperparameters()
        if self.bptt_steps is not None and self.bidirectional:
            raise ValueError(
                f"bptt_steps={self.bptt_steps} is not supported with bidirectional=True: the "
                "backward direction begins at a sequence's end, so its states are not known at a "
                "window's. Set bptt_steps=None or bidirectional=False."
            )

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
        state = super().__getstate__()
        state.pop("_known_outputs", None)
        return state

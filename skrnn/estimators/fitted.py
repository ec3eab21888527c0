"""What an estimator keeps of a network: numbers, from which it is made when it is needed."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ..inputs.sequences import check_sequences
from ..network.dropout import Dropout
from ..network.network import Architecture, Network
from ..network.prediction import Predictor
from ..runtime.threads import effective_n_threads
from ..training.state import TrainingState
from .checks import check_unchanged
from .hyperparameters import Hyperparameters


class FittedNetwork(Hyperparameters, BaseEstimator):
    """An estimator with the state of a network's training, once it is fitted."""

    @property
    def weights_(self) -> dict[str, np.ndarray]:
        """The fitted weights by name, views of what the network computes with."""
        check_is_fitted(self)
        return self._network().layout.named(self._training.parameters)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_training")

    def _requested_architecture(self) -> dict[str, Any]:
        sizes = self.hidden_layer_sizes
        return {
            "hidden_layer_sizes": tuple(map(int, np.atleast_1d(sizes))),
            "cell": str(self.cell),
            "activation": str(self.activation),
            "bidirectional": bool(self.bidirectional),
            "pooling": str(self.pooling),
            "dtype": str(self.dtype),
        }

    def _set_architecture(self, n_features: int, n_outputs: int) -> None:
        # A plain dict, from which the network is made when it is needed: pickles hold no kernels,
        # and `set_params` after `fit` does not change what `predict` computes.
        self._architecture = self._requested_architecture() | {
            "n_features": n_features,
            "n_outputs": n_outputs,
        }
        self.n_outputs_ = n_outputs
        self.n_layers_ = len(self._architecture["hidden_layer_sizes"]) + 2

    def _check_architecture_is_fitted(self) -> None:
        check_unchanged(self._requested_architecture(), self._architecture)

    def _network(self) -> Network:
        return Network(Architecture(**self._architecture))

    def _network_in_training(self) -> Network:
        dropout = Dropout(float(self.dropout), float(self.recurrent_dropout))
        steps = None if self.bptt_steps is None else int(self.bptt_steps)
        return Network(Architecture(**self._architecture), dropout, steps)

    def _keep(self, state: TrainingState) -> None:
        self.__dict__.update(_attributes_of(state))

    def _attributes_if_stopped(self, state: TrainingState) -> dict[str, Any]:
        """Return the attributes of an estimator whose training ended in this state."""
        state = state.copied()
        state.restore_best()
        return _attributes_of(state)

    def _raw_outputs(self, X: Any) -> np.ndarray:
        """Return the network's outputs, (n_samples, n_outputs), as float64.

        The links take the outputs in float64, whatever the network computes in: probabilities then
        sum to one closely, and those near 0 and 1 do not become equal.
        """
        check_is_fitted(self)
        if self._known_outputs is not None and X is self._known_outputs[0]:
            return self._known_outputs[1].astype(np.float64)
        dtype = np.dtype(self._architecture["dtype"])
        sequences = check_sequences(self, X, dtype=dtype, reset=False)
        network = _network_for_prediction(Architecture(**self._architecture))
        predictor = Predictor(network, self._training.parameters)
        raw = predictor.raw_outputs(sequences, effective_n_threads(self.n_jobs))
        return raw.astype(np.float64)


def _attributes_of(state: TrainingState) -> dict[str, Any]:
    # Known outputs are those of an X that a scorer is about to ask for; see `Validation`.
    return {"_training": state, "_known_outputs": None} | state.fitted_attributes()


# A network without weights. To make it takes a tenth of the time of a small prediction. Threads
# may share it as long as they only predict.
@lru_cache(maxsize=4)
def _network_for_prediction(architecture: Architecture) -> Network:
    return Network(architecture)

"""What classifier and regressor share: fitting and raw outputs, in terms of the floors below."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import check_is_fitted

from ._hyperparameters import Hyperparameters
from ._network import Network
from ._parallel import effective_n_threads
from ._sequences import check_sequences
from ._targets import check_sample_weight
from ._training import TrainingData, TrainingOptions, TrainingState, train, train_epoch
from ._validation_split import hold_out
from .losses import LOSSES, Loss
from .solvers import SOLVERS, Solver

# Takes the checked y and sample_weight of the first call and stores what there is to know of them.
LearnTargets = Callable[[np.ndarray, np.ndarray | None], None]


@dataclass(eq=False, repr=False)
class BaseRNN(Hyperparameters, BaseEstimator, ABC):
    """A recurrent network fitted by minibatches; what y means is up to the subclasses."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
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

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter, `X`, `y` or `sample_weight` is not as described, or if training
            diverges. The estimator is then as it was before the call.
        """
        with _unchanged_on_failure(self):
            self._check_hyperparameters()
            goes_on = self.warm_start and self.__sklearn_is_fitted__()
            data = self._check_data(X, y, sample_weight, None if goes_on else self._learn_targets)
            random_state = check_random_state(self.random_state)
            validation_score = None
            if self.early_stopping:
                # Before anything else is drawn, so that with an integer as random_state a warm
                # start holds out the samples that the call before has held out.
                data, held_out = hold_out(
                    data,
                    fraction=self.validation_fraction,
                    strata=self._strata(data.targets),
                    random_state=random_state,
                )
                validation_score = self._validation_score(held_out)
            if goes_on:
                state = self._training.restarted(self._new_solver(), self.learning_rate_init)
            else:
                state = self._start(random_state)
            self._keep(
                train(
                    state,
                    self._network(),
                    self._fitted_loss(),
                    data,
                    self._training_options(),
                    n_threads=effective_n_threads(self.n_jobs),
                    validation_score=validation_score,
                )
            )
        return self

    def _fit_epoch(self, X: Any, y: Any, sample_weight: Any, learn_targets: LearnTargets) -> Self:
        """Train for one epoch; `learn_targets` serves only if there was no call before."""
        with _unchanged_on_failure(self):
            self._check_hyperparameters()
            goes_on = self.__sklearn_is_fitted__()
            data = self._check_data(X, y, sample_weight, None if goes_on else learn_targets)
            if goes_on:
                state = self._training
            else:
                state = self._start(check_random_state(self.random_state))
            self._keep(
                train_epoch(
                    state,
                    self._network(),
                    self._fitted_loss(),
                    data,
                    self._training_options(),
                    n_threads=effective_n_threads(self.n_jobs),
                )
            )
        return self

    @property
    def weights_(self) -> dict[str, np.ndarray]:
        """The fitted weights by name, views of what the network computes with."""
        check_is_fitted(self)
        return self._network().named(self._training.parameters)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_training")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    @abstractmethod
    def _check_y(self, y: Any) -> np.ndarray:
        """Return y as array, (n_samples,) or (n_samples, n_outputs), without looking at X."""

    @abstractmethod
    def _learn_targets(self, y: np.ndarray, sample_weight: np.ndarray | None) -> None:
        """Set the fitted attributes that follow from y, `_loss` here or in `_encode`."""

    @abstractmethod
    def _loss_name(self) -> str:
        """Return the key in `LOSSES` of what to minimise, once the targets are learnt."""

    @abstractmethod
    def _encode(
        self, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return what the outputs should be, (n_samples, n_outputs), and the training weights."""

    @abstractmethod
    def _strata(self, targets: np.ndarray) -> np.ndarray | None:
        """Return the class of each sample, (n_samples,), by which to stratify a split, or None."""

    @abstractmethod
    def _score_outputs(self, raw: np.ndarray, data: TrainingData) -> float:
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
        dtype = np.dtype(self.dtype)
        sequences = check_sequences(self, X, dtype=dtype, reset=learn_targets is not None)
        y = self._check_y(y)
        if len(y) != len(sequences):
            raise ValueError(
                f"X has {len(sequences)} sequences, but y has {len(y)} targets. Pass one target "
                "for each sequence."
            )
        weights = check_sample_weight(sample_weight, len(sequences))
        if learn_targets is not None:
            learn_targets(y, weights)
        targets, weights = self._encode(y, weights)
        if learn_targets is not None:
            self._set_architecture(sequences.n_features, targets.shape[1])
        return TrainingData(sequences, np.ascontiguousarray(targets, dtype=dtype), weights)

    def _requested_architecture(self) -> dict[str, Any]:
        sizes = self.hidden_layer_sizes
        return {
            "hidden_layer_sizes": tuple(map(int, np.atleast_1d(sizes))),
            "cell": str(self.cell),
            "activation": str(self.activation),
            "bidirectional": bool(self.bidirectional),
            "dtype": np.dtype(self.dtype),
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
        self.out_activation_ = self._fitted_loss().out_activation

    def _check_architecture_is_fitted(self) -> None:
        check_unchanged(self._requested_architecture(), self._architecture)

    def _network(self) -> Network:
        return Network(**self._architecture)

    def _requested_loss(self) -> dict[str, Any]:
        loss = LOSSES[self._loss_name()]
        return {"loss": loss.name} | {
            field.name: np.asarray(getattr(self, field.name), np.float64).tolist()
            for field in fields(loss)
        }

    def _fitted_loss(self) -> Loss:
        parameters = self._loss.copy()
        return LOSSES[parameters.pop("loss")](**parameters)

    def _new_solver(self) -> Solver:
        solver = SOLVERS[self.solver]
        return solver(**{name: getattr(self, name) for name in solver.constraints})

    def _training_options(self) -> TrainingOptions:
        names = [field.name for field in fields(TrainingOptions)]
        return TrainingOptions(**{name: getattr(self, name) for name in names})

    def _start(self, random_state: np.random.RandomState) -> TrainingState:
        parameters = self._network().initial_parameters(random_state)
        return TrainingState.start(
            parameters, self._new_solver(), self.learning_rate_init, random_state
        )

    def _keep(self, state: TrainingState) -> None:
        self._training = state
        self.__dict__.update(state.fitted_attributes())

    def _validation_score(self, held_out: TrainingData) -> Callable[[np.ndarray], float]:
        network, n_threads = self._network(), effective_n_threads(self.n_jobs)

        def score(parameters: np.ndarray) -> float:
            raw = network.raw_outputs(parameters, held_out.sequences, n_threads)
            # As in MLPClassifier: a score that is not a number is never the best.
            return self._score_outputs(raw, held_out) if np.isfinite(raw).all() else np.nan

        return score

    def _raw_outputs(self, X: Any) -> np.ndarray:
        """Return the network's outputs, (n_samples, n_outputs), as float64.

        The links take the outputs in float64, whatever the network computes in: probabilities then
        sum to one closely, and those near 0 and 1 do not become equal.
        """
        check_is_fitted(self)
        sequences = check_sequences(self, X, dtype=self._architecture["dtype"], reset=False)
        # joblib hands large arrays to its workers as read-only memory maps, which kernels do not
        # take; other parameters are not copied.
        parameters = np.require(self._training.parameters, requirements=["C", "A", "W"])
        n_threads = effective_n_threads(self.n_jobs)
        network = _network_for_prediction(**self._architecture)
        return network.raw_outputs(parameters, sequences, n_threads).astype(np.float64)


def check_unchanged(requested: dict[str, Any], fitted: dict[str, Any]) -> None:
    """Raise ValueError if training that goes on is asked for something else than was fitted."""
    for name, value in requested.items():
        if value != fitted[name]:
            raise ValueError(
                f"The network was fitted with {name}={fitted[name]!s}, so training cannot go on "
                f"with {name}={value!s}. Set {name} back, or fit anew with warm_start=False."
            )


# A network without weights. To make it takes a tenth of the time of a small prediction. Threads
# may share it as long as they only predict.
@lru_cache(maxsize=4)
def _network_for_prediction(**architecture: Any) -> Network:
    return Network(**architecture)


@contextmanager
def _unchanged_on_failure(estimator: BaseEstimator) -> Iterator[None]:
    """Give an estimator its attributes back if the block raises.

    A shallow copy suffices: fitting replaces what an attribute refers to and changes nothing in
    place.
    """
    before = vars(estimator).copy()
    try:
        yield
    except BaseException:
        vars(estimator).clear()
        vars(estimator).update(before)
        raise

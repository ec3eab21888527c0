"""All that an estimator has learnt: one record, which is never changed."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..inputs.categories import CategoricalFeatures
from ..inputs.packing import Passed
from ..inputs.units import FeatureUnits
from ..network.architecture import Architecture
from ..network.kinds import network_of
from ..network.network import Network
from ..network.prediction import Predictor
from ..runtime.once import computed_once
from ..runtime.rows import Sequences
from ..solvers import Solver
from ..training.state import TrainingState
from .checks import InstanceOf
from .record_checks import (
    TIMESCALE,
    check_architecture,
    check_inputs,
    check_parameters,
    check_units,
    damaged,
    require,
)
from .task import Task


@dataclass(frozen=True, eq=False)
class Fitted:
    """What a fit has learnt. An estimator has one, and shows parts of it as attributes.

    `predict` reads it once, so that a fit in another thread, which puts another record in its
    place, does not mix two networks.

    Parameters
    ----------
    inputs : mapping of str to object
        What `read_sequences` notes of X.
    architecture : Architecture
    task : Task
    training : TrainingState
    first_stream : RandomState
        As it was before the first call drew from it.
    timescale : float or None
        Over how many steps units remembered before training.
    units : FeatureUnits
        Of the features of a time step.
    """

    inputs: Mapping[str, Any]
    architecture: Architecture
    task: Task
    training: TrainingState
    first_stream: np.random.RandomState
    timescale: float | None
    units: FeatureUnits

    @computed_once
    def network(self) -> Network:
        """The network, without dropout."""
        require(InstanceOf(Architecture), self.architecture, "architecture")
        check_architecture(vars(self.architecture))
        network = network_of(self.architecture)
        self.check(network)
        return network

    @computed_once
    def categorical(self) -> CategoricalFeatures | None:
        """The features that are categories, if there are some, with a code for each category."""
        return CategoricalFeatures.of_noted(self.inputs)

    @computed_once
    def predictor(self) -> Predictor:
        """The network packed for predictions; made when it is first wanted, and never saved."""
        return Predictor(self.network, self.training.parameters)

    @computed_once
    def weights(self) -> dict[str, np.ndarray]:
        """The weights by name, as views that cannot be written to."""
        flat = self.training.parameters.view()
        flat.flags.writeable = False
        return self.network.named(flat)

    @property
    def attributes(self) -> dict[str, Any]:
        """What an estimator shows of it, by name."""
        return {
            "n_outputs_": self.architecture.n_outputs,
            "n_layers_": len(self.architecture.hidden_layer_sizes) + 2,
            "max_timescale_": self.timescale,
            **({} if self.task.takes_codes else self._of_features),
            **{name: copy(value) for name, value in self.inputs.items() if name[0] != "_"},
            **self.task.attributes,
            **self.training.fitted_attributes(),
        }

    @property
    def _of_features(self) -> dict[str, np.ndarray]:
        return {
            "feature_mean_": self.units.mean.copy(),
            "feature_scale_": self.units.scale.copy(),
        }

    @property
    def shown(self) -> dict[str, Any]:
        """The attributes of an estimator that has learnt this: the record, and what mirrors it."""
        return self.attributes | {"_fitted": self}

    def check(self, network: Network) -> None:
        """Raise ValueError unless all goes with the network: kernels trust the sizes they get."""
        if not self.task.takes_codes:
            check_inputs(self.inputs, self.architecture)
        elif self.inputs:
            raise damaged("inputs must be empty")
        self.task.check(self.architecture)
        require(TIMESCALE, self.timescale, "timescale")
        check_units(self.units, self.architecture.n_features)
        check_parameters(self.training, network)

    def packed(self, passed: Passed) -> Sequences:
        """Return sequences as the network takes them."""
        return passed.packed(self.network.dtype, self.units.factors)

    def going_on(self, solver: Solver, first_stream: np.random.RandomState) -> Fitted:
        """Return the record to train on, with the solver that is asked for now."""
        training = self.training.going_on(solver, self.network.layout.penalised())
        return replace(self, training=training, first_stream=first_stream)

    def after(self, training: TrainingState) -> Fitted:
        """Return the record of the same network in another state of training."""
        return replace(self, training=training)

    def with_weights(self, weights: Mapping[str, Any]) -> Fitted:
        """Return the record of a network with other weights, some or all of them.

        The solver keeps what it has gathered. The best loss, and the best and the last weights of
        early stopping, are forgotten: they are those of other weights.

        Raises
        ------
        ValueError
            For a name that the network does not have, another shape, or what is not finite.
        """
        training = self.training.copied()
        named = self.network.named(training.parameters)
        for name, value in weights.items():
            if name not in named:
                raise ValueError(
                    f"The network has no weights named {name!r}. It has {', '.join(named)}."
                )
            array = np.asarray(value)
            if array.shape != named[name].shape:
                raise ValueError(
                    f"weights[{name!r}] has shape {array.shape}, but {named[name].shape} is "
                    "expected."
                )
            if array.dtype.kind not in "fiub":
                raise ValueError(
                    f"weights[{name!r}] must hold real numbers, but its dtype is {array.dtype}."
                )
            with np.errstate(over="ignore"):
                named[name][...] = array
            if not np.isfinite(named[name]).all():
                raise ValueError(
                    f"weights[{name!r}] must be finite in {training.parameters.dtype}, but it "
                    "holds NaN, infinity or a value too large."
                )
        training.forget_best()
        return self.after(training)

"""What y means to a regressor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from ..inputs.targets import TargetUnits, check_not_negative
from ..losses import Loss, RegressionLoss
from ..network.architecture import Architecture
from ..network.ends import EachRow, Outputs
from ..network.prediction import check_finite
from .checks import OneOf
from .record_checks import FLOATS, ArrayOf, completed, damaged, require, require_finite


@dataclass(frozen=True, eq=False)
class Numbers:
    """One or several numbers for each sequence, each trained in units of its own.

    Parameters
    ----------
    units : TargetUnits
    loss : RegressionLoss
    dtype : dtype
        Of what the network is trained on.
    """

    takes_codes: ClassVar[bool] = False

    units: TargetUnits
    loss: RegressionLoss
    dtype: np.dtype

    @property
    def end(self) -> EachRow:
        """The loss of each answer."""
        return EachRow(self.loss)

    @property
    def n_targets(self) -> int:
        """How many numbers a sequence has."""
        return len(self.units.scale)

    @property
    def n_outputs(self) -> int:
        """Several where the loss predicts several numbers of one target."""
        return self.n_targets * math.prod(self.loss.prediction_shape)

    @property
    def attributes(self) -> dict[str, Any]:
        """The activation only."""
        return {"out_activation_": self.loss.out_activation}

    def check(self, architecture: Architecture) -> None:
        """Raise ValueError unless these are numbers for a network of this architecture."""
        require(OneOf((architecture.dtype,)), str(self.dtype), "task.dtype")
        if self.loss.task != "regression":
            raise damaged(f"loss.name is {self.loss.name!r}, which is not for regression")
        n_targets = architecture.n_outputs // max(1, math.prod(self.loss.prediction_shape))
        for name in ("location", "scale"):
            units = getattr(self.units, name)
            require(ArrayOf((n_targets,), np.dtype(np.float64)), units, f"task.{name}")
            require_finite(units, f"task.{name}")
        if self.n_outputs != architecture.n_outputs or (self.units.scale < 0).any():
            raise damaged("task.scale does not go with architecture.n_outputs, or is negative")

    def check_n_targets(self, y: np.ndarray) -> None:
        """Raise ValueError unless y, (n, n_targets), has as many targets as at first."""
        if y.shape[1] != self.n_targets:
            raise ValueError(
                f"y has {y.shape[1]} outputs, but the regressor was fitted with {self.n_targets}. "
                "Pass as many, or fit anew with warm_start=False."
            )

    def encode(
        self, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return targets in their units, (n, n_targets), and the weights as they are."""
        self.check_n_targets(y)
        if self.loss.non_negative:
            check_not_negative(y, self.loss.name)
        return np.ascontiguousarray(self.units.applied(y), dtype=self.dtype), sample_weight

    def strata(self, targets: np.ndarray) -> None:
        """Return nothing to stratify by."""
        return None

    def score(
        self, outputs: Outputs, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return D2 of the loss; for the squared error this is R2."""
        return self.loss.score(self.loss.predict(outputs.raw), targets, sample_weight)

    def predictions(self, raw: np.ndarray, offsets: np.ndarray | None = None) -> np.ndarray:
        """Return (n,), (n, n_targets), or one more axis for several numbers of one target.

        Offsets say where each sequence begins, if the answers are of time steps.
        """
        n_numbers = math.prod(self.loss.prediction_shape)
        of_loss = self.loss.predict(raw).reshape(len(raw), self.n_targets, n_numbers)
        of_several = (self.n_targets,) if self.n_targets > 1 else ()
        shape = (len(raw), *of_several, *self.loss.prediction_shape)
        predictions = self.units.removed(of_loss).reshape(shape)
        check_finite(predictions, offsets)
        return predictions

    def saved(self) -> dict[str, Any]:
        """Return the units."""
        return {
            "location": self.units.location,
            "scale": self.units.scale,
            "dtype": str(self.dtype),
        }

    @classmethod
    def restored(cls, saved: Mapping[str, Any], loss: Loss) -> Self:
        """Return the numbers of which this was saved."""
        saved = completed(saved, ("location", "scale", "dtype"), "task")
        require(FLOATS, saved["dtype"], "task.dtype")
        units = TargetUnits(saved["location"], saved["scale"])
        return cls(units, loss, np.dtype(saved["dtype"]))  # type: ignore[arg-type]

"""What y means to a classifier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from ..inputs.targets import class_indices, weights_of_classes
from ..losses import ClassificationLoss, Loss
from ..network.architecture import Architecture
from ..network.ends import EachRow, End, Outputs
from ..solvers import Boolean
from .checks import InstanceOf
from .record_checks import completed, damaged, require
from .task import Strata


@dataclass(frozen=True, eq=False)
class Labels:
    """One of several classes, or any number of labels, for each sequence.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted; for multilabel y the numbers of the columns.
    multilabel : bool
    loss : ClassificationLoss
    class_weight : dict, "balanced" or None
        The estimator's parameter.
    weights : ndarray of shape (n_classes,) or None
        What it amounts to for all y of a call.
    """

    takes_codes: ClassVar[bool] = False

    classes: np.ndarray
    multilabel: bool
    loss: ClassificationLoss
    class_weight: Any = None
    weights: np.ndarray | None = None

    @property
    def end(self) -> End:
        """The loss of each answer."""
        return EachRow(self.loss)

    @property
    def n_outputs(self) -> int:
        """Two classes have one output, more of them one each, and so has every label."""
        return 1 if len(self.classes) == 2 and not self.multilabel else len(self.classes)

    @property
    def attributes(self) -> dict[str, Any]:
        """The classes."""
        return {"classes_": self.classes, "out_activation_": self.loss.out_activation}

    def check(self, architecture: Architecture) -> None:
        """Raise ValueError unless these are labels for a network of this architecture."""
        require(Boolean(), self.multilabel, "task.multilabel")
        require(InstanceOf(np.ndarray), self.classes, "task.classes")
        if not self._are_in_order():
            raise damaged("task.classes must be an array (n_classes,) of different ones in order")
        if self.n_outputs != architecture.n_outputs:
            raise damaged(
                f"task.classes are for {self.n_outputs} outputs, but architecture.n_outputs is "
                f"{architecture.n_outputs}"
            )
        logistic = self.multilabel or self.n_outputs == 1
        name = "logistic_cross_entropy" if logistic else "softmax_cross_entropy"
        if self.loss.name != name:
            raise damaged(
                f"loss.name is {self.loss.name!r}, which is not for the task's classes and its "
                f"multilabel={self.multilabel}"
            )

    def _are_in_order(self) -> bool:
        classes = self.classes
        if classes.ndim != 1 or len(classes) < (1 if self.multilabel else 2):
            return False
        try:
            return np.array_equal(np.unique(classes), classes)
        except TypeError:  # of objects that cannot be compared
            return False

    def weighing(
        self, class_weight: Any, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> Labels:
        """Return these labels with the class weights that follow from all y of a call.

        Validation data are weighted by these, not by the frequencies of their own classes.
        """
        weights = None
        if class_weight is not None and y.ndim == 1 and not self.multilabel:
            codes = class_indices(y, self.classes)
            weights = weights_of_classes(class_weight, self.classes, codes, sample_weight)
        return replace(self, class_weight=class_weight, weights=weights)

    def encode(
        self, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return codes (n,), or bytes (n, n_outputs) of yes and no, and the training weights."""
        if self.multilabel:
            return self._encode_labels(y), sample_weight
        if y.ndim == 2:
            raise ValueError(
                f"y has shape {y.shape}, but the classifier was fitted with one label for each "
                "sequence. Pass such labels, or fit anew with warm_start=False."
            )
        codes = class_indices(y, self.classes)
        if self.weights is not None:
            weights = self.weights[codes]
            sample_weight = weights * (1.0 if sample_weight is None else sample_weight)
            if not sample_weight.any():
                raise ValueError(
                    f"class_weight={self.class_weight!r} gives every sample the weight zero. Give "
                    "a class that occurs in y a positive weight."
                )
        if self.n_outputs == 1:
            return codes[:, np.newaxis].astype(np.uint8), sample_weight
        return codes, sample_weight

    def _encode_labels(self, y: np.ndarray) -> np.ndarray:
        if self.class_weight is not None:
            raise ValueError(
                f"class_weight={self.class_weight!r} is not supported for multilabel y. Set it to "
                "None, and pass sample_weight if samples differ in weight."
            )
        n_labels = len(self.classes)
        if y.ndim != 2 or y.shape[1] != n_labels:
            raise ValueError(
                f"y has shape {y.shape}, but the classifier was fitted with an indicator of "
                f"{n_labels} labels. Pass y of shape ({len(y)}, {n_labels}), or fit anew with "
                "warm_start=False."
            )
        if not np.isin(y, (0, 1)).all():
            raise ValueError(
                f"Multilabel y must be an indicator of 0 and 1, but it holds {np.unique(y)}."
            )
        return y.astype(np.uint8)

    def strata(self, targets: np.ndarray) -> Strata | None:
        """Return the classes; combinations of labels may be too rare to stratify by."""
        if self.multilabel:
            return None
        return Strata(targets[:, 0] if targets.ndim == 2 else targets, self.classes)

    def score(
        self, outputs: Outputs, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return the accuracy."""
        if targets.ndim == 1:
            right = self.codes(outputs.raw) == targets
        else:
            right = ((outputs.raw > 0) == (targets > 0)).all(axis=1)
        return float(np.average(right, weights=sample_weight))

    def codes(self, raw: np.ndarray) -> np.ndarray:
        """Return the number of the most probable class, (n,), given raw outputs (n, n_outputs)."""
        return raw.argmax(axis=1) if self.n_outputs > 1 else (raw[:, 0] > 0).astype(np.int64)

    def of_classes(self, link: Callable[[np.ndarray], np.ndarray], raw: np.ndarray) -> np.ndarray:
        """Return a link of raw outputs, (n_samples, n_classes); one output is for two classes."""
        if self.multilabel or self.n_outputs > 1:
            return link(raw)
        # Not one minus the other: that is 0 long before the probability is.
        return link(np.concatenate((-raw, raw), axis=1))

    def saved(self) -> dict[str, Any]:
        """Return the classes; weights are made anew at every call."""
        return {"classes": self.classes, "multilabel": self.multilabel}

    @classmethod
    def restored(cls, saved: Mapping[str, Any], loss: Loss) -> Self:
        """Return the labels of which this was saved."""
        saved = completed(saved, ("classes", "multilabel"), "task")
        return cls(saved["classes"], saved["multilabel"], loss)  # type: ignore[arg-type]

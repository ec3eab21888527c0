"""The losses: one module each, found by their being in this folder."""

from typing import Any, ClassVar, Literal, Protocol, cast

import numpy as np

from .._registry import classes_of


class Loss(Protocol):
    """The end of a network: a loss of each row that training minimises, and the link it belongs to.

    A loss and the inverse link of the network's outputs are one object because their joint
    gradient is both simpler and more stable than the product of the two.

    A loss is a dataclass. Its fields are its parameters, numbers or lists of them, under the names
    that they have as parameters of the estimators; all have defaults.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    name: ClassVar[str]
    """The key in `LOSSES`."""

    task: ClassVar[Literal["classification", "regression"]]
    """What it is for. One for regression is also a `RegressionLoss`."""

    out_activation: ClassVar[str]
    """The inverse link's name, as in ``MLPClassifier.out_activation_``."""

    def losses(
        self,
        raw: np.ndarray,
        targets: np.ndarray,
        weights: np.ndarray,
        d_raw: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return the loss of each row, and write the gradient of their weighted sum.

        The caller weights and sums: steps, windows and workers add up that way. Weights that sum
        to one make it a mean.

        Parameters
        ----------
        raw : ndarray of shape (n_rows, n_outputs), float32 or float64
            The network's outputs before the inverse link.
        targets : ndarray
            What they should be: class codes (n_rows,) int64 for a softmax; yes or no, 1 or 0,
            (n_rows, n_outputs) for logistic outputs; numbers (n_rows, n_targets) in the dtype of
            `raw` for a regression.
        weights : ndarray of shape (n_rows,), float64
            Not negative.
        d_raw : ndarray of shape (n_rows, n_outputs), dtype of `raw`, or None
            Overwritten with the gradient. None: nobody wants one.

        Returns
        -------
        ndarray of shape (n_rows,), float64
            Without the weights.
        """
        ...

    def of_true_targets(self) -> "Loss":
        """Return the loss by which data that nothing is trained on is judged."""
        ...

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the inverse link of `raw`, both (n_rows, n_outputs).

        The bits of a row depend on that row alone.
        """
        ...


class ClassificationLoss(Loss, Protocol):
    """A loss of classes or labels."""

    def predict_log(self, raw: np.ndarray) -> np.ndarray:
        """Return the logarithm of `predict`, finite where that would be 0; (n_rows, n_outputs)."""
        ...


class RegressionLoss(Loss, Protocol):
    """A loss of numbers, and in what units it wants them.

    It sees the targets as ``(y - location) / scale``, and its predictions are brought back the same
    way.
    """

    non_negative: ClassVar[bool]
    """Whether no target may be below zero."""

    predicts_centre: ClassVar[bool]
    """Whether predictions are of a mean or median, so that R2 says how good they are.

    If not, `score` is also that of the estimator, and must not depend on the units of y.
    """

    @property
    def prediction_shape(self) -> tuple[int, ...]:
        """What is predicted for one target: () for a number, (n,) for n numbers.

        The network has an output for each, the numbers of one target side by side.
        """
        ...

    def location_and_scale(
        self, y: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the units of each target, (n_targets,) each.

        A scale of 0 says that a target has been constant, and that its location is its value.

        Parameters
        ----------
        y : ndarray of shape (n_samples, n_targets), float64
        sample_weight : ndarray of shape (n_samples,), float64, or None

        Raises
        ------
        ValueError
            If there is no scale to be had from such targets.
        """
        ...

    def score(
        self, predictions: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return D2, the share of the best constant's loss that the predictions save.

        It is 1 for perfect predictions, and for the squared error it is R2 (Hastie, Tibshirani and
        Wainwright 2015, equation 3.11, for deviances in general).

        Parameters
        ----------
        predictions : ndarray of shape (n_samples, n_outputs), float32 or float64
            What `predict` returned.
        targets : ndarray of shape (n_samples, n_targets)
            What they should be.
        sample_weight : ndarray of shape (n_samples,), float64, or None
        """
        ...


LOSSES: dict[str, type[Loss]] = classes_of(__name__, __path__)

REGRESSION_LOSSES: dict[str, type[RegressionLoss]] = {
    name: cast(type[RegressionLoss], loss)
    for name, loss in LOSSES.items()
    if loss.task == "regression"
}

"""The losses: one module each, found by their being in this folder."""

import importlib
import pkgutil
from typing import ClassVar, Protocol

import numpy as np


class Loss(Protocol):
    """A mean over sequences, minimised by training, and the link that belongs to it.

    A loss and the inverse link of the network's outputs are one object because their joint
    gradient is both simpler and more stable than the product of the two.
    """

    name: ClassVar[str]
    """The key in `LOSSES`."""

    out_activation: ClassVar[str]
    """The inverse link's name, as in ``MLPClassifier.out_activation_``."""

    def value_and_gradient(
        self, raw: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[float, np.ndarray]:
        """Return the weighted mean of the losses and its gradient with respect to `raw`.

        Parameters
        ----------
        raw : ndarray of shape (n_samples, n_outputs), float32 or float64
            The network's outputs before the inverse link.
        targets : ndarray of shape (n_samples, n_outputs), dtype of `raw`
            What the outputs should be.
        sample_weight : ndarray of shape (n_samples,), float64, or None
            Not negative, with a positive sum; None gives every sample the same weight.

        Returns
        -------
        value : float
            Summed in float64.
        gradient : ndarray of shape (n_samples, n_outputs), dtype of `raw`
        """
        ...

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the inverse link of `raw`, both (n_samples, n_outputs).

        The bits of a row depend on that row alone.
        """
        ...


LOSSES: dict[str, type[Loss]] = {
    loss.name: loss
    for module in pkgutil.iter_modules(__path__, f"{__name__}.")
    if not module.name.startswith(f"{__name__}._")
    for loss in vars(importlib.import_module(module.name)).values()
    if getattr(loss, "__module__", None) == module.name and hasattr(loss, "name")
}

"""The loss of regression."""

from typing import ClassVar

import numpy as np

from ._averaging import average


class SquaredError:
    """Half the squared error, averaged over the outputs, as in ``MLPRegressor``.

    The gradient is that of the average. ``MLPRegressor`` follows the gradient of the sum over the
    outputs, so that its steps grow, and its L2 penalty fades, with their number.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.losses import LOSSES
    >>> loss = LOSSES["squared_error"]()
    >>> raw, targets = np.array([[1.0], [4.0]]), np.array([[1.0], [2.0]])
    >>> loss.value_and_gradient(raw, targets, None)
    (1.0, array([[0.],
           [1.]]))
    """

    name: ClassVar[str] = "squared_error"
    out_activation: ClassVar[str] = "identity"

    def value_and_gradient(
        self, raw: np.ndarray, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> tuple[float, np.ndarray]:
        """Return the mean loss and its gradient with respect to `raw`; see `Loss`."""
        errors = raw - targets
        gradient = errors / raw.shape[1]
        sample_losses = 0.5 * np.add.reduce(errors * gradient, axis=1)
        return average(sample_losses, gradient, sample_weight), gradient

    def predict(self, raw: np.ndarray) -> np.ndarray:
        """Return the outputs as they are, in a new array."""
        return raw.copy()

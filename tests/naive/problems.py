"""Random networks and sequences to try the twin and the package on."""

import numpy as np

from .cells import CELLS

Weights = dict[str, np.ndarray]

# With ties, of one step, and in no order.
LENGTHS = (4, 1, 6, 4, 2, 1, 7, 3, 4, 6, 5, 1, 2)
EVERY_CELL = [(name, f) for name, cell in sorted(CELLS.items()) for f in cell.activations]
EVERY_WAY = {
    "one layer": {"hidden_layer_sizes": (3,), "bidirectional": False},
    "two layers": {"hidden_layer_sizes": (3, 2), "bidirectional": False},
    "both directions": {"hidden_layer_sizes": (3,), "bidirectional": True},
    "two layers, both directions": {"hidden_layer_sizes": (2, 3), "bidirectional": True},
}


def weight_shapes(
    *,
    n_features: int,
    hidden_layer_sizes: tuple[int, ...],
    n_gates: int,
    bidirectional: bool,
    n_outputs: int,
) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every array of weights, in order."""
    shapes: dict[str, tuple[int, ...]] = {}
    directions = ["forward", "backward"] if bidirectional else ["forward"]
    n_inputs = n_features
    for layer, n_hidden in enumerate(hidden_layer_sizes):
        width = n_gates * n_hidden
        for direction in directions:
            shapes[f"layer_{layer}.{direction}.input"] = (n_inputs, width)
            shapes[f"layer_{layer}.{direction}.recurrent"] = (n_hidden, width)
            shapes[f"layer_{layer}.{direction}.bias"] = (width,)
        n_inputs = n_hidden * len(directions)
    shapes["output.weight"] = (n_inputs, n_outputs)
    shapes["output.bias"] = (n_outputs,)
    return shapes


def random_weights(rng: np.random.Generator, shapes: dict[str, tuple[int, ...]]) -> Weights:
    """Return normal weights, biases too, of a size that keeps gates away from saturation."""
    return {name: rng.normal(size=shape) / np.sqrt(shape[0]) for name, shape in shapes.items()}


def random_sequences(rng: np.random.Generator, lengths, n_features: int) -> list[np.ndarray]:
    """Return normal sequences, each (length, n_features)."""
    return [rng.normal(size=(length, n_features)) for length in lengths]


def random_targets(rng: np.random.Generator, loss, shape) -> np.ndarray:
    """Return codes, bytes of 0 and 1, counts, or numbers, as the loss wants them.

    The shape is that of the outputs, of which several may belong to one target.
    """
    if loss.task == "regression":
        shape = shape[0], shape[1] // int(np.prod(loss.prediction_shape))
        return rng.poisson(1.5, shape) * 1.0 if loss.non_negative else rng.normal(size=shape)
    if loss.out_activation == "softmax":
        return rng.integers(shape[1], size=shape[0])
    return rng.integers(2, size=shape, dtype=np.uint8)


def central_differences(function, point: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Return the gradient of function at the float64 point, which is left as it was found.

    With a step of eps ** (1/3) the truncation, step ** 2, and the rounding, eps / step, are both
    about 1e-10 of the function's own size.
    """
    slopes = np.empty_like(point)
    for place in np.ndindex(point.shape):
        here = point[place]
        point[place] = here + step
        above = function()
        point[place] = here - step
        below = function()
        point[place] = here
        slopes[place] = (above - below) / (2.0 * step)
    return slopes


def rounding_bound(dtype, n_terms: int, n_steps: int) -> float:
    """Return the error to allow, relative to an array's largest entry, when computing in dtype.

    A sum of n products is off by at most n units of roundoff, whatever its order (Higham 2002,
    section 3.1), and an activation by a few more; a step whose Jacobian does not stretch hands on
    what came to it, so errors add up over the steps. This is the worst case, with every rounding
    to the same side; roundings that cancel leave a tenth of it or less.
    """
    unit = np.finfo(dtype).eps / 2
    return float(unit * (n_terms + 8) * n_steps)


def assert_close(
    actual: np.ndarray, expected: np.ndarray, tolerance: float, name: str = ""
) -> None:
    """Check the error of every entry against the tolerance, times the largest one expected."""
    atol = tolerance * np.abs(expected).max()
    np.testing.assert_allclose(actual, expected, rtol=0.0, atol=atol, err_msg=name)

"""The slow twin of the network, written for reading from the equations.

It shares nothing with the package. Arrays of weights have the names and shapes of ``weights_``.
"""

from .cells import CELLS
from .chains import (
    best_paths,
    log_marginals,
    log_sum,
    log_sum_of_long,
    path_scores,
    with_labels,
)
from .network import (
    arrays_of,
    directions_of,
    gradient,
    in_float64,
    n_layers_of,
    one_direction_back,
    raw_outputs,
    step_gradient,
    step_outputs,
)
from .problems import (
    EVERY_CELL,
    EVERY_WAY,
    LENGTHS,
    Weights,
    assert_close,
    central_differences,
    random_sequences,
    random_targets,
    random_weights,
    rounding_bound,
    weight_shapes,
)

__all__ = [
    "CELLS",
    "EVERY_CELL",
    "EVERY_WAY",
    "LENGTHS",
    "Weights",
    "arrays_of",
    "assert_close",
    "best_paths",
    "central_differences",
    "directions_of",
    "gradient",
    "in_float64",
    "log_marginals",
    "log_sum",
    "log_sum_of_long",
    "n_layers_of",
    "one_direction_back",
    "path_scores",
    "random_sequences",
    "random_targets",
    "random_weights",
    "raw_outputs",
    "rounding_bound",
    "step_gradient",
    "step_outputs",
    "weight_shapes",
    "with_labels",
]

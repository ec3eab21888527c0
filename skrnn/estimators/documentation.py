"""The parts of the public classes' docstrings that classifier and regressor have in common."""

from __future__ import annotations

from inspect import cleandoc
from textwrap import fill, indent
from typing import TypeVar

from .parameter_fields import hyperparameters_of

Estimator = TypeVar("Estimator", bound=type)

_WIDTH = 96  # of a description before it is indented

_OF_FEATURES = """\
n_features_in_ : int
    Number of time steps if the first X was a table, (n_samples, n_timesteps); number of features
    of a time step for every other kind of X.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the columns, if they are strings and the first X was a data frame that is a table,
    or sequences that are data frames: then it is the order in which their columns are read.
categories_ : list of ndarray
    Of each categorical feature the categories that have a vector of their own, sorted; defined only
    if X had such features.
"""

_OF_TRAINING = """\
n_outputs_ : int
    Number of outputs of the network.
n_layers_ : int
    Number of layers, those of the input and the output included.
weights_ : dict of str to ndarray
    The weights by name: ``"layer_0.forward.input"`` of shape (n_features, n_gates * n_hidden),
    ``"layer_0.forward.recurrent"`` of shape (n_hidden, n_gates * n_hidden),
    ``"layer_0.forward.bias"`` of shape (n_gates * n_hidden,), the same for ``"backward"`` and for
    further layers, ``"output.weight"`` and ``"output.bias"``. The gates of an LSTM are in the order
    input, forget, cell, output; those of a GRU reset, update, new. The arrays cannot be written to:
    see `set_weights`.
loss_ : float
    The training loss of the last epoch.
loss_curve_ : list of float
    The training loss of every epoch.
gradient_norm_curve_ : list of float
    The norm of the gradient over all weights, L2 penalty included and before `max_grad_norm` limits
    it: the mean over the minibatches of every epoch.
best_loss_ : float or None
    The least training loss of an epoch; None if training stopped by `early_stopping`.
validation_scores_ : list of float or None
    The score, see `scoring`, on the validation data after every epoch; None without
    `early_stopping`. A NaN is never the best.
validation_loss_curve_ : list of float or None
    The loss on the validation data after every epoch, without the L2 penalty that `loss_curve_`
    contains; None without `early_stopping`.
best_validation_score_ : float or None
    The best of the scores; None without `early_stopping`.
n_iter_ : int
    Number of epochs of the last call.
t_ : int
    Number of training samples that the solver has seen, over all epochs."""


def document(estimator: Estimator) -> Estimator:
    """Fill in the braces in the docstring of a class.

    They are ``{hyperparameters}``, ``{attributes}``, or ``{attributes of training}`` where X has no
    features.
    """
    if estimator.__doc__ is None:  # python -OO
        return estimator
    described = "\n".join(
        f"{parameter.name} : {parameter.metadata['constraint']}, default={parameter.default!r}\n"
        + indent(fill(parameter.metadata["description"], _WIDTH), "    ")
        for parameter in hyperparameters_of(estimator)
    )
    estimator.__doc__ = (
        cleandoc(estimator.__doc__)
        .replace("{hyperparameters}", described)
        .replace("{attributes}", _OF_FEATURES + _OF_TRAINING)
        .replace("{attributes of training}", _OF_TRAINING)
    )
    return estimator

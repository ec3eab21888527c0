"""The estimators' parameters: for each its name, default, what it may be, and what it does.

A parameter is written down here and nowhere else. The dataclass makes the explicit ``__init__``
that scikit-learn reads the names from; validation and the docstrings are made from the fields.
The alternative, as in ``MLPClassifier``, is to list every parameter in the documentation, the
signature, the call of ``super().__init__`` and the constraints, once for each estimator.
"""

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar

import numpy as np

from ..cells import CELLS
from ..schedules import SCHEDULES
from ..solvers import SOLVERS, Boolean, Constraint, Interval, Solver
from .checks import (
    AnyOf,
    InstanceFrom,
    InstanceOf,
    Integer,
    NonZeroInteger,
    OneOf,
    SequenceOf,
    Splitter,
)
from .parameter_fields import hyperparameter

_NONE = OneOf((None,))


def _range_of(name: str) -> Constraint:
    """Return what any of the solvers that have a parameter allows it to be."""
    ranges: list[Constraint] = []
    for solver in SOLVERS.values():
        if name in solver.constraints and solver.constraints[name] not in ranges:
            ranges.append(solver.constraints[name])
    return ranges[0] if len(ranges) == 1 else AnyOf(*ranges)


def _of_solver(name: str, default: Any, description: str) -> Any:
    """Return the field of a parameter whose range is declared by the solvers that have it."""
    return hyperparameter(default, _range_of(name), description)


@dataclass(eq=False, repr=False)
class Hyperparameters:
    """The parameters that all estimators share."""

    _every_step: ClassVar[bool] = False  # whether there is an answer at every time step

    hidden_layer_sizes: int | Sequence[int] = hyperparameter(
        (64,),
        AnyOf(Integer(1), SequenceOf(Integer(1))),
        "Number of units of each recurrent layer; an integer is one layer.",
    )
    _: KW_ONLY
    cell: str = hyperparameter(
        "lstm",
        OneOf(CELLS),
        "What a layer computes at each time step: the simple recurrent cell (Elman 1990), long "
        "short-term memory (Hochreiter and Schmidhuber 1997) or the gated recurrent unit (Cho et "
        "al. 2014, the reset gate applied before the matrix product).",
    )
    activation: str = hyperparameter(
        "tanh",
        OneOf(tuple(dict.fromkeys(name for cell in CELLS.values() for name in cell.kernels))),
        "Activation of the hidden state; 'relu' for ``cell='simple'`` only.",
    )
    dropout: float = hyperparameter(
        0.0,
        Interval(0, 1, closed="left"),
        "Share of the hidden states that training drops between layers, at each time step anew, "
        "and before the output layer (Srivastava et al. 2014).",
    )
    recurrent_dropout: float = hyperparameter(
        0.0,
        Interval(0, 1, closed="left"),
        "Share of the hidden units that training drops on the way from one time step to the next, "
        "the same ones at all steps of a sequence (Gal and Ghahramani 2016).",
    )
    bptt_steps: int | None = hyperparameter(
        None,
        AnyOf(_NONE, Integer(1)),
        "Length of the windows of truncated backpropagation through time (Williams and Peng 1990): "
        "states are carried from window to window, gradients are not, and memory is bounded by the "
        "window. The last window ends with the sequence; where the last state alone is read, "
        "gradients come from it alone. None is one window for all steps. Not with `bidirectional`.",
    )
    max_timescale: str | float | None = hyperparameter(
        "auto",
        AnyOf(OneOf((None, "auto")), Interval(1)),
        "Number of time steps over which units remember before training begins. The biases of the "
        "LSTM's forget and input gates and of the GRU's update gate are such that some units "
        "forget within a step, some not within twice so many steps, and the others lie between, "
        "evenly in the logarithm of time (after Tallec and Ollivier 2018). 'auto' is the length "
        "of the longest training sequence. None is no such start: 1 for the forget gate "
        "(Jozefowicz et al. 2015), 0 for all others. No effect on ``cell='simple'``.",
        before=None,
    )
    solver: str | Solver = hyperparameter(  # noqa: RUF009
        "adam",
        AnyOf(OneOf(SOLVERS), InstanceFrom(SOLVERS)),
        "How gradients change the weights: Adam (Kingma and Ba 2015), AdamW (Loshchilov and Hutter "
        "2019), RMSprop (Tieleman and Hinton 2012), or stochastic gradient descent with momentum. "
        "An instance, such as ``skrnn.solvers.AdamW(weight_decay=0.1)``, has its own parameters, "
        "which a search reaches as ``solver__weight_decay``; those that the estimator has for a "
        "solver, from `momentum` to `weight_decay`, are then not used. `fit` works with a copy.",
    )
    alpha: float = hyperparameter(
        1e-4,
        Interval(0, closed="left"),
        "Strength of the L2 penalty on the weights, not the biases, divided by the sample weights' "
        "sum in a minibatch. Weights that sum to one, as AdaBoost's, make it n_samples times "
        "stronger: set ``alpha / n_samples`` or 0.",
    )
    batch_size: int | str = hyperparameter(
        "auto",
        AnyOf(OneOf(("auto",)), Integer(1)),
        "Number of sequences in a minibatch; 'auto' is ``min(32, n_samples)``.",
    )
    learning_rate: str = hyperparameter(
        "constant",
        OneOf(SCHEDULES),
        "Schedule of the learning rate. For ``solver='sgd'`` only, with other solvers the same as "
        "'constant': 'invscaling' divides `learning_rate_init` by ``(t_ + 1) ** power_t``; "
        "'adaptive' divides the rate by 5 instead of stopping when `n_iter_no_change` epochs "
        "brought no progress, down to 1e-6. For every solver, set before each minibatch: 'cosine' "
        "(Loshchilov and Hutter 2017) falls from `learning_rate_init` to 0 along half a cosine; "
        "'onecycle' (Smith 2018) rises from ``learning_rate_init / 25`` to `learning_rate_init` "
        "over the first 30 % of the minibatches of `max_iter` epochs, and falls to "
        "``learning_rate_init / 250_000`` over the rest, both along half a cosine. These two are "
        "planned for `max_iter` epochs: every `fit` starts them anew, only `early_stopping` ends "
        "them before, and `partial_fit` cannot have them.",
    )
    learning_rate_init: float = hyperparameter(
        3e-3,
        Interval(0, closed="neither"),
        "Learning rate at the start; for the schedule 'onecycle', its highest.",
    )
    power_t: float = hyperparameter(
        0.5, Interval(0, closed="left"), "Exponent of the schedule 'invscaling'."
    )
    max_iter: int = hyperparameter(
        200, Integer(1), "Largest number of epochs: how often each sequence is used."
    )
    tol: float = hyperparameter(
        1e-4,
        Interval(0, closed="left"),
        "The least change of the training loss, or of the validation score if `early_stopping`, "
        "that counts as progress.",
    )
    n_iter_no_change: int | float = hyperparameter(
        10,
        AnyOf(Integer(1), OneOf((math.inf,))),
        "Training stops after more than this many epochs in a row without progress. No effect on "
        "the schedules 'cosine' and 'onecycle' without `early_stopping`.",
    )
    shuffle: bool = hyperparameter(
        True, Boolean(), "Whether the sequences change their order in every epoch."
    )
    random_state: int | np.random.RandomState | None = hyperparameter(  # noqa: RUF009
        None,
        AnyOf(_NONE, Integer(0, 2**32 - 1), InstanceOf(np.random.RandomState)),
        "Where random numbers come from: initial weights, minibatches and the split for "
        "`early_stopping`. An integer gives the same result at every call.",
    )
    verbose: bool | int = hyperparameter(
        False,
        AnyOf(Boolean(), Integer(0)),
        "True or 1 draws a progress bar with loss, validation score and time left, on standard "
        "error; where that is neither a terminal nor a notebook, it is one line at the end. 2 "
        "prints a line an epoch.",
    )
    warm_start: bool = hyperparameter(
        False,
        Boolean(),
        "Whether `fit` goes on where the last call has ended instead of starting anew: k epochs "
        "and then m are k + m epochs, to the bit. Parameters of the solver and "
        "`learning_rate_init` may be set in between and take effect; another `solver` starts "
        "without what the last one has gathered. After `early_stopping` it goes on from the last "
        "weights, not from the best, which it only replaces by better ones.",
    )
    early_stopping: bool = hyperparameter(
        False,
        Boolean(),
        "Whether `fit` stops when the score on validation data does not improve any more, and "
        "restores the weights that had the best score. The validation data are `X_val` and `y_val` "
        "of `fit` or, without these, a part of X that is held out. No effect on `partial_fit`.",
    )
    validation_fraction: Any = hyperparameter(  # noqa: RUF009
        0.1,
        AnyOf(Interval(0, 1, closed="neither"), Splitter()),
        "Share of the data that `early_stopping` holds out at random, stratified by class, if "
        "`fit` gets no `X_val`. Or a splitter of scikit-learn's, whose last split is taken: "
        "``TimeSeriesSplit()`` holds out the end, ``GroupKFold()`` some of the `groups` of `fit`. "
        "A random share flatters where sequences overlap, or several come from one source.",
    )
    momentum: float = _of_solver("momentum", 0.9, "Momentum of ``solver='sgd'``.")
    nesterovs_momentum: bool = _of_solver(
        "nesterovs_momentum", True, "Whether the momentum is Nesterov's."
    )
    beta_1: float = _of_solver(
        "beta_1", 0.9, "Decay of the mean of the gradients, for ``solver='adam'`` and ``'adamw'``."
    )
    beta_2: float = _of_solver(
        "beta_2",
        0.999,
        "Decay of the mean of the squared gradients, for ``solver='adam'`` and ``'adamw'``.",
    )
    epsilon: float = _of_solver(
        "epsilon", 1e-8, "Keeps divisors from zero, for every solver but ``'sgd'``."
    )
    rho: float = _of_solver(
        "rho", 0.9, "Decay of the mean of the squared gradients, for ``solver='rmsprop'``."
    )
    weight_decay: float = _of_solver(
        "weight_decay",
        0.01,
        "Decoupled decay of the weights, not the biases, for ``solver='adamw'``: before each step "
        "every weight loses the share ``rate * weight_decay`` of itself, where the rate is the "
        "current learning rate. The penalty `alpha` is another one and applies besides.",
    )
    max_grad_norm: float | None = hyperparameter(
        1.0,
        AnyOf(_NONE, Interval(0, closed="neither")),
        "Gradients with a larger norm, over all weights, are scaled down to it; None for never.",
    )
    dtype: str = hyperparameter(
        "float32", OneOf(("float32", "float64")), "What the network computes in."
    )
    n_jobs: int | None = hyperparameter(
        None,
        AnyOf(_NONE, NonZeroInteger()),
        "Number of threads. None is every core that the process may use, and one inside a parallel "
        "search or worker; -1 is every core. Results do not depend on it.",
    )

"""The parameters of the estimators that learn answers y from sequences X."""

from collections.abc import Callable
from dataclasses import dataclass

from ..solvers import Boolean
from .categorical_parameters import CategoricalParameters
from .checks import AnyOf, OneOf, Scorer
from .parameter_fields import hyperparameter


@dataclass(eq=False, repr=False, kw_only=True)
class SupervisedParameters(CategoricalParameters):
    """What a language model, which has no y and no features, does not have."""

    bidirectional: bool = hyperparameter(
        False,
        Boolean(),
        "Whether each layer walks a sequence in both directions, and passes both outputs on side "
        "by side.",
    )
    standardize: bool = hyperparameter(
        True,
        Boolean(),
        "Whether each feature is centred and scaled by its mean and standard deviation over the "
        "time steps of the first training data, in float64. Columns of zeros and ones are left as "
        "they are; a feature that has been constant is 0 until a later call in which it varies.",
        before=False,
    )
    scoring: str | Callable | None = hyperparameter(  # noqa: RUF009
        None,
        AnyOf(OneOf((None, "loss")), Scorer()),
        "The score that `early_stopping` looks at. None is the estimator's own: accuracy, or R2, "
        "or the D2 of another `loss` than the squared error; 'loss' is the negative of the "
        "validation loss; a name is a scorer of scikit-learn's; a callable is called as "
        "``scorer(estimator, X, y)`` after every epoch, higher is better, with an estimator of the "
        "current weights and the validation data as they were passed. Scorers that take a "
        "`sample_weight` get it.",
    )

"""The parameters of a language model."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np

from ..solvers import Boolean, Interval
from .checks import AnyOf, Function, Integer, OneOf, SequenceOf
from .fitted_estimator import FittedEstimator
from .parameter_fields import hyperparameter

_NONE = OneOf((None,))
_SHARE = Interval(0, 1, closed="left")


@dataclass(eq=False, repr=False)
class LanguageParameters(FittedEstimator):
    """What a language model has besides the parameters of all estimators, and what is other."""

    _every_step: ClassVar[bool] = True

    hidden_layer_sizes: int | Sequence[int] = hyperparameter(
        200,
        AnyOf(Integer(1), SequenceOf(Integer(1))),
        "Number of units of each recurrent layer; an integer is one layer.",
    )
    _: KW_ONLY
    analyzer: str | Callable[[str], Sequence] = hyperparameter(  # noqa: RUF009
        "char",
        AnyOf(OneOf(("char", "word")), Function()),
        r"What the tokens of a text are: its characters, or its words and punctuation marks "
        r"(regular expression ``\w+|[^\w\s]``), or what a callable returns for it, a list of "
        "tokens. A token sequence is taken as it is.",
    )
    min_frequency: float = hyperparameter(
        1,
        AnyOf(Integer(1), Interval(0, 1, closed="neither")),
        "How often the first training data have a token at least for it to have a code of its "
        "own; all others share that of unknown tokens. A float is a share of all tokens.",
    )
    max_categories: int | None = hyperparameter(
        None,
        AnyOf(_NONE, Integer(1)),
        "How many codes there are at most, that of unknown tokens included: the most frequent "
        "tokens have them. None is no limit.",
    )
    embedding_size: int | None = hyperparameter(
        None,
        AnyOf(_NONE, Integer(1)),
        "How many numbers are learnt for each token (Bengio et al. 2003). None is as many as the "
        "last layer has units.",
    )
    tie_weights: bool = hyperparameter(
        True,
        Boolean(),
        "Whether the weights of the output layer are the numbers of the tokens (Press and Wolf "
        "2017): these must then be as many as the last layer has units.",
    )
    carry_state: bool = hyperparameter(
        True,
        Boolean(),
        "Whether the texts of an epoch, one after the other in a new order, are cut into "
        "`batch_size` streams, of which a minibatch has the next `bptt_steps` tokens each. States "
        "go on from one minibatch to the next, and are zero where a text begins (Zaremba et al. "
        "2014). If not, a minibatch has `batch_size` whole texts.",
    )
    bptt_steps: int = hyperparameter(
        70,
        Integer(1),
        "Through how many steps gradients go back: truncated backpropagation through time "
        "(Williams and Peng 1990).",
    )
    batch_size: int | str = hyperparameter(
        "auto",
        AnyOf(OneOf(("auto",)), Integer(1)),
        "How many streams there are, or texts in a minibatch; see `carry_state`. 'auto' is 32, or "
        "fewer: where there are fewer texts, or where an epoch would have less than ten updates.",
    )
    max_iter: int = hyperparameter(
        20, Integer(1), "Largest number of epochs: how often each text is used."
    )
    dropout: float = hyperparameter(
        0.0,
        _SHARE,
        "Share of the hidden states that training drops between layers, at each step anew, and "
        "before the output layer (Srivastava et al. 2014).",
    )
    input_dropout: float = hyperparameter(
        0.0,
        _SHARE,
        "Share of the tokens' numbers that training drops before the first layer, at each step "
        "anew.",
    )
    embedding_dropout: float = hyperparameter(
        0.0,
        _SHARE,
        "Share of the tokens that training drops wherever they occur in a minibatch (Gal and "
        "Ghahramani 2016).",
    )
    weight_dropout: float = hyperparameter(
        0.0,
        _SHARE,
        "Share of the weights of the hidden states that training drops, the same ones in a "
        "minibatch (Wan et al. 2013; Merity, Keskar and Socher 2018).",
    )
    averaging: str | None = hyperparameter(
        None,
        OneOf((None, "ntasgd")),
        "'ntasgd': once the score on validation texts is worse than the best of those more than "
        "five epochs old, it is that of the mean of the weights after all minibatches since, and "
        "this mean is kept (Merity, Keskar and Socher 2018). Only with `early_stopping`; meant for "
        "``solver='sgd'`` with a constant learning rate.",
    )
    early_stopping: bool = hyperparameter(
        False,
        Boolean(),
        "Whether `fit` stops when the score on texts that it does not learn from does not improve "
        "any more, and restores the weights that had the best score. These are `X_val` of `fit` "
        "or, without it, some texts of X; of one text its end. No effect on `partial_fit`.",
    )
    validation_fraction: float = hyperparameter(
        0.1,
        Interval(0, 1, closed="neither"),
        "Share of the texts that `early_stopping` holds out at random, if `fit` gets no `X_val`; "
        "of one text, the share of its tokens at the end.",
    )

    def _vector_size(self) -> int:
        """Return how many numbers are learnt for each token."""
        last = int(np.atleast_1d(self.hidden_layer_sizes)[-1])
        return last if self.embedding_size is None else int(self.embedding_size)

    def _check_hyperparameters(self) -> None:
        super()._check_hyperparameters()
        if self.averaging is not None and not self.early_stopping:
            raise ValueError(
                f"averaging={self.averaging!r} begins by the score on validation texts, but "
                "early_stopping=False. Set early_stopping=True, or averaging=None."
            )
        last = int(np.atleast_1d(self.hidden_layer_sizes)[-1])
        if self.tie_weights and self._vector_size() != last:
            raise ValueError(
                f"embedding_size={self.embedding_size!r}, but with tie_weights=True a token has as "
                f"many numbers as the last layer has units, {last}. Set embedding_size=None, or "
                "tie_weights=False."
            )

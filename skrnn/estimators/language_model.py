"""The language model: the next token of a text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self, cast

import numpy as np
from sklearn.utils import Tags

from ..inputs.units import FeatureUnits
from ..inputs.vocabulary import Vocabulary
from ..losses.softmax_cross_entropy import SoftmaxCrossEntropy
from ..network.architecture import Architecture
from ..network.kinds import network_of
from ..network.objective import Objective, TrainingData
from ..runtime.threads import effective_n_threads
from ..training.state import TrainingState
from ..training.train import train, train_epoch
from . import requested
from .callbacks import CallbackSupportMixin, FitTask, with_callbacks
from .checks import check_unchanged
from .documentation import document
from .early_stopping import naming_validation_data
from .fitted import Fitted
from .generation import WritesTexts
from .next_token import NextToken
from .rollback import rewinding
from .text_stream import TextStream
from .texts import HeldOut, hold_out, read_texts


@document
@dataclass(eq=False, repr=False)
class RNNLanguageModel(CallbackSupportMixin, WritesTexts):
    """Recurrent neural network that gives the probability of the next token of a text.

    Each token has a vector that is learnt; recurrent layers read these from the first token to the
    last; a dense layer and a softmax turn their state into probabilities of the token that follows.
    The weights minimise the cross-entropy over all tokens and the ends of the texts, and an L2
    penalty. Texts may be of anything that comes in tokens: characters, words, bases of a genome,
    notes of a tune, events of a log.

    Parameters
    ----------
    {hyperparameters}

    Attributes
    ----------
    vocabulary_ : dict
        The code of each token that has its own, in the order of codes, from 1 on. Code 0 is any
        other token, the last code the end of a text.
    n_tokens_ : int
        Number of codes.
    {attributes of training}

    See Also
    --------
    RNNTagger : A label at every token.
    skrnn.preprocessing.TokenEncoder : Texts as codes, for the other estimators.

    Notes
    -----
    One long text is ``[text]``. Cross-validation and searches work with `score`, the mean
    log-probability of a token. ``weights_["embedding_0.weight"]``, (n_tokens_, embedding_size), are
    the numbers of the tokens, a row for each code; with `tie_weights` there is no
    ``"output.weight"``. `t_` counts tokens, if `carry_state`.

    Examples
    --------
    >>> from skrnn import RNNLanguageModel
    >>> X = ["the cat sat on the mat", "the dog sat on the cat"] * 20
    >>> model = RNNLanguageModel(32, learning_rate_init=0.01, bptt_steps=20, random_state=0)
    >>> model.fit(X).perplexity(X) < 2
    True
    >>> proba = model.next_token_proba(["the ca"])[0]
    >>> list(model.vocabulary_)[proba.argmax() - 1]
    't'
    """

    _task_kind = NextToken

    @with_callbacks
    def fit(self, X: Any, y: Any = None, *, X_val: Any = None) -> Self:
        """Fit the network to texts.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Texts (str), or token sequences: lists, tuples or 1-D arrays, each of strings or of
            integers. A frame of one column is taken too. One long text is ``[text]``.
        y : None
            Ignored.
        X_val : array-like of shape (n_val,), default=None
            Texts that `early_stopping` validates on, instead of a part of X.

        Returns
        -------
        object
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            If a parameter or X is not as described, or if training diverges. The estimator is then
            as it was before the call.
        """
        self._check_hyperparameters()
        if X_val is not None and not self.early_stopping:
            raise ValueError(
                "X_val was passed, but early_stopping=False makes no use of it. Set "
                "early_stopping=True, or leave it out."
            )
        context = self._init_callback_context(max_subtasks=int(self.max_iter))

        def attributes_if_stopped(state: TrainingState) -> dict[str, Any]:
            return draft.after(state.stopped()).shown

        fit = FitTask(self, context, X, None, None, attributes_if_stopped)
        with rewinding(self.random_state), fit:
            before = self._before(goes_on=self.warm_start)
            task, data = self._read(before, X)
            streams, held_out = requested.streams(self, before), None
            if X_val is not None:
                with naming_validation_data("X_val"):
                    held_out = task.steps(read_texts(X_val, self.analyzer)[0], np.dtype(self.dtype))
            elif self.early_stopping:
                # Before anything else is drawn, so that a warm start, which draws nothing else,
                # holds out the texts that the call before has held out.
                data, held_out = hold_out(data, float(self.validation_fraction), streams[0])
            draft = self._draft(before, task, data, streams)
            validate = None
            if held_out is not None:
                validate = HeldOut(draft, held_out, effective_n_threads(self.n_jobs))
            objective, options = self._objective(draft, data), requested.options(self)
            trained = train(draft.training, objective, options, validate=validate, hooks=fit.hooks)
            self._keep(draft.after(trained))
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """Train for one epoch on texts, going on where the last call has ended.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            As in `fit`. Tokens that the first call has not seen are unknown ones.
        y : None
            Ignored.

        Returns
        -------
        object
            The estimator itself.
        """
        self._check_partial_fit()
        before = self._before(goes_on=True)
        task, data = self._read(before, X)
        with rewinding(self.random_state):
            draft = self._draft(before, task, data, requested.streams(self, before))
            objective = self._objective(draft, data)
            self._keep(draft.after(train_epoch(draft.training, objective, requested.options(self))))
        return self

    def stream(self) -> TextStream:
        """Return a reader and writer of one text that arrives in pieces.

        Returns
        -------
        TextStream
            It has `feed`, `generate`, which yields token by token, `next_token_proba`, `reset` and
            `copy`.
        """
        return TextStream(self)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        return tags

    def _before(self, *, goes_on: bool) -> Fitted | None:
        """Return the record to go on from, if it is for what is asked for now."""
        if not (goes_on and self.__sklearn_is_fitted__()):
            return None
        fitted = self._record()
        known = asdict(fitted.architecture)
        check_unchanged(requested.architecture(self), known)
        asked = {"tie_weights": self.tie_weights, "embedding_size": self._vector_size()}
        sizes = {"tie_weights": known["tied"], "embedding_size": known["categories"][0][2]}
        check_unchanged(asked, sizes)
        return fitted

    def _read(self, before: Fitted | None, X: Any) -> tuple[NextToken, TrainingData]:
        """Return what is to be learnt, and the steps of texts."""
        texts, of_texts = read_texts(X, self.analyzer)
        if before is not None:
            task = cast(NextToken, before.task)
        else:
            vocabulary = Vocabulary.learnt(texts, self.min_frequency, self.max_categories)
            task = NextToken(vocabulary, SoftmaxCrossEntropy(), of_texts)
        return task, task.steps(texts, np.dtype(self.dtype))

    def _draft(
        self,
        before: Fitted | None,
        task: NextToken,
        data: TrainingData,
        streams: tuple[np.random.RandomState, np.random.RandomState],
    ) -> Fitted:
        """Return the record of a network that is about to be trained."""
        stream, first_stream = streams
        if before is not None:
            return before.going_on(requested.solver(self), first_stream)
        n_codes = task.n_outputs
        architecture = Architecture(
            n_features=1,
            n_outputs=n_codes,
            categories=((0, n_codes, self._vector_size()),),
            tied=bool(self.tie_weights),
            **requested.architecture(self),
        )
        network = network_of(architecture)
        # What is farther back than gradients go cannot be learnt.
        lengths = np.minimum(data.sequences.lengths[data.counting], int(self.bptt_steps))
        timescale = requested.timescale(self, lengths, None)
        training = TrainingState.start(
            network.layout.initial(stream, network.dtype, timescale),
            requested.solver(self),
            stream,
            network.layout.penalised(),
        )
        units = FeatureUnits.of_x(1)
        return Fitted({}, architecture, task, training, first_stream, timescale, units)

    def _objective(self, draft: Fitted, data: TrainingData) -> Objective:
        """Return what to minimise: over streams of texts, or over minibatches of whole texts."""
        if self.carry_state:
            return requested.corpus_objective(self, draft, data, int(self.bptt_steps))
        return requested.objective(self, draft, data)

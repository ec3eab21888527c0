"""What a language model is trained for: the next token of a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from ..inputs.vocabulary import Vocabulary
from ..losses import Loss
from ..network.architecture import Architecture
from ..network.objective import TrainingData
from ..network.tokens import EachToken
from ..runtime.rows import Sequences
from ..solvers import Boolean
from .checks import InstanceOf
from .record_checks import completed, damaged, require

_LOSS = "softmax_cross_entropy"


@dataclass(frozen=True, eq=False)
class NextToken:
    """The code of the token that follows, at every step of a text.

    Parameters
    ----------
    vocabulary : Vocabulary
    loss : Loss
        The softmax's.
    of_texts : bool
        Whether it has learnt from texts, not from token sequences.
    """

    takes_codes: ClassVar[bool] = True

    vocabulary: Vocabulary
    loss: Loss
    of_texts: bool

    @property
    def end(self) -> EachToken:
        """The loss of each token."""
        return EachToken(self.loss)

    @property
    def n_outputs(self) -> int:
        """One for each code."""
        return self.vocabulary.n_codes

    @property
    def attributes(self) -> dict[str, Any]:
        """The tokens and their codes."""
        return {"vocabulary_": dict(self.vocabulary.codes), "n_tokens_": self.n_outputs}

    def steps(self, texts: Sequence[Sequence], dtype: np.dtype) -> TrainingData:
        """Return the steps of texts that are tokens: what is read, and what comes next.

        Before the first token, and behind the last, is the end of a text.
        """
        codes, offsets = self.vocabulary.encoded(texts)
        read = np.roll(codes, 1)  # the end of the text before stands before the first token
        return TrainingData(
            Sequences(read[:, np.newaxis].astype(dtype), offsets), codes, None, None, offsets
        )

    def check(self, architecture: Architecture) -> None:
        """Raise ValueError unless it is for a network of this architecture."""
        tokens = self.vocabulary.tokens
        require(InstanceOf(list), tokens, "task.tokens")
        for kind in (str, int):
            if all(type(token) is kind for token in tokens) and tokens == sorted(set(tokens)):
                break
        else:
            raise damaged("task.tokens must be different strings, or integers, in order")
        require(Boolean(), self.of_texts, "task.of_texts")
        if self.loss.name != _LOSS:
            raise damaged(f"loss.name is {self.loss.name!r}, which is not for tokens")
        n_codes = self.n_outputs
        categories = [(column, n) for column, n, _ in architecture.categories]
        if architecture.n_outputs != n_codes or categories != [(0, n_codes)]:
            raise damaged("architecture is not for the codes of task.tokens")
        if (
            architecture.n_features != 1
            or not architecture.every_step
            or architecture.bidirectional
        ):
            raise damaged("architecture is not that of a language model")

    def saved(self) -> dict[str, Any]:
        """Return the tokens."""
        return {"tokens": self.vocabulary.tokens, "of_texts": self.of_texts}

    @classmethod
    def restored(cls, saved: Mapping[str, Any], loss: Loss) -> Self:
        """Return the task of which this was saved."""
        saved = completed(saved, ("tokens", "of_texts"), "task")
        return cls(Vocabulary(saved["tokens"]), loss, saved["of_texts"])

"""Taggers whose labels may be a chain: what they have besides."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import numpy as np
from sklearn.utils.metaestimators import available_if

from ..inputs.tags import SCHEMES
from ..kernels.paths import Scores
from ..network.ends import Outputs
from .checks import Integer, OneOf, check_unchanged
from .parameter_fields import hyperparameter
from .step_estimator import StepRNN
from .tags import DECODERS, ChainedTags, Tags
from .task import Task


@dataclass(eq=False, repr=False, kw_only=True)
class OfChains(StepRNN):
    """A recurrent network whose labels may be a chain."""

    decoder: str = hyperparameter(
        "softmax",
        OneOf(DECODERS),
        "How labels are chosen. 'softmax' chooses the label of each step by itself. 'crf' is a "
        "conditional random field, a chain of labels: how well one follows another is learnt too, "
        "and whole sequences of labels are compared (Lafferty, McCallum and Pereira 2001). A "
        "sequence then has one weight; a step of weight 0, or without a label, may have any label. "
        "`class_weight` and `label_smoothing` are not for it, nor is `stream`.",
    )
    scheme: str | None = hyperparameter(
        None,
        OneOf(SCHEMES),
        "The scheme of tags such as 'B-PER', 'I-PER' and 'O', to which 'crf' then keeps: 'iob2' "
        "begins each span with B, 'iobes' also ends it with E, or has S for one step. None allows "
        "every order of labels.",
    )

    @available_if(lambda self: self.decoder == "crf")
    def predict_n_best(self, X: Any, n_best: int = 5) -> np.ndarray:
        """Return the most probable sequences of labels, and their probabilities.

        Only with ``decoder="crf"``.

        Parameters
        ----------
        X : array-like of sequences
            As in `predict`.
        n_best : int, default=5
            How many for each sequence; there are fewer where no more are possible.

        Returns
        -------
        ndarray of shape (n_samples,), dtype object
            For each sequence a list of pairs, the most probable first: the labels, an array of
            shape (length,), and their probability, a float.
        """
        if not Integer(1).allows(n_best):
            raise ValueError(f"n_best must be {Integer(1)}, but it is {n_best!r}.")
        tags, outputs, offsets = self._tags_of(X)
        if not isinstance(tags, ChainedTags):
            raise ValueError(
                "predict_n_best needs decoder='crf', but the tagger was fitted with "
                f"decoder={tags.decoder!r}. Fit it again."
            )
        codes, proba = tags.n_best(outputs, int(n_best))
        answers = np.empty(len(proba), object)
        for i, (first, end) in enumerate(pairwise(offsets)):
            paths = zip(codes[:, first:end], proba[i].tolist(), strict=True)
            answers[i] = [(tags.classes[path], p) for path, p in paths if path[0] >= 0]
        return answers

    @property
    def transitions_(self) -> np.ndarray:
        """What "crf" adds for one label after another, (n_classes, n_classes): from, to."""
        return self._scores().transitions

    @property
    def start_transitions_(self) -> np.ndarray:
        """What "crf" adds for the first label, (n_classes,)."""
        return self._scores().start

    @property
    def end_transitions_(self) -> np.ndarray:
        """What "crf" adds for the last label, (n_classes,)."""
        return self._scores().end

    def _scores(self) -> Scores:
        fitted = self._record()
        if not isinstance(fitted.task, ChainedTags):
            raise AttributeError("A tagger has transitions only if it was fitted with 'crf'.")
        return fitted.task.chain.scores(fitted.weights)

    def _tags_of(self, X: Any) -> tuple[Tags, Outputs, np.ndarray]:
        """Return what outputs mean, the outputs for X, and where each sequence's begin."""
        fitted = self._record()
        raw, offsets = self._raw_steps(fitted, X)
        return cast(Tags, fitted.task), Outputs(raw, np.diff(offsets), fitted.weights), offsets

    def _check_hyperparameters(self) -> None:
        super()._check_hyperparameters()
        if self.decoder == "softmax" and self.scheme is not None:
            raise ValueError(
                f"scheme={self.scheme!r} is for decoder='crf'. With decoder='softmax' any "
                "label may follow another: set decoder='crf', or scheme=None."
            )
        for name, without in (("class_weight", None), ("label_smoothing", 0)):
            value = getattr(self, name)
            if self.decoder == "crf" and value != without:
                raise ValueError(
                    f"{name}={value!r} is not for decoder='crf', where the labels of a sequence "
                    f"have one probability together. Set it to {without}, or decoder='softmax'."
                )

    def _check_task_is_fitted(self, task: Task) -> None:
        asked = {"decoder": self.decoder, "scheme": self.scheme}
        tags = cast(Tags, task)
        check_unchanged(asked, {"decoder": tags.decoder, "scheme": tags.scheme})

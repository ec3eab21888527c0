"""Texts to learn a language model from, and texts that are held out to validate on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from ..inputs.tokens import read_items
from ..inputs.vocabulary import Analyzer, tokenised
from ..losses.softmax_cross_entropy import SoftmaxCrossEntropy
from ..network.objective import TrainingData
from ..network.prediction import Predictor
from ..network.tokens import EachToken
from ..runtime.rows import Rows
from ..runtime.run import Run
from ..training.state import TrainingState
from .fitted import Fitted
from .next_token import NextToken


def read_texts(X: Any, analyzer: Analyzer) -> tuple[list[Sequence], bool]:
    """Return the tokens of texts, and whether all were texts instead of token sequences."""
    items = read_items(X)
    return tokenised(items, analyzer), all(isinstance(item, str) for item in items)


def steps_of(fitted: Fitted, texts: list[Sequence]) -> TrainingData:
    """Return the steps of texts: the code that is read, and the one that comes next."""
    return cast(NextToken, fitted.task).steps(texts, fitted.network.dtype)


def hold_out(
    data: TrainingData, fraction: float, random_state: np.random.RandomState
) -> tuple[TrainingData, TrainingData]:
    """Return what to train on, and what to validate on: some texts, or the end of the only one.

    Raises
    ------
    ValueError
        If nothing would be left to train on.
    """
    n_texts, n_steps = data.sequences.n_sequences, len(data.targets)
    n = n_steps if n_texts == 1 else n_texts
    n_held_out = math.ceil(fraction * n)
    if n_held_out >= n:
        what = "texts" if n_texts > 1 else "tokens"
        raise ValueError(
            f"early_stopping=True with validation_fraction={fraction!r} leaves none of {n} {what} "
            "to train on. Pass more, or a smaller validation_fraction."
        )
    if n_texts > 1:
        order = random_state.permutation(n_texts)
        return data.only(np.sort(order[n_held_out:])), data.only(np.sort(order[:n_held_out]))
    offsets = np.array([0, n_steps - n_held_out, n_steps])
    halves = replace(data, sequences=replace(data.sequences, offsets=offsets), offsets=offsets)
    return halves.only(np.array([0])), halves.only(np.array([1]))


def log_proba_of_targets(predictor: Predictor, data: TrainingData, n_threads: int) -> np.ndarray:
    """Return the natural logarithm of the probability of each target, (n_steps,) float64."""
    targets = data.targets[data.places]
    log_proba, end = np.empty(len(targets)), EachToken(SoftmaxCrossEntropy())

    def use(run: Run, places: np.ndarray, outputs: Rows) -> None:
        losses = end.losses_in_place(run, outputs, targets[places], np.ones(len(places)))
        log_proba[places] = -losses

    predictor.visit(data.sequences, n_threads, use, data.indices)
    return log_proba


class HeldOut:
    """The mean log-probability of a token of texts that a model is not trained on.

    Parameters
    ----------
    draft : Fitted
        What is being trained.
    data : TrainingData
    n_threads : int
    """

    def __init__(self, draft: Fitted, data: TrainingData, n_threads: int) -> None:
        self._data, self._n_threads = data, n_threads
        self._predictor = Predictor(draft.network, draft.training.parameters)

    def __call__(self, state: TrainingState) -> tuple[float, float]:
        """Return the score of a state of training, higher is better, and the loss."""
        self._predictor.take(state.parameters)
        log_proba = log_proba_of_targets(self._predictor, self._data, self._n_threads)
        score = float(log_proba.mean())
        return score, -score

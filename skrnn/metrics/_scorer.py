"""Scorers of scikit-learn, over the steps of all sequences."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer
from sklearn.utils.metaestimators import available_if

from ..inputs.step_weights import step_weights
from ..inputs.steps import check_same_steps, joined, kept_within, labelled_steps, read_sequences


def flat_scorer(scoring: Any) -> FlatScorer:
    """Make a scorer for answers at every time step of one for answers to samples.

    The scorer takes every labelled step of all sequences for a sample. It is what `scoring` wants
    in searches, `cross_val_score` and other places, alone or in a dict of several.

    Parameters
    ----------
    scoring : str or scorer
        A name of ``sklearn.metrics.get_scorer_names()``, such as "f1_macro", "neg_log_loss" or
        "r2", or what ``sklearn.metrics.make_scorer`` returned.

    Returns
    -------
    callable
        The scorer ``(estimator, X, y, sample_weight=None)``, which returns a float, higher where
        the estimator is better. `y` has one array for each sequence, and `sample_weight` one weight
        for each sequence, or for each step. The scorer raises the errors that `flat` describes.

    Raises
    ------
    TypeError
        If `scoring` is neither a name nor a scorer, as a metric is not.
    ValueError
        If scikit-learn knows no scorer of that name.

    See Also
    --------
    flat : The same for a metric, which is given predictions.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn.metrics import flat_scorer
    >>> class Signs:
    ...     classes_ = np.array(["-", "+"])
    ...     def predict(self, X):
    ...         return [self.classes_[(np.asarray(x) > 0).astype(int)] for x in X]
    >>> scorer = flat_scorer("accuracy")
    >>> scorer
    flat_scorer('accuracy')
    >>> scorer(Signs(), [[-1.0, 2.0], [3.0, 4.0, 5.0]], ["-+", ["-", "+", None]])
    0.75
    """
    return FlatScorer(scoring)


class FlatScorer:
    """The scorer that `flat_scorer` returns."""

    def __init__(self, scoring: Any) -> None:
        if not isinstance(scoring, str) and not hasattr(scoring, "set_score_request"):
            name = getattr(scoring, "__name__", "metric")
            raise TypeError(
                f"scoring is {scoring!r:.80} of type {type(scoring).__name__}, but the name of a "
                f"scorer, or a scorer, is expected. Make one of a metric by `make_scorer({name})`, "
                "and pass several metrics as a dict of flat scorers."
            )
        self.scoring = scoring
        self._scorer = deepcopy(get_scorer(scoring))

    def __repr__(self) -> str:
        return f"flat_scorer({self.scoring!r})"

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Return the score of an estimator's answers to X, where y has labels."""
        true = read_sequences(y, "y")
        kept = labelled_steps(true, "y")
        weights = {}
        if sample_weight is not None:
            weights["sample_weight"] = step_weights(sample_weight, kept, "y")
        return self._scorer(_standing_in(estimator, kept), X, joined(true, kept, "y"), **weights)

    def set_score_request(self, **requests: bool | str | None) -> FlatScorer:
        """Say whether searches should pass weights on, as scikit-learn's scorers are told."""
        self._scorer.set_score_request(**requests)
        return self

    def get_metadata_routing(self) -> Any:
        """Return what the scorer wants to be passed besides X and y."""
        return self._scorer.get_metadata_routing()

    def _accept_sample_weight(self) -> bool:
        # Searches over several scorers ask each of them so.
        return self._scorer._accept_sample_weight()


def _answering(method_name: str) -> Any:
    """Return a method that answers as the estimator's of that name, at the steps to keep."""

    def answer(self: _StandIn, X: Any) -> np.ndarray:
        name = f"{method_name}(X)"
        answers = read_sequences(getattr(self.estimator, method_name)(X), name)
        kept = self.kept
        if len(answers) == len(kept):  # of padded X there are no answers to its padding
            kept = [kept_within(mask, len(a)) for mask, a in zip(kept, answers, strict=True)]
        check_same_steps(kept, answers, ("y", name))
        return joined(answers, kept, name)

    answer.__name__ = method_name  # scorers go by it
    return available_if(lambda self: hasattr(self.estimator, method_name))(answer)


class _StandIn(BaseEstimator):
    """What a scorer sees of an estimator: its answers at the steps to keep."""

    predict = _answering("predict")
    predict_proba = _answering("predict_proba")
    predict_log_proba = _answering("predict_log_proba")
    decision_function = _answering("decision_function")

    def __init__(self, estimator: Any, kept: list[np.ndarray]) -> None:
        self.estimator = estimator
        self.kept = kept


class _ClassifierStandIn(ClassifierMixin, _StandIn):
    @property
    def classes_(self) -> np.ndarray:
        return self.estimator.classes_


class _RegressorStandIn(RegressorMixin, _StandIn):
    pass


def _standing_in(estimator: Any, kept: list[np.ndarray]) -> _StandIn:
    kind = _ClassifierStandIn if hasattr(estimator, "classes_") else _RegressorStandIn
    return kind(estimator, kept)

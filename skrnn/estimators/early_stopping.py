"""Early stopping: data that are passed to validate on, and the score and the loss on any."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import Parameter, signature
from typing import Any, cast

import numpy as np
from sklearn.utils import _safe_indexing, indexable

from ..network.ends import Outputs
from ..network.objective import TrainingData
from ..network.prediction import Predictor
from ..runtime.rows import offsets_of
from ..runtime.threads import effective_n_threads
from ..training.state import TrainingState
from .fitted import Fitted
from .fitted_estimator import shown_by_twin
from .reading_estimator import ReadingEstimator
from .task import TargetTask


@dataclass(frozen=True)
class Samples:
    """Sequences, targets and weights as the user passed them."""

    X: Any
    y: Any
    sample_weight: Any = None
    indices: np.ndarray | None = None  # which of them are meant; None is all

    def taken(self) -> Samples:
        """Return just the samples that are meant, in containers of the same kinds."""
        if self.indices is None:
            return self
        parts = indexable(self.X, self.y, self.sample_weight)
        return Samples(
            *(None if part is None else _safe_indexing(part, self.indices) for part in parts)
        )

    def score(self, scorer: Callable[..., float], estimator: Any) -> float:
        """Return the score of an estimator, weighted if there are weights and the scorer can."""
        if self.sample_weight is None or not _takes_sample_weight(scorer):
            score = scorer(estimator, self.X, self.y)
        else:
            score = scorer(estimator, self.X, self.y, sample_weight=self.sample_weight)
        try:
            return float(score)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"The callable scoring must return one number, but it returned {score!r}."
            ) from error


def passed_validation_samples(
    X_val: Any, y_val: Any, sample_weight_val: Any, *, early_stopping: bool
) -> Samples | None:
    """Return what was passed to validate on, None if nothing was; raise ValueError for a part."""
    if X_val is None and y_val is None:
        if sample_weight_val is not None:
            raise ValueError(
                "sample_weight_val was passed without X_val and y_val. Pass these too, or leave it "
                "out: the part of X that validation_fraction holds out has the weights of "
                "sample_weight."
            )
        return None
    if X_val is None or y_val is None:
        passed, missing = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
        raise ValueError(
            f"{passed} was passed without {missing}. Pass both, or neither, and a part of X is "
            "held out."
        )
    if not early_stopping:
        raise ValueError(
            "X_val and y_val were passed, but early_stopping=False makes no use of them. Set "
            "early_stopping=True, or leave them out."
        )
    return Samples(X_val, y_val, sample_weight_val)


@contextmanager
def naming_validation_data(names: str = "X_val, y_val, sample_weight_val") -> Iterator[None]:
    """Say of an error that it is about the validation data, whose checks speak of X and y."""
    where = f"The validation data ({names}) cannot be used: "
    try:
        yield
    except TypeError as error:
        raise TypeError(f"{where}{error}") from error
    except ValueError as error:
        raise ValueError(f"{where}{error}") from error


def _takes_sample_weight(scorer: Callable[..., float]) -> bool:
    """Whether a scorer has a parameter for weights.

    Every scorer that is made of a metric has one, but it fails if the metric has none.
    """
    parameters = signature(getattr(scorer, "_score_func", scorer)).parameters
    return "sample_weight" in parameters or any(
        parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values()
    )


class Validation:
    """The score and the loss of a state of training on data that it is not trained on.

    One pass through the network serves the loss and any score: a scorer gets an estimator that
    knows its outputs for these data already (an idea of ``HistGradientBoostingClassifier``). If it
    asks for those of other data, of a part of these for instance, they are computed.

    Parameters
    ----------
    estimator : ReadingEstimator
        Scorers get twins of it.
    draft : Fitted
        What is being trained.
    data : TrainingData
        To validate on, with the weights of the classes where there are any.
    samples : Samples
        The same data as they were passed; taken only if there is a scorer.
    """

    def __init__(
        self,
        estimator: ReadingEstimator,
        draft: Fitted,
        data: TrainingData,
        samples: Samples,
    ) -> None:
        self._estimator, self._draft, self._data = estimator, draft, data
        self._predictor: Predictor | None = None
        self._end = draft.task.end.of_true_targets()
        places, lengths = data.places, data.sequences.lengths
        self._lengths = lengths if data.indices is None else lengths[data.indices]
        self._offsets = None if data.offsets is None else offsets_of(self._lengths)
        self._targets, self._weights = data.targets[places], data.sample_weight
        if self._weights is not None:
            self._weights = self._weights[places]
        self._n_threads = effective_n_threads(estimator.n_jobs)
        self._scorer = None
        if estimator.scoring not in (None, "loss"):
            # Imported where it is needed: a tenth of what `import skrnn` would take.
            from sklearn.metrics import check_scoring

            self._scorer = check_scoring(estimator, estimator.scoring)
            self._samples = samples.taken()

    def __call__(self, state: TrainingState) -> tuple[float, float]:
        """Return the score, higher is better, and the loss without the penalty."""
        data = self._data
        if self._predictor is None:
            self._predictor = Predictor(self._draft.network, state.parameters)
        else:
            self._predictor.take(state.parameters)
        raw = self._predictor.raw_outputs(data.sequences, self._n_threads, data.indices)
        if not np.isfinite(raw).all():
            # As in MLPClassifier: a score that is not a number is never the best.
            return np.nan, np.nan
        weights = np.ones(len(raw)) if self._weights is None else self._weights
        outputs = Outputs(raw, self._lengths, self._draft.network.named(state.parameters))
        with np.errstate(over="ignore"):
            losses = self._end.losses(outputs, self._targets, weights)
        loss = float(np.average(losses, weights=weights))
        return self._score(state, outputs, loss), loss

    def _score(self, state: TrainingState, outputs: Outputs, loss: float) -> float:
        if self._estimator.scoring is None:
            task = cast(TargetTask, self._draft.task)
            return task.score(outputs, self._targets, self._weights)
        if self._scorer is None:
            return -loss
        # One that the scorer may keep: the epochs to come do not change it.
        twin = shown_by_twin(self._estimator, self._draft.after(state.copied()))
        twin._known_outputs = self._samples.X, outputs.raw, self._offsets
        score = self._samples.score(self._scorer, twin)
        del twin._known_outputs
        return score

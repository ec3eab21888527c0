"""A search in two stages, within a budget of candidates or seconds, whose best may vote."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn import get_config
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import ParameterGrid, ParameterSampler, RandomizedSearchCV
from sklearn.utils import Tags
from sklearn.utils.metadata_routing import process_routing

from ..estimators.checks import AnyOf, Integer, OneOf, check_parameter
from ..solvers import Constraint, Interval
from ._mean import MeanRegressor

_BESIDE = 2  # candidates of the first stage that the draws of the second are combined with


class StagedSearchCV(RandomizedSearchCV):
    """Try all of a grid first, then random changes of the best that it has.

    All that scikit-learn's ``RandomizedSearchCV`` has is here too: ``best_params_``,
    ``cv_results_`` and the methods of the best estimator.

    Parameters
    ----------
    estimator : estimator
        What is searched; it is not changed.
    param_grid : mapping of str to list, or list of such mappings
        What the first stage tries, every combination, in this order: the last name, in alphabetic
        order, varies fastest.
    param_distributions : mapping of str to list or distribution
        What the second stage draws from. A draw is combined with one of the two best candidates of
        the first stage, by turns, whose values it replaces where both have one. Nothing is tried
        twice.
    n_iter : int, default=24
        Candidates of both stages together, at least 1.
    max_seconds : float or None, default=None
        No candidate begins later than this. Those that have begun are completed, and the best is
        fitted after that. At least one candidate is tried. None for no limit.
    n_voters : int, default=1
        How many of the best candidates are fitted to all data. If there are several, their
        probabilities are averaged, or their numbers.
    scoring, n_jobs, refit, cv, verbose, pre_dispatch, random_state, error_score, \
            return_train_score
        As for ``RandomizedSearchCV``.

    Attributes
    ----------
    best_estimator_ : estimator
        Fitted to all data; a ``VotingClassifier`` or `MeanRegressor` where there are several
        voters.
    best_params_, best_score_, best_index_, cv_results_, n_splits_, scorer_ : object
        Of the best candidate, and of all, as ``RandomizedSearchCV`` has them.

    See Also
    --------
    sequence_search : Returns such a search, with a space that suits sequences.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNClassifier
    >>> from skrnn.model_selection import StagedSearchCV
    >>> rng = np.random.default_rng(0)
    >>> y = np.arange(40) % 2
    >>> X = rng.normal(size=(40, 12, 1)) + y[:, None, None]
    >>> search = StagedSearchCV(
    ...     RNNClassifier(8, max_iter=20, learning_rate_init=0.02, random_state=0),
    ...     param_grid={"pooling": ["last", "mean"]},
    ...     param_distributions={"cell": ["lstm", "gru"]},
    ...     n_iter=3, cv=2, random_state=0,
    ... ).fit(X, y)
    >>> [candidate["pooling"] for candidate in search.cv_results_["params"]][:2]
    ['last', 'mean']
    """

    def __init__(
        self,
        estimator: BaseEstimator,
        param_grid: Mapping[str, Any],
        param_distributions: Mapping[str, Any],
        *,
        n_iter: int = 24,
        max_seconds: float | None = None,
        n_voters: int = 1,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable[..., Any] = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        random_state: int | np.random.RandomState | None = None,
        error_score: float | str = np.nan,
        return_train_score: bool = False,
    ) -> None:
        super().__init__(
            estimator,
            param_distributions,
            n_iter=n_iter,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            random_state=random_state,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_grid = param_grid
        self.max_seconds = max_seconds
        self.n_voters = n_voters

    def fit(self, X: Any, y: Any = None, **params: Any) -> Self:
        """Search, then fit the best candidates to all data.

        Parameters
        ----------
        X : array-like of sequences
            All that the estimator takes.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        **params : object
            Passed on as ``RandomizedSearchCV`` does.

        Returns
        -------
        object
            The search itself.

        Raises
        ------
        ValueError
            If a parameter, X or y is not as described.
        """
        positive: Constraint = AnyOf(OneOf((None,)), Interval(0, closed="neither"))
        check_parameter(self, "max_seconds", self.max_seconds, positive)
        check_parameter(self, "n_voters", self.n_voters, Integer(1))
        if self.n_voters > 1:
            self._check_may_vote(y)
        super().fit(X, y, **params)
        if self.n_voters > 1 and self.refit:
            self.best_estimator_ = self._vote(X, y, params)
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        if self.n_voters > 1 and tags.classifier_tags is not None:
            tags.classifier_tags.multi_label = False
        return tags

    def _run_search(self, evaluate_candidates: Callable[..., Any]) -> None:
        """Have the candidates of both stages evaluated, until the budget is used up."""
        end = np.inf if self.max_seconds is None else time.monotonic() + self.max_seconds
        # As many at once as keep all workers busy; all at once where nothing has to be timed.
        at_once = self.n_iter
        if self.max_seconds is not None:
            at_once = effective_n_jobs(self.n_jobs)

        def evaluate(candidates: list[dict[str, Any]], results: Any = None) -> Any:
            for first in range(0, len(candidates), at_once):
                if results is None or time.monotonic() < end:
                    results = evaluate_candidates(candidates[first : first + at_once])
            return results

        first_stage = list(ParameterGrid(self.param_grid))[: self.n_iter]
        results = evaluate(first_stage)
        ranking = self._ranking(results)
        if self.n_iter > len(first_stage) and len(ranking) > 0:
            best = [results["params"][i] for i in ranking[:_BESIDE]]
            evaluate(list(self._new_candidates(first_stage, best)), results)

    def _ranking(self, results: Mapping[str, Any]) -> np.ndarray:
        """Return the candidates' indices, best first, of equal ones the earlier.

        By the score that `refit` names if there are several, else by the first; candidates that
        could not be scored are left out.
        """
        scores = [name for name in results if name.startswith("mean_test_")]
        named = f"mean_test_{self.refit}"
        means = np.asarray(results[named if named in scores else scores[0]])
        ranking = np.argsort(-means, kind="stable")
        return ranking[np.isfinite(means[ranking])]

    def _new_candidates(self, tried: list[dict[str, Any]], best: list[dict[str, Any]]) -> Any:
        """Yield changes of the best by turns, as many as the budget has left, none twice."""
        known = {_written(candidate) for candidate in tried}
        with warnings.catch_warnings():
            # That there are fewer draws than candidates says nothing: they are combined.
            warnings.filterwarnings("ignore", "The total space of parameters", UserWarning)
            draws = list(
                ParameterSampler(
                    self.param_distributions, self.n_iter, random_state=self.random_state
                )
            )
        for place in range(len(draws) * len(best)):
            if len(known) == self.n_iter:
                return
            turn, number = divmod(place, len(draws))
            candidate = best[(number + turn) % len(best)] | draws[number]
            if _written(candidate) not in known:
                known.add(_written(candidate))
                yield candidate

    def _check_may_vote(self, y: Any) -> None:
        """Raise ValueError before the search unless the answers can be averaged."""
        if is_classifier(self.estimator) and hasattr(self.estimator, "predict_proba"):
            shape = np.asarray(y).shape
            if len(shape) < 2 or shape[1] == 1:
                return
            raise ValueError(
                f"n_voters={self.n_voters} needs y of shape (n_samples,), one class for each "
                f"sequence: scikit-learn's vote takes no other. Got y of shape {shape}. Set "
                "n_voters=1."
            )
        if not is_regressor(self.estimator):
            raise ValueError(
                f"n_voters={self.n_voters} needs a classifier with predict_proba, or a regressor, "
                f"but the estimator is {self.estimator!r:.100}. Set n_voters=1."
            )

    def _vote(self, X: Any, y: Any, params: Mapping[str, Any]) -> BaseEstimator:
        """Return the fitted vote of the best candidates, of which the first is fitted already."""
        if get_config()["enable_metadata_routing"]:
            options = process_routing(self, "fit", **params).estimator.fit
        else:
            options = {name: value for name, value in params.items() if name != "groups"}
        members = [self.best_estimator_]
        others = (clone(self.estimator).set_params(**chosen) for chosen in self._other_voters())
        members += Parallel(n_jobs=self.n_jobs)(
            delayed(other.fit)(X, y, **options) for other in others
        )
        if not is_classifier(self.estimator):
            return MeanRegressor(members)
        frozen = [(f"voter{i}", FrozenEstimator(member)) for i, member in enumerate(members)]
        return VotingClassifier(frozen, voting="soft").fit(X, y)

    def _other_voters(self) -> Iterator[dict[str, Any]]:
        """Yield the parameters of the voters but the best, which are as good as they can be."""
        ranking = [i for i in self._ranking(self.cv_results_) if i != self.best_index_]
        for index in ranking[: self.n_voters - 1]:
            yield clone(self.cv_results_["params"][index], safe=False)


def _written(candidate: Mapping[str, Any]) -> str:
    """Return a text that is the same for the same parameters."""
    return repr(sorted(candidate.items()))

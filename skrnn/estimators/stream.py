"""Sequences that arrive in chunks, and what is answered while they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.utils.metaestimators import available_if

from ..network.prediction import check_finite
from ..network.step_by_step import StepByStep
from ..runtime.rows import offsets_of
from ..runtime.threads import effective_n_threads
from .answers import by_sequence
from .checks import Integer, check_parameter
from .chunks import chunks_of, name_of, packed_chunks
from .fitted_estimator import shown_by_twin
from .reading_estimator import ReadingEstimator


class Stream:
    """One or several sequences that arrive in chunks, read by a fitted estimator.

    Made by the method `stream` of an estimator, which it leaves as it is: any number of streams may
    read with one estimator, each in a thread of its own. Fitting the estimator anew does not change
    a stream that has begun.

    However a sequence is cut into chunks, the answers are those for the whole of it, to the bit.
    A tagger or step regressor answers for each step of the chunk; a classifier or regressor answers
    for all steps so far.

    Parameters
    ----------
    estimator : estimator
        A fitted classifier, regressor, tagger or step regressor, not `bidirectional`.
    n_streams : int, default=1
        How many sequences there are.

    Attributes
    ----------
    n_streams : int
        How many sequences there are.
    state : dict of str to ndarray
        A copy of all that the next answers depend on, of shape (n_streams, ...) each; it may be
        kept, and set later.

    Examples
    --------
    >>> import numpy as np
    >>> from skrnn import RNNTagger
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.standard_normal(20) for _ in range(30)]
    >>> y = [x.cumsum() > 0 for x in X]
    >>> tagger = RNNTagger(8, bidirectional=False, random_state=0).fit(X, y)
    >>> stream = tagger.stream()
    >>> chunks = [stream.predict(chunk) for chunk in np.split(X[0], [1, 7])]
    >>> np.array_equal(np.concatenate(chunks), tagger.predict(X[:1])[0])
    True
    """

    def __init__(self, estimator: ReadingEstimator, n_streams: int = 1) -> None:
        check_parameter(self, "n_streams", n_streams, Integer(1))
        fitted = estimator._record()
        if fitted.architecture.bidirectional:
            raise ValueError(
                f"This {type(estimator).__name__} was fitted with bidirectional=True: its answers "
                "depend on steps that a stream has not seen yet. Fit with bidirectional=False."
            )
        if fitted.architecture.chained:
            raise ValueError(
                f"This {type(estimator).__name__} was fitted with decoder='crf', which compares "
                "labels of whole sequences: a stream has not seen the end. Fit with "
                "decoder='softmax'."
            )
        self.n_streams = int(n_streams)
        # Not the estimator itself, which may be fitted anew.
        self._estimator, self._fitted = shown_by_twin(estimator, fitted), fitted
        self._carry = fitted.predictor.begin(self.n_streams)
        self._one_step_each = np.arange(self.n_streams + 1)
        # The shape of an array with one step of each stream; None where categories have to be
        # looked up.
        steps = (1,) if self.n_streams == 1 else (self.n_streams, 1)
        shape = (*steps, fitted.architecture.n_features)
        self._one_step = None if fitted.architecture.categories else shape
        self._by_step: StepByStep | None = None  # made when it is first of use

    @property
    def state(self) -> dict[str, np.ndarray]:
        """A copy of all that the next answers depend on."""
        return {name: array.copy() for name, array in self._carry.arrays.items()}

    @state.setter
    def state(self, state: Mapping[str, Any]) -> None:
        arrays = self._carry.arrays
        if not isinstance(state, Mapping) or set(state) != set(arrays):
            given = sorted(map(str, state)) if isinstance(state, Mapping) else repr(state)
            raise ValueError(
                f"A state of this stream has the arrays {sorted(arrays)}, but got {given}. Set "
                "what a stream of the same estimator had."
            )
        new = {name: np.asarray(state[name]) for name in arrays}
        for name, array in arrays.items():
            if new[name].shape != array.shape or new[name].dtype != array.dtype:
                raise ValueError(
                    f"state[{name!r}] must have shape {array.shape} and dtype {array.dtype}, but "
                    f"it has shape {new[name].shape} and dtype {new[name].dtype}."
                )
        for name, array in arrays.items():
            array[...] = new[name]

    def __repr__(self) -> str:
        return f"Stream({self._estimator!r}, n_streams={self.n_streams})"

    def reset(self, rows: Any = None) -> Self:
        """Begin anew.

        Parameters
        ----------
        rows : array-like of int, default=None
            Which of the streams; None is all.

        Returns
        -------
        Stream
            The stream itself.
        """
        every = np.arange(self.n_streams)
        try:
            chosen = every if rows is None else np.atleast_1d(rows)
            places = every[chosen if len(chosen) > 0 else every[:0]]
        except IndexError as error:
            raise ValueError(
                f"rows must be numbers of streams, from 0 to {self.n_streams - 1}. Got {rows!r}."
            ) from error
        if len(places) > 0:
            self._carry.put(places, self._fitted.predictor.begin(len(places)))
        return self

    def copy(self) -> Self:
        """Return a stream that has read the same, and goes on by itself.

        Returns
        -------
        Stream
            It shares the estimator and nothing else.
        """
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._carry = self._carry.take(np.arange(self.n_streams))
        other._by_step = None
        return other

    def predict(self, chunk: Any) -> Any:
        """Read the steps that are new, and answer.

        Parameters
        ----------
        chunk : array-like of shape (n_steps, n_features) or (n_steps,)
            The new steps, of which there may be none. For several streams a list of as many chunks.

        Returns
        -------
        object
            Of a tagger or step regressor an array with an answer for each step of the chunk; of a
            classifier or regressor one answer, that for all steps so far. For several streams an
            object array of arrays, or an array of one answer each.

        Raises
        ------
        ValueError
            If the chunk is not what the estimator takes, or if a classifier or regressor is asked
            before the first step. The stream is then as it was.
        """
        raw, offsets = self._read(chunk)
        return self._given_back(self._estimator._answers(self._fitted, raw, offsets), offsets)

    @available_if(lambda self: hasattr(self._estimator, "predict_proba"))
    def predict_proba(self, chunk: Any) -> Any:
        """Read the steps that are new, and return the probability of each class.

        Parameters
        ----------
        chunk : array-like of shape (n_steps, n_features) or (n_steps,)
            As in `predict`.

        Returns
        -------
        ndarray
            Of a tagger (n_steps, n_classes), of a classifier (n_classes,). For several streams an
            object array of arrays, or an array (n_streams, n_classes).

        Raises
        ------
        ValueError
            As in `predict`.
        """
        raw, offsets = self._read(chunk)
        return self._given_back(self._estimator._probabilities(self._fitted, raw), offsets)

    def __getstate__(self) -> dict[str, Any]:
        # The record of the fit is the estimator's, which saves it in a form of its own.
        return self.__dict__ | {"_carry": self.state, "_by_step": None, "_fitted": None}

    def __setstate__(self, saved: dict[str, Any]) -> None:
        state = saved["_carry"]
        self.__dict__.update(saved)
        self._fitted = self._estimator._record()
        self._carry = self._fitted.predictor.begin(self.n_streams)
        self.state = state

    def _read(self, chunk: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Return raw outputs, as float64, and where each stream's begin if they are of steps."""
        raw = self._read_one_step(chunk)
        if raw is not None:
            return raw, self._one_step_each if self._estimator._every_step else None
        arrays = chunks_of(chunk, self.n_streams, self._fitted.architecture)
        lengths = np.array([len(array) for array in arrays])
        coming = np.flatnonzero(lengths)
        fitted, every_step = self._fitted, self._estimator._every_step
        carry = self._carry
        new = np.empty((0, carry.raw.shape[1]), carry.raw.dtype)
        if len(coming) > 0:
            packed = packed_chunks(self._estimator, fitted, arrays, coming)
            n_threads = 1
            # To ask how many there are takes longer than a few steps.
            if fitted.network.worthwhile_threads(len(packed.values), 2) > 1:
                n_threads = effective_n_threads(self._estimator.n_jobs)
            carry = carry.take(np.arange(self.n_streams))
            part = carry.take(coming)
            new = fitted.predictor.go_on(packed, part, n_threads)
            try:
                check_finite(new, packed.offsets if every_step else None)
            except ValueError as error:
                which = name_of(int(coming[0]), self.n_streams)
                raise ValueError(f"{which} cannot be answered: {error}") from error
            carry.put(coming, part)
        if not every_step:
            unread = np.flatnonzero(carry.n_steps == 0)
            if len(unread) > 0:
                raise ValueError(
                    f"Stream {unread[0]} has no time step yet, so there is nothing to answer by. "
                    "Pass at least one step of every stream first."
                )
            new = carry.raw
        self._carry.put(np.arange(self.n_streams), carry)
        offsets = offsets_of(lengths) if every_step else None
        return new.astype(np.float64), offsets

    def _read_one_step(self, chunk: Any) -> np.ndarray | None:
        """Return raw outputs if a step of each stream came as an array of finite numbers."""
        if type(chunk) is not np.ndarray or chunk.shape != self._one_step:
            return None
        if chunk.dtype.kind not in "fiu":
            return None
        fitted = self._fitted
        if self._by_step is None:
            n_threads = effective_n_threads(self._estimator.n_jobs)
            self._by_step = fitted.predictor.step_by_step(self._carry, n_threads)
        raw = self._by_step(chunk if chunk.ndim == 2 else chunk[:, 0], fitted.units.factors)
        return None if raw is None else raw.astype(np.float64)

    def _given_back(self, answers: np.ndarray, offsets: np.ndarray | None) -> Any:
        if offsets is None:
            return answers[0] if self.n_streams == 1 else answers
        if self.n_streams == 1:
            return answers
        return by_sequence(answers, offsets)

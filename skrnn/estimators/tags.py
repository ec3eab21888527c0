"""What y means to a tagger: labels of steps, each by itself or in a chain."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np

from ..inputs.tags import SCHEMES, well_formed
from ..losses import Loss
from ..network.architecture import Architecture
from ..network.chain import Allowed, Chain, chain_parameters
from ..network.ends import Outputs
from ..runtime.callers import user_level
from ..runtime.once import computed_once
from .checks import OneOf
from .given import Encoded, GivenAtSteps
from .labels import Labels
from .record_checks import completed, damaged, require
from .task import TargetTask

DECODERS = ("softmax", "crf")


@dataclass(frozen=True, eq=False)
class Tags(Labels):
    """A label for each step, which does not depend on those beside it."""

    decoder: ClassVar[str] = "softmax"
    scheme: str | None = None

    def codes_of(self, values: np.ndarray) -> np.ndarray:
        """Return the number of each label's class, -1 with a warning if it is not known."""
        index = {label: code for code, label in enumerate(self.classes.tolist())}
        if values.dtype.kind == self.classes.dtype.kind == "M":  # the same dates in another unit
            values = values.astype(self.classes.dtype)
        codes = np.array([index.get(label, -1) for label in values.tolist()], np.int64)
        if (codes < 0).any():
            unseen = sorted({str(label) for label in values[codes < 0].tolist()})
            warnings.warn(
                f"y has labels that training has not seen, {', '.join(unseen[:5])}: no prediction "
                "can be right where they stand.",
                stacklevel=user_level(),
            )
        return codes

    def decoded(self, outputs: Outputs) -> np.ndarray:
        """Return the numbers of the labels of all steps, (n_rows,)."""
        return self.codes(outputs.raw)

    def proba(self, outputs: Outputs) -> np.ndarray:
        """Return the probability of each label at each step, (n_rows, n_classes)."""
        return self.of_classes(self.loss.predict, outputs.raw)

    def log_proba(self, outputs: Outputs) -> np.ndarray:
        """Return the logarithm of `proba`."""
        return self.of_classes(self.loss.predict_log, outputs.raw)

    def log_likelihoods(self, outputs: Outputs, codes: np.ndarray) -> np.ndarray:
        """Return log p of the labels of each sequence, (n_sequences,); codes are -1 where none."""
        labelled = np.flatnonzero(codes >= 0)
        of_steps = np.zeros(len(codes))
        of_steps[labelled] = self.log_proba(outputs)[labelled, codes[labelled]]
        return np.add.reduceat(of_steps, np.cumsum(outputs.lengths) - outputs.lengths)

    def check(self, architecture: Architecture) -> None:
        """Raise ValueError unless these are tags for a network of this architecture."""
        super().check(architecture)
        require(OneOf((self.end.chained,)), architecture.chained, "architecture.chained")

    def saved(self) -> dict[str, Any]:
        """Return the classes, and what is known of their order."""
        return super().saved() | {"decoder": self.decoder, "scheme": self.scheme}

    @classmethod
    def restored(cls, saved: Mapping[str, Any], loss: Loss) -> Tags:
        """Return the tags of which this was saved."""
        saved = completed(saved, ("classes", "multilabel", "decoder", "scheme"), "task")
        require(OneOf(DECODERS), saved["decoder"], "task.decoder")
        require(OneOf(SCHEMES), saved["scheme"], "task.scheme")
        kind = ChainedTags if saved["decoder"] == ChainedTags.decoder else Tags
        values = saved["classes"], saved["multilabel"], loss
        return kind(*values, scheme=saved["scheme"])  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class ChainedTags(Tags):
    """Labels in a `Chain`: the labels of a sequence have one probability together."""

    decoder: ClassVar[str] = "crf"

    @computed_once
    def chain(self) -> Chain:
        """The chain, in which the scheme says what is allowed."""
        return Chain(Allowed(*well_formed(self.classes.tolist(), self.scheme)))

    @property
    def end(self) -> Chain:
        """The loss of the labels of whole sequences."""
        return self.chain

    @property
    def n_outputs(self) -> int:
        """Every class has an output: two of them may follow each other differently."""
        return len(self.classes)

    @property
    def attributes(self) -> dict[str, Any]:
        """The classes."""
        return {"classes_": self.classes, "out_activation_": self.decoder}

    def score(
        self, outputs: Outputs, targets: np.ndarray, sample_weight: np.ndarray | None
    ) -> float:
        """Return the accuracy over the steps."""
        return float(np.average(self.decoded(outputs) == targets, weights=sample_weight))

    def decoded(self, outputs: Outputs) -> np.ndarray:
        """Return the numbers of the labels of all steps, (n_rows,): of the most probable paths."""
        return self.paths(outputs, 1)[0][0]

    def paths(self, outputs: Outputs, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the n most probable sequences of labels (n, n_rows), and their scores.

        Raises
        ------
        ValueError
            If the scheme allows none of the length of a sequence.
        """
        codes, scores = self.chain.best(outputs, n)
        none = np.flatnonzero(scores[:, 0] == -np.inf)
        if len(none) > 0:
            n_steps = outputs.lengths[none[0]]
            raise ValueError(
                f"No sequence of the labels {self.classes.tolist()} that scheme={self.scheme!r} "
                f"allows has {n_steps} steps, which sequence {none[0]} has. Fit to data with more "
                "of the tags of the scheme, or with scheme=None."
            )
        return codes, scores

    def n_best(self, outputs: Outputs, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the n most probable sequences of labels (n, n_rows), and their probabilities.

        Those are of shape (n_sequences, n); of fewer than n the codes are -1.
        """
        # No more than there are.
        n = min(n, len(self.classes) ** min(int(outputs.lengths.max()), 63))
        codes, scores = self.paths(outputs, n)
        return codes, np.exp(scores - self.chain.log_marginals(outputs)[1][:, np.newaxis])

    def proba(self, outputs: Outputs) -> np.ndarray:
        """Return the probability of each label at each step, summed over those of the others."""
        return np.exp(self.log_proba(outputs))

    def log_proba(self, outputs: Outputs) -> np.ndarray:
        """Return the logarithm of `proba`."""
        return self.chain.log_marginals(outputs)[0]

    def log_likelihoods(self, outputs: Outputs, codes: np.ndarray) -> np.ndarray:
        """Return log p of the labels of each sequence; any label goes where the code is -1."""
        losses = self.chain.losses(outputs, codes, (codes >= 0).astype(np.float64))
        return -np.add.reduceat(losses, np.cumsum(outputs.lengths) - outputs.lengths)

    def check_allowed(self, targets: np.ndarray, weights: np.ndarray, lengths: np.ndarray) -> None:
        """Raise ValueError for labels that the scheme does not allow; a weight of 0 is no label."""
        n_labels = len(self.classes)
        nothing = {one.name: np.zeros(one.shape) for one in chain_parameters(n_labels)}
        outputs = Outputs(np.zeros((len(targets), n_labels)), lengths, nothing)
        impossible = np.flatnonzero(np.isinf(self.chain.losses(outputs, targets, weights)))
        if len(impossible) == 0:
            return
        ends = np.cumsum(lengths)
        sequence = int(np.searchsorted(ends, impossible[0], side="right"))
        rows = slice(ends[sequence] - lengths[sequence], ends[sequence])
        codes = np.where(weights[rows] > 0, targets[rows], -1)
        raise ValueError(
            f"y[{sequence}] {self._first_fault(codes)}, which scheme={self.scheme!r} does not "
            "allow. Mend the labels, or set another scheme, or None."
        )

    def _first_fault(self, codes: np.ndarray) -> str:
        """Say what in the labels of one sequence is not allowed."""
        transitions, start, end = self.chain.allowed
        known = np.flatnonzero(codes >= 0)
        if known[0] == 0 and not start[codes[0]]:
            return f"begins with {self.classes[codes[0]]!s}"
        for step in known[1:]:
            before, label = codes[step - 1], codes[step]
            if before >= 0 and not transitions[before, label]:
                here, there = self.classes[label], self.classes[before]
                return f"has {here!s} after {there!s} at step {step}"
        if known[-1] == len(codes) - 1 and not end[codes[-1]]:
            return f"ends with {self.classes[codes[-1]]!s}"
        return f"has labels that none of {self.classes.tolist()} can stand between"

    def check(self, architecture: Architecture) -> None:
        """Raise ValueError unless these are tags for a network of this architecture."""
        try:
            _ = self.chain
        except ValueError as error:
            raise damaged(f"task.scheme is {self.scheme!r}, but {error}") from error
        super().check(architecture)


class GivenToChain(GivenAtSteps):
    """Labels of time steps whose sequences have one weight each."""

    def encoded(self, task: TargetTask) -> Encoded:
        """Return what training takes; raise ValueError if a chain cannot be trained on it."""
        self._check_weights()
        encoded = super().encoded(task)
        lengths, weights = np.diff(self.offsets), encoded.sample_weight
        if weights is None:
            weights = np.ones(len(encoded.targets))
        tags = cast(ChainedTags, task)
        if tags.scheme is not None:
            tags.check_allowed(encoded.targets, weights, lengths)
        return encoded

    def _check_weights(self) -> None:
        if self.weights is None:
            return
        counting = self.weights > 0
        weights, places = self.weights[counting], self.places[counting]
        sequences = np.searchsorted(self.offsets, places, side="right") - 1
        others = np.flatnonzero((np.diff(sequences) == 0) & (np.diff(weights) != 0))
        if len(others) > 0:
            place = others[0]
            sequence, step = sequences[place], places[place + 1] - self.offsets[sequences[place]]
            raise ValueError(
                f"sample_weight[{sequence}] is {weights[place + 1]} at step {step}, but "
                f"{weights[place]} before it. With decoder='crf' a sequence has one weight, since "
                "its labels have one probability together. Give its steps one weight, or 0, which "
                "is as if they had no label; or set decoder='softmax'."
            )

"""What `verbose` shows of training: nothing, a progress bar, or a line for every epoch."""

from __future__ import annotations

import sys
from typing import Protocol

from .state import TrainingState


class Progress(Protocol):
    """What is told of the course of training."""

    def epoch_ended(self, state: TrainingState) -> None:
        """Show an epoch, the last one of `state`."""
        ...

    def note(self, text: str) -> None:
        """Show something that happens rarely."""
        ...

    def close(self) -> None:
        """Finish; nothing more will be shown."""
        ...


def progress_of_fit(verbose: int, max_iter: int) -> Progress:
    """Return what `verbose` asks for during `fit`."""
    if verbose == 1:
        return Bar(max_iter)
    return progress_of_epoch(verbose)


def progress_of_epoch(verbose: int) -> Progress:
    """Return what `verbose` asks for during `partial_fit`: a bar of one epoch says nothing."""
    return Lines() if verbose else Silent()


class Silent:
    """Shows nothing."""

    def epoch_ended(self, state: TrainingState) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Do nothing."""


class Lines:
    """A line for every epoch, on standard output."""

    def epoch_ended(self, state: TrainingState) -> None:
        """Print the number of the epoch, its loss and its validation score, if it has one."""
        score = f", validation score = {_score(state):.6f}" if state.validation_scores_ else ""
        print(f"Iteration {state.n_iter_}, loss = {state.loss_:.8f}{score}")

    def note(self, text: str) -> None:
        """Print it."""
        print(text)

    def close(self) -> None:
        """Do nothing."""


class Bar:
    """A progress bar with loss, validation score and time left, in a terminal or a notebook.

    On a standard error that is neither, a log for example, it is one line at the end: what redraws
    itself would fill the file.
    """

    def __init__(self, max_iter: int) -> None:
        # Imported where it is needed: few fits show their progress.
        from tqdm.auto import tqdm

        # None: not where standard error is no terminal. A bar of a notebook is drawn all the same.
        self._bar = tqdm(total=max_iter, desc="Training", unit="epoch", disable=None)
        self._last_words = ""

    def epoch_ended(self, state: TrainingState) -> None:
        """Move on; the library redraws the bar at most ten times a second."""
        numbers = {"loss": f"{state.loss_:.4g}"}
        if state.validation_scores_:
            numbers["validation score"] = f"{_score(state):.4g}"
        described = ", ".join(f"{name}={number}" for name, number in numbers.items())
        self._last_words = f"Training: {state.n_iter_}/{self._bar.total} epochs, {described}"
        self._bar.set_postfix(numbers, refresh=False)
        self._bar.update()

    def note(self, text: str) -> None:
        """Show nothing: the bar shows what follows from it."""

    def close(self) -> None:
        """Leave the bar as it is; without one, print where training ended."""
        self._bar.close()
        if self._bar.disable and self._last_words:
            print(self._last_words, file=sys.stderr)


def _score(state: TrainingState) -> float:
    assert state.validation_scores_ is not None
    return state.validation_scores_[-1]

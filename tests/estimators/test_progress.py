"""What `verbose` shows, and where."""

import io
from contextlib import redirect_stderr

import pytest
from tqdm.std import tqdm

from skrnn import RNNClassifier, RNNRegressor

from ..child import run_child
from ..toys import QUICK, labelled, ragged

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
OPTIONS = QUICK | {"max_iter": 4}


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def drawn_by(monkeypatch):
    """Return what a fit draws in a terminal, from picture to picture."""
    original = tqdm.__init__

    def redrawn_at_once(self, *arguments, **named):  # and not ten times a second
        original(self, *arguments, **named | {"mininterval": 0, "miniters": 1})

    def drawn_by(fit):
        with redirect_stderr(Terminal()) as terminal:
            fit()
        return terminal.getvalue().split("\r")

    monkeypatch.setattr(tqdm, "__init__", redrawn_at_once)
    return drawn_by


@pytest.mark.parametrize("verbose", [True, 1])
class TestBar:
    def test_shows_loss_score_and_time_left(self, verbose, drawn_by):
        X, y = labelled([0, 1])
        network = RNNClassifier(**OPTIONS, early_stopping=True, verbose=verbose)
        drawn = drawn_by(lambda: network.fit(X, y))
        assert "Training:   0%" in drawn[1]
        assert all(text in drawn[-1] for text in ("100%", "4/4", "loss=", "validation score="))
        assert "<" in drawn[3]  # time gone < time left
        assert len(drawn) < 10

    def test_is_one_line_in_a_log(self, verbose, capsys):
        fitted = RNNRegressor(**OPTIONS, verbose=verbose).fit(*ragged())
        printed = capsys.readouterr()
        assert printed.err == f"Training: 4/4 epochs, loss={fitted.loss_:.4g}\n"
        assert printed.out == ""

    def test_is_closed_when_a_fit_fails(self, verbose, drawn_by):
        X, y = ragged()
        network = RNNRegressor(**OPTIONS, solver="sgd", max_grad_norm=None, verbose=verbose)
        network.set_params(learning_rate_init=1e30)

        def fit():
            with pytest.raises(ValueError, match="infinite or NaN"):
                network.fit(X, y)

        assert drawn_by(fit)[-1].endswith("\n")

    def test_is_a_line_in_partial_fit(self, verbose, capsys):
        RNNRegressor(**OPTIONS, verbose=verbose).partial_fit(*ragged())
        printed = capsys.readouterr()
        assert printed.out.startswith("Iteration 1, loss = ")
        assert printed.err == ""


def test_two_is_a_line_an_epoch(capsys):
    RNNRegressor(**OPTIONS, verbose=2).fit(*ragged())
    printed = capsys.readouterr()
    assert [line.split(",")[0] for line in printed.out.splitlines()] == [
        f"Iteration {epoch}" for epoch in range(1, 5)
    ]
    assert printed.err == ""


def test_the_library_is_imported_only_where_it_is_needed():
    code = (
        "import sys, skrnn; skrnn.RNNRegressor(2, max_iter=1).fit([[1.0, 2.0]] * 3, [1, 2, 3]); "
        "assert 'tqdm' not in sys.modules"
    )
    run_child(code, timeout=120)

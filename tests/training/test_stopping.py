"""When training stops or goes wrong, what it then keeps, and what it prints."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.exceptions import ConvergenceWarning

from skrnn.solvers import SOLVERS

from .stand_ins import restarted, script, scripted_scores

# Most tests end at max_iter on purpose; the one that is about it looks for the warning.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# --- When to stop -----------------------------------------------------------------------------


def test_stops_when_the_loss_no_longer_improves(recwarn):
    # 3.0 sets the best; 2.95 and the next are within tol of it, the third in a row ends it.
    state = script([4.0, 3.0, 2.95, 2.93, 2.92, 0.0], tol=0.1, n_iter_no_change=2)
    assert state.n_iter_ == 5
    assert state.best_loss_ == 2.92
    assert not recwarn


FALLING = {  # curves of 40 epochs, and which parameter would help
    "slowly": (np.linspace(2, 1, 40), "learning_rate_init or max_iter"),
    "as an exponential, for two time constants": (np.exp(-np.arange(40) / 20), "max_iter"),
    "as an exponential, for ten": (np.exp(-np.arange(40) / 4), None),
    "to a plateau": (1 / (1 + np.arange(40.0)) ** 2, None),
    "not at all": (np.ones(40), None),
    "and rising": (np.linspace(1, 2, 40), None),
}


def warnings_of(recwarn):
    return [one for one in recwarn if one.category is ConvergenceWarning]


@pytest.mark.parametrize(("curve", "knob"), FALLING.values(), ids=FALLING)
@pytest.mark.parametrize("validated", [False, True])
def test_max_iter_is_warned_of_if_more_epochs_would_do_much(curve, knob, validated, recwarn):
    options = {"max_iter": 40, "n_iter_no_change": 100}
    if validated:
        rest = scripted_pairs(*((-value, value) for value in curve))
        script(gradients=[[1.0, 1.0]] * 40, validate=rest, **options)
    else:
        script(list(curve), **options)
    found = [str(one.message) for one in warnings_of(recwarn)]
    assert len(found) == (knob is not None)
    for message in found:
        assert message.startswith("Stochastic Optimizer: Maximum iterations (40) reached")
        assert message.endswith(f"the last quarter of the epochs. Increase {knob}.")


def test_a_single_epoch_is_too_few():
    with pytest.warns(ConvergenceWarning, match="Increase learning_rate_init or max_iter"):
        assert script(max_iter=1, n_iter_no_change=10).n_iter_ == 1


def test_epochs_that_were_asked_for_are_not_warned_of(recwarn):
    assert script(list(np.linspace(2, 1, 40)), max_iter=40, n_iter_no_change=np.inf).n_iter_ == 40
    assert warnings_of(recwarn) == []


def test_gradients_that_explode_are_warned_of_alone(recwarn):
    script(list(np.linspace(2, 1, 4)), gradients=[[1e9, 1e9]] * 4, max_iter=4, n_iter_no_change=9)
    (warning,) = warnings_of(recwarn)
    assert str(warning.message).startswith("Gradients exploded")


def test_early_stopping_restores_the_best_parameters():
    scripted = scripted_scores(0.5, 0.75, 1.0, 1.0, 0.875, 0.9375, 2.0)
    seen = []

    def validate(state):
        seen.append(state.parameters.copy())
        return scripted(state)

    state = script(
        gradients=[[1.0, 1.0]] * 10,
        validate=validate,
        tol=0.05,
        n_iter_no_change=2,
    )
    assert state.n_iter_ == 6
    assert state.validation_scores_ == [0.5, 0.75, 1.0, 1.0, 0.875, 0.9375]
    assert state.validation_loss_curve_ == [0.5, 0.25, 0.0, 0.0, 0.125, 0.0625]
    assert state.best_validation_score_ == 1.0
    assert state.best_loss_ is None
    assert_array_equal(state.parameters, seen[2])
    assert not np.shares_memory(state.parameters, state.best_parameters)


def scripted_pairs(*pairs):
    """Return a validation that gives these scores and losses, one pair an epoch."""
    rest = iter(pairs)
    return lambda state: next(rest)


def test_of_equal_scores_the_lower_loss_counts():
    # Accuracies of four cases: without a look at the loss, the third epoch would be the best.
    pairs = [(0.5, 0.9), (0.75, 0.8), (0.75, 0.5), (0.75, 0.49), (0.75, 0.6), (0.5, 0.1), (0.75, 1)]
    seen, rest = [], scripted_pairs(*pairs)

    def validate(state):
        seen.append(state.parameters.copy())
        return rest(state)

    gradients = [[1.0, 1.0]] * 10
    state = script(gradients=gradients, validate=validate, tol=0.1, n_iter_no_change=3)
    assert state.n_iter_ == 7  # the third epoch was the last progress: the fourth is within tol
    assert state.best_validation_score_ == 0.75
    assert state.loss_of_best == 0.49
    assert_array_equal(state.parameters, seen[3])


def test_a_higher_score_counts_whatever_its_loss():
    rest = scripted_pairs((0.5, 0.1), (0.75, 9.0), (0.5, 0.0), (0.75, np.nan))
    state = script(gradients=[[1.0, 1.0]] * 4, validate=rest, max_iter=4, tol=0.1)
    assert (state.best_validation_score_, state.loss_of_best) == (0.75, 9.0)
    assert state.no_improvement_count == 2


def test_a_score_of_nan_is_no_improvement():
    with pytest.warns(UserWarning, match="No validation score was a finite number"):
        state = script(
            gradients=[[1.0, 1.0]] * 10,
            validate=lambda state: (np.nan, np.nan),
            n_iter_no_change=2,
        )
    assert state.n_iter_ == 3
    assert_array_equal(state.parameters, [0.0, 0.0])


def test_warm_start_keeps_the_best_of_all_calls():
    options = {"gradients": [[1.0, 1.0]] * 2, "max_iter": 2}
    first = script(**options, validate=scripted_scores(0.5, 0.9))
    again = restarted(first, SOLVERS["adam"]())
    worse = script(**options, state=again, validate=scripted_scores(0.6, 0.7))
    assert_array_equal(worse.parameters, first.parameters)
    assert worse.validation_scores_ == [0.5, 0.9, 0.6, 0.7]
    assert worse.best_validation_score_ == 0.9
    assert len(worse.loss_curve_) == 4
    assert (worse.n_iter_, worse.t_) == (2, 20)


def test_warm_start_with_another_scoring_compares_with_none_of_the_scores_before():
    options = {"gradients": [[1.0, 1.0]] * 2, "max_iter": 2}
    first = script(**options, validate=scripted_scores(0.5, 0.9))
    state = script(**options, state=first, scoring="loss", validate=scripted_scores(-0.5, -0.25))
    assert state.validation_scores_ == [-0.5, -0.25]
    assert state.validation_loss_curve_ == [1.5, 1.25]
    assert state.best_validation_score_ == -0.25
    assert (state.parameters != first.parameters).all()
    assert first.validation_scores_ == [0.5, 0.9]


def test_early_stopping_can_be_switched_between_calls():
    options = {"gradients": [[1.0, 1.0]] * 2, "max_iter": 2}
    state = script(**options)
    state = script(**options, state=state, validate=scripted_scores(0.5, 0.9))
    assert state.best_loss_ is None
    assert state.validation_scores_ == [0.5, 0.9]
    state = script([3.0, 2.0], max_iter=2, state=state)
    assert state.best_loss_ == 2.0
    assert state.validation_scores_ is None
    assert state.validation_loss_curve_ is None
    assert state.best_validation_score_ is None
    assert state.best_parameters is None


# --- What goes wrong, and what is printed -----------------------------------------------------


@pytest.mark.parametrize(
    ("what", "trouble"),
    [
        ("The loss", {"losses": [1.0, 1.0, np.nan]}),
        ("The loss", {"losses": [1.0, 1.0, np.inf]}),
        ("The loss", {"gradients": [[1, 1], [1e200, 1]], "alpha": 1.0, "solver": "sgd"}),
        ("The gradient", {"gradients": [[1, 1], [1, 1], [np.inf, 1]], "max_grad_norm": 1.0}),
        ("The gradient", {"gradients": [[1, 1], [1, 1], [np.nan, 1]], "max_grad_norm": 1.0}),
        ("A parameter", {"gradients": [[1, 1], [1, 1], [np.inf, 1]]}),
    ],
)
@pytest.mark.filterwarnings("error")
def test_divergence_says_what_to_lower(what, trouble):
    pattern = f"{what} became infinite or NaN in epoch 3 .*Lower learning_rate_init .now 0.05.*"
    pattern += "lower" if "max_grad_norm" in trouble else "set"
    with pytest.raises(ValueError, match=rf"{pattern} max_grad_norm .*scale X"):
        script(**trouble)


def test_verbose_prints_one_line_an_epoch(capsys):
    script([2.0, 1.0, 1.0], verbose=2, n_iter_no_change=1, tol=0.5, max_iter=5)
    assert capsys.readouterr().out.splitlines() == [
        "Iteration 1, loss = 2.00000000",
        "Iteration 2, loss = 1.00000000",
        "Iteration 3, loss = 1.00000000",
        "Iteration 4, loss = 1.00000000",
        "Stopping: the training loss no longer improves by tol=0.5",
    ]
    script(verbose=2, max_iter=1, validate=scripted_scores(0.25))
    assert capsys.readouterr().out == (
        "Iteration 1, loss = 1.00000000, validation score = 0.250000\n"
    )
    script(max_iter=1)
    assert capsys.readouterr().out == ""


def interrupted_losses(n_epochs):
    yield from [1.0] * n_epochs
    raise KeyboardInterrupt


def test_ctrl_c_keeps_the_epochs_done():
    with pytest.warns(UserWarning, match="interrupted after 3 epochs"):
        state = script(interrupted_losses(3))
    assert state.n_iter_ == 3
    with pytest.raises(KeyboardInterrupt):
        script(interrupted_losses(0))

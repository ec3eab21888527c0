"""Every schedule of the registry by itself; what training makes of it is in tests/training."""

from dataclasses import fields

import numpy as np
import pytest
from numpy.testing import assert_allclose

from skrnn.schedules import SCHEDULES
from skrnn.training.train import TrainingOptions

PARAMETERS = {"learning_rate_init": 0.1, "power_t": 0.5}
PLANNED = [name for name, schedule in SCHEDULES.items() if schedule.is_planned]

parametrize_schedule = pytest.mark.parametrize("name", SCHEDULES)
parametrize_planned = pytest.mark.parametrize("name", PLANNED)


def made(name, **parameters):
    schedule, parameters = SCHEDULES[name], PARAMETERS | parameters
    return schedule(**{field.name: parameters[field.name] for field in fields(schedule)})


def test_registry_is_keyed_by_name():
    assert set(SCHEDULES) >= {"constant", "invscaling", "adaptive", "cosine", "onecycle"}
    assert all(schedule.name == name for name, schedule in SCHEDULES.items())
    assert set(PLANNED) >= {"cosine", "onecycle"}


@parametrize_schedule
def test_fields_are_options_of_training(name):
    options = {field.name for field in fields(TrainingOptions)}
    assert options >= {field.name for field in fields(SCHEDULES[name])}


@parametrize_schedule
def test_rates_are_in_proportion_to_the_first(name):
    one, two = made(name), made(name, learning_rate_init=0.2)
    assert_allclose(two.before_epoch(0.2, 50), 2 * one.before_epoch(0.1, 50))
    if one.after_stall(0.1) is not None:
        assert_allclose(two.after_stall(0.2), 2 * one.after_stall(0.1))
    if one.is_planned:
        assert_allclose(two.rate_at(0.7), 2 * one.rate_at(0.7))


@parametrize_schedule
def test_no_schedule_goes_on_for_ever_when_nothing_improves(name):
    rate = 0.1
    for _ in range(100):
        rate = made(name).after_stall(rate)
        if rate is None:
            break
    assert rate is None


@parametrize_planned
def test_planned_rates_are_positive_smooth_and_peak_at_the_initial_rate(name):
    rates = np.array([made(name).rate_at(k / 1000) for k in range(1000)])
    assert rates.min() > 0
    assert_allclose(rates.max(), 0.1, rtol=1e-12)
    assert np.abs(np.diff(rates)).max() < 0.01 * 0.1
    assert_allclose(rates[-1], 0, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "progress", "share"),
    [
        *[("cosine", 0, 1), ("cosine", 1 / 3, 0.75), ("cosine", 0.5, 0.5), ("cosine", 1, 0)],
        *[("onecycle", 0, 1 / 25), ("onecycle", 0.15, (1 / 25 + 1) / 2), ("onecycle", 0.3, 1)],
        *[("onecycle", 0.65, (1 + 1 / 250_000) / 2), ("onecycle", 1, 1 / 250_000)],
    ],
)
def test_landmarks(name, progress, share):
    assert_allclose(made(name).rate_at(progress), 0.1 * share, rtol=1e-12, atol=1e-18)


# --- PyTorch ---------------------------------------------------------------------------------


def torch_rates(schedule_name, n_steps, **options):
    """Return the rates of so many steps by torch.optim.lr_scheduler, with 0.1 as `lr`."""
    torch = pytest.importorskip(
        "torch", reason="PyTorch is gigabytes, so the test extra leaves it out; CI installs it"
    )
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = getattr(torch.optim.lr_scheduler, schedule_name)(optimizer, **options)
    rates = []
    for _ in range(n_steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_cosine_is_that_of_torch():
    ours = [made("cosine").rate_at(k / 40) for k in range(40)]
    assert_allclose(ours, torch_rates("CosineAnnealingLR", 40, T_max=40), rtol=1e-9)


def test_onecycle_is_that_of_torch():
    """In torch the peak is one step before 30 %, and the last of `total_steps` is at the end.

    Ours is at the end after the last step: one more, and a share that puts the peak where ours is.
    """
    ours = [made("onecycle").rate_at(k / 40) for k in range(40)]
    options = {"max_lr": 0.1, "total_steps": 41, "pct_start": (0.3 * 40 + 1) / 41}
    assert_allclose(ours, torch_rates("OneCycleLR", 40, **options), rtol=1e-9)

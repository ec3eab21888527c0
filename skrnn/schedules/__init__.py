"""The schedules of the learning rate: one module each, found by their being in this folder."""

import importlib
import pkgutil

from ._schedule import Schedule

__all__ = ["SCHEDULES", "Schedule"]

SCHEDULES: dict[str, type[Schedule]] = {
    schedule.name: schedule
    for module in pkgutil.iter_modules(__path__, f"{__name__}.")
    if not module.name.startswith(f"{__name__}._")
    for schedule in vars(importlib.import_module(module.name)).values()
    if getattr(schedule, "__module__", None) == module.name and hasattr(schedule, "name")
}

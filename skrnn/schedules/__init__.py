"""The schedules of the learning rate: one module each, found by their being in this folder."""

from .._registry import classes_of
from ._schedule import Schedule

__all__ = ["SCHEDULES", "Schedule"]

SCHEDULES: dict[str, type[Schedule]] = classes_of(__name__, __path__)

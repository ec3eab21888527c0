"""The cells, one file each: a module of this folder that defines ``CELL`` is found by its name."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from ._definition import Cell, CellShape, Stage

_MODULES = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]

CELLS: dict[str, Cell] = {
    module.CELL.name: module.CELL for module in _MODULES if hasattr(module, "CELL")
}

__all__ = ["CELLS", "Cell", "CellShape", "Stage"]

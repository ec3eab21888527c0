"""The cells, one file each: a module of this folder that defines ``CELL`` is found by its name."""

from __future__ import annotations

from .._registry import modules_of
from ._definition import Cell, CellShape, Stage

CELLS: dict[str, Cell] = {
    module.CELL.name: module.CELL for module in modules_of(__name__, __path__)
}

__all__ = ["CELLS", "Cell", "CellShape", "Stage"]

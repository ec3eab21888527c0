"""How Numba tells one cell from another, in a process and in the disk cache.

Numba would look at the name of a named tuple's class and at its fields. Of two classes of one name,
as when a notebook defines a cell once more, the second would get the kernels of the first. And its
disk cache refers to a class by name: kernels would outlive an edit of the steps compiled into them.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from collections import Counter
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from numba import types
from numba.core.typing.typeof import typeof_impl
from numba.extending import models, register_model

from .recurrence import backward_step, forward_step

_defined: Counter[str] = Counter()
_numbers: dict[type, int] = {}


def tell_apart(shape: type) -> None:
    """Give a new class of named tuples a Numba type of its own."""
    name = f"{shape.__module__}.{shape.__qualname__}"
    _defined[name] += 1
    _numbers[shape] = _defined[name]
    # What Numba's dispatcher looks at. Pickles refer to a class by its qualified name, which stays.
    shape.__name__ = name if _defined[name] == 1 else f"{name}#{_defined[name]}"
    typeof_impl.register(shape)(_type_of_shape)


@cache
def _fingerprint(shape: type) -> str:
    """Hash of a cell's steps and their files, and how many cells came before by its name.

    What they import from elsewhere is not in it.
    """
    digest = hashlib.sha256()
    for step in (forward_step.dispatch(shape), backward_step.dispatch(shape)):
        code: Any = step.__code__
        # The file may have changed since it was imported.
        digest.update(code.co_code + repr((code.co_names, code.co_consts)).encode())
        digest.update(_source_of(step) or b"")
    return f"{_numbers[shape]}-{digest.hexdigest()[:12]}"


def _source_of(step: Any) -> bytes | None:
    """Return the text of the file that defines a function, or None if there is none."""
    file = step.__code__.co_filename
    try:
        return Path(file).read_bytes()
    except OSError:
        pass
    try:  # in an archive, for one
        return step.__globals__["__spec__"].loader.get_data(file)
    except (KeyError, AttributeError, OSError):
        return None


@cache
def _has_source(shape: type) -> bool:
    steps = forward_step.dispatch(shape), backward_step.dispatch(shape)
    return all(_source_of(step) is not None for step in steps)


class CellType(types.NamedTuple):
    """The Numba type of a cell: equal for the same class only, with steps of the same text."""

    def __init__(self, field_types: tuple[Any, ...], shape: type) -> None:
        self.fingerprint = _fingerprint(shape)
        super().__init__(field_types, shape)

    @property
    def key(self) -> Any:
        """What Numba compares types by."""
        return self.instance_class, self.fingerprint, self.types

    def __reduce__(self) -> Any:
        shape = self.instance_class
        # As in a notebook: what its functions call may be another in each process. A random
        # fingerprint would do too, but each process would leave kernels that no other can find.
        if not _has_source(shape):
            raise pickle.PicklingError(f"{shape.__name__} is not defined in a file")
        return _restored, (shape.__module__, shape.__qualname__, self.fingerprint, self.types)


register_model(CellType)(models.TupleModel)


class AbsentCell(types.Type):
    """Stands in the index of the disk cache for a cell that this process does not have."""

    def __init__(self, *which: Any) -> None:
        self.which = which
        super().__init__(name=f"AbsentCell{which}")

    def __reduce__(self) -> Any:
        return _restored, self.which


def _restored(module: str, name: str, fingerprint: str, field_types: tuple[Any, ...]) -> Any:
    """Return the type that was written to the disk cache, if the class is here and the same."""
    try:
        shape: Any = attrgetter(name)(sys.modules[module])
    except (KeyError, AttributeError):
        shape = None
    if isinstance(shape, type) and shape in _numbers and _fingerprint(shape) == fingerprint:
        return CellType(field_types, shape)
    return AbsentCell(module, name, fingerprint, field_types)


def _type_of_shape(value: Any, context: Any) -> Any:
    return CellType(tuple(typeof_impl(field, context) for field in value), type(value))

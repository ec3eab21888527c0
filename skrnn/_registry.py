"""What makes a folder an extension point: its modules are found by their being there."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any


def modules_of(package: str, path: Iterable[str]) -> Iterator[ModuleType]:
    """Import the modules of a package, given its name and path, but those with an underscore."""
    for module in iter_modules(path):
        if not module.name.startswith("_"):
            yield import_module(f"{package}.{module.name}")


def classes_of(package: str, path: Iterable[str]) -> dict[str, Any]:
    """Return the classes that these modules define and that have a name, by their names."""
    return {
        kind.name: kind
        for module in modules_of(package, path)
        for kind in vars(module).values()
        if getattr(kind, "__module__", None) == module.__name__ and hasattr(kind, "name")
    }

"""The house: imports point downwards only, and folders of one floor do not know each other."""

import ast
from pathlib import Path

import pytest

import skrnn

PACKAGE = Path(skrnn.__file__).parent
FLOORS = [
    {"__init__"},
    {"model_selection"},
    {"metrics", "preprocessing"},
    {"estimators"},
    {"inputs", "network", "training"},
    {"cells", "decoding", "losses", "runtime", "schedules", "solvers"},
    {"_registry", "kernels"},
]
FLOOR_OF = {room: number for number, floor in enumerate(FLOORS) for room in floor}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(module):
    """Return the folder below the package that a dotted module lies in, or its own name."""
    return module.split(".")[1] if "." in module else "__init__"


def name_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_by(path):
    """Return the package's modules that a file imports, wherever in it, as dotted names."""
    found, here = set(), name_of(path).split(".")
    if path.name != "__init__.py":
        here = here[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = here[: len(here) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            modules = {f"{source}.{alias.name}" for alias in node.names}
            found |= {one if is_module(one) else source for one in modules}
    return {module for module in found if module.split(".")[0] == "skrnn"}


def is_module(name):
    path = PACKAGE.parent.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_downwards(path):
    room = room_of(name_of(path))
    for module in imported_by(path):
        other = room_of(module)
        assert other == room or FLOOR_OF[other] > FLOOR_OF[room], f"{name_of(path)}: {module}"


def test_no_circle():
    imports = {name_of(path): imported_by(path) for path in MODULES}
    finished = set()

    def visit(module, way):
        assert module not in way, " -> ".join([*way, module])
        if module not in finished:
            for other in imports.get(module, ()):
                visit(other, [*way, module])
            finished.add(module)

    for module in imports:
        visit(module, [])


def test_every_folder_has_a_floor():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert folders == {room for room in FLOOR_OF if room[0] != "_"}


def test_the_kernels_over_time_have_one_caller():
    callers = [
        name_of(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("kernels.recurrence")
        if {alias.name for alias in node.names} & {"forward", "backward"}
    ]
    assert callers == ["skrnn.network.direction"]


def signatures():
    """Give every function outside kernels and cells with the number of its parameters."""
    for path in MODULES:
        if room_of(name_of(path)) in ("kernels", "cells"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                given = node.args
                names = [one.arg for one in given.posonlyargs + given.args + given.kwonlyargs]
                yield f"{name_of(path)}.{node.name}", len([n for n in names if n not in SELF])


SELF = ("self", "cls")
LONGER = {
    # The signature of scikit-learn's estimators, with what early stopping validates on.
    "skrnn.estimators.sequence_estimator.fit",
    "skrnn.estimators.step_estimator.fit",
    # What is asked for when texts are written.
    "skrnn.estimators.generation.generate",
    "skrnn.estimators.text_stream.generate",
    # scikit-learn reads an estimator's parameters from its constructor.
    "skrnn.model_selection._staged.__init__",
}


def test_no_function_takes_more_than_six_parameters():
    assert {name for name, n in signatures() if n > 6} <= LONGER

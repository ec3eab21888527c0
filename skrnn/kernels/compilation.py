"""How kernels are compiled: the only place that holds compiler switches."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from operator import attrgetter
from types import FunctionType
from typing import Any

import numba
from numba.core.ccallback import CFunc
from numba.core.sigutils import normalize_signature

from .disk_cache import cache_for

_SWITCHES: dict[str, Any] = {
    # Kernels never touch Python objects, and other Python threads should go on while they run.
    "nogil": True,
    # x/0 gives infinity as in NumPy; Python's check would stop LLVM from vectorising.
    "error_model": "numpy",
    # No kernel allocates, and counting references was a sixth of the time that they compiled.
    "_nrt": False,
}


@cache
def _sources_fingerprint() -> str:
    """Hash of every source file of the package.

    Numba's disk cache looks only at the file that defines a function: a kernel that inlines an
    edited function of another file would be served stale. The hash is made part of the name under
    which a kernel is cached. Named tuples that kernels take belong into these folders too: the
    cache refers to them by name, and cannot be read where the name has gone.
    """
    # Not by the path of this file, where nothing is found if the package lies in an archive.
    package = files(__name__.partition(".")[0])
    digest = hashlib.sha256()
    for folder in ("kernels", "cells"):
        for source in sorted((package / folder).iterdir(), key=attrgetter("name")):
            if source.name.endswith(".py"):
                digest.update(source.read_bytes())
    if numba.config.BOUNDSCHECK:  # Numba would serve kernels that were compiled without
        digest.update(b"boundscheck")
    return digest.hexdigest()[:12]


# Wrappers that nobody calls: each takes Numba about as long as a small function.
NO_WRAPPERS: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def device(function: Callable[..., Any]) -> Any:
    """Compile a function that only kernels call; it becomes part of each of them."""
    # No disk cache: it would store once more what is already inside the kernel's own entry.
    return numba.njit(**_SWITCHES, **NO_WRAPPERS)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Mark a function whose text is put into its callers before they are compiled.

    For small functions and for those that are called in one place: a function of its own costs
    a run of LLVM's optimiser and of its code generator, a tenth of a second at least.
    """
    return numba.njit(inline="always", **_SWITCHES, **NO_WRAPPERS)(function)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile an entry point that Python calls, and keep the machine code on disk."""
    function.__qualname__ += "_" + _sources_fingerprint()
    compiled = numba.njit(no_cfunc_wrapper=True, **_SWITCHES)(function)
    if not numba.config.DISABLE_JIT:
        compiled._cache = cache_for(function)  # as `cache=True` does, with the cache of Numba
    return compiled


class Bound:
    """A kernel as one caller calls it: always with arguments of the same types.

    Numba's dispatcher looks at every array of every named tuple, at every call, to find the
    compiled version: some microseconds, as long as the kernel of a small network takes. What it
    found at the first call is called directly from then on, and looks at no type any more.

    Attributes
    ----------
    call : callable
    """

    __slots__ = ("_kernel", "call")

    def __init__(self, function: Callable[..., Any]) -> None:
        self._kernel: Any = function
        self.call: Callable[..., Any] = function if numba.config.DISABLE_JIT else self._first

    def _first(self, *arguments: Any) -> Any:
        result = self._kernel(*arguments)
        types = tuple(numba.typeof(argument) for argument in arguments)
        self.call = self._kernel.overloads[types].entry_point
        return result


def c_function(function: Callable[..., Any], signature: Any) -> Any:
    """Compile a function that kernels call by its address, and keep the machine code on disk.

    Unlike `device` functions it is compiled once and not once more in each of its callers.
    """
    copy = FunctionType(function.__code__, function.__globals__, function.__name__)
    copy.__qualname__ += "_" + _sources_fingerprint()
    switches = {**_SWITCHES, "_nrt": True}  # Numba does not make arrays of pointers without it
    # Not `numba.cfunc`: it compiles before it could be given another cache than Numba's.
    compiled = CFunc(copy, normalize_signature(signature), locals={}, options=switches)
    compiled._cache = cache_for(copy)
    compiled.compile()
    return compiled

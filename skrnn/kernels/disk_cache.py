"""The disk cache of kernels: Numba's, made so that it is never in the way.

Numba's own raises what the disk raises, in the middle of a fit: where it is full, or has lost half
of a file. And it runs what it finds: machine code with one flipped bit ends the process, or
computes something else.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import re
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile, NullCache


def cache_for(function: Callable[..., Any]) -> Any:
    """Return the cache of a function's machine code; without a folder it keeps nothing."""
    try:
        return DiskCache(function)
    # A RuntimeError if no folder can be written to. The others come from the folder that holds the
    # sources: it may be going away, and Numba takes any with ".zip" in its name for an archive.
    except (RuntimeError, OSError, ValueError):
        return NullCache()


class DiskCache(FunctionCache):
    """Machine code of one function, read if it is as it was written and written if possible."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = CheckedFiles(
            self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp()
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what is stored for these types, or None: then they are compiled."""
        try:
            return super().load_overload(sig, target_context)
        # Not only OSError: a pickle raises whatever the classes raise that it names.
        except Exception as error:
            _tell("read", self._cache_path, error)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store what was compiled for these types, if that is possible.

        Without a warning, as where no folder can be written to: the fit has all that it needs, and
        would not have it if warnings are errors. `NUMBA_DEBUG_CACHE=1` tells.
        """
        try:
            super().save_overload(sig, data)
        except (OSError, pickle.PicklingError) as error:
            _tell("written", self._cache_path, error)


def _tell(what: str, folder: str, error: Exception) -> None:
    if numba.config.DEBUG_CACHE:
        print(f"[cache] not {what} in {folder!r}: {error!r}")


class CheckedFiles(IndexDataCacheFile):
    """An index file and the data files that it names, each with its digest.

    The digest of the index leads it, those of the data are in the index: processes that store at
    the same time may overwrite one another's data, and digests beside the data would fit them.
    Numba writes the index first, and one process then runs what another has compiled for other
    types.
    """

    def load(self, key: Any) -> Any:
        """Return the data of a key, or None."""
        name, digest = self._load_index().get(key, (None, None))
        if name is None:
            return None
        content = Path(self._data_path(name)).read_bytes()
        if self._digest(content) != digest:
            raise ValueError(f"{name} is not what was written")
        return pickle.loads(content)

    def save(self, key: Any, data: Any) -> None:
        """Write data under a new name, or under that of the key's damaged ones."""
        is_new = not os.path.exists(self._index_path)
        content = self._dump(data)
        entries = self._load_index()
        used = {name for name, _ in entries.values()}
        free = next(name for name in map(self._data_name, count(1)) if name not in used)
        name, _ = entries.get(key, (free, None))
        with self._open_for_write(self._data_path(name)) as file:
            file.write(content)
        self._save_index({**entries, key: (name, self._digest(content))})
        if is_new:
            _remove_older(Path(self._index_path))

    def _load_index(self) -> dict[Any, tuple[str, bytes]]:
        """Return name and digest of the data by key; none if the index is gone, old or damaged."""
        try:
            digest, content = _split(Path(self._index_path).read_bytes())
            # First of all: unpickling what another version of Numba has written may do anything.
            if self._digest(content) != digest:
                return {}
            stamp, entries = pickle.loads(content)
        except Exception:
            return {}
        return entries if stamp == self._source_stamp else {}

    def _save_index(self, entries: dict[Any, tuple[str, bytes]]) -> None:
        content = self._dump((self._source_stamp, entries))
        with self._open_for_write(self._index_path) as file:
            file.write(self._digest(content) + content)

    def _digest(self, content: bytes) -> bytes:
        """Return a digest that differs with the version of Numba, too."""
        return hashlib.sha256(self._version.encode() + content).digest()


# Those of two versions installed in turn, or with and without checks of bounds, and one more.
_N_KEPT = 3


def _remove_older(index: Path) -> None:
    """Remove a kernel's files that belong to older sources: every edit leaves some.

    Only of the same version of Python. A process that still wants them compiles again.
    """
    # The hash of the sources and the line, as in "recurrence.forward_0123456789ab-210.py311.nbi".
    pattern, n_found = re.subn(r"_[0-9a-f]{12}-\w+\.", f"_{'[0-9a-f]' * 12}-*.", index.name)
    if n_found != 1:
        return
    with suppress(OSError):  # others may remove them at the same time, or have them open
        others = [other for other in index.parent.glob(pattern) if other != index]
        others.sort(key=lambda other: other.stat().st_mtime_ns, reverse=True)
        for old in others[_N_KEPT - 1 :]:
            # The index last: what is left without one would never be found again.
            for file in [*old.parent.glob(f"{old.stem}.*.nbc*"), *old.parent.glob(f"{old.name}*")]:
                file.unlink()


def _split(content: bytes) -> tuple[bytes, bytes]:
    size = hashlib.sha256().digest_size
    return content[:size], content[size:]

"""Numba's compiler; of several processes one at a time writes what it keeps beside the source.

Numba numbers the files of what it compiled by looking for the first number not taken. Two processes that
compile one loop for two kinds of columns at the same instant take the same number, and a third then finds
under the name of one what belongs to the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import IndexDataCacheFile

try:
    import fcntl
except ImportError:  # not on Windows, where at most a loop is compiled again
    fcntl = None  # type: ignore[assignment]

__all__ = ["njit"]


@contextmanager
def _alone_in(folder: str) -> Iterator[None]:
    """Waits until no other process is here."""
    if fcntl is None:
        yield
        return
    with Path(folder, "compiling").open("a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


_save = IndexDataCacheFile.save


def _save_alone(self: Any, key: Any, data: Any) -> None:
    with _alone_in(self._cache_path):
        _save(self, key, data)


IndexDataCacheFile.save = _save_alone

"""Numba's compiler, with three changes to how it keeps what it compiled beside the source.

One process at a time writes there. Numba numbers the files of what it compiled by looking for the first
number not taken. Two processes that compile one loop for two kinds of columns at the same instant take the
same number, and a third then finds under the name of one what belongs to the other.

What is needed only to compile other loops is unpacked only then. Beside its machine code every loop is kept
as bitcode, to be built into loops that call it; to read all of that is half of loading the loops of a watch.

Nor are the tables of what can be compiled made ready, which takes longer than loading all loops, unless
something is to be compiled: the compiler makes them ready itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numba.cpython.hashing  # noqa: F401 - names to the linker what loops that hash texts need
from numba import njit
from numba.core.caching import Cache, IndexDataCacheFile
from numba.core.codegen import JITCodeLibrary
from numba.core.runtime import rtsys

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


class _Packed(NamedTuple):
    """The bitcode of a loop, and what numba asks of it even where nothing else is compiled."""

    bitcode: bytes
    names: list[str]
    """The functions and variables that it defines."""


_keep, _load = JITCodeLibrary.serialize_using_object_code, JITCodeLibrary._unserialize.__func__
_module_to_build_in = JITCodeLibrary._get_module_for_linking


def _keep_packed(self: Any) -> Any:
    name, kind, (machine_code, bitcode) = _keep(self)
    module = self._get_module_for_linking()
    defined = [x.name for x in (*module.functions, *module.global_variables) if not x.is_declaration]
    return name, kind, (machine_code, _Packed(bitcode, defined))


def _load_packed(cls: Any, codegen: Any, kept: Any) -> Any:
    name, kind, data = kept
    if kind != "object" or not isinstance(data[1], _Packed):
        return _load(cls, codegen, kept)
    library = codegen.create_library(name)
    library.enable_object_caching()
    library._set_compiled_object(data[0])
    library._finalize_final_module()
    library.packed = data[1].bitcode
    codegen._engine._defined_symbols.update(data[1].names)
    return library


def _unpacked(self: Any) -> Any:
    if bitcode := self.__dict__.pop("packed", None):
        self._shared_module = llvm.parse_bitcode(bitcode)
    return _module_to_build_in(self)


def _load_overload(self: Any, signature: Any, context: Any) -> Any:
    rtsys.initialize(context)
    with self._guard_against_spurious_io_errors():
        return self._load_overload(signature, context)


IndexDataCacheFile.save = _save_alone
Cache.load_overload = _load_overload
JITCodeLibrary.serialize_using_object_code = _keep_packed
JITCodeLibrary._unserialize = classmethod(_load_packed)
JITCodeLibrary._get_module_for_linking = _unpacked

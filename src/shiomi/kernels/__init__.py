"""The few compiled loops. Each stands beside a slow plain reference in tests/kernels.

Numba keeps what it compiled beside the source and compiles a file anew when that file changes; but what one
loop takes in from another file it does not watch. So all is forgotten when any file here is another: half a
minute, and no loop that still does what a former version of another did.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

__all__ = ["are_compiled", "forget_if_changed", "version_of"]


def are_compiled() -> bool:
    """Whether an earlier run has left the loops compiled; says so without importing the compiler."""
    return any((Path(__file__).parent / "__pycache__").glob("runs._find_runs*.nbi"))


def version_of(folder: Path) -> str:
    """What the sources of all loops in a folder say, in one number."""
    hashed = hashlib.sha256()
    for file in sorted(folder.glob("*.py")):
        hashed.update(file.name.encode() + b"\0" + file.read_bytes())
    return hashed.hexdigest()


def forget_if_changed(folder: Path) -> None:
    """Remove what was compiled from other sources; where nothing may be written nothing is kept there."""
    kept = folder / "__pycache__"
    told, now = kept / "compiled_from", version_of(folder)
    with suppress(OSError):
        if told.is_file() and told.read_text(encoding="ascii") == now:
            return
        for file in (*kept.glob("*.nbi"), *kept.glob("*.nbc")):
            file.unlink(missing_ok=True)
        kept.mkdir(exist_ok=True)
        told.write_text(now, encoding="ascii")


forget_if_changed(Path(__file__).parent)

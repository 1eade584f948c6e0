"""Find inputs, see through their compression, and give their bytes as one stream of bounded memory."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from shiomi.errors import Unreadable

__all__ = [
    "HEAD_BYTES",
    "Input",
    "find_files",
    "head_of",
    "members",
    "open_input",
    "parts",
    "sha256_of",
    "whole_lines",
]

HEAD_BYTES = 64 * 1024
"""How much of the decompressed content a kind is recognised from."""

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
}
_BREAKS = (
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Input:
    """One thing to read: a file, or one member of a zip archive."""

    path: Path
    member: str = ""
    was_named: bool = True
    """False where it was met in a folder, among files that need not be ship positions."""

    @property
    def name(self) -> str:
        """The path as given, with the member after an exclamation mark."""
        return f"{self.path}!{self.member}" if self.member else str(self.path)


def find_files(paths: Iterable[Path]) -> list[Input]:
    """Every file named or below a folder named, once each, in the order of their names.

    Raises:
        Unreadable: a path does not exist.
    """
    found: dict[Path, Input] = {}
    for path in sorted(set(paths), key=str):
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not _is_hidden(p, path))
            for p in inside:
                found.setdefault(p.resolve(), Input(p, was_named=False))
        elif path.exists():
            found[path.resolve()] = Input(path)
        else:
            raise Unreadable(path, "there is no such file or folder", "check the path")
    return sorted(found.values(), key=lambda i: str(i.path))


def _is_hidden(path: Path, root: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.relative_to(root).parts)


def compression_of(head: bytes) -> str:
    """Name of the compression that content with this beginning has, or empty."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")


def members(found: Input) -> list[Input]:
    """The input itself, or each member of a zip archive in the order of their names.

    Raises:
        Unreadable: the file cannot be opened, or is a broken archive.
    """
    try:
        with found.path.open("rb") as f:
            if compression_of(f.read(8)) != "zip":
                return [found]
        with zipfile.ZipFile(found.path) as z:
            names = sorted(i.filename for i in z.infolist() if not i.is_dir())
    except _BREAKS as e:
        raise _broken(found.name, e) from e
    kept = [n for n in names if not any(p.startswith((".", "__MACOSX")) for p in n.split("/"))]
    # A member was never named by anyone: an archive may hold a licence beside the positions.
    return [Input(found.path, n, was_named=found.was_named and len(kept) == 1) for n in kept]


def sha256_of(path: Path) -> str:
    """SHA-256 of the file as it lies on disk, in hex."""
    try:
        with path.open("rb") as f:
            return hashlib.file_digest(f, "sha256").hexdigest()
    except OSError as e:
        raise _broken(str(path), e) from e


def open_input(one: Input) -> BinaryIO:
    """The decompressed content; reading past a break raises Unreadable after all bytes before it."""
    try:
        stream: Any
        if one.member:
            stream = zipfile.ZipFile(one.path).open(one.member)  # noqa: SIM115
        else:
            stream = one.path.open("rb")
        # A .csv.gz inside a .zip is common; deeper nesting is not.
        stream = _decompress(stream)
    except _BREAKS as e:
        raise _broken(one.name, e) from e
    return cast(BinaryIO, _Guarded(stream, one.name))


def head_of(one: Input) -> bytes:
    """The first 64 KiB of the decompressed content, or what there is of it before a break."""
    with open_input(one) as stream:
        parts: list[bytes] = []
        size = 0
        try:
            while size < HEAD_BYTES and (part := stream.read(HEAD_BYTES - size)):
                parts.append(part)
                size += len(part)
        except Unreadable:
            if not parts:
                raise
        return b"".join(parts)


def _decompress(stream: Any) -> Any:
    start = stream.read(8)
    stream.seek(0)
    kind = compression_of(start)
    if kind == "gzip":
        return gzip.GzipFile(fileobj=stream)
    if kind == "zstd":
        return pa.CompressedInputStream(pa.PythonFile(stream, "r"), "zstd")
    if kind == "bzip2":
        return bz2.BZ2File(stream)
    if kind == "xz":
        return lzma.LZMAFile(stream)
    return stream


class _Guarded(io.RawIOBase):
    """A stream whose failures are one clear sentence."""

    def __init__(self, inner: Any, name: str) -> None:
        self._inner, self.name = inner, name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._inner.seekable())

    def read(self, size: int = -1) -> bytes:
        try:
            return bytes(self._inner.read() if size is None or size < 0 else self._inner.read(size))
        except _BREAKS as e:
            raise _broken(self.name, e) from e

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return int(self._inner.seek(offset, whence))

    def tell(self) -> int:
        return int(self._inner.tell())

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


def whole_lines(
    stream: BinaryIO, size: int, first: bytes = b""
) -> Iterator[tuple[list[bytes | memoryview], bool]]:
    """Pieces of about `size` bytes that together end with a line end, and whether they are the last.

    A line in which the file breaks off is left out: cut inside a number, it would still look like one.

    Args:
        first: what was read of the stream before.

    Raises:
        Unreadable: the file breaks off; every whole line before the break has been given.
    """
    tail: list[bytes | memoryview] = []
    broken: Unreadable | None = None
    feed = chain([[first]] if first else [], parts(stream, size))
    is_last = False
    while not is_last:
        piece: list[bytes] = []
        try:
            piece = next(feed, [])
        except Unreadable as e:
            broken = e
        is_last = not piece
        if is_last and broken is None and any(map(len, tail)):
            piece = [b"\n"]
        cuts = [part.rfind(b"\n") + 1 for part in piece]
        last = max((i for i, cut in enumerate(cuts) if cut), default=-1)
        if last < 0:
            tail += piece
            yield [], is_last
            continue
        yield [*tail, *piece[:last], memoryview(piece[last])[: cuts[last]]], is_last
        tail = [memoryview(piece[last])[cuts[last] :], *piece[last + 1 :]]
    if broken is not None:
        raise broken


def parts(stream: BinaryIO, size: int) -> Iterator[list[bytes]]:
    """Pieces as they were read, a list of parts each, for whoever puts them together in another way.

    The next piece is decompressed while this one is worked on.
    """
    feed = _parts(stream, size)
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, feed, None)
        while (piece := coming.result()) is not None:
            coming = reader.submit(next, feed, None)
            yield piece


def _parts(stream: BinaryIO, size: int) -> Iterator[list[bytes]]:
    held: list[bytes] = []
    while True:
        try:
            part = stream.read(min(size, 1 << 20))
        except Unreadable:
            if held:
                yield held
            raise
        if part:
            held.append(part)
        if held and (not part or sum(map(len, held)) >= size):
            yield held
            held = []
        if not part:
            return


def _broken(name: str, error: BaseException) -> Unreadable:
    if isinstance(error, FileNotFoundError):
        return Unreadable(name, "there is no such file or folder", "check the path")
    if isinstance(error, PermissionError):
        return Unreadable(name, "reading it is not permitted", "change its permissions")
    if isinstance(error, RuntimeError) and "password" in str(error):
        return Unreadable(name, "it is encrypted", "unpack it first and give the file inside")
    what = str(error).strip().rstrip(".") or type(error).__name__
    return Unreadable(
        name, f"the file breaks off or is damaged ({what})", "rows before the break were used; fetch it again"
    )

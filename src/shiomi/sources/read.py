"""Read everything named: each file once, in an order that does not depend on how they were named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from shiomi.contracts import Chunk
from shiomi.errors import Unreadable
from shiomi.sources.fields import Mapping
from shiomi.sources.open import Input, find_files, head_of, members, open_input, sha256_of
from shiomi.sources.recognise import recognise

__all__ = ["Reading", "SourceFile", "read_all"]


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that positions came from."""

    source_id: int
    """Content id: 31 bits of the SHA-256, so the same file has the same id in every store."""
    name: str
    """The path as given; `archive.zip!member` for a member of an archive."""
    kind: str
    sha256: str
    """Of the raw bytes on disk, in hex."""
    size_bytes: int
    """On disk, as compressed as it is there."""


class Reading(NamedTuple):
    """A piece of what was read, and the file it is from."""

    source: SourceFile
    chunk: Chunk


def read_all(
    paths: Iterable[Path],
    *,
    problems: list[Unreadable],
    skipped: list[Unreadable] | None = None,
    mapping: Mapping | None = None,
    now_t: int | None = None,
    first_t: int | None = None,
    known: Iterable[int] = (),
) -> Iterator[Reading]:
    """Every ship position in these files and folders.

    A file that cannot be read does not stop the others: what is wrong with it is added to `problems`, and
    what was read of it before stays. A file of another kind met inside a folder or an archive is no problem
    and goes to `skipped`, as does a second copy of the same content.

    Args:
        paths: files, folders (read with all below them), zip archives.
        problems: filled while reading; look at it after the last piece.
        skipped: filled likewise.
        mapping: for tables whose columns are not known by name.
        now_t: the present; reports from more than a day after it are rejected. Microseconds UTC.
        first_t: when NMEA logs begin that carry no time. Microseconds UTC.
        known: `source_id` of files read earlier, which are skipped.
    """
    skipped = [] if skipped is None else skipped
    seen: dict[int, str] = dict.fromkeys(known, "a file read before")
    for path in sorted({Path(p) for p in paths}, key=str):
        before, wrong = len(seen), len(problems)
        try:
            found = find_files([path])
        except Unreadable as e:
            problems.append(e)
            continue
        passed_over = len(skipped)
        for one in found:
            yield from _read_file(one, seen, problems, skipped, mapping, now_t, first_t)
        copies = _copies(skipped[passed_over:])
        if path.is_dir() and len(seen) == before and len(problems) == wrong and not copies:
            problems.append(Unreadable(path, "no file in this folder holds ship positions", _KNOWN))


_KNOWN = "known kinds are in docs/sources.md; for another table give a mapping"


def _read_file(
    found: Input,
    seen: dict[int, str],
    problems: list[Unreadable],
    skipped: list[Unreadable],
    mapping: Mapping | None,
    now_t: int | None,
    first_t: int | None,
) -> Iterator[Reading]:
    try:
        sha256 = sha256_of(found.path)
        size_bytes = found.path.stat().st_size
        inside = members(found)
    except Unreadable as e:
        problems.append(e)
        return
    before, passed_over = len(seen), len(skipped)
    for one in inside:
        try:
            kind = recognise(one.name, head_of(one), mapping, first_t, now_t)
        except Unreadable as e:
            (problems if one.was_named else skipped).append(e)
            continue
        source_id = _source_id(sha256, one.member)
        if source_id in seen:
            why = f"it has the same content as {seen[source_id]}"
            skipped.append(Unreadable(one.name, why, "it was read once"))
            continue
        seen[source_id] = one.name
        source = SourceFile(source_id, one.name, kind.name, sha256, size_bytes)
        try:
            with open_input(one) as stream:
                for chunk in kind.read(stream, source_id):
                    yield Reading(source, chunk)
        except Unreadable as e:
            problems.append(e)
    if found.was_named and len(inside) != 1 and len(seen) == before and not _copies(skipped[passed_over:]):
        problems.append(Unreadable(found.path, "no member of this archive holds ship positions", _KNOWN))


def _copies(skipped: list[Unreadable]) -> bool:
    return any("same content" in s.why for s in skipped)


def _source_id(sha256: str, member: str) -> int:
    content = hashlib.sha256(f"{sha256}!{member}".encode()).hexdigest() if member else sha256
    return int(content[:8], 16) >> 1

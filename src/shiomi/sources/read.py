"""Read everything named: each file once, in an order that does not depend on how they were named."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Chunk, Source
from shiomi.errors import Unreadable
from shiomi.sources.fields import Mapping
from shiomi.sources.open import Input, find_files, head_of, members, open_input, sha256_of
from shiomi.sources.recognise import recognise
from shiomi.units import SECOND, hours, minutes

__all__ = ["Reading", "Sight", "SourceFile", "inputs_of", "look_at", "read_all", "worth_reading"]

_ASTRAY_S = minutes(10)
"""A file whose reports come this much late at most is taken to be in order of time. Analyst-set."""
_LIKELY_S = hours(1)
"""In such a file none is awaited that is later than this. Analyst-set; who is wrong only loses time."""


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
    settled_t: int | None
    """No position in any later piece is before this, microseconds UTC; None where nobody knows."""
    likely_t: int | None
    """Nor is any likely to be before this: `settled_t`, or what a file tells that came in order so far. To go
    by it is for those who can begin again."""


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
    sights: list[Sight] = []
    for found in inputs_of(paths, seen, problems, skipped):
        sights += worth_reading(found, look_at(found, mapping, first_t, now_t), seen, problems, skipped)
    # Files that tell when they begin come last, in that order: what is before them is settled then.
    begins = [_earliest(s) for s in sights]
    order = sorted(range(len(sights)), key=lambda i: (begins[i] is not None, begins[i] or 0, i))
    for at, i in enumerate(order):
        sight, to_come = sights[i], [begins[k] for k in order[at + 1 :]]
        assert sight.source is not None
        assert sight.kind is not None
        so_far = _Order()
        try:
            with open_input(sight.one) as stream:
                for chunk in sight.kind.read(stream, sight.source.source_id):
                    settled_t = _least([chunk.later_t, *to_come])
                    likely_t = settled_t
                    if likely_t is None:
                        likely_t = _least([so_far.after(chunk.positions), *to_come])
                    yield Reading(sight.source, chunk, settled_t, likely_t)
        except Unreadable as e:
            problems.append(e)


def _least(bounds: list[int | None]) -> int | None:
    """The least of some instants, None where one is not known."""
    known = [t for t in bounds if t is not None]
    return min(known) if len(known) == len(bounds) else None


class _Order:
    """Whether the positions of a file come in order of time, as those of most feeds do."""

    def __init__(self) -> None:
        self._newest_t: int | None = None
        self._is_kept = True

    def after(self, positions: pa.Table) -> int | None:
        """Before which instant no more are likely, now that these came; None where anything may come."""
        if self._is_kept and positions.num_rows:
            t = numpy_of(positions, "t")
            newest = np.maximum.accumulate(t)
            if self._newest_t is not None:
                newest = np.maximum(newest, self._newest_t)
            self._is_kept = int((newest - t).max()) <= _ASTRAY_S * SECOND
            self._newest_t = int(newest[-1])
        return self._newest_t - _LIKELY_S * SECOND if self._is_kept and self._newest_t is not None else None


def _earliest(sight: Sight) -> int | None:
    """No position of the file is before this; None where only reading it would tell."""
    ask = getattr(sight.kind, "earliest", None)
    if ask is None:
        return None
    try:
        with open_input(sight.one) as stream:
            earliest: int | None = ask(stream)
    except Unreadable:
        return None  # reading it will say what is wrong with it
    return earliest


def inputs_of(
    paths: Iterable[Path], seen: dict[int, str], problems: list[Unreadable], skipped: list[Unreadable]
) -> Iterator[Input]:
    """Every file named or below a folder named; a folder in which nothing was found is a problem.

    Each file is to be looked at, and `seen`, `problems` and `skipped` filled, before the next is asked for.
    """
    for path in sorted({Path(p) for p in paths}, key=str):
        before, wrong, passed_over = len(seen), len(problems), len(skipped)
        try:
            found = find_files([path])
        except Unreadable as e:
            problems.append(e)
            continue
        yield from found
        copies = _copies(skipped[passed_over:])
        if path.is_dir() and len(seen) == before and len(problems) == wrong and not copies:
            problems.append(Unreadable(path, "no file in this folder holds ship positions", _KNOWN))


_KNOWN = "known kinds are in docs/sources.md; for another table give a mapping"


class Sight(NamedTuple):
    """What one look at an input tells: the source it is, or why it is none."""

    one: Input
    source: SourceFile | None
    kind: Source | None
    """Reads it, where it is a source."""
    why_not: Unreadable | None
    is_broken: bool = False
    """It could not even be opened."""


def look_at(
    found: Input, mapping: Mapping | None = None, first_t: int | None = None, now_t: int | None = None
) -> Iterator[Sight]:
    """What a file holds: itself, or each member of an archive."""
    try:
        sha256 = sha256_of(found.path)
        size_bytes = found.path.stat().st_size
        inside = members(found)
    except Unreadable as e:
        yield Sight(found, None, None, e, is_broken=True)
        return
    for one in inside:
        try:
            kind = recognise(one.name, head_of(one), mapping, first_t, now_t)
        except Unreadable as e:
            yield Sight(one, None, None, e)
            continue
        source = SourceFile(_source_id(sha256, one.member), one.name, kind.name, sha256, size_bytes)
        yield Sight(one, source, kind, None)


def worth_reading(
    found: Input,
    sights: Iterable[Sight],
    seen: dict[int, str],
    problems: list[Unreadable],
    skipped: list[Unreadable],
) -> Iterator[Sight]:
    """The sources among what was seen of one file that were not met before.

    Args:
        seen: `source_id` to name of what was met; what is given is added.
        problems, skipped: filled as `read_all` says.
    """
    before, passed_over, n = len(seen), len(skipped), 0
    for sight in sights:
        n += 1
        if sight.is_broken and sight.why_not:
            problems.append(sight.why_not)
            return
        if sight.source is None or sight.why_not:
            if sight.why_not:
                (problems if sight.one.was_named else skipped).append(sight.why_not)
            continue
        if sight.source.source_id in seen:
            why = f"it has the same content as {seen[sight.source.source_id]}"
            skipped.append(Unreadable(sight.one.name, why, "it was read once"))
            continue
        seen[sight.source.source_id] = sight.one.name
        yield sight
    if found.was_named and n != 1 and len(seen) == before and not _copies(skipped[passed_over:]):
        problems.append(Unreadable(found.path, "no member of this archive holds ship positions", _KNOWN))


def _copies(skipped: list[Unreadable]) -> bool:
    return any("same content" in s.why for s in skipped)


def _source_id(sha256: str, member: str) -> int:
    content = hashlib.sha256(f"{sha256}!{member}".encode()).hexdigest() if member else sha256
    return int(content[:8], 16) >> 1

"""Reading on many machines: each file, or each part of a large Parquet file, by one task.

First every file is looked at where there is room: what it is, its hash, its size. The driver then
chooses, in the order of names, what was not read before; and what is chosen is read, by the sources
that read it on one machine, into Arrow files in the shared folder. Nothing of it passes the driver.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from shiomi.columns import numpy_of
from shiomi.engine.parcels import Piece, account_of, pieces_of, read_tables, write_tables, write_whole
from shiomi.errors import Unreadable
from shiomi.schema import PARTICULARS, POSITIONS, REJECTS
from shiomi.sources.claims import merge_claims
from shiomi.sources.fields import Mapping, match
from shiomi.sources.open import Input, head_of, open_input
from shiomi.sources.parquet import Parquet
from shiomi.sources.read import Sight, SourceFile, look_at
from shiomi.sources.recognise import recognise
from shiomi.sources.tally import Tally, tally_of

__all__ = ["Look", "Portion", "Read", "Reading", "portions_of", "reading_of", "seen_in"]

_Batches = Iterable[pa.RecordBatch]


@dataclass(frozen=True)
class Look:
    """Say what each file holds. Numbers beyond the last file only have a worker started meanwhile."""

    inputs: Sequence[Input]
    mapping: Mapping | None
    first_t: int | None
    now_t: int | None

    def __call__(self, batches: _Batches) -> Iterator[pa.RecordBatch]:
        """Numbers of inputs to accounts."""
        for batch in batches:
            for number in filter(range(len(self.inputs)).__contains__, batch.column(0).to_pylist()):
                found = look_at(self.inputs[number], self.mapping, self.first_t, self.now_t)
                yield account_of(number, "look", {"sights": [_fact_of(s, self.mapping) for s in found]})


def _fact_of(sight: Sight, mapping: Mapping | None) -> dict[str, Any]:
    why = sight.why_not
    return {
        "member": sight.one.member,
        "was_named": sight.one.was_named,
        "source": asdict(sight.source) if sight.source else None,
        "why_not": [str(why.path), why.why, why.remedy] if why else None,
        "is_broken": sight.is_broken,
        "groups": _groups(sight, mapping),
    }


def _groups(sight: Sight, mapping: Mapping | None) -> list[int]:
    """Rows of each row group of a Parquet file whose parts read as the whole does; else nothing.

    Where times are text, their form is found out from the first of them, and the file is read as one.
    """
    if sight.source is None or sight.source.kind != Parquet.name or sight.one.member:
        return []
    try:
        with pq.ParquetFile(sight.one.path) as file:
            schema, about = file.schema_arrow, file.metadata
    except (pa.ArrowException, OSError):
        return []  # compressed, or damaged: reading it will say so
    said = mapping or Mapping()
    time = match(schema.names, said).get("t")
    is_own = set(schema.names) >= set(POSITIONS.names)
    if not is_own and not said.time_form and not (time and pa.types.is_temporal(schema.field(time).type)):
        return []
    return [about.row_group(i).num_rows for i in range(about.num_row_groups)]


class Portion(NamedTuple):
    """What one task reads: a file, a member of an archive, or some row groups of a Parquet file."""

    one: Input
    source: SourceFile
    first: int = 0
    """Row group to begin with."""
    last: int = 0
    """The one after the last; 0 for all there is."""


def portions_of(sight: Sight, groups: Sequence[int]) -> list[Portion]:
    """A source cut for several tasks, where it can be."""
    assert sight.source is not None
    cut = pieces_of(sight.source.name, "rows", groups)
    return [Portion(sight.one, sight.source, p.first, p.last) for p in cut] or [
        Portion(sight.one, sight.source)
    ]


def seen_in(found: Input, facts: dict[str, Any]) -> list[tuple[Sight, list[int]]]:
    """What a look told, and the row groups of each."""
    told = []
    for f in facts["sights"]:
        one = Input(found.path, f["member"], f["was_named"])
        source = SourceFile(**f["source"]) if f["source"] else None
        why = Unreadable(*f["why_not"]) if f["why_not"] else None
        told.append((Sight(one, source, None, why, f["is_broken"]), f["groups"]))
    return told


@dataclass(frozen=True)
class Read:
    """Read portions into the shared folder."""

    portions: Sequence[Portion]
    mapping: Mapping | None
    first_t: int | None
    now_t: int | None
    folder: str

    def __call__(self, batches: _Batches) -> Iterator[pa.RecordBatch]:
        """Numbers of portions to accounts."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield account_of(number, "read", self._read(number, self.portions[number]))

    def _read(self, number: int, portion: Portion) -> dict[str, Any]:
        path = Path(self.folder) / f"read-{number:06d}.arrow"
        tally, times, groups = Tally(), list[int](), list[int]()
        claims, rejects = [PARTICULARS.empty_table()], [REJECTS.empty_table()]
        problem: Unreadable | None = None

        def write(part: Path) -> None:
            nonlocal tally, problem
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, POSITIONS, options=options) as out:
                try:
                    for chunk in _chunks(portion, self.mapping, self.first_t, self.now_t):
                        tally += tally_of(chunk)
                        claims.append(chunk.particulars)
                        rejects.append(chunk.rejects)
                        if rows := chunk.positions.num_rows:
                            t = numpy_of(chunk.positions, "t")
                            times.extend((int(t.min()), int(t.max())))
                            out.write_batch(chunk.positions.combine_chunks().to_batches()[0])
                            groups.append(rows)
                except Unreadable as e:
                    problem = e

        write_whole(path, write)
        beside = path.with_suffix(".beside")
        write_tables(beside, {"particulars": merge_claims(claims), "rejects": pa.concat_tables(rejects)})
        return {
            "path": str(path),
            "beside": str(beside),
            "tally": asdict(tally),
            "groups": groups,
            "times": [min(times), max(times)] if times else [],
            "problem": [str(problem.path), problem.why, problem.remedy] if problem else None,
        }


def _chunks(portion: Portion, mapping: Mapping | None, first_t: int | None, now_t: int | None) -> Any:
    kind = recognise(portion.one.name, head_of(portion.one), mapping, first_t, now_t)
    if isinstance(kind, Parquet) and portion.last:
        kind = replace(kind, row_groups=(portion.first, portion.last))
    with open_input(portion.one) as stream:
        yield from kind.read(stream, portion.source.source_id)


class Reading(NamedTuple):
    """What the tasks that read gave together."""

    tally: Tally
    problems: list[Unreadable]
    particulars: list[pa.Table]
    rejects: list[pa.Table]
    pieces: list[Piece]
    first_t: int | None
    last_t: int | None


def reading_of(accounts: Sequence[dict[str, Any]]) -> Reading:
    """The accounts of `Read`, in order of their portions, as one."""
    tally = Tally()
    for a in accounts:
        tally += Tally(**a["tally"])
    beside = [read_tables(Path(a["beside"])) for a in accounts]
    times = [t for a in accounts for t in a["times"]]
    return Reading(
        tally.check(),
        [Unreadable(*a["problem"]) for a in accounts if a["problem"]],
        [b["particulars"] for b in beside],
        [b["rejects"] for b in beside],
        [p for a in accounts for p in pieces_of(a["path"], "rows/positions", a["groups"])],
        min(times, default=None),
        max(times, default=None),
    )

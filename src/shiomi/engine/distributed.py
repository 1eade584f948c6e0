"""Distributed: the same plan on many machines, with the same result.

Each stage sees, on the machine of a shard, all rows of the keys of that shard, in one step from where
the last run stood to the new watermark. That is the law of shards and the law of cuts together, to
which every stage is held, so the events are those of one machine to the last bit.

Two jobs, because the watermark lies after the last report of all: files are read into the shared
folder first, and only then is anything detected.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of
from shiomi.contracts import Detector
from shiomi.engine.legs import legs_of, marks_of
from shiomi.engine.local import Running, newest
from shiomi.engine.parcels import Piece, pieces_of, read_tables, write_whole
from shiomi.engine.plan import EVENTS_TABLE
from shiomi.engine.reading import Look, Portion, Read, Reading, portions_of, reading_of, seen_in
from shiomi.engine.shards import without_copies
from shiomi.engine.spark import accounts
from shiomi.engine.tasks import Detect, Spread
from shiomi.errors import EngineError, Unreadable
from shiomi.findings import no_events
from shiomi.places.table import held_places
from shiomi.schema import POSITIONS
from shiomi.sources.fields import Mapping
from shiomi.sources.open import Input, find_files
from shiomi.sources.read import SourceFile, inputs_of, worth_reading
from shiomi.tracks.seen import Seen, joined, nothing_seen

__all__ = ["Cluster", "Found", "detect", "keep", "read_files"]

_SHARD_ROWS = 1_000_000
"""Positions of one shard: a task holds a few shards, at some 300 bytes a row while it works."""
_FEW_SHARDS = 16
"""Enough that two or four machines are all busy to the end, where there is work for them."""
_FEW_ROWS = 50_000
"""Less than this is not worth a task."""


@dataclass(frozen=True)
class Cluster:
    """Where work is done."""

    spark: Any
    store: Path
    """Where all machines see it, under the same path."""

    @property
    def folder(self) -> Path:
        """What the machines share while they work."""
        return self.store / ".shared"


def read_files(
    cluster: Cluster,
    paths: Sequence[Path],
    known: Iterable[int],
    mapping: Mapping | None,
    first_t: int | None,
    now_t: int | None,
) -> tuple[list[SourceFile], Reading]:
    """Every ship position in these files, read into the shared folder; see `sources.read.read_all`."""
    inputs = list(dict.fromkeys(i for path in paths for i in _files_at(path)))
    told = _facts(cluster, Look(inputs, mapping, first_t, now_t), len(inputs), _FEW_SHARDS)
    problems, skipped = list[Unreadable](), list[Unreadable]()
    seen = dict.fromkeys(known, "a file read before")
    files, portions = list[SourceFile](), list[Portion]()
    for found in inputs_of(paths, seen, problems, skipped):
        sights = seen_in(found, told[inputs.index(found)])
        groups = {sight.one: g for sight, g in sights}
        for sight in worth_reading(found, (s for s, _ in sights), seen, problems, skipped):
            assert sight.source is not None
            files.append(sight.source)
            portions += portions_of(sight, groups[sight.one])
    task = Read(portions, mapping, first_t, now_t, str(cluster.folder))
    reading = reading_of(_facts(cluster, task, len(portions)))
    return files, reading._replace(problems=[*problems, *reading.problems])


def _files_at(path: Path) -> list[Input]:
    try:
        return find_files([path])
    except Unreadable:
        return []  # `inputs_of` meets it again, and says so


def _facts(cluster: Cluster, task: Look | Read, n: int, least: int = 1) -> list[dict[str, Any]]:
    """What each of n tasks told, in order of their numbers; `least` of them are begun."""
    if n == 0:
        return []
    items = max(n, least)
    table = accounts(cluster.spark, [task], items, items)
    told = dict(zip(table["shard"].to_pylist(), table["rows"].to_pylist(), strict=True))
    return [json.loads(told[i]) for i in range(n)]


class Found(NamedTuple):
    """What was found, and where every stage stands."""

    events: pa.Table
    seen: Seen
    repeats: dict[str, int]
    running: Running
    positions: list[Path]
    """Files of TRACKS in the shared folder."""


def detect(
    cluster: Cluster, positions: Sequence[Piece], rows: int, watermark: int, last: Running, seen: Seen
) -> Found:
    """Go on from `last` to `watermark` with these positions.

    Args:
        positions: POSITIONS or TRACKS, in any order.
        rows: how many there are.
        last: the plan where the last run stood, or at its beginning.
        seen: what was counted then.

    Raises:
        EngineError: the cluster failed, or something it wrote is missing.
    """
    shards = max(min(_FEW_SHARDS, 2 + rows // _FEW_ROWS), -(-rows // _SHARD_ROWS))
    legs, folder = legs_of(last.stages), cluster.folder
    pieces = [*positions, *_carried(last, seen, folder)]
    marks, empty = marks_of(last.stages, watermark), _empty_tables(last.stages)
    levels = sorted({leg.level for leg in legs})
    numbers = {s.places_hash for s in last.stages if hasattr(s, "places_hash")}
    places = [held_places(n) for n in sorted(numbers)]
    where = (str(folder), str(cluster.store))
    steps = [Detect(level, legs, shards, marks, empty, *where, places) for level in levels]
    told = accounts(cluster.spark, [Spread(pieces, legs, shards), *steps], max(len(pieces), 1), shards)
    order = np.lexsort([numpy_of(told, "shard"), told["name"].to_numpy(zero_copy_only=False)])
    facts = [json.loads(told["rows"][i].as_py()) for i in order.tolist()]
    outcomes = [_outcome(folder / fact["outcome"]) for fact in facts]
    parts: dict[str, list[pa.Table]] = {}
    for name, table in (item for outcome in outcomes for item in outcome.items()):
        parts.setdefault(name, []).append(table)
    repeats = Counter[str]()
    for fact in facts:
        repeats.update(fact.get("repeats", {}))
    return Found(
        newest(without_copies(pa.concat_tables(parts.get("events", [no_events()])))),
        joined([seen._replace(summaries=seen.summaries.slice(0, 0)), *map(_seen, outcomes)]),
        dict(repeats),
        _running(last, parts, watermark),
        [folder / fact["positions"] for fact in facts if fact.get("positions")],
    )


def _outcome(path: Path) -> dict[str, pa.Table]:
    try:
        return read_tables(path)
    except OSError as e:
        raise EngineError(
            f"a machine of the cluster wrote {path}, which is not seen here; give a --store that all share"
        ) from e


def _empty_tables(stages: Sequence[Detector]) -> dict[str, pa.Table]:
    found = Running(list(stages)).advance({"positions": POSITIONS.empty_table()}, 0)
    return {name: table.slice(0, 0) for name, table in found.items() if name != EVENTS_TABLE}


def _carried(last: Running, seen: Seen, folder: Path) -> list[Piece]:
    """States, held rows and counts of the last run as files of the shared folder."""
    tables = {f"state/{name}": t for name, t in last.states.items()}
    tables |= {f"held/{name}": t for name, t in last.held.items()}
    tables |= {"seen/summaries": seen.summaries}
    pieces = list[Piece]()
    for name, table in tables.items():
        if table.num_rows:
            whole = table.combine_chunks()
            keep(folder / f"{name.replace('/', '-')}.arrow", whole)
            pieces += pieces_of(str(folder / f"{name.replace('/', '-')}.arrow"), name, [whole.num_rows])
    return pieces


def keep(path: Path, table: pa.Table) -> None:
    """Write a table as one batch of an Arrow file."""

    def write(part: Path) -> None:
        with pa.OSFile(str(part), "wb") as sink, pa.ipc.new_file(sink, table.schema) as out:
            out.write_table(table)

    write_whole(path, write)


def _seen(outcome: dict[str, pa.Table]) -> Seen:
    """What one shard counted; it went on from its summaries of before, which are in it."""
    none = nothing_seen()._asdict()
    return Seen(**{name: outcome.get(f"seen/{name}", empty) for name, empty in none.items()})


def _running(last: Running, parts: dict[str, list[pa.Table]], watermark: int) -> Running:
    """The states of all shards as one machine holds them: in order of their keys."""
    states = {}
    for stage in last.stages:
        table = pa.concat_tables([stage.state.empty_table(), *parts.get(f"state/{stage.name}", [])])
        if table.num_rows:
            order = np.argsort(numpy_of(table, stage.by), kind="stable")
            table = table.take(pa.array(order)).combine_chunks()
        states[stage.name] = table
    held = {
        name.removeprefix("held/"): pa.concat_tables(tables)
        for name, tables in parts.items()
        if name.startswith("held/")
    }
    return Running(list(last.stages), states, held, watermark)

"""Tasks: what a machine of a cluster does with its share of the work.

A task is a function from Arrow batches to Arrow batches, run by `mapInArrow` on whichever machine has
room: it spreads rows to the shards of the legs that want them, or it runs the legs of one level.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shiomi.engine.legs import Leg, run_leg
from shiomi.engine.local import sorted_by
from shiomi.engine.parcels import Piece, account_of, parcel, write_tables, write_whole
from shiomi.engine.plan import EVENTS_TABLE
from shiomi.engine.shards import pack, split, unpack, without_copies
from shiomi.places.table import hold_places
from shiomi.places.zones import recall_zones
from shiomi.schema import POSITIONS
from shiomi.tracks.clean import clean
from shiomi.tracks.seen import nothing_seen

__all__ = ["Detect", "Spread"]

_Batches = Iterable[pa.RecordBatch]


@dataclass(frozen=True)
class Spread:
    """Read pieces and send their rows to the shards of the legs that want them."""

    pieces: Sequence[Piece]
    legs: Sequence[Leg]
    shards: int

    def __call__(self, batches: _Batches) -> Iterator[pa.RecordBatch]:
        """Numbers of pieces to parcels."""
        for batch in batches:
            for number in batch.column(0).to_pylist():
                yield from self._spread(self.pieces[number])

    def _spread(self, piece: Piece) -> Iterator[pa.RecordBatch]:
        is_new = piece.name == "rows/positions"
        whole = pa.concat_tables(piece.tables(POSITIONS.names if is_new else None))
        if is_new:
            whole = whole.cast(POSITIONS)
        for leg in self.legs:
            if leg.wants(piece.name):
                for shard, rows in split(whole, leg.key, self.shards):
                    yield parcel(leg.level, shard, f"{leg.name}/{piece.name}", pack(rows))


@dataclass(frozen=True)
class Detect:
    """Run the legs of one level on each shard that comes, and send on what later levels want."""

    level: int
    legs: Sequence[Leg]
    """Of all levels."""
    shards: int
    marks: Mapping[str, int]
    """See `marks_of`."""
    empty: Mapping[str, pa.Table]
    """Every table of the plan without rows."""
    folder: str
    """Shared by all machines: outcomes, and positions with their tracks."""
    store: str
    """The store, whose zones a stage may name by their hash."""
    places: Sequence[pa.Table] = ()
    """Tables of places that stages name by their hash."""

    def __call__(self, batches: _Batches) -> Iterator[pa.RecordBatch]:
        """Parcels of this level to parcels of later ones; those for later ones pass."""
        recall_zones(Path(self.store))
        for table in self.places:
            hold_places(table)
        mine: dict[int, dict[str, list[pa.Table]]] = defaultdict(lambda: defaultdict(list))
        for batch in batches:
            for level, shard, name, rows in zip(*(batch.column(i) for i in range(4)), strict=True):
                if level.as_py() == self.level:
                    mine[shard.as_py()][name.as_py()].append(unpack(rows.as_buffer()))
                else:
                    yield parcel(level.as_py(), shard.as_py(), name.as_py(), rows.as_py())
        for shard in sorted(mine):
            parcels = mine.pop(shard)
            for leg in self.legs:
                parts = {
                    name.removeprefix(f"{leg.name}/"): pa.concat_tables(tables).combine_chunks()
                    for name, tables in parcels.items()
                    if name.startswith(f"{leg.name}/")
                }
                if parts:
                    yield from self._run(leg, shard, parts)

    @property
    def _copied(self) -> set[str]:
        """Tables written where neighbouring cells have some rows in common, and so find the same twice."""
        return {name for leg in self.legs if leg.key.reach_m for name in leg.writes}

    def _run(self, leg: Leg, shard: int, parts: Mapping[str, pa.Table]) -> Iterator[pa.RecordBatch]:
        facts: dict[str, Any] = {"shard": shard}
        given = {name: parts.get(f"rows/{name}", self.empty[name]) for name in leg.reads}
        if leg.level == 1:
            given["positions"], facts["repeats"] = clean(given["positions"])
        for name in sorted(self._copied & set(given)):
            by = leg.key.by
            if by in given[name].column_names:  # as the stages of this leg want them
                given[name] = without_copies(sorted_by(given[name], by), (by, "t"))
            else:
                given[name] = without_copies(given[name])
        states, held = (
            {s.name: parts[f"{kind}/{s.name}"] for s in leg.stages if f"{kind}/{s.name}" in parts}
            for kind in ("state", "held")
        )
        out = run_leg(leg, given, self.marks, states, held)
        tables = {"events": out.tables[EVENTS_TABLE]} if EVENTS_TABLE in out.tables else {}
        tables |= {f"state/{name}": t for name, t in out.states.items() if t.num_columns}
        tables |= {f"held/{name}": t for name, t in out.held.items()}
        if "tracks" in leg.writes:
            tracks = sorted_by(out.tables["tracks"], "track_id")
            before = nothing_seen()
            before = before._replace(summaries=parts.get("seen/summaries", before.summaries))
            tables |= {f"seen/{n}": t for n, t in before.after(tracks)._asdict().items()}
            facts["positions"] = self._write_positions(tracks, shard)
        facts["outcome"] = f"outcome-{leg.name}-{shard:06d}.arrows"
        write_tables(Path(self.folder) / facts["outcome"], {n: t for n, t in tables.items() if t.num_rows})
        for later in self.legs:
            for name in sorted(later.reads & leg.writes) if later.level > self.level else []:
                for to, rows in split(out.tables[name], later.key, self.shards):
                    yield parcel(later.level, to, f"{later.name}/rows/{name}", pack(rows))
        yield account_of(shard, leg.name, facts)

    def _write_positions(self, tracks: pa.Table, shard: int) -> str:
        """The rows as one file of the positions table, or no name where there are none."""
        if not tracks.num_rows:
            return ""
        path, plain = (
            Path(self.folder) / f"positions-{shard:06d}.parquet",
            tracks.replace_schema_metadata(None),
        )
        write_whole(
            path, lambda part: pq.write_table(plain, part, compression="zstd", row_group_size=1 << 17)
        )
        return path.name

"""What the tests of the main job share: a small world, made reports, and the commands as people type them."""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from shiomi.cli import main
from shiomi.events.export import export_events
from shiomi.events.store import newest_events, read_table
from shiomi.job import Options
from shiomi.places.learn import Learn
from shiomi.units import SECOND, iso, microseconds
from shiomi.watch import Report, watch

__all__ = [
    "HEADER",
    "NO_LEARNING",
    "SCENARIO",
    "Done",
    "command",
    "exported",
    "rows_of",
    "sails",
    "sails_between",
    "standing",
    "watched",
    "write_csv",
]

NO_LEARNING = Learn(min_vessels=1_000_000)
"""No place is ever learned: two stores that were filled in other steps judge with the same places."""

HEADER = "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName"

SCENARIO = """
name = "two-ports"
start = 2024-03-01T00:00:00Z
hours = 24
seed = 11
[feed]
min_interval_s = 300
[sea.nodes]
west = [30.0, 122.88]
middle = [30.0, 125.0]
east = [30.0, 127.12]
[sea]
edges = [["west", "middle"], ["middle", "east"]]
[[port]]
name = "West"
node = "west"
channel = [[30.0, 122.78]]
quays = [[[30.03, 122.69], [29.97, 122.69]]]
anchorages = [{ at = [30.08, 122.8], radius_nm = 3.0 }]
[[port]]
name = "East"
node = "east"
channel = [[30.0, 127.22]]
quays = [[[30.03, 127.31], [29.97, 127.31]]]
anchorages = [{ at = [30.08, 127.2], radius_nm = 3.0 }]
[stations]
at = [
  [30.0, 122.7, 45], [30.0, 123.3, 45], [30.0, 123.9, 45], [30.0, 124.5, 45], [30.0, 125.0, 45],
  [30.0, 125.5, 45], [30.0, 126.1, 45], [30.0, 126.7, 45], [30.0, 127.3, 45],
]
[[area]]
name = "Near shelf"
at = [30.42, 125.2]
radius_nm = 8
reception = "shore"
via = ["middle"]
[[area]]
name = "Far shelf"
at = [28.0, 125.2]
radius_nm = 12
reception = "satellite"
via = ["middle"]
[[area]]
name = "Bank"
at = [28.3, 123.9]
radius_nm = 12
reception = "anchor"
via = ["middle"]
[[ground]]
name = "Ground"
at = [30.25, 124.2]
radius_nm = 12
trawlers = 4
jiggers = 4
[fleet]
transit = 56
berthed = 4
anchored = 3
harbour = 4
coastal_class_b = 10
[[planted]]
kind = "encounter"
subkind = "drifting"
count = 2
area = "shore"
hours = [3, 4]
apart_m = [30, 150]
[[planted]]
kind = "encounter"
subkind = "sparse_both"
count = 1
area = "satellite"
hours = [6, 7]
apart_m = [30, 150]
[[planted]]
kind = "gap"
subkind = "coastal"
count = 2
hours = [13, 14]
[[planted]]
kind = "loitering"
subkind = "drifting"
count = 2
area = "satellite"
hours = [5, 6]
[[planted]]
kind = "stop"
subkind = "anchored_offshore"
count = 2
area = "anchor"
hours = [6, 7]
[[planted]]
kind = "shared_identity"
subkind = "far"
count = 1
distance_nm = [60, 100]
[[planted]]
kind = "outlier"
subkind = "far"
count = 3
distance_nm = [60, 300]
[[planted]]
kind = "position_jump"
subkind = "and_back"
count = 1
hours = [2, 3]
distance_nm = [150, 200]
"""
"""A day of some 100 vessels between two ports, with a little of every behaviour that is looked for."""


class Done(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def command(*words: object) -> Done:
    """Run `shiomi WORDS...` as the installed command does, here."""
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(w) for w in words])
        except SystemExit as e:
            code = e.code
    return Done(int(code or 0), out.getvalue(), err.getvalue())


def watched(store: Path, *inputs: Path, **options: Any) -> Report:
    """What `shiomi watch` does, without a word."""
    return watch(inputs, store, Options(**options), lambda _what, _share: None)


def sails(
    mmsi: int,
    start: str,
    every_min: float,
    reports: int,
    *,
    lat: float = 30.0,
    lon: float = 125.0,
    kn: float = 10,
) -> list[str]:
    """Rows of a vessel that goes east at `kn` from (lat, lon), a report every `every_min`."""
    return [
        _row(
            mmsi,
            microseconds(start) + round(i * every_min * 60) * SECOND,
            lat,
            lon + _east(i * every_min, kn),
            kn,
        )
        for i in range(reports)
    ]


def sails_between(
    mmsi: int, times: Iterable[str], *, lat: float = 30.0, lon: float = 125.0, kn: float = 10
) -> list[str]:
    """Rows of a vessel that goes east at `kn` from (lat, lon), a report at each of these times."""
    at = [microseconds(t) for t in times]
    return [_row(mmsi, t, lat, lon + _east((t - at[0]) / SECOND / 60, kn), kn) for t in at]


def _east(minutes: float, kn: float) -> float:
    """Degrees of longitude sailed near latitude 30 in some minutes."""
    return minutes / 60 * kn / 60 / 0.866


def _row(mmsi: int, t: int, lat: float, lon: float, kn: float) -> str:
    return f"{mmsi},{iso(t).removesuffix('Z')},{lat:.5f},{lon:.5f},{kn:.1f},90.0,90,SIM {mmsi}"


def write_csv(path: Path, *parts: Iterable[str], header: str = HEADER) -> Path:
    """A CSV file of these rows, in the order given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *(row for part in parts for row in part)]) + "\n", encoding="utf-8")
    return path


def standing(store: Path, *, kind: str = "") -> list[dict[str, Any]]:
    """The newest revision of every event that is not withdrawn, measures as a mapping."""
    rows = newest_events(store).to_pylist()
    return [
        r | {"measures": dict(r["measures"])}
        for r in rows
        if r["status"] != "withdrawn" and kind in ("", r["kind"])
    ]


def rows_of(store: Path, name: str) -> pa.Table:
    """A table of a store without the columns that only say where a row stood in its file."""
    table = read_table(store, name)
    return table.drop_columns([c for c in ("source_id", "source_row") if c in table.column_names])


def exported(store: Path, ending: str, *, names: bool = True) -> bytes:
    """The bytes of all events of a store as a file of this ending."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"events{ending}"
        particulars = read_table(store, "particulars") if names else None
        export_events(newest_events(store), path, particulars=particulars)
        return path.read_bytes()

"""Zones: waters with a name, whoever claims them, as one table that its own hash names.

A zone is either an `area` (rings, as somebody drew them) or a `belt` (all that lies farther than `inner_m`
and no farther than `outer_m` from some line or point: a coast, a cable, a port). A stage names the table it
works with by `zones_hash`, a whole number, and finds it here: so the same rows and the same parameter give
the same findings anywhere. Whose line it is stands in the table and decides nothing. See docs/zones.md.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shiomi.errors import BadParameter

__all__ = [
    "BUNDLED",
    "CABLE",
    "WATCHED_PORT",
    "ZONES",
    "bundled_zones",
    "hold_zones",
    "keep_zones",
    "recall_zones",
    "zone_hash",
    "zones_by_hash",
    "zones_hash",
    "zones_table",
]

BUNDLED = 168381112178181991
"""Hash of the table that comes with Shiomi, as `tools/build_zones.py` prints it."""

CABLE, WATCHED_PORT = "cable", "watched_port"
"""Kinds that belong to `cable_area` and `port_approach`; all others are waters to be present in."""

_FOLDER = "zones"
_HELD: dict[int, pa.Table] = {}


def _column(name: str, type_: pa.DataType, meaning: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, type_, nullable=nullable, metadata={"meaning": meaning})


ZONES = pa.schema(
    [
        _column(
            "zone_hash", pa.int64(), "content id of kind, name, claimants and source; not of the geometry"
        ),
        _column("name", pa.string(), "name as shown; with the kind it is unique in the table"),
        _column("alt_names", pa.string(), "other names, separated by |", nullable=True),
        _column("kind", pa.string(), "territorial_belt, contiguous_belt, nearest_200nm, around, area, ..."),
        _column(
            "claimed_by", pa.string(), "ISO 3166 alpha-3 of every claimant, by |; empty if none is known"
        ),
        _column("administered_by", pa.string(), "who is there in fact, as the source says", nullable=True),
        _column("basis", pa.string(), "derived: by us, from a coast; given: as a file states it"),
        _column("source", pa.string(), "where the line or the position comes from"),
        _column("shape", pa.string(), "area or belt"),
        _column("inner_m", pa.int32(), "belts: farther than this; -1 for any distance"),
        _column("outer_m", pa.int32(), "belts: no farther than this; 0 for areas"),
        _column("line_m", pa.int32(), "how far off the line itself may be, metres"),
        _column("seaward_deg", pa.int16(), "watched ports: the bearing towards open water", nullable=True),
        _column("part_start", pa.list_(pa.int32()), "vertex at which each ring or line begins"),
        _column("rival_part", pa.int32(), "from this part on the coasts of others, to which it yields"),
        _column("lat_e7", pa.list_(pa.int32()), "vertices, 1e-7 degree; rings close implicitly"),
        _column("lon_e7", pa.list_(pa.int32()), "vertices, 1e-7 degree, in [-180, 180) degrees"),
    ]
)
"""One row a zone. No edge is longer than 11 km, so that chart lines and great circles are the same."""


def zone_hash(kind: str, name: str, claimed_by: str, source: str) -> int:
    """Content id of a zone, 60 bits of SHA-256: the same zone moved a little keeps it."""
    return int(hashlib.sha256("\n".join((kind, name, claimed_by, source)).encode()).hexdigest()[:15], 16)


def zones_hash(zones: pa.Table) -> int:
    """Content id of a table of zones, geometry included: 60 bits of SHA-256, whatever the order of rows."""
    rows = zones.select(ZONES.names).to_pylist()
    lines = sorted(json.dumps(list(r.values()), ensure_ascii=False, separators=(",", ":")) for r in rows)
    text = "\n".join([",".join(ZONES.names), *lines])
    return int(hashlib.sha256(text.encode()).hexdigest()[:15], 16)


def zones_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows without `zone_hash` as a table, by kind and name; of two with one kind and name the later counts.

    Raises:
        BadParameter: two zones share an id though their names differ.
    """
    latest = {(r["kind"], r["name"]): r for r in rows}
    for r in latest.values():
        r["zone_hash"] = zone_hash(r["kind"], r["name"], r["claimed_by"], r["source"])
    chosen = [latest[k] for k in sorted(latest)]
    if len({r["zone_hash"] for r in chosen}) < len(chosen):
        raise BadParameter("two zones have one id; rename one of them")
    return pa.Table.from_pylist(chosen, ZONES)


@cache
def bundled_zones() -> pa.Table:
    """The zones that come with Shiomi: belts of the features of the East and South China Seas, and ports."""
    with files("shiomi.places").joinpath("zones.parquet").open("rb") as f:
        return pq.read_table(f).cast(ZONES)


def hold_zones(zones: pa.Table) -> int:
    """Make a table known in this process; its hash, by which stages find it."""
    key = zones_hash(zones)
    _HELD[key] = zones
    return key


def zones_by_hash(key: int) -> pa.Table:
    """The table that has this hash.

    Raises:
        BadParameter: nobody has shown that table to this process.
    """
    if key not in _HELD:
        hold_zones(bundled_zones())
    if key not in _HELD:
        raise BadParameter(
            f"no table of zones has the hash {key}; give the file it was made from with --zones"
        )
    return _HELD[key]


def keep_zones(folder: Path, zones: pa.Table) -> int:
    """Write a table of zones beside the tables of a store, under its hash, and hold it."""
    key = hold_zones(zones)
    (folder / _FOLDER).mkdir(parents=True, exist_ok=True)
    pq.write_table(zones, folder / _FOLDER / f"{key}.parquet", compression="zstd")
    return key


def recall_zones(folder: Path) -> list[int]:
    """Hold every table of zones that a store keeps; their hashes.

    Raises:
        BadParameter: a table is not the one that its name says.
    """
    keys = []
    for path in sorted((folder / _FOLDER).glob("*.parquet")):
        key = hold_zones(pq.read_table(path).cast(ZONES))
        if str(key) != path.stem:
            raise BadParameter(f"{path} does not hold the zones that its name says; watch into a new --store")
        keys.append(key)
    return keys

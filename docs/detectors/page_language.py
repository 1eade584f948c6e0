"""How a page writes positions: a table, two or more spaces between columns, a series in a line.

    vessel  time                                          lat             lon         sog_kn
    MERIT   2024-03-01 23:50                              24.10           58.20       11.2
    MERIT   2024-03-02 00:00 every 10 min until 04:00     24.10 to 24.30  58.20       3.1
    ORCA    2024-03-02 00:00 every 20-70 min until 09:00  24.10 ~ 50 m    58.20       0.1
    now     2024-03-02 18:00

`until 04:00` is the next time the clock shows that; the last report of a series is at or before it.
`a to b` moves evenly, the short way round in longitude; `~ 50 m` scatters around the place; `-` is
not known. `every 20-70 min` varies between the two. Further columns: mmsi (else each vessel has its
own), cog_deg, heading_deg, nav_status, message_type. `now` sets the watermark just after that
instant; without it, it is just after the last report.

Places are discs:

    place  lat    lon    radius_m
    KOBE   34.67  135.2  2000
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from shiomi.ids import message_ids
from shiomi.places.table import PLACES
from shiomi.schema import POSITIONS
from shiomi.tracks.clean import clean
from shiomi.units import SECOND, microseconds

__all__ = ["Reports", "minute", "read_places", "read_positions"]

_SECONDS = {"s": 1, "min": 60, "h": 3600}
_SERIES = re.compile(
    r"(?P<start>.+?) every (?P<low>\d+)(?:-(?P<high>\d+))? (?P<unit>s|min|h) until (?P<until>.+)"
)
_GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it, without their whole part, lie evenly in [0, 1): irregular, and the same each time."""
_M_PER_DEG = 111_195.0
_SCALED = {"sog_kn": ("sog_dkn", 10), "cog_deg": ("cog_ddeg", 10)}


class Reports(NamedTuple):
    """The positions of a scenario."""

    positions: pa.Table
    """Schema POSITIONS, cleaned, sorted by (mmsi, t, message_id)."""
    hull_of: dict[int, str]
    """message_id to the name that the page gives the vessel."""
    end: int
    """The last watermark, microseconds."""


def minute(t: int) -> str:
    """A time as pages write it; seconds only where there are some."""
    when = dt.datetime.fromtimestamp(t // SECOND, dt.UTC)
    return f"{when:%Y-%m-%d %H:%M:%S}" if when.second else f"{when:%Y-%m-%d %H:%M}"


@cache
def read_positions(text: str) -> Reports:
    """A positions block as a table; nobody alters it, so each is read once.

    Raises:
        ValueError: a line is not of the form above.
    """
    header, *lines = [re.split(r"\s{2,}", line.strip()) for line in text.strip().splitlines()]
    columns: dict[str, list[float | None]] = {f.name: [] for f in POSITIONS}
    hulls: list[str] = []
    end: int | None = None
    mmsis: dict[str, int] = {}
    for cells in lines:
        if cells[0] == "now":
            end = microseconds(cells[1]) + 1
            continue
        if len(cells) > len(header):
            raise ValueError(f"more cells than columns: {'  '.join(cells)}")
        row = dict(zip(header, cells, strict=False))
        own = mmsis.setdefault(row["vessel"], 431_000_001 + len(mmsis))
        times = _times(row["time"])
        n = len(times)
        values: dict[str, list[float | None]] = {"mmsi": [own] * n, "t": list(times)}
        values |= _places(row["lat"], row["lon"], n)
        for name in set(header) - {"vessel", "time", "lat", "lon"}:
            column, scale = _SCALED.get(name, (name, 1))
            if (cell := row.get(name, "-")) != "-":
                values[column] = [round(v * scale) for v in _between(cell, n)]
        for name, into in columns.items():
            into += values.get(name, [None if POSITIONS.field(name).nullable else 0] * n)
        hulls += [row["vessel"]] * n
    arrays = [pa.array(columns[f.name], f.type) for f in POSITIONS]
    table = pa.Table.from_arrays(arrays, schema=POSITIONS)
    ids = message_ids(table)
    positions, _ = clean(table.set_column(0, POSITIONS.field(0), pa.array(ids)))
    last = max(columns["t"], default=0)
    return Reports(positions, dict(zip(ids.tolist(), hulls, strict=True)), end or int(last or 0) + 1)


def read_places(text: str) -> pa.Table:
    """A block of places as a table of PLACES."""
    _, *lines = [line.split() for line in text.strip().splitlines()]
    rows = [
        {
            "place_id": name,
            "kind": "port",
            "lat_e7": round(float(lat) * 1e7),
            "lon_e7": round(float(lon) * 1e7),
            "radius_m": int(radius_m),
            "source": "this page",
        }
        for name, lat, lon, radius_m in lines
    ]
    return pa.Table.from_pylist(rows, PLACES)


def _times(cell: str) -> list[int]:
    series = _SERIES.fullmatch(cell)
    if not series:
        return [microseconds(cell)]
    t = microseconds(series["start"])
    until = _until(t, series["until"])
    low, unit = int(series["low"]), _SECONDS[series["unit"]]
    high = int(series["high"] or low)
    out = [t]
    while True:
        t += round(low + (high - low) * (len(out) * _GOLDEN % 1)) * unit * SECOND
        if t > until:
            return out
        out.append(t)


def _until(start: int, cell: str) -> int:
    if len(cell) > 5:
        return microseconds(cell)
    day = dt.datetime.fromtimestamp(start // SECOND, dt.UTC).date()
    until = microseconds(f"{day} {cell}")
    return until if until > start else until + 86_400 * SECOND


def _between(cell: str, n: int) -> list[float]:
    first, _, last = cell.partition(" to ")
    a, b = float(first), float(last or first)
    return [a + (b - a) * k / max(n - 1, 1) for k in range(n)]


def _places(lat_cell: str, lon_cell: str, n: int) -> dict[str, list[float | None]]:
    lat_cell, _, scatter = lat_cell.partition(" ~ ")
    lon_cell, _, lon_scatter = lon_cell.partition(" ~ ")
    metres = float((scatter or lon_scatter or "0 m").removesuffix(" m"))
    lat = np.array(_between(lat_cell, n))
    first, _, last = lon_cell.partition(" to ")
    way = (float(last or first) - float(first) + 180) % 360 - 180
    lon = float(first) + way * np.arange(n) / max(n - 1, 1)
    turn = 2 * np.pi * _GOLDEN * np.arange(n)
    lat = lat + metres / _M_PER_DEG * np.cos(turn)
    lon = lon + metres / _M_PER_DEG / np.cos(np.radians(lat)) * np.sin(turn)
    lon_e7 = (np.rint(lon * 1e7).astype(np.int64) + 1_800_000_000) % 3_600_000_000 - 1_800_000_000
    return {"lat_e7": np.rint(lat * 1e7).astype(np.int64).tolist(), "lon_e7": lon_e7.tolist()}

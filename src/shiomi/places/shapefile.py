"""Shapefiles: polygons, lines and points of a .shp with the .dbf beside it.

As described in the ESRI Shapefile Technical Description (July 1998) and, for the table, dBASE III.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from shiomi.errors import Unreadable

__all__ = ["shapefile_features"]

_POINT, _LINE, _POLYGON = (1, 11, 21), (3, 13, 23), (5, 15, 25)
"""Shape types, each also with Z and with M, which are not read."""


def shapefile_features(path: Path) -> Iterator[tuple[dict[str, Any], Any]]:
    """Properties and geometries of a shapefile in degrees.

    Raises:
        Unreadable: a file is missing, cut short, or not in longitude and latitude.
    """
    projection = path.with_suffix(".prj")
    if projection.exists() and "PROJCS" in projection.read_text(errors="replace").upper():
        raise Unreadable(path, "it is projected", "export it in EPSG:4326")
    try:
        rows = list(_table(path.with_suffix(".dbf"))) if path.with_suffix(".dbf").exists() else []
        for n, geometry in enumerate(_shapes(path.read_bytes())):
            yield (rows[n] if n < len(rows) else {}), geometry
    except (struct.error, IndexError, ValueError, shapely.errors.ShapelyError) as e:
        raise Unreadable(path, f"it is cut short or damaged ({e})", "export it again") from e


def _shapes(data: bytes) -> Iterator[Any]:
    at = 100
    while at < len(data):
        (words,) = struct.unpack_from(">i", data, at + 4)
        yield _geometry(data[at + 8 : at + 8 + 2 * words])
        at += 8 + 2 * words


def _geometry(record: bytes) -> Any:
    (kind,) = struct.unpack_from("<i", record, 0)
    if kind in _POINT:
        return shapely.Point(struct.unpack_from("<2d", record, 4))
    if kind not in _LINE + _POLYGON:
        return None
    parts, points = struct.unpack_from("<2i", record, 36)
    starts = [*struct.unpack_from(f"<{parts}i", record, 44), points]
    xy = np.frombuffer(record, "<f8", 2 * points, 44 + 4 * parts).reshape(-1, 2)
    lines = [xy[starts[k] : starts[k + 1]] for k in range(parts)]
    if kind in _LINE:
        return shapely.MultiLineString(lines)
    # Outer rings run clockwise, holes the other way; each hole belongs to the ring around it.
    rings = [shapely.LinearRing(line) for line in lines]
    outer = [shapely.Polygon(r) for r in rings if not r.is_ccw]
    holes = [r for r in rings if r.is_ccw]
    if not outer:
        return shapely.MultiPolygon([shapely.Polygon(r) for r in holes])
    owned = [[h for h in holes if o.contains(shapely.Point(h.coords[0]))] for o in outer]
    return shapely.MultiPolygon([shapely.Polygon(o.exterior, h) for o, h in zip(outer, owned, strict=True)])


def _table(path: Path) -> Iterator[dict[str, Any]]:
    data = path.read_bytes()
    marked = path.with_suffix(".cpg")
    encoding = marked.read_text(errors="replace").strip() if marked.exists() else "utf-8"
    encoding = encoding if _is_known(encoding) else "utf-8"
    count, head, width = struct.unpack_from("<IHH", data, 4)
    fields = [
        (data[at : at + 11].split(b"\0")[0].decode("ascii", "replace"), data[at + 16])
        for at in range(32, head - 1, 32)
        if data[at] != 0x0D
    ]
    for n in range(count):
        at = head + n * width + 1
        row = {}
        for name, size in fields:
            row[name] = data[at : at + size].decode(encoding, "replace").strip(" \0")
            at += size
        yield row


def _is_known(encoding: str) -> bool:
    try:
        "".encode(encoding)
    except LookupError:
        return False
    return True

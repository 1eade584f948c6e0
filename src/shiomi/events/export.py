"""Events as files that others read: CSV, GeoJSON, GeoParquet, KML.

The same events give the same bytes. Every event chosen is in the file; there is no cap.
"""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from shiomi.errors import BadParameter
from shiomi.events.query import flat
from shiomi.geo import FULL_E7, HALF_E7
from shiomi.units import SECOND

__all__ = ["ENDINGS", "export_events", "export_table", "lead_somewhere"]

_LINES = ("gap", "position_jump")
"""Kinds that lead from one place to another; drawn as a line where the evidence is given."""

Place = tuple[float, float]
"""Longitude and latitude in degrees, as GeoJSON and KML order them."""


def export_events(
    events: pa.Table, path: Path, *, particulars: pa.Table | None = None, positions: pa.Table | None = None
) -> int:
    """Write events to `path`, in the format of its ending, and give how many were written.

    Args:
        events: EVENTS, with `revision` or without.
        path: a file ending in one of ENDINGS.
        particulars: gives the events the names of their vessels.
        positions: the evidence (TRACKS); with it a gap or a jump is a line from the report at its start to
            the one at its end in GeoJSON and KML, and a point without.

    Raises:
        BadParameter: an ending that is not in ENDINGS.
    """
    suffix = _suffix(path, ENDINGS)
    rows = flat(events, particulars)
    if suffix in _DRAWN:
        path.write_bytes(_DRAWN[suffix](rows, _lines(events, positions)))
    else:
        path.write_bytes(_PLAIN[suffix](rows))
    return int(events.num_rows)


def export_table(table: pa.Table, path: Path) -> int:
    """Write a flat table to a .csv or .parquet file, and give how many rows were written.

    Raises:
        BadParameter: another ending.
    """
    endings = {".csv": _csv, ".parquet": _parquet}
    path.write_bytes(endings[_suffix(path, tuple(endings))](table))
    return int(table.num_rows)


def lead_somewhere(events: pa.Table) -> pa.ChunkedArray:
    """Message ids that `export_events` needs as `positions` to draw lines."""
    led = events.filter(pc.is_in(events["kind"], pa.array(_LINES)))
    return pc.list_flatten(led["evidence"])


def _suffix(path: Path, endings: tuple[str, ...]) -> str:
    if path.suffix.lower() not in endings:
        raise BadParameter(
            f"cannot tell the format of {path} from its ending; use one of {', '.join(endings)}"
        )
    return path.suffix.lower()


def _csv(rows: pa.Table) -> bytes:
    for i, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            rows = rows.set_column(i, field.name, _iso_column(rows[field.name]))
    return _frame(rows).write_csv(line_terminator="\n").encode()


def _iso_column(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """The form of `units.iso`, over a column: fractions only where there are any."""
    t = times.cast(pa.int64())
    whole = pc.multiply(pc.divide(t, SECOND), SECOND)
    seconds = pc.divide(t, SECOND).cast(pa.timestamp("s"))
    return pc.if_else(
        pc.equal(t, whole),
        pc.strftime(seconds, "%Y-%m-%dT%H:%M:%SZ"),
        pc.strftime(t.cast(pa.timestamp("us")), "%Y-%m-%dT%H:%M:%SZ"),
    )


def _parquet(rows: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(rows, out, compression="zstd")
    return bytes(out.getvalue())


def _geoparquet(rows: pa.Table) -> bytes:
    """GeoParquet 1.1.0; the coordinates are longitude and latitude on WGS 84 (its default, OGC:CRS84)."""
    lon, lat = rows["lon"].to_numpy(), rows["lat"].to_numpy()
    column: dict[str, Any] = {"encoding": "WKB", "geometry_types": ["Point"]}
    if rows.num_rows:
        column["bbox"] = [float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())]
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    wkb = shapely.to_wkb(shapely.points(lon, lat), byte_order=1, flavor="iso")
    rows = rows.append_column("geometry", pa.array(wkb.tolist(), pa.binary()))
    return _parquet(rows.replace_schema_metadata({"geo": json.dumps(geo, sort_keys=True)}))


def _geojson(rows: pa.Table, lines: dict[str, list[Place]]) -> bytes:
    """RFC 7946: one Feature an event, one on a line; measures that the kind does not have are left out."""
    text = []
    for row in _records(rows):
        parts = _split(lines.get(row["event_id"], []))
        geometry: dict[str, Any] = {"type": "Point", "coordinates": [row.pop("lon"), row.pop("lat")]}
        if len(parts) == 1:
            geometry = {"type": "LineString", "coordinates": parts[0]}
        elif parts:
            geometry = {"type": "MultiLineString", "coordinates": parts}
        feature = {"type": "Feature", "id": row["event_id"], "geometry": geometry, "properties": row}
        text.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
    body = ",\n".join(text)
    return f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n'.encode()


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0, section 2.2, does not allow even when escaped."""


def _kml(rows: pa.Table, lines: dict[str, list[Place]]) -> bytes:
    """KML 2.2 (OGC 07-147r2): a Placemark an event, with its time span."""
    root = ET.Element("kml", xmlns="http://www.opengis.net/kml/2.2")
    document = _add(root, "Document")
    _add(document, "name", "Shiomi events")
    for row in _records(rows):
        mark = _add(document, "Placemark")
        who = [f"{row['mmsi']:09d}"] + ([f"{row['partner_mmsi']:09d}"] if "partner_mmsi" in row else [])
        _add(mark, "name", f"{row['kind']} {' '.join(who)}")
        span = _add(mark, "TimeSpan")
        _add(span, "begin", row["t_start"])
        if "t_end" in row:
            _add(span, "end", row["t_end"])
        data = _add(mark, "ExtendedData")
        for key, value in row.items():
            if key not in ("lat", "lon"):
                _add(_add(data, "Data", name=key), "value", str(value))
        parts = _split(lines.get(row["event_id"], []))
        if not parts:
            _add(_add(mark, "Point"), "coordinates", f"{row['lon']},{row['lat']}")
        parent = _add(mark, "MultiGeometry") if len(parts) > 1 else mark
        for part in parts:
            line = _add(parent, "LineString")
            _add(line, "tessellate", "1")
            _add(line, "coordinates", " ".join(f"{lon},{lat}" for lon, lat in part))
    ET.indent(root, " ")
    text = ET.tostring(root, "unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, tag, attributes)
    child.text = None if text is None else _NOT_XML.sub("", text)
    return child


_PLAIN: dict[str, Callable[[pa.Table], bytes]] = {
    ".csv": _csv,
    ".parquet": _geoparquet,
    ".geoparquet": _geoparquet,
}
_DRAWN: dict[str, Callable[[pa.Table, dict[str, list[Place]]], bytes]] = {
    ".geojson": _geojson,
    ".json": _geojson,
    ".kml": _kml,
}
ENDINGS = (*_PLAIN, *_DRAWN)
"""The file endings that `export_events` knows."""


def _records(rows: pa.Table) -> list[dict[str, Any]]:
    """Rows as they are written in text formats: times in ISO 8601, null left out."""
    for i, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            rows = rows.set_column(i, field.name, _iso_column(rows[field.name]))
    return [{k: v for k, v in row.items() if v is not None} for row in rows.to_pylist()]


def _lines(events: pa.Table, positions: pa.Table | None) -> dict[str, list[Place]]:
    """Event id to the places it began and ended at, where its kind leads somewhere and evidence is held."""
    if positions is None:
        return {}
    led = events.filter(pc.is_in(events["kind"], pa.array(_LINES)))
    led = led.select(["event_id", "t_start", "t_end", "evidence"])
    at = positions.select(["message_id", "t", "lat_e7", "lon_e7"])
    cited = (
        _frame(led)
        .explode("evidence")
        .join(_frame(at).unique("message_id", keep="first"), left_on="evidence", right_on="message_id")
    )
    first = cited.filter(pl.col("t") == pl.col("t_start")).unique(
        "event_id", keep="first", maintain_order=True
    )
    last = cited.filter(pl.col("t") == pl.col("t_end")).unique("event_id", keep="first", maintain_order=True)
    both = first.join(last, on="event_id", suffix="_last")
    columns = ("event_id", "lon_e7", "lat_e7", "lon_e7_last", "lat_e7_last")
    return {
        event_id: [(lon / 1e7, lat / 1e7), (lon_end / 1e7, lat_end / 1e7)]
        for event_id, lon, lat, lon_end, lat_end in both.select(columns).iter_rows()
    }


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _split(line: list[Place]) -> list[list[Place]]:
    """A line of two places, cut in two where its short way crosses 180 degrees (RFC 7946, section 3.1.9)."""
    if not line:
        return []
    (lon, lat), (lon_end, lat_end) = line
    if abs(lon_end - lon) * 1e7 <= HALF_E7:
        return [line]
    edge = 180.0 if lon > 0 else -180.0
    unwrapped = lon_end + (FULL_E7 / 1e7 if lon > 0 else -FULL_E7 / 1e7)
    share = (edge - lon) / (unwrapped - lon) if unwrapped != lon else 0.0
    crossing = float(np.round(lat + share * (lat_end - lat), 7))
    return [[(lon, lat), (edge, crossing)], [(-edge, crossing), (lon_end, lat_end)]]

"""Bring in places that others have listed: the World Port Index, UN/LOCODE, any CSV or GeoJSON of points."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from shiomi.errors import BadParameter, Unreadable
from shiomi.places.table import PLACES
from shiomi.schema import REJECTS

__all__ = ["DEFAULT_RADIUS_M", "Imported", "import_places"]

DEFAULT_RADIUS_M = 3_000
"""Radius where a list gives none: Global Fishing Watch counts a vessel as in port within 3 km of an
anchorage point, and the World Port Index states positions to one minute of arc (1.9 km)."""

MAX_RADIUS_M = 100_000
"""A wider disc is a slip of units, and would hide a whole sea."""

_LAT = ("lat", "latitude", "lat_deg", "latitude_deg", "y")
_LON = ("lon", "longitude", "lng", "long", "lon_deg", "longitude_deg", "x")
_NAME = ("name", "main port name", "port name", "port_name", "portname", "namewodiacritics")
_RADIUS = ("radius_m",)
_KIND = ("kind",)


class Imported(NamedTuple):
    """What a list held: `rows == places.num_rows + rejects.num_rows`."""

    places: pa.Table
    """Schema PLACES, by place_id."""
    rejects: pa.Table
    """Schema REJECTS: no_position, bad_position, zero_position, bad_radius, not_a_point, duplicate."""
    rows: int


def import_places(
    path: Path,
    *,
    kind: str = "port",
    radius_m: int = DEFAULT_RADIUS_M,
    source: str | None = None,
    source_id: int = 0,
) -> Imported:
    """Places of a CSV file (columns lat and lon, by any of their usual names) or of GeoJSON points.

    Args:
        path: the file; what it is shows from its content.
        kind: kind of a row that does not state its own.
        radius_m: radius of a row that does not state its own.
        source: name of the list, kept with every place; the file name where not given.
        source_id: number that the rejects carry.

    Raises:
        Unreadable: the file is neither, or names no columns of latitude and longitude.
        BadParameter: the radius is out of range.
    """
    if not 0 < radius_m <= MAX_RADIUS_M:
        raise BadParameter(f"radius_m {radius_m} must lie between 1 and {MAX_RADIUS_M}")
    try:
        content = path.read_bytes()
    except OSError as e:
        raise Unreadable(path, str(e.strerror or e), "check the path") from e
    is_json = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    rows = _geojson(path, content) if is_json else _csv(path, content)
    return _sift(rows, kind, radius_m, source or path.name, source_id)


def _csv(path: Path, content: bytes) -> pl.DataFrame:
    try:
        table = pl.read_csv(content, infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True)
    except pl.exceptions.PolarsError as e:
        raise Unreadable(path, f"it is no CSV ({str(e).splitlines()[0]})", "give CSV or GeoJSON") from e
    by_name = {c.strip().lstrip("\ufeff").lower(): c for c in table.columns}

    def column(names: tuple[str, ...]) -> pl.Expr | None:
        return next((pl.col(by_name[n]).str.strip_chars() for n in names if n in by_name), None)

    lat, lon = column(_LAT), column(_LON)
    if lat is None or lon is None:
        raise Unreadable(path, "no columns of latitude and longitude", "name them lat and lon")
    nothing = pl.lit(None, pl.String)
    optional = {"name": column(_NAME), "radius": column(_RADIUS), "kind": column(_KIND)}
    return table.select(
        lat=lat,
        lon=lon,
        **{k: nothing if e is None else e for k, e in optional.items()},
        problem=nothing,
        raw=pl.concat_str(pl.all().fill_null(""), separator=",").str.slice(0, 200),
    )


def _geojson(path: Path, content: bytes) -> pl.DataFrame:
    try:
        document = json.loads(content)
    except ValueError as e:
        raise Unreadable(path, f"it is no JSON ({e})", "give CSV or GeoJSON") from e
    alone = [document] if document.get("type") == "Feature" else None
    features = document.get("features", alone)
    if not isinstance(features, list):
        raise Unreadable(path, "it is JSON without features", "give a GeoJSON FeatureCollection")
    rows = []
    for feature in features:
        geometry, properties = _member(feature, "geometry"), _member(feature, "properties")
        at = geometry.get("coordinates")
        is_point = geometry.get("type") == "Point" and isinstance(at, list)
        lon, lat = [*at, None, None][:2] if is_point and isinstance(at, list) else (None, None)
        values = (lat, lon, properties.get("name"), properties.get("radius_m"), properties.get("kind"))
        rows.append(
            [None if v is None else str(v) for v in values]
            + [None if is_point else "not_a_point", json.dumps(feature, ensure_ascii=False)[:200]]
        )
    names = ("lat", "lon", "name", "radius", "kind", "problem", "raw")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _member(thing: object, name: str) -> dict[str, object]:
    value = thing.get(name) if isinstance(thing, dict) else None
    return value if isinstance(value, dict) else {}


def _sift(rows: pl.DataFrame, kind: str, radius_m: int, source: str, source_id: int) -> Imported:
    def filled(name: str) -> pl.Expr:
        return pl.when(pl.col(name).str.len_chars() > 0).then(pl.col(name))

    lat, lon = pl.col("lat").cast(pl.Float64, strict=False), pl.col("lon").cast(pl.Float64, strict=False)
    read = rows.with_columns(
        row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        lat_deg=lat,
        lon_deg=lon,
        radius=filled("radius").cast(pl.Float64, strict=False),
        has_radius=filled("radius").is_not_null(),
        kind=filled("kind").fill_null(kind),
        name=filled("name"),
    ).with_columns(
        problem=pl.coalesce(
            pl.col("problem"),
            pl.when(filled("lat").is_null() | filled("lon").is_null()).then(pl.lit("no_position")),
            pl.when(
                ~(pl.col("lat_deg").is_between(-90, 90) & pl.col("lon_deg").is_between(-180, 180)).fill_null(
                    False
                )
            ).then(pl.lit("bad_position")),
            pl.when((pl.col("lat_deg") == 0) & (pl.col("lon_deg") == 0)).then(pl.lit("zero_position")),
            pl.when(
                pl.col("has_radius") & ~pl.col("radius").is_between(1, MAX_RADIUS_M).fill_null(False)
            ).then(pl.lit("bad_radius")),
        )
    )
    good = read.filter(pl.col("problem").is_null())
    lon_e7 = (pl.col("lon_deg") * 1e7).round().cast(pl.Int64)
    good = good.select(
        "row",
        "raw",
        "kind",
        "name",
        lat_e7=(pl.col("lat_deg") * 1e7).round().cast(pl.Int32),
        lon_e7=pl.when(lon_e7 == 1_800_000_000).then(-1_800_000_000).otherwise(lon_e7).cast(pl.Int32),
        radius_m=pl.col("radius").round().fill_null(radius_m).cast(pl.Int32),
        source=pl.lit(source),
    )
    content = ["kind", "name", "lat_e7", "lon_e7", "radius_m", "source"]
    again = good.select(~pl.struct(content).is_first_distinct()).to_series()
    kept = good.filter(~again)
    ids = [
        f"{r[0]}-{hashlib.sha256(json.dumps(r, ensure_ascii=False).encode()).hexdigest()[:12]}"
        for r in kept.select(content).rows()
    ]
    columns = {
        "place_id": pa.array(ids, pa.string()),
        **{c: kept[c].to_arrow() for c in content},
        "vessels": pa.nulls(kept.height, pa.int32()),
        "stops": pa.nulls(kept.height, pa.int32()),
    }
    places = pa.table({n: columns[n] for n in PLACES.names}).cast(PLACES).sort_by("place_id")
    refused = pl.concat(
        [
            read.filter(pl.col("problem").is_not_null()).select("row", "problem", "raw"),
            good.filter(again).select("row", pl.lit("duplicate").alias("problem"), "raw"),
        ]
    ).sort("row")
    rejects = pa.table(
        {
            "source_id": np.full(refused.height, source_id, np.int32),
            "source_row": refused["row"].to_arrow(),
            "reason": refused["problem"].to_arrow(),
            "raw": refused["raw"].to_arrow(),
        }
    ).cast(REJECTS)
    return Imported(places, rejects, rows.height)

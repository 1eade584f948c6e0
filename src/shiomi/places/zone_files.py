"""Zones as others keep them: GeoJSON, GeoPackage and Shapefile, Marine Regions among them.

Coordinates are longitude and latitude in degrees, and edges are straight on the chart, as these formats
have it; long ones are cut so that they stay so. What a file states is taken as stated.
"""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import shape as shape_of

from shiomi.errors import Unreadable
from shiomi.geo import EARTH_RADIUS_M, FULL_E7, wrap_e7
from shiomi.places.derived import row_of
from shiomi.places.shapefile import shapefile_features
from shiomi.places.zones import CABLE

__all__ = ["CABLE_BUFFER_M", "read_zones", "zones_in"]

CABLE_BUFFER_M = 1_852
"""Half the width of a cable's zone where the file gives no `buffer_m`: one mile. Analyst-set."""

_MAX_EDGE_M = 10_000
_SAGITTA_M = 1
"""A chart line and the great circles it is cut into are nowhere farther apart."""
_QUARTER_E7 = FULL_E7 // 4
_Properties = dict[str, Any]
_I64 = npt.NDArray[np.int64]

_NAMES = ("name", "geoname", "label")
_CLAIMANTS = ("claimed_by", "iso_sov1", "iso_sov2", "iso_sov3")
"""Marine Regions states sovereigns in ISO_SOV1 to ISO_SOV3 and the kind of a polygon in POL_TYPE."""


def read_zones(path: Path) -> list[dict[str, Any]]:
    """Zones of a file, as `zones_table` wants them: polygons, lines with a buffer, points with a radius.

    Properties that are used, in any case: name, kind, claimed_by, alt_names, source, line_m, inner_m,
    buffer_m (lines), radius_m (points), seaward_deg; and those of Marine Regions.

    Raises:
        Unreadable: the file is none of these, or a geometry is not valid.
    """
    try:
        head = path.open("rb").read(100)
    except OSError as e:
        raise Unreadable(path, str(e.strerror or e), "check the path") from e
    if head.startswith(b"SQLite format 3"):
        features = _geopackage(path)
    elif head[:4] == struct.pack(">i", 9994):
        features = shapefile_features(path)
    else:
        features = _geojson(path)
    return zones_in(features, path.stem, path)


def zones_in(features: Iterator[tuple[_Properties, Any]], stem: str, path: object) -> list[dict[str, Any]]:
    """Zones of properties and shapely geometries.

    Raises:
        Unreadable: a geometry is empty, crosses itself, or lies outside the globe.
    """
    rows = []
    for n, (raw, geometry) in enumerate(features, start=1):
        properties = {str(k).lower(): v for k, v in raw.items() if v not in (None, "")}
        name = str(next((properties[k] for k in _NAMES if k in properties), f"{stem} {n}"))
        what = f"feature {n} ({name})"
        if geometry is None or geometry.is_empty:
            raise Unreadable(path, f"{what} has no geometry", "remove it or draw it")
        if not geometry.is_valid:
            raise Unreadable(path, f"{what}: {shapely.is_valid_reason(geometry)}", "mend the polygon")
        rows.append(_zone(properties, geometry, name, stem, what, path))
    if not rows:
        raise Unreadable(path, "it holds no feature", "give polygons, lines or points")
    return rows


def _zone(
    properties: _Properties, geometry: Any, name: str, stem: str, what: str, path: object
) -> dict[str, Any]:
    dimension = shapely.get_dimensions(geometry)
    claimants = [str(properties[k]) for k in _CLAIMANTS if k in properties]
    about: dict[str, Any] = {
        "name": name,
        "claimed_by": "|".join(dict.fromkeys(claimants)),
        "alt_names": str(properties["alt_names"]) if "alt_names" in properties else None,
        "basis": "given",
        "source": str(properties.get("source", stem)),
        "line_m": _whole(properties, "line_m", 0, what, path),
    }
    kind = str(properties.get("kind", properties.get("pol_type", ""))).strip().lower().replace(" ", "_")
    if dimension == 2:
        parts = [p for ring in _rings(geometry) for p in [_vertices(ring[:-1], what, path, closed=True)]]
        return row_of(parts, kind=kind or "area", shape="area", **about)
    lines = [_vertices(shapely.get_coordinates(g), what, path) for g in shapely.get_parts(geometry)]
    radius, default = ("buffer_m", CABLE_BUFFER_M) if dimension == 1 else ("radius_m", 0)
    return row_of(
        lines,
        kind=kind or (CABLE if dimension == 1 else "around"),
        inner_m=_whole(properties, "inner_m", -1, what, path),
        outer_m=_whole(properties, radius, default, what, path),
        seaward_deg=_whole(properties, "seaward_deg", 0, what, path) if "seaward_deg" in properties else None,
        **about,
    )


def _whole(properties: _Properties, name: str, default: int, what: str, path: object) -> int:
    try:
        return round(float(properties.get(name, default)))
    except (TypeError, ValueError) as e:
        raise Unreadable(path, f"{what}: {name} is {properties[name]!r}", "give a number") from e


def _rings(geometry: Any) -> Iterator[npt.NDArray[np.float64]]:
    for polygon in shapely.get_parts(geometry):
        yield shapely.get_coordinates(polygon.exterior)
        for hole in polygon.interiors:
            yield shapely.get_coordinates(hole)


def _vertices(
    lon_lat: npt.NDArray[np.float64], what: str, path: object, *, closed: bool = False
) -> tuple[_I64, _I64]:
    """Vertices in 1e-7 degree, with no edge longer than 10 km."""
    if not (
        np.isfinite(lon_lat).all() and (abs(lon_lat[:, 1]) <= 90).all() and (abs(lon_lat[:, 0]) <= 360).all()
    ):
        raise Unreadable(path, f"{what} lies outside the globe", "give longitude and latitude in degrees")
    lat, lon = (np.rint(lon_lat[:, k] * 1e7).astype(np.int64) for k in (1, 0))
    ahead = np.arange(1, len(lat) + 1)
    ahead[-1] = 0 if closed else len(lat) - 1
    dlat, dlon = lat[ahead] - lat, lon[ahead] - lon
    # The short way round, but for an edge that goes all the way round, as a polar cap has it on a chart.
    dlon = np.where(np.abs(dlon) == FULL_E7, dlon, wrap_e7(dlon))
    polar = np.radians(np.maximum(np.abs(lat), np.abs(lat[ahead])) / 1e7)
    length_m = np.radians(np.hypot(dlat, dlon * np.cos(np.radians(lat / 1e7))) / 1e7) * EARTH_RADIUS_M
    # A great circle leaves the parallel between two points L apart by L^2 tan(latitude) / 8 R.
    longest_m = np.sqrt(8 * EARTH_RADIUS_M * _SAGITTA_M / np.tan(polar.clip(0.01, 1.570)))
    pieces = np.ceil(length_m / np.minimum(longest_m, _MAX_EDGE_M)).astype(np.int64).clip(1)
    pieces = np.maximum(pieces, np.abs(dlon) // _QUARTER_E7 + 1)
    at = np.repeat(np.arange(len(lat)), pieces)
    share = (np.arange(len(at)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[at]
    return (
        np.rint(lat[at] + dlat[at] * share).astype(np.int64),
        wrap_e7(np.rint(lon[at] + dlon[at] * share).astype(np.int64)),
    )


def _geojson(path: Path) -> Iterator[tuple[_Properties, Any]]:
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        features = document["features"] if document["type"] == "FeatureCollection" else [document]
        for f in features:
            yield f.get("properties") or {}, shape_of(f["geometry"]) if f.get("geometry") else None
    except (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError) as e:
        raise Unreadable(
            path, f"it is no GeoJSON ({type(e).__name__}: {e})", "give GeoJSON, GeoPackage or a Shapefile"
        ) from e


def _geopackage(path: Path) -> Iterator[tuple[_Properties, Any]]:
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            db.row_factory = sqlite3.Row
            layers = db.execute(
                "SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns"
            ).fetchall()
            for layer in layers:
                if layer["srs_id"] not in (4326, 0, -1):
                    raise Unreadable(
                        path, f"{layer['table_name']} is in EPSG:{layer['srs_id']}", "export it in EPSG:4326"
                    )
                table = layer["table_name"].replace('"', '""')
                for row in db.execute(f'SELECT * FROM "{table}"'):
                    properties = dict(row)
                    blob = properties.pop(layer["column_name"])
                    yield properties, None if blob is None else shapely.from_wkb(_wkb(blob))
    except (sqlite3.Error, shapely.errors.ShapelyError, IndexError) as e:
        raise Unreadable(path, f"it is no GeoPackage ({e})", "export it again") from e


def _wkb(blob: bytes) -> bytes:
    """A GeoPackage geometry without its header (OGC 12-128r18, clause 2.1.3)."""
    envelope = (blob[3] >> 1) & 7
    return blob[8 + (0, 32, 48, 48, 64)[envelope] :]

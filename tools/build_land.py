"""Build `src/shiomi/places/land.parquet`, the coast that every shore distance is measured to.

Run by hand when Natural Earth or our table of features changes:

    .venv/bin/python tools/build_land.py

It fetches the npm package world-atlas with the ordinary npm client into a temporary folder (Natural
Earth 1:10m land, public domain, as TopoJSON), decodes it, removes what Natural Earth has in the wrong
place, adds the islands of `features.csv`, and writes whole rings of 1e-7 degree integers.
"""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from shiomi.geo import EARTH_RADIUS_M, HALF_E7, distance_m, wrap_e7

SCRIPT_VERSION = "1"
WORLD_ATLAS = "world-atlas@2.0.2"
NATURAL_EARTH_VERSION = "4.1.0"  # as the README of world-atlas 2.0.2 states
MAX_EDGE_M = 10_000  # on an edge this short, a straight line on the chart and a great circle differ by < 12 m
CIRCLE_CORNERS = 24

PLACES = Path(__file__).resolve().parent.parent / "src" / "shiomi" / "places"
Ring = npt.NDArray[np.int64]  # (n, 2): lat_e7, lon_e7; the last vertex is not the first one again


def fetch_topology(folder: Path) -> dict[str, Any]:
    subprocess.run(
        ["npm", "pack", "--silent", WORLD_ATLAS], cwd=folder, check=True, stdout=subprocess.DEVNULL
    )
    with tarfile.open(next(folder.glob("*.tgz"))) as package:
        member = package.extractfile("package/land-10m.json")
        assert member is not None
        topology: dict[str, Any] = json.load(member)
    return topology


def decode(topology: dict[str, Any]) -> list[list[Ring]]:
    """Polygons, each its outer ring and its holes (TopoJSON 1.0: delta-coded, quantised, shared arcs)."""
    scale, shift = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    arcs = [np.cumsum(np.array(a), axis=0) * scale + shift for a in topology["arcs"]]

    def ring(numbers: list[int]) -> Ring:
        # A negative number ~n is arc n walked backwards; neighbouring arcs share their end point.
        pieces = [(arcs[n] if n >= 0 else arcs[~n][::-1])[:-1] for n in numbers]
        lon_lat = np.rint(np.concatenate(pieces) * 1e7).astype(np.int64)
        return np.stack([lon_lat[:, 1], wrap_e7(lon_lat[:, 0])], axis=1)

    geometries = topology["objects"]["land"]["geometries"]
    return [[ring(r) for r in polygon] for g in geometries for polygon in g["arcs"]]


def tidy(ring: Ring) -> Ring:
    """Without repeated vertices, and with no edge longer than MAX_EDGE_M."""
    ring = ring[(ring != np.roll(ring, 1, axis=0)).any(axis=1)]
    ahead = np.roll(ring, -1, axis=0)
    dlat, dlon = ahead[:, 0] - ring[:, 0], wrap_e7(ahead[:, 1] - ring[:, 1])
    length_m = distance_m(ring[:, 0], ring[:, 1], ahead[:, 0], ahead[:, 1])
    on_seam = (ring[:, 1] == -HALF_E7) & (ahead[:, 1] == -HALF_E7)
    pieces = np.where(on_seam, 1, np.ceil(length_m / MAX_EDGE_M)).astype(np.int64).clip(1)
    at = np.repeat(np.arange(len(ring)), pieces)
    step = (np.arange(len(at)) - np.repeat(np.cumsum(pieces) - pieces, pieces)) / pieces[at]
    lat = np.rint(ring[at, 0] + dlat[at] * step).astype(np.int64)
    lon = wrap_e7(np.rint(ring[at, 1] + dlon[at] * step).astype(np.int64))
    return np.stack([lat, lon], axis=1)


def circle(lat: float, lon: float, area_km2: float) -> Ring:
    """A regular polygon of that area around the point, clockwise as Natural Earth's outer rings are."""
    turn = 2 * np.pi / CIRCLE_CORNERS
    radius_m = np.sqrt(area_km2 * 1e6 / (CIRCLE_CORNERS / 2 * np.sin(turn)))
    bearing = np.arange(CIRCLE_CORNERS) * turn
    up = np.degrees(radius_m * np.cos(bearing) / EARTH_RADIUS_M)
    right = np.degrees(radius_m * np.sin(bearing) / (EARTH_RADIUS_M * np.cos(np.radians(lat))))
    e7 = [np.rint((lat + up) * 1e7).astype(np.int64), wrap_e7(np.rint((lon + right) * 1e7).astype(np.int64))]
    return np.stack(e7, axis=1)


def is_superseded(polygon: list[Ring], features: list[dict[str, str]]) -> bool:
    """Whether the whole polygon lies within `replaces_within_km` of a feature whose true place we hold."""
    ring = polygon[0]
    for f in features:
        limit_m = float(f["replaces_within_km"]) * 1000
        if limit_m <= 0 or abs(ring[0, 0] - float(f["lat"]) * 1e7) > 1e7:
            continue
        lat, lon = np.full(len(ring), float(f["lat"]) * 1e7), np.full(len(ring), float(f["lon"]) * 1e7)
        if distance_m(ring[:, 0], ring[:, 1], lat.astype(np.int64), lon.astype(np.int64)).max() <= limit_m:
            return True
    return False


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        polygons = decode(fetch_topology(Path(folder)))
    features_csv = PLACES / "features.csv"
    with features_csv.open(encoding="utf-8", newline="") as f:
        features = [row for row in csv.DictReader(f) if row["add_to_land"] == "1"]
    kept = [p for p in polygons if not is_superseded(p, features)]
    added = [[circle(float(f["lat"]), float(f["lon"]), float(f["area_km2"]))] for f in features]

    rings = [(n, tidy(r)) for n, polygon in enumerate(kept + added) for r in polygon]
    sizes = [len(r) for _, r in rings]
    vertices = np.concatenate([r for _, r in rings])
    table = pa.table(
        {
            "polygon": pa.array(np.repeat([n for n, _ in rings], sizes), pa.int32()),
            "ring": pa.array(np.repeat(np.arange(len(rings)), sizes), pa.int32()),
            "lat_e7": pa.array(vertices[:, 0], pa.int32()),
            "lon_e7": pa.array(vertices[:, 1], pa.int32()),
        }
    ).replace_schema_metadata(
        {
            "source": "Natural Earth 1:10m land, public domain; islands of features.csv added or moved",
            "natural_earth_version": NATURAL_EARTH_VERSION,
            "fetched_as": WORLD_ATLAS,
            "script_version": SCRIPT_VERSION,
            "features_sha256": hashlib.sha256(features_csv.read_bytes()).hexdigest(),
            "polygons_removed": str(len(polygons) - len(kept)),
            "polygons_added": str(len(added)),
        }
    )
    out = PLACES / "land.parquet"
    pq.write_table(
        table,
        out,
        compression="zstd",
        compression_level=19,
        use_dictionary=False,
        column_encoding=dict.fromkeys(table.column_names, "DELTA_BINARY_PACKED"),
    )
    print(f"{out.name}: {len(rings)} rings, {len(vertices)} vertices, {out.stat().st_size} bytes")
    print(f"removed {len(polygons) - len(kept)} misplaced polygons, added {len(added)} features")


if __name__ == "__main__":
    sys.exit(main())

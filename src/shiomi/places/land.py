"""Land and the distance to shore.

The coast is Natural Earth's 1:10m land with the East and South China Sea islands of `features.csv` added or
moved to their true places; `tools/build_land.py` makes it. It is a generalised coast, good to some hundred
metres: distances from it are derived, and no legal line. Lakes and rivers count as land (only the Caspian
is sea); ice shelves count as sea. See docs/places.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sys
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from shiomi.geo import EARTH_RADIUS_M, FULL_E7, HALF_E7, unit_vectors, wrap_e7
from shiomi.kernels import nearest
from shiomi.kernels.coast import on_land_by_column
from shiomi.kernels.nearest import morton_order, nearest_edge_chord2, tree_boxes
from shiomi.kernels.still import still

__all__ = ["coast_edges", "edges_by_column", "land_rings", "on_land", "shore_m"]

COLUMN_E7 = 500_000
"""Width of a column of longitude, 0.05 degree: about 150 edges a column."""

_MAX_EDGE_M = 11_000
"""No edge of land.parquet is longer; `tools/build_land.py` splits at 10 km, and rounding adds little."""

_Ints = npt.NDArray[Any]


class _Edges(NamedTuple):
    whole: npt.NDArray[np.int64]
    """Rows lat_e7, lon_e7, dlat_e7, dlon_e7 of every coast edge."""
    a: npt.NDArray[np.float64]
    b: npt.NDArray[np.float64]
    boxes: npt.NDArray[np.float64]
    column_start: npt.NDArray[np.int64]
    column_edges: npt.NDArray[np.int32]


@cache
def land_rings() -> pa.Table:
    """The rings of all land: polygon, ring, lat_e7, lon_e7; closed implicitly, short way round at 180."""
    with files("shiomi.places").joinpath("land.parquet").open("rb") as f:
        return pq.read_table(f)


@cache
def coast_edges() -> npt.NDArray[np.int64]:
    """Every edge of the coast as a row lat_e7, lon_e7, dlat_e7, dlon_e7; not the cuts along 180 degrees."""
    rings = land_rings()
    ring, lat, lon = (rings[c].to_numpy().astype(np.int64) for c in ("ring", "lat_e7", "lon_e7"))
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    ahead = np.arange(1, len(ring) + 1)
    ahead[np.append(first[1:], len(ring)) - 1] = first
    # Natural Earth cuts polygons at 180 degrees; an edge along it is the cut, not a coast.
    real = (lon != -HALF_E7) | (lon[ahead] != -HALF_E7)
    dlat, dlon = lat[ahead] - lat, wrap_e7(lon[ahead] - lon)
    return np.ascontiguousarray(np.stack([lat, lon, dlat, dlon], axis=1)[real])


@cache
def _load() -> _Edges:
    try:
        kept = _kept_file()
    except OSError:
        return _made()
    return _recalled(kept) or _keep(_made(), kept)


def _kept_file() -> Path:
    """Where the coast is kept once it is made ready, beside the bytecode; named by all that it is made of."""
    of = [Path(__file__), Path(nearest.__file__), Path(__file__).with_name("land.parquet")]
    stamps = [f"{f.stat().st_size} {f.stat().st_mtime_ns}" for f in of]
    key = hashlib.sha256("\n".join([*stamps, np.__version__, sys.byteorder]).encode()).hexdigest()[:16]
    return Path(__file__).parent / "__pycache__" / f"coast-{key}"


def _recalled(folder: Path) -> _Edges | None:
    """The coast as it was kept; nothing is read of it but what is asked for."""
    try:
        arrays = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in _Edges._fields]
    except (OSError, ValueError):
        return None
    return _Edges(*(np.asarray(a) for a in arrays))


def _keep(edges: _Edges, folder: Path) -> _Edges:
    """Keep it for the next start, where this installation may be written to: half a second of work there."""
    with contextlib.suppress(OSError):
        folder.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as part:
            whole = Path(part) / folder.name
            whole.mkdir()
            for name, array in zip(_Edges._fields, edges, strict=True):
                np.save(whole / f"{name}.npy", np.asarray(array))
            for older in folder.parent.glob("coast-*"):
                shutil.rmtree(older, ignore_errors=True)
            whole.rename(folder)
    return edges


def _made() -> _Edges:
    edges = coast_edges()
    a = unit_vectors(edges[:, 0], edges[:, 1])
    b = unit_vectors(edges[:, 0] + edges[:, 2], edges[:, 1] + edges[:, 3])
    order = morton_order(a)
    a, b = np.ascontiguousarray(a[order]), np.ascontiguousarray(b[order])
    return _Edges(*map(still, (edges, a, b, tree_boxes(a, b), *edges_by_column(edges))))


def edges_by_column(edges: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Edges (rows lat_e7, lon_e7, dlat_e7, dlon_e7) by the columns of longitude that they touch."""
    columns = FULL_E7 // COLUMN_E7
    west = edges[:, 1] + np.minimum(edges[:, 3], 0)
    span = (west + HALF_E7 + np.abs(edges[:, 3])) // COLUMN_E7 - (west + HALF_E7) // COLUMN_E7 + 1
    edge = np.repeat(np.arange(len(edges), dtype=np.int32), span)
    nth = np.arange(len(edge)) - np.repeat(np.cumsum(span) - span, span)
    column = ((west[edge] + HALF_E7) // COLUMN_E7 + nth) % columns
    order = np.argsort(column, kind="stable")
    return np.searchsorted(column[order], np.arange(columns + 1)), edge[order]


def on_land(lat_e7: _Ints, lon_e7: _Ints) -> npt.NDArray[np.bool_]:
    """Whether each point is on land; exact over the stored rings, in integers."""
    e = _load()
    lat, lon = np.atleast_1d(np.asarray(lat_e7, np.int64)), wrap_e7(np.atleast_1d(lon_e7))
    land: npt.NDArray[np.bool_] = on_land_by_column(
        lat, lon, e.whole, e.column_start, e.column_edges, COLUMN_E7
    )
    return land


def shore_m(lat_e7: _Ints, lon_e7: _Ints) -> npt.NDArray[np.int64]:
    """Great-circle distance to the nearest coast in whole metres: positive at sea, negative inland.

    On the sphere of `shiomi.geo`, so within 0.56 % of the WGS 84 geodesic to the same coast.
    """
    e = _load()
    lat, lon = np.atleast_1d(np.asarray(lat_e7, np.int64)), np.atleast_1d(np.asarray(lon_e7, np.int64))
    bulge = (_MAX_EDGE_M / EARTH_RADIUS_M) ** 2 / 8  # height of an arc over its chord: 2.4 m
    points = unit_vectors(lat, lon)
    # What lies together is nearest to much the same coast, and the search begins with a good bound.
    order = morton_order(points)
    chord2 = np.empty(len(points))
    chord2[order] = nearest_edge_chord2(points[order], e.a, e.b, e.boxes, bulge)
    distance = np.rint(2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(chord2) / 2))).astype(np.int64)
    signed: npt.NDArray[np.int64] = np.where(on_land(lat, lon), -distance, distance)
    return signed

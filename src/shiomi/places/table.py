"""The table of places: one row a port, anchorage, berth or learned resting ground; each a disc.

Every finding names the table it was judged with by `places_hash`, so that a partner with another table sees
why the same positions gave another finding.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.errors import BadParameter
from shiomi.geo import EARTH_RADIUS_M, unit_vectors
from shiomi.kernels.nearest import morton_order, nearest_discs, tree_boxes

__all__ = ["LEARNED", "NO_PLACE_M", "PLACES", "held_places", "hold_places", "nearest_place", "places_hash"]

LEARNED = "stationary"
"""Kind of a place that nobody declared: many vessels rest there."""

NO_PLACE_M = int(np.iinfo(np.int64).max)
"""Distance to the nearest place where there is no place at all: farther than any limit."""

_Ints = npt.NDArray[Any]
_HELD: dict[int, pa.Table] = {}


def _column(name: str, type_: pa.DataType, meaning: str, *, nullable: bool = False) -> pa.Field:
    return pa.field(name, type_, nullable=nullable, metadata={"meaning": meaning})


PLACES = pa.schema(
    [
        _column("place_id", pa.string(), "content id: the same place from the same data has the same id"),
        _column("kind", pa.string(), "port, anchorage, berth, ... as declared; learned places: stationary"),
        _column("name", pa.string(), "name as given", nullable=True),
        _column("lat_e7", pa.int32(), "latitude of the centre in 1e-7 degree"),
        _column("lon_e7", pa.int32(), "longitude of the centre in 1e-7 degree, in [-180, 180) degrees"),
        _column("radius_m", pa.int32(), "radius of the disc in metres"),
        _column("vessels", pa.int32(), "learned places: distinct MMSIs that stopped here", nullable=True),
        _column("stops", pa.int32(), "learned places: stops made here", nullable=True),
        _column("source", pa.string(), "the list it came from, or how it was learned"),
    ]
)
"""One row a place."""


def places_hash(places: pa.Table) -> str:
    """SHA-256 (hex) over the content of a table of places, whatever the order of its rows."""
    rows = places.select(PLACES.names).to_pylist()
    lines = sorted(json.dumps(list(r.values()), ensure_ascii=False, separators=(",", ":")) for r in rows)
    return hashlib.sha256("\n".join([",".join(PLACES.names), *lines]).encode()).hexdigest()


def hold_places(places: pa.Table) -> int:
    """Keep a table within reach of stages that name it by a whole number; 0 for a table without places.

    The number is the beginning of its `places_hash`, so it means the same table in every process.
    """
    if places.num_rows == 0:
        return 0
    number = int(places_hash(places)[:15], 16)
    _HELD[number] = places.select(PLACES.names).sort_by("place_id")
    return number


def held_places(number: int) -> pa.Table:
    """The table that `hold_places` gave this number.

    Raises:
        BadParameter: no such table is held in this process.
    """
    if number and number not in _HELD:
        raise BadParameter(f"no table of places {number} is at hand; a store holds its own")
    return _HELD.get(number, PLACES.empty_table())


def nearest_place(
    places: pa.Table, lat_e7: _Ints, lon_e7: _Ints
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Row of the place whose edge is nearest to each point, and metres to that edge, 0 inside.

    Among equals the lowest row wins. Without any place the row is -1 and the distance NO_PLACE_M.
    """
    lat, lon = np.atleast_1d(np.asarray(lat_e7, np.int64)), np.atleast_1d(np.asarray(lon_e7, np.int64))
    if places.num_rows == 0:
        return np.full(len(lat), -1, np.int32), np.full(len(lat), NO_PLACE_M, np.int64)
    centres = unit_vectors(places["lat_e7"].to_numpy(), places["lon_e7"].to_numpy())
    radius_m = places["radius_m"].to_numpy().astype(np.int64)
    order = morton_order(centres)
    centres = np.ascontiguousarray(centres[order])
    row, arc = nearest_discs(
        unit_vectors(lat, lon),
        centres,
        radius_m[order] / EARTH_RADIUS_M,
        order.astype(np.int64),
        tree_boxes(centres, centres),
    )
    distance_m = np.maximum(0, np.rint(arc * EARTH_RADIUS_M).astype(np.int64) - radius_m[row])
    return row.astype(np.int32), distance_m

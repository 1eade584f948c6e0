"""Learn the places where many different vessels lie still: harbours, anchorages, lightering grounds.

No list of ports knows every roadstead, and a list says nothing of how wide a place is. Where several
vessels stop, stopping is ordinary. It does not follow that whatever happens there is innocent: a ground
used for transfers at sea, visited by enough vessels, is learned too. See docs/places.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.errors import BadParameter
from shiomi.geo import EARTH_RADIUS_M, FULL_E7, HALF_E7, distance_m, unit_vectors, wrap_e7
from shiomi.places.table import LEARNED, PLACES

__all__ = ["Learn", "cell_of", "learn"]

_Ints = npt.NDArray[np.int64]
_QUARTER_E7 = HALF_E7 // 2
_GEOHASH = "0123456789bcdefghjkmnpqrstuvwxyz"
_FIXED = float(1 << 30)
"""Unit vectors as integers of 2^-30 (6 mm on the ground), so that their sums do not depend on order."""


@dataclass(frozen=True, slots=True)
class Learn:
    """How many vessels make a place, and how wide it may be."""

    cell_m: int = 3_000
    """Side of a cell; its area is the same everywhere. Ships in a roadstead lie half a mile to a mile
    apart, so a cell must hold several berths of that width. Analyst-set."""
    min_vessels: int = 5
    """Distinct MMSIs that must have stopped in a cell. Five suits a day of data; Global Fishing Watch asks
    20 of a cell of about 0.5 km over years (anchorages, S2 level 14). An analyst sets it to the data."""
    min_joining_vessels: int = 2
    """A cell with this many joins a place it touches: the rim of a roadstead."""
    max_radius_m: int = 6_000
    """Cells farther than this from the busiest cell begin another place."""


def learn(stops: pa.Table, params: Learn | None = None) -> pa.Table:
    """Places (schema PLACES, kind `stationary`) of a table of stops, whatever the order of its rows.

    Args:
        stops: a row a stop, closed or still open: mmsi, lat_e7, lon_e7 (its representative place).
        params: thresholds.

    Raises:
        BadParameter: a threshold is out of range.
    """
    params = params or Learn()
    _check(params)
    if stops.num_rows == 0:
        return PLACES.empty_table()
    mmsi, lat, lon = (stops[c].to_numpy().astype(np.int64) for c in ("mmsi", "lat_e7", "lon_e7"))
    band, column = cell_of(lat, lon, params.cell_m)
    cells, cell = np.unique(np.stack([band, column], axis=1), axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    vessels = np.bincount(np.unique(np.stack([cell, mmsi], axis=1), axis=0)[:, 0], minlength=len(cells))
    count = np.bincount(cell, minlength=len(cells))
    place = _join(cells, vessels, count, params)[cell]
    return _places(place, mmsi, lat, lon, params)


def cell_of(lat_e7: _Ints, lon_e7: _Ints, cell_m: int) -> tuple[_Ints, _Ints]:
    """Cell of each point as band (from the South Pole) and column (from 180 degrees, eastward).

    Bands are `cell_m` high; each is cut into the whole number of columns that makes them nearest to
    `cell_m` wide, so cells have equal area to within a few per cent beyond 20 km from a pole.
    """
    bands = _bands(cell_m)
    band = np.minimum((np.asarray(lat_e7, np.int64) + _QUARTER_E7) * bands // HALF_E7, bands - 1)
    column = (wrap_e7(lon_e7) + HALF_E7) * _columns(band, cell_m) // FULL_E7
    return band, column


def _bands(cell_m: int) -> int:
    return max(1, round(np.pi * EARTH_RADIUS_M / cell_m))


def _columns(band: _Ints, cell_m: int) -> _Ints:
    """Number of columns in each band."""
    bands = _bands(cell_m)
    # sin of the distance from the South Pole, symmetrical so that north and south agree to the last bit.
    from_pole = np.minimum(band, bands - 1 - band) + 0.5
    girth_m = 2 * np.pi * EARTH_RADIUS_M * np.sin(from_pole * np.pi / bands)
    return np.maximum(1, np.rint(girth_m / cell_m)).astype(np.int64)


def _check(params: Learn) -> None:
    if params.cell_m < 50 or params.max_radius_m < params.cell_m:
        raise BadParameter(
            f"cell_m {params.cell_m} and max_radius_m {params.max_radius_m}: "
            "cells must be at least 50 m and a place at least one cell"
        )
    if not 1 <= params.min_joining_vessels <= params.min_vessels:
        raise BadParameter(
            f"min_joining_vessels {params.min_joining_vessels} must lie between 1 and "
            f"min_vessels {params.min_vessels}"
        )


def _touching(band: int, column: int, columns: dict[int, int]) -> set[tuple[int, int]]:
    """Cells that share a side or a corner with this one, exactly, in integers."""
    n = columns[band]
    found = {(band, (column - 1) % n), (band, (column + 1) % n)}
    for other in (band - 1, band + 1):
        if (m := columns.get(other)) is not None:
            first, last = -(-column * m // n) - 1, (column + 1) * m // n
            found |= {(other, c % m) for c in range(first, last + 1)}
    return found - {(band, column)}


def _join(cells: _Ints, vessels: _Ints, stops: _Ints, params: Learn) -> _Ints:
    """Number of the place of each cell, -1 where none; the busiest cells gather their neighbours first."""
    near = np.unique(np.concatenate([cells[:, 0] + d for d in (-1, 0, 1)]))
    near = near[(near >= 0) & (near < _bands(params.cell_m))]
    columns = dict(zip(near.tolist(), _columns(near, params.cell_m).tolist(), strict=True))
    lat, lon = _centres(cells, params.cell_m)
    worth = np.flatnonzero(vessels >= params.min_joining_vessels)
    number = {(b, c): i for i, (b, c) in zip(worth.tolist(), cells[worth].tolist(), strict=True)}
    strong = vessels >= params.min_vessels
    place = np.full(len(cells), -1, np.int64)
    seeds = worth[np.lexsort((cells[worth, 1], cells[worth, 0], -stops[worth], -vessels[worth]))]
    for seed in seeds[strong[seeds]].tolist():
        if place[seed] >= 0:
            continue
        place[seed] = seed
        reach = [seed]
        while reach:
            here = reach.pop()
            around = _touching(int(cells[here, 0]), int(cells[here, 1]), columns)
            beside = [i for key in around if (i := number.get(key)) is not None and place[i] < 0]
            far = distance_m(lat[beside], lon[beside], lat[seed], lon[seed]) > params.max_radius_m
            for i in np.array(beside, np.int64)[~far].tolist():
                place[i] = seed
                # A weak cell joins, and brings no others.
                if strong[i]:
                    reach.append(i)
    return place


def _centres(cells: _Ints, cell_m: int) -> tuple[_Ints, _Ints]:
    bands, columns = _bands(cell_m), _columns(cells[:, 0], cell_m)
    lat = (2 * cells[:, 0] + 1) * _QUARTER_E7 // bands - _QUARTER_E7
    return lat, (2 * cells[:, 1] + 1) * HALF_E7 // columns - HALF_E7


def _places(place: _Ints, mmsi: _Ints, lat: _Ints, lon: _Ints, params: Learn) -> pa.Table:
    inside = place >= 0
    place, mmsi, lat, lon = place[inside], mmsi[inside], lat[inside], lon[inside]
    if len(place) == 0:
        return PLACES.empty_table()
    _, group = np.unique(place, return_inverse=True)
    groups = int(group.max()) + 1
    fixed = np.rint(unit_vectors(lat, lon) * _FIXED).astype(np.int64)
    total = np.zeros((groups, 3), np.int64)
    np.add.at(total, group, fixed)
    x, y, z = (total / _FIXED).T
    centre_lat = np.rint(np.degrees(np.arctan2(z, np.hypot(x, y))) * 1e7).astype(np.int64)
    centre_lon = wrap_e7(np.rint(np.degrees(np.arctan2(y, x)) * 1e7).astype(np.int64))
    # To the outermost stop, and never less than the cell that was counted.
    radius_m = np.full(groups, params.cell_m // 2, np.int64)
    out_m = np.ceil(distance_m(lat, lon, centre_lat[group], centre_lon[group])).astype(np.int64)
    np.maximum.at(radius_m, group, out_m)
    vessels = np.bincount(np.unique(np.stack([group, mmsi], axis=1), axis=0)[:, 0], minlength=groups)
    how = (
        f"learned v1: {params.min_vessels} vessels in a cell of {params.cell_m} m, "
        f"{params.min_joining_vessels} beside it, radius to {params.max_radius_m} m"
    )
    columns: dict[str, Any] = {
        "place_id": [f"stationary-{_geohash(a, o)}" for a, o in zip(centre_lat, centre_lon, strict=True)],
        "kind": [LEARNED] * groups,
        "name": [None] * groups,
        "lat_e7": centre_lat,
        "lon_e7": centre_lon,
        "radius_m": radius_m,
        "vessels": vessels,
        "stops": np.bincount(group, minlength=groups),
        "source": [how] * groups,
    }
    return pa.table(columns).cast(PLACES).sort_by("place_id")


def _geohash(lat_e7: int, lon_e7: int, length: int = 9) -> str:
    """Geohash (Niemeyer 2008) of a point; nine letters are a cell of about 5 m."""
    bits = length * 5
    y = (int(lat_e7) + _QUARTER_E7) * (1 << bits // 2) // (HALF_E7 + 1)
    x = (int(lon_e7) + HALF_E7) * (1 << bits - bits // 2) // FULL_E7
    code = 0
    for k in range(bits):
        source, at = (x, bits - bits // 2 - 1 - k // 2) if k % 2 == 0 else (y, bits // 2 - 1 - k // 2)
        code = code << 1 | (source >> at & 1)
    return "".join(_GEOHASH[code >> 5 * (length - 1 - i) & 31] for i in range(length))

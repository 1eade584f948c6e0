"""How far outside a zone a point lies, and a coarse grid that knows where no zone is near.

Distances are great circles to the nearest edge, by unit vectors: no seam at 180 degrees, nothing special
at the poles. Inside or outside an area is decided in integers.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.geo import EARTH_RADIUS_M, FULL_E7, HALF_E7, distance_m, unit_vectors, wrap_e7
from shiomi.kernels.coast import on_land_by_column
from shiomi.kernels.nearest import morton_order, nearest_edge_chord2, tree_boxes
from shiomi.kernels.still import still
from shiomi.kernels.zones import CELL_BITS, CELLS_EAST, CELLS_NORTH, keys_near, near_pairs
from shiomi.places.land import COLUMN_E7, edges_by_column
from shiomi.places.zones import CABLE, WATCHED_PORT, zones_by_hash

__all__ = ["MARGIN_M", "Waters", "cables_of", "ports_of", "waters_of"]

MARGIN_M = 5_000
"""A cell nearer than this to a zone is near it: room for hysteresis and for what is uncertain."""

_POLE_E7 = 900_000_000
_MAX_EDGE_M = 11_000
_BULGE = (_MAX_EDGE_M / EARTH_RADIUS_M) ** 2 / 8
"""Height of the arc of the longest edge over its chord, in earth radii."""

_LEVELS = (CELL_BITS + 6, CELL_BITS + 3, CELL_BITS)
"""Cells of 13.4 degrees first; those that are near are cut in 8 by 8, and again."""

_Ints = npt.NDArray[Any]
_I64 = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


class _Tree(NamedTuple):
    a: _Floats
    b: _Floats
    boxes: _Floats

    def metres(self, points: _Floats) -> _Floats:
        chord2 = nearest_edge_chord2(points, self.a, self.b, self.boxes, _BULGE)
        return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(chord2) / 2)), np.float64)


class _Ring(NamedTuple):
    edges: _I64
    column_start: _I64
    column_edges: npt.NDArray[np.int32]
    holds_north_pole: bool


class _Shape(NamedTuple):
    tree: _Tree
    rivals: _Tree | None
    ring: _Ring | None
    inner_m: int
    outer_m: int

    def outside_m(self, lat_e7: _Ints, lon_e7: _Ints) -> _Floats:
        """Metres to the line, negative inside, unrounded. Moving one metre changes it by one at most."""
        points = unit_vectors(lat_e7, lon_e7)
        away_m = self.tree.metres(points)
        if self.ring is not None:
            r = self.ring
            odd = on_land_by_column(
                # North of the pole itself nothing is left to cross.
                np.minimum(np.asarray(lat_e7, np.int64), _POLE_E7 - 1),
                wrap_e7(lon_e7),
                r.edges,
                r.column_start,
                r.column_edges,
                COLUMN_E7,
            )
            return np.where(odd != r.holds_north_pole, -away_m, away_m)
        out_m = away_m - self.outer_m
        if self.inner_m >= 0:
            out_m = np.maximum(out_m, self.inner_m - away_m)
        if self.rivals is not None:
            # Half the difference of two distances grows no faster than the distance to the middle line.
            out_m = np.maximum(out_m, (away_m - self.rivals.metres(points)) / 2)
        return out_m


class Waters(NamedTuple):
    """Some zones of a table, ready to be asked; numbered in ascending order of `zone_hash`."""

    zone_hash: _I64
    line_m: _I64
    seaward_deg: _I64
    """-1 where none is stated."""
    shapes: tuple[_Shape, ...]
    cells: npt.NDArray[np.int32]
    list_start: _I64
    list_zone: _I64
    list_sure: npt.NDArray[np.bool_]
    first_lat_e7: _I64
    first_lon_e7: _I64
    """First vertex of each: the place itself of a zone around a point."""

    def places(self, zone: _I64) -> tuple[_I64, _I64]:
        """Latitude and longitude of zones around a point."""
        return self.first_lat_e7[zone], self.first_lon_e7[zone]

    def outside_m(self, zone: _I64, lat_e7: _Ints, lon_e7: _Ints) -> _I64:
        """Whole metres that each point lies outside its zone; negative inside."""
        out = np.empty(len(zone), np.int64)
        for z in np.unique(zone).tolist():
            mine = np.flatnonzero(zone == z)
            out[mine] = np.rint(self.shapes[z].outside_m(lat_e7[mine], lon_e7[mine])).astype(np.int64)
        return out

    def rows_of_keys(self, rows: pa.Table, key: str, others: _I64) -> pa.Table:
        """Rows, in ascending order of `key`, of the keys that come near any zone and of `others`."""
        keys = np.ascontiguousarray(rows[key].to_numpy())
        near = keys_near(keys, rows["lat_e7"].to_numpy(), rows["lon_e7"].to_numpy(), self.cells)
        wanted = np.union1d(near, others)
        low, high = np.searchsorted(keys, wanted), np.searchsorted(keys, wanted, side="right")
        pieces = [rows.slice(a, b - a) for a, b in zip(low.tolist(), high.tolist(), strict=True) if b > a]
        return pa.concat_tables([rows.slice(0, 0), *pieces]).combine_chunks()

    def latitudes_e7(self, zone: int) -> tuple[int, int]:
        """Southern and northern edge of the cells near a zone; all latitudes if there are none."""
        mine = np.flatnonzero(np.isin(self.cells, self._lists_with(zone))) // CELLS_EAST
        if len(mine) == 0:
            return -_POLE_E7, _POLE_E7
        return int(mine.min() << CELL_BITS) - _POLE_E7, int((mine.max() + 1) << CELL_BITS) - _POLE_E7

    def _lists_with(self, zone: int) -> _I64:
        holds = np.flatnonzero(self.list_zone == zone)
        return np.unique(np.searchsorted(self.list_start, holds, side="right") - 1)

    def near(
        self, track: _I64, lat_e7: _Ints, lon_e7: _Ints, active_track: _I64, active_zone: _I64
    ) -> tuple[_I64, _I64, _I64]:
        """Report, zone number and whether it is FAR, UNSURE or SURE: all pairs that are not surely apart."""
        pairs = near_pairs(
            track,
            lat_e7,
            lon_e7,
            self.cells,
            self.list_start,
            self.list_zone,
            self.list_sure,
            active_track,
            active_zone,
        )
        return pairs[:, 0], pairs[:, 1], pairs[:, 2]


@lru_cache(maxsize=16)
def waters_of(key: int) -> Waters:
    """The zones of a table in which ships are present: all but cables and watched ports."""
    zones = zones_by_hash(key)
    kinds = np.array(zones["kind"].to_pylist(), object)
    return _compile(zones.filter(pa.array((kinds != CABLE) & (kinds != WATCHED_PORT))))


@lru_cache(maxsize=16)
def ports_of(key: int, reach_m: int) -> Waters:
    """The watched ports of a table, each with the waters no farther than `reach_m` from it."""
    ports = _of_kind(zones_by_hash(key), WATCHED_PORT)
    i = ports.schema.get_field_index("outer_m")
    return _compile(
        ports.set_column(i, ports.schema.field(i), pa.array([reach_m] * ports.num_rows, pa.int32()))
    )


@lru_cache(maxsize=16)
def cables_of(key: int) -> Waters:
    """The cables of a table, each with its buffer."""
    return _compile(_of_kind(zones_by_hash(key), CABLE))


def _of_kind(zones: pa.Table, kind: str) -> pa.Table:
    return zones.filter(pa.array([k == kind for k in zones["kind"].to_pylist()], pa.bool_()))


def _compile(zones: pa.Table) -> Waters:
    zones = zones.sort_by("zone_hash")
    shapes = tuple(_shape(row) for row in zones.to_pylist())
    cells, list_start, list_zone, list_sure = _grid(shapes)
    return Waters(
        zones["zone_hash"].to_numpy(),
        zones["line_m"].to_numpy().astype(np.int64),
        zones["seaward_deg"].fill_null(-1).to_numpy().astype(np.int64),
        shapes,
        cells,
        list_start,
        list_zone,
        list_sure,
        *(np.array([v[0] for v in zones[c].to_pylist()], np.int64) for c in ("lat_e7", "lon_e7")),
    )


def _shape(row: dict[str, Any]) -> _Shape:
    lat, lon = np.array(row["lat_e7"], np.int64), np.array(row["lon_e7"], np.int64)
    starts = [*row["part_start"], len(lat)]
    is_area = row["shape"] == "area"
    edges, rivals, turns = [], [], np.zeros(0, np.int64)
    for k, (lo, hi) in enumerate(pairwise(starts)):
        part = _edges(lat[lo:hi], lon[lo:hi], closed=is_area)
        if k >= row["rival_part"]:
            rivals.append(part)
        else:
            edges.append(part)
        if is_area and abs(int(part[:, 3].sum())) == FULL_E7:
            turns = np.append(turns, int(part[:, 0].mean() > 0))
    whole = np.concatenate(edges)
    # A line along 180 degrees, or along a pole, is where a chart ends and a polygon was cut: no limit.
    is_cut = (whole[:, 1] == -HALF_E7) & (whole[:, 3] == 0) & (whole[:, 2] != 0)
    is_cut |= (np.abs(whole[:, 0]) == _POLE_E7) & (whole[:, 2] == 0)
    bounds = whole[~is_cut] if is_area and not is_cut.all() else whole
    return _Shape(
        _tree(bounds),
        _tree(np.concatenate(rivals)) if rivals else None,
        _Ring(whole, *edges_by_column(whole), bool(turns.sum() % 2)) if is_area else None,
        row["inner_m"],
        row["outer_m"],
    )


def _edges(lat: _I64, lon: _I64, *, closed: bool) -> _I64:
    ahead = np.arange(1, len(lat) + 1)
    ahead[-1] = 0 if closed else len(lat) - 1
    n = len(lat) if closed or len(lat) == 1 else len(lat) - 1
    rows = np.stack([lat, lon, lat[ahead] - lat, wrap_e7(lon[ahead] - lon)], axis=1)
    return np.ascontiguousarray(rows[:n])


def _tree(edges: _I64) -> _Tree:
    a = unit_vectors(edges[:, 0], edges[:, 1])
    b = unit_vectors(edges[:, 0] + edges[:, 2], edges[:, 1] + edges[:, 3])
    order = morton_order(a)
    a, b = np.ascontiguousarray(a[order]), np.ascontiguousarray(b[order])
    return _Tree(*map(still, (a, b, tree_boxes(a, b))))


def _grid(
    shapes: tuple[_Shape, ...],
) -> tuple[npt.NDArray[np.int32], _I64, _I64, npt.NDArray[np.bool_]]:
    """Per cell the number of its list; list 0 is empty."""
    cell, zone, sure = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.bool_)]
    for z, shape in enumerate(shapes):
        mine, is_sure = _cells_near(shape)
        cell.append(mine)
        zone.append(np.full(len(mine), z, np.int64))
        sure.append(is_sure)
    c, of_zone, of_sure = np.concatenate(cell), np.concatenate(zone), np.concatenate(sure)
    order = np.lexsort((of_zone, c))
    c, of_zone, of_sure = c[order], of_zone[order], of_sure[order]
    edges = np.flatnonzero(np.diff(c, prepend=-1))
    cells = np.zeros(CELLS_NORTH * CELLS_EAST, np.int32)
    cells[c[edges]] = np.arange(1, len(edges) + 1)
    return cells, np.concatenate([[0], edges, [len(c)]]).astype(np.int64), of_zone, of_sure


def _cells_near(shape: _Shape) -> tuple[_I64, npt.NDArray[np.bool_]]:
    """Cells that come within MARGIN_M of a zone, and which of them lie wholly inside."""
    size = 1 << _LEVELS[0]
    norths, easts = np.arange(-_POLE_E7, _POLE_E7, size), np.arange(-HALF_E7, HALF_E7, size)
    lat, lon = np.repeat(norths, len(easts)), np.tile(easts, len(norths))
    near, sure = _judge(shape, lat, lon, size)
    for bits in _LEVELS[1:]:
        size = 1 << bits
        step = np.arange(8, dtype=np.int64) * size
        lat = (lat[near][:, None] + np.repeat(step, 8)).reshape(-1)
        lon = (lon[near][:, None] + np.tile(step, 8)).reshape(-1)
        on_globe = (lat <= _POLE_E7) & (lon < HALF_E7)
        lat, lon = lat[on_globe], lon[on_globe]
        near, sure = _judge(shape, lat, lon, size)
    north, east = (lat[near] + _POLE_E7) >> CELL_BITS, (lon[near] + HALF_E7) >> CELL_BITS
    return north * CELLS_EAST + east, sure[near]


def _judge(
    shape: _Shape, lat: _I64, lon: _I64, size: int
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    if len(lat) == 0:
        return np.zeros(0, np.bool_), np.zeros(0, np.bool_)
    top = np.minimum(lat + size, _POLE_E7)
    mid_lat, mid_lon = (lat + top) // 2, lon + size // 2
    corners = [distance_m(mid_lat, mid_lon, y, lon + e * size) for y in (lat, top) for e in (0, 1)]
    reach_m = np.max(corners, axis=0) + MARGIN_M
    out_m = shape.outside_m(mid_lat, mid_lon)
    return out_m <= reach_m, out_m < -reach_m

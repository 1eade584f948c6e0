"""Reports beside the zones that they are near to: what a stage that watches lines begins with."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import NULL, numpy_of
from shiomi.findings import UNKNOWN
from shiomi.kernels.zones import FAR, UNSURE
from shiomi.places.zone_grid import MARGIN_M, Waters

__all__ = ["FAR_M", "first_rows", "kept_rows", "near_rows"]

FAR_M = 1 << 30
"""Stands for the distance of a report that left a zone far behind."""

_I64 = npt.NDArray[np.int64]


def near_rows(waters: Waters, state: pa.Table, rows: pa.Table, **new: Any) -> dict[str, npt.NDArray[Any]]:
    """Every report with every zone it is near to, those of `state` first, by track, zone and time.

    Args:
        waters: the zones.
        state: rows carried, with columns `zone_hash`, `outside_m`, and whatever else is carried.
        rows: new rows of TRACKS.
        **new: value of each other column that only the state has.

    Returns:
        The columns of the state, null as UNKNOWN in int64, -1 in int8 and NULL in others, and `zone`,
        the number of the zone. `outside_m` is FAR_M for the first report far from a zone that the track was
        near to, and -MARGIN_M for one so far inside that nobody measured.
    """
    old = _arrays(state, state.schema)
    old["zone"] = np.searchsorted(waters.zone_hash, old["zone_hash"]).astype(np.int64)
    first = first_rows(old["track_id"], old["zone"])
    report, zone, how = waters.near(
        numpy_of(rows, "track_id"),
        numpy_of(rows, "lat_e7"),
        numpy_of(rows, "lon_e7"),
        old["track_id"][first],
        old["zone"][first],
    )
    carried = [f for f in state.schema if f.name in rows.schema.names]
    near = rows.select([f.name for f in carried]).take(pa.array(report))
    fresh = _arrays(near, pa.schema(carried))
    outside_m = np.where(how == FAR, FAR_M, -MARGIN_M).astype(np.int64)
    unsure = np.flatnonzero(how == UNSURE)
    outside_m[unsure] = waters.outside_m(zone[unsure], fresh["lat_e7"][unsure], fresh["lon_e7"][unsure])
    fresh |= {"zone": zone, "zone_hash": waters.zone_hash[zone], "outside_m": outside_m}
    fresh |= {name: np.full(len(zone), value) for name, value in new.items()}
    both = {n: np.concatenate([old[n], fresh[n]]) for n in (*state.schema.names, "zone")}
    order = np.lexsort((np.arange(len(both["t"])), both["zone"], both["track_id"]))
    return {n: v[order] for n, v in both.items()}


def first_rows(track: _I64, zone: _I64) -> npt.NDArray[np.intp]:
    """The first row of every track and zone, in rows sorted by them."""
    return np.flatnonzero((np.diff(track, prepend=-1) != 0) | (np.diff(zone, prepend=-1) != 0))


def kept_rows(p: dict[str, npt.NDArray[Any]], keep: npt.NDArray[np.bool_], schema: pa.Schema) -> pa.Table:
    """The rows to keep as a table of that schema, UNKNOWN and NULL as null again."""
    arrays = []
    for f in schema:
        values = p[f.name][keep]
        arrays.append(pa.array(values, f.type, mask=values == _null_of(f.type) if f.nullable else None))
    return pa.Table.from_arrays(arrays, schema=schema)


def _arrays(table: pa.Table, schema: pa.Schema) -> dict[str, npt.NDArray[Any]]:
    return {f.name: numpy_of(table, f.name, _null_of(f.type)) for f in schema}


def _null_of(type_: pa.DataType) -> int:
    """A number that stands for null and that the type can hold; none of ours is used for anything else."""
    return {pa.int64(): UNKNOWN, pa.int8(): -1}.get(type_, NULL)

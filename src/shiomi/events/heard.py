"""When a zone was heard at all: the slots of time in which any report came from in or near it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from shiomi.events.tables import parquet_files
from shiomi.places.zone_grid import Waters, waters_of
from shiomi.units import SECOND

__all__ = ["heard_slots", "slots_of"]

_I64 = npt.NDArray[np.int64]


def heard_slots(store: Path, zones_hash: int, zone_hash: int, since: int, until: int, slot_s: int) -> _I64:
    """Numbers since 1970 of the slots in which any vessel was heard in the zone or a few miles from it.

    Nobody being there and nobody being heard look the same in them: both are no proof of absence.
    """
    waters = waters_of(zones_hash)
    (zone,) = np.flatnonzero(waters.zone_hash == zone_hash).tolist()
    south, north = waters.latitudes_e7(zone)
    rows = (
        pl.scan_parquet(parquet_files(store, "positions"))
        .filter(pl.col("t").is_between(since, until - 1), pl.col("lat_e7").is_between(south, north))
        .select("t", "lat_e7", "lon_e7")
        .collect()
    )
    t, lat, lon = (rows[c].to_numpy() for c in ("t", "lat_e7", "lon_e7"))
    return slots_of(waters, zone, t, lat, lon, slot_s)


def slots_of(
    waters: Waters, zone: int, t: _I64, lat_e7: npt.NDArray[Any], lon_e7: npt.NDArray[Any], slot_s: int
) -> _I64:
    """The same from reports: `zone` is the number of the zone in `waters`."""
    none = np.zeros(0, np.int64)
    report, near, _ = waters.near(np.zeros(len(t), np.int64), lat_e7, lon_e7, none, none)
    return np.unique(t[report[near == zone]] // (slot_s * SECOND)).astype(np.int64)

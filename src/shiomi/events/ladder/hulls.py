"""The outline of a hull around its antenna, as the vessel claims it, and how far two lie apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import shapely

__all__ = ["Hull", "claimed_hulls", "hulls_apart_m"]

_F64 = npt.NDArray[np.float64]
_FIELDS = ("length_m", "width_m", "bow_m", "port_m")


class Hull(NamedTuple):
    """A box: its size, and how far ahead and to port of the antenna it reaches; metres, -1 where not told."""

    length_m: int
    width_m: int = -1
    bow_m: int = -1
    port_m: int = -1

    @property
    def is_whole(self) -> bool:
        """Whether the box is told, with the antenna in it."""
        return 0 <= self.bow_m <= self.length_m and 0 <= self.port_m <= self.width_m


def claimed_hulls(particulars: pa.Table | None, events: pa.Table) -> dict[int, Hull]:
    """The hull that each MMSI of the events claimed most often; among equals the later, then the larger."""
    if particulars is None or particulars.num_rows == 0:
        return {}
    mmsis = pc.unique(pc.shift_right(pc.list_flatten(events["subjects"]), 33)).cast(pa.int32())
    mine = particulars.filter(pc.is_in(particulars["mmsi"], mmsis))
    frame = pl.from_arrow(mine.select(["mmsi", *_FIELDS, "reports", "t_last"]))
    assert isinstance(frame, pl.DataFrame)
    best = (
        frame.filter(pl.col("length_m") > 0)
        .with_columns(pl.col(*_FIELDS).fill_null(-1))
        .group_by("mmsi", *_FIELDS)
        .agg(pl.col("reports").sum(), pl.col("t_last").max())
        .sort("mmsi", "reports", "t_last", *_FIELDS)
        .unique("mmsi", keep="last", maintain_order=True)
    )
    return {row[0]: Hull(*row[1:]) for row in best.select("mmsi", *_FIELDS).iter_rows()}


def hulls_apart_m(mine: Hull, theirs: Hull, apart_m: _F64, bows_deg: _F64) -> float:
    """Least distance of two outlines over instants; 0 where they overlap.

    Args:
        apart_m: east and north of the second antenna from the first, a column for each instant.
        bows_deg: true headings of the first and of the second.
    """
    first = shapely.polygons(_corners(mine, bows_deg[0]))
    second = shapely.polygons(_corners(theirs, bows_deg[1]) + apart_m.T[:, None, :])
    return float(shapely.distance(first, second).min())


def _corners(hull: Hull, bow_deg: _F64) -> _F64:
    """East and north of the corners from the antenna: instant, corner, axis."""
    ahead = np.array([hull.bow_m, hull.bow_m, hull.bow_m - hull.length_m, hull.bow_m - hull.length_m])
    right = np.array([-hull.port_m, hull.width_m - hull.port_m, hull.width_m - hull.port_m, -hull.port_m])
    sin, cos = np.sin(np.radians(bow_deg))[:, None], np.cos(np.radians(bow_deg))[:, None]
    return np.stack([ahead * sin + right * cos, ahead * cos - right * sin], axis=2)

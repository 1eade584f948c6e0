"""Displacement: an MMSI reports places that its hull cannot be at.

First link of `gnss_interference`. By itself it says little: a damaged message, a poor receiver and a
second transmitter give such reports every day. Many vessels at once are another matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import Columns
from shiomi.contracts import Step
from shiomi.geo import distance_m
from shiomi.kernels.displaced import find_displaced
from shiomi.kernels.order import group_edges
from shiomi.schema import DISPLACEMENTS, TRACKS, columns_of
from shiomi.units import SECOND, hours, knots, minutes

__all__ = ["Displacement"]

_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Displacement:
    """Onset and end of every spell in which an MMSI left its place without having sailed from it."""

    name: ClassVar[str] = "displacement"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "displacements"
    by: ClassVar[str] = "mmsi"
    state: ClassVar[pa.Schema] = columns_of(
        TRACKS, "mmsi", "track_id", "t", "message_id", "lat_e7", "lon_e7", "sog_dkn", "fix_no", "prev_t"
    ).append(pa.field("is_told", pa.bool_()))

    min_fixes: int = 3
    """Odd reports that make a spell. Analyst-set: one or two are damaged messages."""
    confirm_s: int = minutes(10)
    """Within this long after the first. Analyst-set."""
    quiet_s: int = hours(1)
    """A place not reported for longer is no home to be displaced from. Analyst-set."""
    max_slip_m: int = 300
    """A leg this much longer than its speeds explain is odd, though a hull could have sailed it. Analyst-set:
    1 leg of 17,000 on a day of the US coast is."""
    margin_dkn: int = knots(5)
    """Speed that a leg may have above the higher of those reported at its ends. Analyst-set."""
    max_leg_s: int = minutes(10)
    """Over longer legs the speeds at both ends say little of the way. As `short_s` in `segment`."""
    rest_s: int = hours(1)
    """No odd report for this long, and it is over; no less than `onset_s` of what reads it. Analyst-set."""
    max_away_s: int = hours(24)
    """What lasts longer is a new home. Analyst-set."""
    keep_s: int = minutes(20)
    """Evidence of the end holds an odd report at least this often, where there is one."""

    @property
    def latency_s(self) -> int:
        """An onset is known once it is confirmed."""
        return self.confirm_s

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to rows of DISPLACEMENTS."""
        p = Columns(state, rows, "mmsi", is_told=False)
        found, edges, cited, keep, told = find_displaced(
            group_edges(p["mmsi"]),
            p["t"],
            p["track_id"],
            p["fix_no"],
            p.times("prev_t"),
            p["lat_e7"],
            p["lon_e7"],
            p["sog_dkn"],
            p["is_told"],
            watermark,
            self.max_slip_m * 1000.0,
            self.margin_dkn,
            self.max_leg_s * SECOND,
            self.quiet_s * SECOND,
            self.confirm_s * SECOND,
            self.min_fixes,
            self.rest_s * SECOND,
            self.max_away_s * SECOND,
            self.keep_s * SECOND,
        )
        return Step(p.table(keep, is_told=told), _rows(p, found, edges, cited))


def _rows(p: Columns, found: _I64, edges: _I64, cited: _I64) -> pa.Table:
    if len(found) == 0:
        return DISPLACEMENTS.empty_table()
    home, onset, confirm, last_odd = found[:, 1], found[:, 2], found[:, 3], found[:, 4]
    lat, lon, t, track = (p[c] for c in ("lat_e7", "lon_e7", "t", "track_id"))
    count = confirm - onset + 1
    starts = np.cumsum(count) - count
    near = np.arange(int(count.sum())) - np.repeat(starts, count) + np.repeat(onset, count)
    first = np.repeat(onset, count)
    from_first_m = np.rint(distance_m(lat[first], lon[first], lat[near], lon[near])).astype(np.int64)
    # Home may have been heard once in between: what it said is no part of where the others were.
    is_home = (track[near] == track[first - np.repeat(onset - home, count)]) & (track[first] != track[near])
    wander_m = np.maximum.reduceat(np.where(is_home, 0, from_first_m), starts)
    at = edges.astype(np.int32)
    held = cited[: edges[-1]]
    columns = [
        np.zeros(len(found), np.int32),
        found[:, 5],
        p.at("message_id", onset),
        found[:, 0] == 1,
        t[last_odd],
        p.at("mmsi", onset),
        track[home],
        track[onset],
        t[home],
        lat[home],
        lon[home],
        lat[onset],
        lon[onset],
        wander_m,
    ]
    lists = [pa.ListArray.from_arrays(at, pa.array(p.at(c, held), pa.int64())) for c in ("message_id", "t")]
    arrays = [*(pa.array(c) for c in columns), *lists]
    return pa.Table.from_arrays(
        [a.cast(f.type) for a, f in zip(arrays, DISPLACEMENTS, strict=True)], schema=DISPLACEMENTS
    )

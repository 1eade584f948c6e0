"""Stop: a vessel keeps to one place: at anchor, moored, aground, hove to.

A stop says nothing of why. At a berth or an anchorage it is the ordinary state of a ship; many
vessels stopping in one place is how such places are learned. See docs/detectors/stop.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import Columns
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Evidence, Found, events_of
from shiomi.geo import distance_m
from shiomi.runs import runs_in
from shiomi.schema import TRACKS, columns_of
from shiomi.units import hours, knots, minutes

__all__ = ["Stop"]


@dataclass(frozen=True, slots=True)
class Stop:
    """Report every time a vessel stays within `max_radius_m` of where it stopped, for `min_duration_s`."""

    name: ClassVar[str] = "stop"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = columns_of(
        TRACKS, "track_id", "t", "message_id", "lat_e7", "lon_e7", "pace_dkn", "bridge_s", "prev_t"
    ).append(pa.field("is_told", pa.bool_()))

    max_radius_m: int = 500
    """Wide enough for the swing of a large ship at anchor. Analyst-set; the usual
    figure for stops in published tools."""
    min_duration_s: int = hours(2)
    start_dkn: int = knots(1)
    """A stop begins at a report no faster than this. Analyst-set: a ship being berthed still moves."""
    max_rest_s: int = hours(6)
    """Two reports from one place this far apart are one stop, if the vessel is heard that seldom; twice
    what may be interpolated. Analyst-set."""
    max_break_s: int = minutes(15)
    """Reports further off for no longer than this are part of it: a poor fix. Analyst-set."""
    keep_s: int = minutes(20)
    """Evidence holds a report at least this often, where there is one."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once left or silent."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to stops with exact edges."""
        p = Columns(state, rows, "track_id", is_told=False)
        r = runs_in(
            p,
            "track_id",
            watermark,
            rest_s=np.minimum(2 * p["bridge_s"].astype(np.int64), self.max_rest_s),
            max_break_s=self.max_break_s,
            keep_s=self.keep_s,
            min_duration_s=self.min_duration_s,
            start_dkn=self.start_dkn,
            radius_m=self.max_radius_m,
        )
        t, lat, lon = p["t"], p["lat_e7"], p["lon_e7"]
        t_start, t_end = r.times(t)
        mean_lat, mean_lon = r.mean_place(p)
        owner = np.repeat(np.arange(len(r.first)), np.diff(r.kept.edges))
        away_m = np.zeros(len(p), np.int64)
        rows_kept = r.kept.values
        away_m[rows_kept] = np.rint(
            distance_m(lat[rows_kept], lon[rows_kept], mean_lat[owner], mean_lon[owner])
        ).astype(np.int64)
        prev_t = p.times("prev_t")
        before = prev_t[r.first]
        found = Found(
            is_open=r.is_open,
            subjects=[p["track_id"][r.first]],
            t_start=t_start,
            t_end=t_end,
            t_start_earliest=np.where(before == UNKNOWN, t_start, before),
            t_start_latest=t_start,
            t_end_earliest=t_end,
            t_end_latest=r.ended_by(t),
            known_t=r.known_t,
            lat_e7=mean_lat,
            lon_e7=mean_lon,
            measures={
                "duration_s": r.duration_s(t),
                "radius_m": r.most(away_m),
                "longest_silence_s": r.longest_silence_s(t, prev_t),
            },
            evidence=Evidence(r.cited.edges, p["message_id"][r.cited.values]),
        )
        return Step(r.state, events_of(self, found))

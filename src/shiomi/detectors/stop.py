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
from shiomi.findings import events_of
from shiomi.geo import distance_m
from shiomi.runs import NEW_ROW, runs_in, track_found, with_run
from shiomi.schema import TRACKS, columns_of
from shiomi.units import hours, knots, minutes

__all__ = ["Stop"]


@dataclass(frozen=True, slots=True)
class Stop:
    """Report every time a vessel stays within `max_radius_m` of where it stopped, for `min_duration_s`."""

    name: ClassVar[str] = "stop"
    version: ClassVar[int] = 2
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = with_run(
        columns_of(
            TRACKS, "track_id", "t", "message_id", "lat_e7", "lon_e7", "pace_dkn", "bridge_s", "prev_t"
        )
    )

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
    max_silence_s: int = hours(24)
    """Taken up again after a silence no longer than this, it may have begun before: `t_start_earliest`.
    Analyst-set: at least one report a day."""
    keep_s: int = minutes(20)
    """Evidence holds a report at least this often, where there is one."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once left or silent."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to stops with exact edges."""
        p = Columns(state, rows, "track_id", **NEW_ROW)
        r = runs_in(
            p,
            "track_id",
            watermark,
            rest_s=np.minimum(2 * p["bridge_s"], self.max_rest_s),
            max_break_s=self.max_break_s,
            keep_s=self.keep_s,
            min_duration_s=self.min_duration_s,
            max_silence_s=self.max_silence_s,
            start_dkn=self.start_dkn,
            radius_m=self.max_radius_m,
        )
        kept, place = r.kept.values, r.mean_place(p)
        owner = np.repeat(np.arange(len(r.first)), np.diff(r.kept.edges))
        away_m = np.zeros(len(p), np.int64)
        away_m[kept] = np.rint(
            distance_m(p.at("lat_e7", kept), p.at("lon_e7", kept), place[0][owner], place[1][owner])
        ).astype(np.int64)
        return Step(r.state, events_of(self, track_found(p, r, place, radius_m=r.most(away_m))))

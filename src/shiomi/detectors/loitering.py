"""Loitering: a vessel stays slow for long, without an anchor's fixed place.

One visible vessel that drifts for hours may be meeting one that cannot be seen. Or it waits for a
berth, for orders, for weather, repairs an engine, cleans a tank, or fishes. See
docs/detectors/loitering.md for the known false alarms.
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

__all__ = ["Loitering"]


@dataclass(frozen=True, slots=True)
class Loitering:
    """Report every time a vessel stays at or below `max_pace_dkn` for `min_duration_s`."""

    name: ClassVar[str] = "loitering"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = columns_of(
        TRACKS, "track_id", "t", "message_id", "lat_e7", "lon_e7", "pace_dkn", "bridge_s", "prev_t"
    ).append(pa.field("is_told", pa.bool_()))

    max_pace_dkn: int = knots(2)
    """Global Fishing Watch, `files/loitering.md`: mean speed under 2 kn."""
    min_duration_s: int = hours(4)
    """The same source: 4 h or more, as regional fishery bodies use it."""
    max_break_s: int = minutes(15)
    """Faster for no longer than this is part of it: a wave, a short engine turn. Analyst-set."""
    keep_s: int = minutes(20)
    """Evidence holds a report at least this often, where there is one."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once broken or silent."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to slow times with exact edges."""
        p = Columns(state, rows, "track_id", is_told=False)
        r = runs_in(
            p,
            "track_id",
            watermark,
            rest_s=p["bridge_s"],
            max_break_s=self.max_break_s,
            keep_s=self.keep_s,
            min_duration_s=self.min_duration_s,
            start_dkn=self.max_pace_dkn,
            stay_dkn=self.max_pace_dkn,
        )
        t, lat, lon = p["t"], p["lat_e7"], p["lon_e7"]
        t_start, t_end = r.times(t)
        mean_lat, mean_lon = r.mean_place(p)
        moved_m = np.rint(distance_m(lat[r.first], lon[r.first], lat[r.last], lon[r.last])).astype(np.int64)
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
                "distance_m": moved_m,
                "pace_max_dkn": r.most(np.maximum(p["pace_dkn"], 0)),
                "longest_silence_s": r.longest_silence_s(t, prev_t),
            },
            evidence=Evidence(r.cited.edges, p["message_id"][r.cited.values]),
        )
        return Step(r.state, events_of(self, found))

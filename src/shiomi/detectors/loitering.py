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
from shiomi.findings import events_of
from shiomi.geo import distance_m
from shiomi.runs import NEW_ROW, runs_in, track_found, with_run
from shiomi.schema import TRACKS, columns_of
from shiomi.units import hours, knots, minutes

__all__ = ["Loitering"]


@dataclass(frozen=True, slots=True)
class Loitering:
    """Report every time a vessel stays at or below `max_pace_dkn` for `min_duration_s`."""

    name: ClassVar[str] = "loitering"
    version: ClassVar[int] = 2
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = with_run(
        columns_of(
            TRACKS, "track_id", "t", "message_id", "lat_e7", "lon_e7", "pace_dkn", "bridge_s", "prev_t"
        )
    )

    max_pace_dkn: int = knots(2)
    """Global Fishing Watch, `files/loitering.md`: mean speed under 2 kn."""
    min_duration_s: int = hours(4)
    """The same source: 4 h or more, as regional fishery bodies use it."""
    max_break_s: int = minutes(15)
    """Faster for no longer than this is part of it: a wave, a short engine turn. Analyst-set."""
    max_silence_s: int = hours(24)
    """Taken up again after a silence no longer than this, it may have begun before: `t_start_earliest`.
    Analyst-set: at least one report a day."""
    keep_s: int = minutes(20)
    """Evidence holds a report at least this often, where there is one."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough, closed once broken or silent."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to slow times with exact edges."""
        p = Columns(state, rows, "track_id", **NEW_ROW)
        r = runs_in(
            p,
            "track_id",
            watermark,
            rest_s=p["bridge_s"],
            max_break_s=self.max_break_s,
            keep_s=self.keep_s,
            min_duration_s=self.min_duration_s,
            max_silence_s=self.max_silence_s,
            start_dkn=self.max_pace_dkn,
            stay_dkn=self.max_pace_dkn,
        )
        edges = [p.at(c, at) for at in (r.first, r.last) for c in ("lat_e7", "lon_e7")]
        found = track_found(
            p,
            r,
            r.mean_place(p),
            distance_m=np.rint(distance_m(*edges)).astype(np.int64),
            pace_max_dkn=r.most(np.maximum(p["pace_dkn"], 0)),
        )
        return Step(r.state, events_of(self, found))

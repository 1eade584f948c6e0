"""Gap: a vessel that was reporting falls silent.

A vessel that is not heard for a day may have been anywhere it could reach. But silence is not intent:
beyond a shore station's range, or under a satellite in a crowded sea, every vessel falls silent. See
docs/detectors/gap.md for the known false alarms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import NULL, Columns
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Evidence, Found, events_of
from shiomi.geo import distance_m
from shiomi.schema import TRACKS, columns_of
from shiomi.units import SECOND, hours

__all__ = ["Gap"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Report every silence long against the clock and against the vessel's own habit."""

    name: ClassVar[str] = "gap"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = columns_of(
        TRACKS, "track_id", "t", "message_id", "lat_e7", "lon_e7", "interval_s"
    ).append(pa.field("is_told", pa.bool_()))

    min_silence_s: int = hours(12)
    """Global Fishing Watch, `files/gaps.md`: shorter ones are called unreliable, because satellite
    passes have a strong 12 h period below 60 degrees of latitude."""
    min_missing_reports: int = 14
    """The silence would have held at least this many reports at the vessel's own interval. From the
    same source: at least 14 positions in the 12 h before."""

    @property
    def latency_s(self) -> int:
        """A silence is told as soon as it is long enough."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to silences: first open, then closed."""
        p = Columns(state, rows, "track_id", is_told=False)
        interval_s = p["interval_s"].astype(np.int64)
        limit = np.maximum(self.min_silence_s, self.min_missing_reports * interval_s) * SECOND
        had_habit = interval_s != NULL

        newest = p.last_of("track_id")
        silent_for = np.where(newest, watermark - 1 - p["t"], 0)
        overdue = newest & had_habit & (silent_for >= limit) & ~p["is_told"]
        # A report ends the silence before it, which the row before judges.
        ended = np.zeros(len(p), np.bool_)
        since = p.since_previous("t", within="track_id")
        ended[1:] = had_habit[:-1] & (since[1:] >= limit[:-1]) & (since[1:] > 0)

        found = self._found(p, np.flatnonzero(ended) - 1, np.flatnonzero(overdue), limit)
        # Only the newest report of each track can begin a silence, so it is all we carry.
        return Step(p.table(newest, is_told=p["is_told"] | overdue), events_of(self, found))

    def _found(
        self,
        p: Columns,
        closed: npt.NDArray[np.intp],
        opened: npt.NDArray[np.intp],
        limit: npt.NDArray[np.int64],
    ) -> Found:
        before = np.concatenate([closed, opened])
        is_open = np.arange(len(before)) >= len(closed)
        after = np.where(is_open, before, before + 1)
        t, lat, lon = p["t"], p["lat_e7"], p["lon_e7"]
        t_end = np.where(is_open, UNKNOWN, t[after])
        moved_m = np.rint(distance_m(lat[before], lon[before], lat[after], lon[after])).astype(np.int64)
        silence = np.where(is_open, limit[before], t[after] - t[before])
        counts = np.where(is_open, 1, 2)
        edges = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        ids = np.empty(edges[-1], np.int64)
        ids[edges[:-1]] = p["message_id"][before]
        ids[edges[1:] - 1] = p["message_id"][after]
        return Found(
            is_open=is_open,
            subjects=[p["track_id"][before]],
            t_start=t[before],
            t_end=t_end,
            t_start_earliest=t[before],
            t_start_latest=t[before],
            t_end_earliest=t_end,
            t_end_latest=t_end,
            known_t=np.where(is_open, t[before] + limit[before], t[after]),
            lat_e7=lat[before],
            lon_e7=lon[before],
            measures={
                "silence_s": silence // SECOND,
                "distance_m": moved_m,
                "interval_s": p["interval_s"][before].astype(np.int64),
            },
            evidence=Evidence(edges, ids),
        )

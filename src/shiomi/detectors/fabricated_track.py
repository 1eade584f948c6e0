"""Fabricated track: reports that are steadier than a ship, a sea and a receiver make them.

A ship rolls, its antenna sways, its receiver errs by metres, its clock rounds to the second, its
transmitter takes whatever slot is free. Positions that somebody computed lack some of that. But so do
positions that a provider interpolated, simulators and test sets: the finding says that the reports are
unlike those of a ship at sea, and by which rules. See docs/detectors/fabricated_track.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import Columns
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Evidence, Found, events_of
from shiomi.kernels.order import group_edges
from shiomi.kernels.smooth import find_steady
from shiomi.schema import TRACKS, columns_of
from shiomi.units import SECOND, hours, knots, minutes

__all__ = ["FabricatedTrack"]

_CARRIED = columns_of(
    TRACKS,
    "mmsi",
    "track_id",
    "t",
    "message_id",
    "lat_e7",
    "lon_e7",
    "sog_dkn",
    "pace_dkn",
    "fix_no",
    "prev_t",
)
_KIND = pa.field("message_type", pa.int16())
"""Wide enough for what stands for an unknown one."""


@dataclass(frozen=True, slots=True)
class FabricatedTrack:
    """Report windows of `window_fixes` reports in which at least two of five rules hold."""

    name: ClassVar[str] = "fabricated_track"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "tracks"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "mmsi"
    state: ClassVar[pa.Schema] = pa.schema([*_CARRIED, _KIND, pa.field("is_told", pa.bool_())])

    window_fixes: int = 96
    """Reports of one track that are judged together. Analyst-set: a quarter of an hour at 10 s."""
    max_rough_fixes: int = 4
    """Of them may break the rule of smoothness, or that of evenness: a waypoint, a lost report."""
    max_residual_mm: int = 1_500
    """A report lies this near to where even sailing between its neighbours would have it. Analyst-set: of
    3,008 windows of moving ships on a day of the US coast and 46 of the Solent none has 95 % within 2 m."""
    min_pace_dkn: int = knots(5)
    """Slower ships are no proof: a receiver at rest may repeat itself. Analyst-set."""
    max_leg_s: int = minutes(10)
    """Over longer legs the great circle and the straight line differ by more than the rule asks."""
    min_even_s: int = 5
    """Below it the fast rates of class A, 2 s and 3 1/3 s (M.1371-5, table 1), are even by themselves."""
    max_uneven_s: int = 0
    """All intervals are equal, to the second, up to this difference. Real ones differ by a tenth, because a
    transmitter takes a free slot near the nominal one (M.1371-5, annex 2)."""
    min_contrary_dkn: int = knots(5)
    """The speed that a leg implies differs by more from both that are reported at its ends. Analyst-set."""
    again_s: int = hours(24)
    """The same track is told again after this long."""

    @property
    def latency_s(self) -> int:
        """Told with the report that completes a window."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of TRACKS to windows."""
        i = rows.schema.get_field_index(_KIND.name)
        rows = rows.set_column(i, _KIND, rows.column(i).cast(_KIND.type))
        p = Columns(state, rows, "mmsi", is_told=False)
        t = p["t"]
        found, edges, cited, keep, told = find_steady(
            group_edges(p["mmsi"]),
            t,
            p["track_id"],
            p["fix_no"],
            p["lat_e7"],
            p["lon_e7"],
            p["pace_dkn"],
            p["sog_dkn"],
            p["message_type"],
            p["is_told"],
            watermark,
            self.window_fixes,
            self.max_rough_fixes,
            self.max_residual_mm,
            self.min_pace_dkn,
            self.max_leg_s * SECOND,
            self.min_even_s,
            self.max_uneven_s,
            self.min_contrary_dkn,
            self.again_s * SECOND,
        )
        last = found[:, 8]
        track = p["track_id"]
        mine = track[cited] == np.repeat(track[last], np.diff(edges))
        own = cited[mine].reshape(len(last), self.window_fixes)
        first, middle = own[:, 0], own[:, self.window_fixes // 2]
        before = p.times("prev_t")[first]
        names = (
            "smooth_fixes",
            "even_intervals",
            "contrary_intervals",
            "hasty_intervals",
            "elsewhere_reports",
        )
        measures = {"rules": found[:, 0]} | {name: found[:, 1 + i] for i, name in enumerate(names)}
        events = Found(
            is_open=np.zeros(len(last), np.bool_),
            subjects=[track[last]],
            t_start=t[first],
            t_end=t[last],
            t_start_earliest=np.where(before == UNKNOWN, t[first], before),
            t_start_latest=t[first],
            t_end_earliest=t[last],
            t_end_latest=np.full(len(last), UNKNOWN, np.int64),
            known_t=t[last],
            lat_e7=p["lat_e7"][middle].astype(np.int64),
            lon_e7=p["lon_e7"][middle].astype(np.int64),
            measures=measures
            | {
                "fixes": np.full(len(last), self.window_fixes, np.int64),
                "residual_mm": found[:, 6],
                "interval_s": found[:, 7],
                "duration_s": (t[last] - t[first]) // SECOND,
            },
            evidence=Evidence(edges, p["message_id"][cited]),
        )
        return Step(p.table(keep, is_told=told), events_of(self, events))

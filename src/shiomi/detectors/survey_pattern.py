"""Survey pattern: a vessel sails straight lines side by side, evenly apart.

Surveys of the sea bed do so, and so do vessels that lay cables, fish, dredge, sweep mines, or search for
someone. What is seen is the pattern; what was done along it is not.
See docs/detectors/survey_pattern.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import Columns, numpy_of
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Found, events_of
from shiomi.geo import bearing_deg, distance_m
from shiomi.kernels.legs import OPEN, find_lines
from shiomi.kernels.order import group_edges
from shiomi.passings import DKN_MM_PER_S, cited, reduced
from shiomi.schema import PATROLS
from shiomi.units import SECOND, hours, knots, nautical_miles

__all__ = ["SurveyPattern"]

_I64 = npt.NDArray[np.int64]
_PLACES = ("lat_e7", "lon_e7", "prev_lat_e7", "prev_lon_e7")


@dataclass(frozen=True, slots=True)
class SurveyPattern:
    """Report every chain of `min_legs` near-parallel legs with even distances between them."""

    name: ClassVar[str] = "survey_pattern"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "patrols"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "track_id"
    state: ClassVar[pa.Schema] = PATROLS.append(pa.field("is_told", pa.bool_()))
    """The steps of the legs of a chain, and those of the leg in progress."""

    min_legs: int = 4
    """Analyst-set."""
    min_leg_m: int = nautical_miles(5)
    """Analyst-set: a leg counts from here on, and is judged by what it is then."""
    max_course_gap_deg: int = 10
    """Within a leg and between legs, whichever way they are sailed. Analyst-set."""
    max_spacing_pct: int = 30
    """Standard deviation of the distances between legs over their mean. Analyst-set."""
    min_spacing_m: int = 100
    """A line sailed to and fro is no pattern: a ferry, a dredger, a trawler. Analyst-set."""
    min_pace_dkn: int = knots(3)
    max_pace_dkn: int = knots(8)
    """Made good over each step: the speed at which sea beds are surveyed. Analyst-set."""
    max_turn_s: int = hours(2)
    """From the end of a leg to the beginning of the next. Analyst-set."""
    max_break_s: int = hours(4)
    """A pattern is over when no leg was added for so long: a turn and five miles at 3 kn take less."""
    slot_s: int = 300
    """Step of the clock, as in `patrol`: so that an event names it."""

    @property
    def latency_s(self) -> int:
        """Told open with the leg that makes it a pattern, closed once no leg was added for a break."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of PATROLS to patterns."""
        slot_us = self.slot_s * SECOND
        mm, s = DKN_MM_PER_S
        min_way_mm = -(-self.min_pace_dkn * self.slot_s * mm // s)
        max_way_mm = self.max_pace_dkn * self.slot_s * mm // s
        # A leg ends at a step that is not here as it does at one that is too fast.
        way_mm = numpy_of(rows, "way_mm")
        at_pace = np.flatnonzero((way_mm >= min_way_mm) & (way_mm <= max_way_mm))
        p = Columns(state, rows, "track_id", among=at_pace, is_told=False)
        chains, leg_edges, legs, spread_pct, keep, told = find_lines(
            group_edges(p["track_id"]),
            p["t"],
            *(p[c] for c in _PLACES),
            p["way_mm"],
            p["is_told"],
            watermark,
            slot_us,
            min_way_mm,
            max_way_mm,
            math.cos(math.radians(self.max_course_gap_deg)),
            self.min_leg_m * 1000,
            self.min_legs,
            self.max_turn_s * SECOND,
            self.max_break_s * SECOND,
            self.min_spacing_m * 1000,
            self.max_spacing_pct / 100,
        )
        found = self._found(p, chains, leg_edges, legs, spread_pct)
        return Step(p.table(keep, is_told=told), events_of(self, found))

    def _found(self, p: Columns, chains: _I64, leg_edges: _I64, legs: _I64, spread_pct: _I64) -> Found:
        t, slot_us = p["t"], self.slot_s * SECOND
        is_open = chains[:, 0] == OPEN
        begin, end = legs[:, 0], legs[:, 1]
        first, last = begin[leg_edges[:-1]], end[leg_edges[1:] - 1]
        lengths = end - begin + 1
        within = np.concatenate([[0], np.cumsum(lengths)])
        rows = np.arange(within[-1]) + np.repeat(begin - within[:-1], lengths)
        edges = within[leg_edges]
        lat, lon, prev_lat, prev_lon = (p[c] for c in _PLACES)
        leg_m = np.rint(distance_m(prev_lat[begin], prev_lon[begin], lat[end], lon[end]))
        head = leg_edges[:-1]
        course = bearing_deg(prev_lat[begin[head]], prev_lon[begin[head]], lat[end[head]], lon[end[head]])
        middle = rows[(edges[:-1] + edges[1:]) // 2] if len(rows) else rows
        t_start, t_end = t[first] - slot_us, t[last]
        mm, s = DKN_MM_PER_S
        return Found(
            is_open=is_open,
            subjects=[p["track_id"][first]],
            t_start=t_start,
            t_end=np.where(is_open, UNKNOWN, t_end),
            t_start_earliest=t_start - slot_us,
            t_start_latest=t_start,
            t_end_earliest=np.where(is_open, UNKNOWN, t_end),
            t_end_latest=np.where(is_open, UNKNOWN, t_end + slot_us),
            known_t=chains[:, 1],
            lat_e7=lat[middle].astype(np.int64),
            lon_e7=lon[middle].astype(np.int64),
            measures={
                "duration_s": (t_end - t_start) // SECOND,
                "legs": np.diff(leg_edges),
                "leg_min_m": reduced(np.minimum, leg_m, leg_edges),
                "leg_max_m": reduced(np.maximum, leg_m, leg_edges),
                "spacing_m": chains[:, 3] // 1000,
                "spacing_pct": spread_pct,
                "course_deg": np.rint(course).astype(np.int64) % 360,
                "pace_max_dkn": reduced(np.maximum, p["way_mm"][rows], edges) * s // (mm * self.slot_s),
            },
            evidence=cited(p.rows(rows, "t", "fix_ids", "fix_us"), edges, sides=("",)),
        )

"""Shadowing: one vessel keeps with another over a long time and through its turns.

Ships of one convoy, a tow, an escort, two ferries on one line and any two that follow one fairway at
one speed do so too. What is seen is company, and that it outlasted changes of course.
See docs/detectors/shadowing.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import numpy_of, taken
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Found, events_of
from shiomi.kernels.turns import count_turns
from shiomi.passings import DKN_MM_PER_S, Told, cited, course_gap_ddeg, in_order, reduced, spells_in, told_of
from shiomi.schema import PASSINGS
from shiomi.units import SECOND, hours, knots, minutes, nautical_miles

__all__ = ["Shadowing"]

_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shadowing:
    """Report every pair that stays in company for `min_duration_s` and through `min_turn_slots` turns."""

    name: ClassVar[str] = "shadowing"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "passings"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "pair_id"
    state: ClassVar[pa.Schema] = PASSINGS.append(pa.field("is_told", pa.bool_()))

    min_company_m: int = nautical_miles(0.3)
    max_company_m: int = nautical_miles(3)
    """The range kept. Analyst-set."""
    max_course_gap_deg: int = 20
    max_pace_gap_dkn: int = knots(2)
    """Courses and speeds made good over each step differ by no more. Analyst-set."""
    min_company_dkn: int = knots(5)
    """Both make good at least this: drifting and trawling together are other findings. Analyst-set."""
    min_duration_s: int = hours(1)
    min_turn_deg: int = 20
    min_turn_slots: int = 2
    """The common course turned so often by so much. Analyst-set."""
    max_break_s: int = minutes(15)
    """Out of company for no longer, as in a turn, is part of it. Analyst-set."""
    slot_s: int = minutes(5)
    """Step of the clock, as in `patrol`: so that an event names it."""

    @property
    def latency_s(self) -> int:
        """Told open once long enough and through its turns, closed once out of company for a break."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of PASSINGS to company kept."""
        rows = rows.filter(pa.array(self._in_company(rows)))
        table = in_order(state, rows, ["pair_id"], is_told=False)
        spells = spells_in(table, ["pair_id"], self.max_break_s, watermark)
        t = numpy_of(table, "t")
        # A row tells of the whole step before it.
        lasted_us = t - spells.from_first(t) + self.slot_s * SECOND
        turns = count_turns(spells.edges, _common_course_ddeg(table), self.min_turn_deg * 10)
        holds = (lasted_us >= self.min_duration_s * SECOND) & (turns >= self.min_turn_slots)
        told = told_of(table, spells, holds)
        return Step(told.state, events_of(self, self._found(table, told, turns)))

    def _in_company(self, rows: pa.Table) -> npt.NDArray[np.bool_]:
        mm, s = DKN_MM_PER_S
        distance = numpy_of(rows, "distance_mm")
        way, partner_way = numpy_of(rows, "way_mm"), numpy_of(rows, "partner_way_mm")
        course = numpy_of(rows, "course_ddeg"), numpy_of(rows, "partner_course_ddeg")
        return np.asarray(
            (distance >= self.min_company_m * 1000)
            & (distance <= self.max_company_m * 1000)
            & (course_gap_ddeg(*course) <= self.max_course_gap_deg * 10)
            & (np.abs(way - partner_way) * s <= self.max_pace_gap_dkn * mm * self.slot_s)
            & (np.minimum(way, partner_way) * s >= self.min_company_dkn * mm * self.slot_s),
            np.bool_,
        )

    def _found(self, table: pa.Table, told: Told, turns: _I64) -> Found:
        c = {n: numpy_of(table, n) for n in table.schema.names if not pa.types.is_list(table[n].type)}
        t, slot_us = c["t"], self.slot_s * SECOND
        edges, rows = told.rows
        n = len(told.first)
        lead = np.zeros(n, np.int64)
        for side, sign in (("", 1), ("partner_", -1)):
            # Positive where, seen from the track, its partner is before the beam.
            off_bow = course_gap_ddeg(c[f"{side}bearing_ddeg"][rows], c[f"{side}course_ddeg"][rows])
            lead += sign * reduced(np.add, off_bow < 900, edges)
        tracks = c["track_id"][told.first], c["partner_track_id"][told.first]
        ahead = np.where(lead > 0, tracks[1], tracks[0]) >> 33
        t_start, t_end = t[told.first] - slot_us, t[told.last]
        middle = (told.first + told.last) // 2
        distance = c["distance_mm"][rows]
        mm, s = DKN_MM_PER_S
        return Found(
            is_open=told.is_open,
            subjects=list(tracks),
            t_start=t_start,
            t_end=np.where(told.is_open, UNKNOWN, t_end),
            t_start_earliest=t_start - slot_us,
            t_start_latest=t_start,
            t_end_earliest=np.where(told.is_open, UNKNOWN, t_end),
            t_end_latest=np.where(told.is_open, UNKNOWN, t_end + slot_us),
            known_t=told.known_t,
            lat_e7=c["lat_e7"][middle].astype(np.int64),
            lon_e7=c["lon_e7"][middle].astype(np.int64),
            measures={
                "duration_s": (t_end - t_start) // SECOND,
                "slots": np.diff(edges),
                "turn_slots": turns[told.last],
                "distance_min_m": reduced(np.minimum, distance, edges) // 1000,
                "distance_max_m": reduced(np.maximum, distance, edges) // 1000,
                "pace_max_dkn": reduced(np.maximum, np.maximum(c["way_mm"], c["partner_way_mm"])[rows], edges)
                * s
                // (mm * self.slot_s),
                "ahead_mmsi": np.where(lead == 0, UNKNOWN, ahead),
            },
            evidence=cited(taken(table, rows), edges),
        )


def _common_course_ddeg(table: pa.Table) -> _I64:
    """The course between those of the two, at every row."""
    courses = [np.radians(numpy_of(table, f"{side}course_ddeg") / 10) for side in ("", "partner_")]
    east, north = (f(courses[0]) + f(courses[1]) for f in (np.sin, np.cos))
    return np.asarray(np.rint(np.degrees(np.arctan2(east, north)) * 10), np.int64) % 3600

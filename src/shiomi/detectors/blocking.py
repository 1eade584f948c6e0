"""Blocking: one vessel crosses ahead of another, close under its bow, and again.

Vessels that fish or survey in one ground, ferries, racing yachts, pilots and tugs at work cross each
other's bows often. What is seen is that it happened repeatedly and at which distance, and by how much
the other altered its course and speed meanwhile. See docs/detectors/blocking.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pyarrow as pa

from shiomi.columns import numpy_of, taken
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Found, events_of
from shiomi.passings import DKN_MM_PER_S, Told, cited, course_gap_ddeg, in_order, reduced, spells_in, told_of
from shiomi.schema import PASSINGS
from shiomi.units import SECOND, knots, minutes, nautical_miles

__all__ = ["Blocking"]

_BY = ("pair_id", "is_partner")


@dataclass(frozen=True, slots=True)
class Blocking:
    """Report every vessel whose bow another crosses within `max_ahead_m`, `min_crossing_slots` times."""

    name: ClassVar[str] = "blocking"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "passings"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "pair_id"
    state: ClassVar[pa.Schema] = pa.schema(
        [*PASSINGS, pa.field("is_partner", pa.bool_()), pa.field("is_told", pa.bool_())]
    )
    """Rows with a crossing; `is_partner` where it was the partner's bow that was crossed."""

    max_ahead_m: int = nautical_miles(0.5)
    """How far ahead the bow line is crossed. Analyst-set: no pilot would call more a short range."""
    min_side_m: int = nautical_miles(0.1)
    """As in `passing`: how far across the bow a crossing goes. Analyst-set."""
    min_crossing_slots: int = 2
    """Steps with a crossing. Analyst-set: one is what every crossing with a vessel that gives way is."""
    min_pace_dkn: int = knots(3)
    """As in `passing`: both make good at least this."""
    max_break_s: int = minutes(30)
    """From one crossing to the next. Analyst-set."""
    slot_s: int = minutes(5)
    """Step of the clock, as in `patrol`: so that an event names it."""

    @property
    def latency_s(self) -> int:
        """Told open with the crossing that repeats, closed once a break passed without another."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of PASSINGS to bows crossed repeatedly."""
        crossed = []
        for side, is_partner in (("", False), ("partner_", True)):
            ahead = numpy_of(rows, f"{side}ahead_mm")
            mine = rows.filter(pa.array((ahead > 0) & (ahead <= self.max_ahead_m * 1000)))
            field = self.state.field("is_partner")
            crossed.append(mine.append_column(field, pa.repeat(pa.scalar(is_partner), mine.num_rows)))
        table = in_order(state, pa.concat_tables(crossed), _BY, is_told=False)
        spells = spells_in(table, _BY, self.max_break_s, watermark)
        row = np.arange(table.num_rows)
        told = told_of(table, spells, row - spells.from_first(row) + 1 >= self.min_crossing_slots)
        # Two may cross each other's bows in one step: the id says whose.
        of_partner = numpy_of(table, "is_partner")[told.first]
        whose = np.where(
            of_partner,
            numpy_of(table, "partner_track_id")[told.first],
            numpy_of(table, "track_id")[told.first],
        )
        return Step(told.state, events_of(self, self._found(table, told), about=whose))

    def _found(self, table: pa.Table, told: Told) -> Found:
        c = {n: numpy_of(table, n) for n in table.schema.names if not pa.types.is_list(table[n].type)}
        t, slot_us = c["t"], self.slot_s * SECOND
        edges, rows = told.rows
        is_partner = c["is_partner"]

        def own(name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
            """Of the vessel whose bow was crossed."""
            return np.where(is_partner, c[f"partner_{name}"], c[name]).astype(np.int64)

        track = np.where(is_partner, c["partner_track_id"], c["track_id"])
        other = np.where(is_partner, c["track_id"], c["partner_track_id"])
        t_start, t_end = t[told.first] - slot_us, t[told.last]
        course, way, ahead = own("course_ddeg"), own("way_mm"), own("ahead_mm")[rows]
        first = np.repeat(told.first, np.diff(edges))
        turned = course_gap_ddeg(course[rows], course[first])
        mm, s = DKN_MM_PER_S
        slowed = np.maximum(way[first] - way[rows], 0) * s // (mm * self.slot_s)
        middle = (told.first + told.last) // 2
        return Found(
            is_open=told.is_open,
            subjects=[c["track_id"][told.first], c["partner_track_id"][told.first]],
            t_start=t_start,
            t_end=np.where(told.is_open, UNKNOWN, t_end),
            t_start_earliest=t_start,
            t_start_latest=t[told.first],
            t_end_earliest=np.where(told.is_open, UNKNOWN, t_end - slot_us),
            t_end_latest=np.where(told.is_open, UNKNOWN, t_end),
            known_t=told.known_t,
            lat_e7=c["lat_e7"][middle].astype(np.int64),
            lon_e7=c["lon_e7"][middle].astype(np.int64),
            measures={
                "duration_s": (t_end - t_start) // SECOND,
                "crossing_slots": np.diff(edges),
                "ahead_min_m": reduced(np.minimum, ahead, edges) // 1000,
                "distance_min_m": reduced(np.minimum, c["closest_mm"][rows], edges) // 1000,
                "turn_max_deg": reduced(np.maximum, turned, edges) // 10,
                "slowed_max_dkn": reduced(np.maximum, slowed, edges),
                "crossed_mmsi": track[told.first] >> 33,
                "crossing_mmsi": other[told.first] >> 33,
            },
            evidence=cited(taken(table, rows), edges),
        )

"""Close manoeuvre: two vessels under way pass each other at a short distance.

Pilots, tugs, ferries and fishermen do it every day, and in a fairway everyone does. The finding gives the
distance, how well it is known, and which vessel the rules for crossing, overtaking and meeting would
have had give way on these data. It says nothing of fault. See docs/detectors/close_manoeuvre.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shiomi.columns import numpy_of, taken
from shiomi.contracts import Step
from shiomi.findings import UNKNOWN, Found, events_of
from shiomi.passings import DKN_MM_PER_S, cited, course_gap_ddeg, in_order
from shiomi.schema import PASSINGS, mmsi_of
from shiomi.units import SECOND, knots, minutes, nautical_miles

__all__ = ["CloseManoeuvre", "Role", "give_way", "predicted"]

_I64 = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

_ABAFT_DEG = 112.5
"""22.5 degrees abaft the beam: COLREGs rule 13 (b)."""
_PARTS = 300
"""Times are told to a three-hundredth of the step: to the second in five minutes."""
_STILL_MM = 1_000
"""Moving less than a metre to each other in a step, two have no time of closest approach."""


@dataclass(frozen=True, slots=True)
class CloseManoeuvre:
    """Report every closest approach within `notable_distance_m` that is more than traffic in a lane."""

    name: ClassVar[str] = "close_manoeuvre"
    version: ClassVar[int] = 1
    reads: ClassVar[str] = "passings"
    writes: ClassVar[str] = "events"
    by: ClassVar[str] = "pair_id"
    state: ClassVar[pa.Schema] = PASSINGS.append(pa.field("is_judged", pa.bool_()))

    notable_distance_m: int = 457
    """500 yards, grade 1. Analyst-set."""
    severe_distance_m: int = 91
    """100 yards, grade 2. Analyst-set."""
    min_own_dkn: int = knots(5)
    """The faster of the two makes good at least this. Danish Maritime Authority, AisAbnormal, close
    encounters: own speed of 5 kn or more."""
    min_relative_dkn: int = knots(3)
    """Slower past each other at the closest, they lay alongside or went in company. Analyst-set."""
    min_opening_m: int = nautical_miles(0.25)
    """They come from at least so much further off, and go as far. Analyst-set: with it, lying close for
    ten minutes is no passing."""
    max_lane_deg: int = 20
    """Courses this nearly equal or opposite are those of a lane. Analyst-set."""
    min_turn_deg: int = 20
    """In a lane, one of the two turned by this much from step to step, or the passing was severe.
    Analyst-set."""
    max_head_on_deg: int = 10
    """Nearly reciprocal, each nearly ahead of the other (rule 14, which has no figure). Analyst-set."""
    accuracy_m: int = 10
    """Of each position: the high class of the accuracy flag, ITU-R M.1371-5 table 48; unknown whether met."""
    clock_s: int = 1
    """Of each report: the time stamp is a whole second."""
    turn_deg: int = 30
    """Between reports, a vessel may have turned by this much in `turn_s`. Analyst-set."""
    turn_s: int = minutes(1)
    slot_s: int = minutes(5)
    """Step of the clock, as in `patrol`: so that an event names it."""

    @property
    def latency_s(self) -> int:
        """Told once the step after it is known."""
        return 0

    def advance(self, state: pa.Table, rows: pa.Table, watermark: int) -> Step:
        """Rows of PASSINGS to passings at a short distance."""
        table = in_order(state, rows, ["pair_id"], is_judged=False)
        t, slot_us = numpy_of(table, "t"), self.slot_s * SECOND
        due = (t + slot_us < watermark) & ~numpy_of(table, "is_judged")
        before, after = _neighbours(numpy_of(table, "pair_id"), t, slot_us)
        closest = numpy_of(table, "closest_mm")
        least = due & (closest <= self.notable_distance_m * 1000)
        least &= (before < 0) | (closest < closest[before])
        least &= (after < 0) | (closest <= closest[after])
        k = np.flatnonzero(least)
        k = k[self._is_passing(table, k, before[k], after[k])]
        found = self._found(table, k, before[k], after[k])
        i = table.schema.get_field_index("is_judged")
        judged = table.set_column(i, table.schema.field(i), pa.array(t + slot_us < watermark))
        kept = judged.filter(pa.array(t + 2 * slot_us >= watermark)).combine_chunks()
        return Step(kept, events_of(self, found))

    def _is_passing(self, table: pa.Table, k: _I64, before: _I64, after: _I64) -> npt.NDArray[np.bool_]:
        """Whether two came from afar and parted again, at speed, and not as all do in a lane."""
        closest = numpy_of(table, "closest_mm")[k]
        came = numpy_of(table, "prev_distance_mm")
        went = numpy_of(table, "distance_mm")
        opening = self.min_opening_m * 1000
        held = np.maximum(came[k], np.where(before < 0, 0, came[before])) >= closest + opening
        held &= np.maximum(went[k], np.where(after < 0, 0, went[after])) >= closest + opening
        mm, s = DKN_MM_PER_S
        way = np.maximum(numpy_of(table, "way_mm"), numpy_of(table, "partner_way_mm"))[k]
        held &= way * s >= self.min_own_dkn * mm * self.slot_s
        lasted_us = (numpy_of(table, "after_us") - numpy_of(table, "before_us"))[k]
        relative = numpy_of(table, "relative_mm")[k]
        held &= relative * s * SECOND >= self.min_relative_dkn * mm * lasted_us
        since = np.where(before < 0, k, before)
        courses = numpy_of(table, "course_ddeg"), numpy_of(table, "partner_course_ddeg")
        between = course_gap_ddeg(courses[0][since], courses[1][since])
        lane = (between <= self.max_lane_deg * 10) | (between >= 1800 - self.max_lane_deg * 10)
        turned = self._turned_ddeg(table, k, before, after) >= self.min_turn_deg * 10
        return held & (~lane | turned | (closest <= self.severe_distance_m * 1000))

    def _turned_ddeg(self, table: pa.Table, k: _I64, before: _I64, after: _I64) -> _I64:
        """The largest change of course of either vessel from the step before, or to the step after."""
        most = np.zeros(len(k), np.int64)
        for side in ("", "partner_"):
            course = numpy_of(table, f"{side}course_ddeg")
            for other in (before, after):
                gap = course_gap_ddeg(course[np.where(other < 0, k, other)], course[k])
                most = np.maximum(most, gap)
        return most

    def _found(self, table: pa.Table, k: _I64, before: _I64, after: _I64) -> Found:
        c = {n: numpy_of(table, n) for n in table.schema.names if not pa.types.is_list(table[n].type)}
        t, closest = c["t"][k], c["closest_mm"][k]
        at = t + c["closest_us"][k]
        since = np.where(before < 0, k, before)
        lasted_us = np.maximum((c["after_us"] - c["before_us"])[k], 1)
        # The two errors are added first: their order must not depend on the names of the vessels.
        error = self._off_course_mm(c["leg_us"][k], c["leg_mm"][k])
        error = error + self._off_course_mm(c["partner_leg_us"][k], c["partner_leg_mm"][k])
        error += 2_000 * self.accuracy_m + c["relative_mm"][k] * (self.clock_s * SECOND / lasted_us)
        role = give_way(c, since, self.max_head_on_deg)
        miss_mm, tcpa = predicted(c, since)
        grain_s = self.slot_s / _PARTS
        mm, s = DKN_MM_PER_S
        rows = np.stack([before, k, after], axis=1)
        is_there = rows >= 0
        edges = np.concatenate([[0], np.cumsum(is_there.sum(axis=1))]).astype(np.int64)
        track = c["track_id"][k], c["partner_track_id"][k]
        names = [np.array([mmsi_of(x) for x in of.tolist()], np.int64) for of in track]
        way = np.maximum(c["way_mm"], c["partner_way_mm"])[k]
        return Found(
            is_open=np.zeros(len(k), np.bool_),
            subjects=list(track),
            t_start=at,
            t_end=at,
            t_start_earliest=t + c["before_us"][k],
            t_start_latest=t + c["after_us"][k],
            t_end_earliest=t + c["before_us"][k],
            t_end_latest=t + c["after_us"][k],
            known_t=t + self.slot_s * SECOND,
            lat_e7=c["lat_e7"][k].astype(np.int64),
            lon_e7=c["lon_e7"][k].astype(np.int64),
            measures={
                "distance_m": closest // 1000,
                "distance_low_m": np.maximum(closest - error, 0).astype(np.int64) // 1000,
                "distance_high_m": -(-(closest + error).astype(np.int64) // 1000),
                "grade_no": np.where(closest <= self.severe_distance_m * 1000, 2, 1),
                "leg_max_s": np.maximum(c["leg_us"], c["partner_leg_us"])[k] // SECOND,
                "relative_dkn": c["relative_mm"][k] * s * SECOND // (mm * lasted_us),
                "pace_max_dkn": way * s // (mm * self.slot_s),
                "turn_max_deg": self._turned_ddeg(table, k, before, after) // 10,
                "predicted_m": miss_mm // 1000,
                "predicted_s": np.rint(np.rint(tcpa * _PARTS) * grain_s).astype(np.int64),
                "rule_no": role.rule_no,
                "give_way_mmsi": np.where(role.who < 0, UNKNOWN, np.where(role.who == 0, names[0], names[1])),
            },
            evidence=cited(taken(table, rows[is_there]), edges),
        )

    def _off_course_mm(self, leg_us: _I64, leg_mm: _I64) -> _Floats:
        """How far from the straight between two reports a vessel may have been, turning evenly.

        The sagitta of an arc, its length times its angle over eight; up to a quarter turn.
        """
        angle = np.radians(self.turn_deg) * leg_us / (self.turn_s * SECOND)
        return np.asarray(leg_mm * np.minimum(angle, np.pi / 2) / 8, np.float64)


class Role(NamedTuple):
    """Which of the steering and sailing rules fits the geometry, and whom it has give way."""

    rule_no: _I64
    """13 overtaking, 14 head-on, 15 crossing, of the COLREGs; UNKNOWN where none fits."""
    who: _I64
    """0 the track, 1 its partner, -1 neither alone."""


def give_way(c: dict[str, npt.NDArray[Any]], rows: _I64, max_head_on_deg: int) -> Role:
    """Rules 13 to 15 of the COLREGs on bearings and courses at the beginning of some rows of PASSINGS.

    Lights, signals, draught, gear and orders are not known: rules 9, 10 and 18 are not judged.
    """
    courses = [c[f"{side}course_ddeg"][rows] for side in ("", "partner_")]
    # The bearing of the other from the bow, 0 to 360 degrees clockwise.
    off_bow = [
        (c[f"{side}prev_bearing_ddeg"][rows].astype(np.int64) - course) % 3600 / 10
        for side, course in zip(("", "partner_"), courses, strict=True)
    ]
    ways = [c[f"{side}way_mm"][rows] for side in ("", "partner_")]
    ahead = [np.minimum(x, 360 - x) for x in off_bow]
    reciprocal = course_gap_ddeg(courses[0], courses[1]) >= 1800 - max_head_on_deg * 10
    head_on = reciprocal & (ahead[0] <= max_head_on_deg) & (ahead[1] <= max_head_on_deg)
    # Coming up from abaft the beam of the other, and faster.
    overtakes = [
        (ahead[1 - i] > _ABAFT_DEG) & (ahead[i] < 90) & (ways[i] > ways[1 - i]) & ~head_on for i in (0, 1)
    ]
    overtaking = overtakes[0] | overtakes[1]
    starboard = [(x > 0) & (x <= _ABAFT_DEG) for x in off_bow]
    crossing = (starboard[0] != starboard[1]) & ~head_on & ~overtaking
    crossing &= (ahead[0] <= _ABAFT_DEG) & (ahead[1] <= _ABAFT_DEG)
    rule_no = np.select([head_on, overtaking, crossing], [14, 13, 15], UNKNOWN)
    who = np.where(overtaking, np.where(overtakes[0], 0, 1), np.where(starboard[0], 0, 1))
    return Role(rule_no.astype(np.int64), np.where(overtaking | crossing, who, -1))


def predicted(c: dict[str, npt.NDArray[Any]], rows: _I64) -> tuple[_I64, _Floats]:
    """CPA and TCPA, had both kept their course and speed of the step: from its beginning on.

    Where the two lie still to each other the present distance stands; where they draw apart, too.

    Returns:
        distance in millimetres; time in steps.
    """
    # Of the two bearings the one to the east: sines of opposite ones are not exactly opposite.
    to, back = c["prev_bearing_ddeg"][rows], c["partner_prev_bearing_ddeg"][rows]
    bearing = np.radians(np.minimum(to, back) / 10)
    away = np.where(to <= back, 1.0, -1.0) * c["prev_distance_mm"][rows]
    x, y = away * np.sin(bearing), away * np.cos(bearing)
    dx, dy = np.zeros(len(rows)), np.zeros(len(rows))
    for side, sign in (("partner_", 1), ("", -1)):
        course = np.radians(c[f"{side}course_ddeg"][rows] / 10)
        dx += sign * c[f"{side}way_mm"][rows] * np.sin(course)
        dy += sign * c[f"{side}way_mm"][rows] * np.cos(course)
    d2 = dx * dx + dy * dy
    steps = np.maximum(-(x * dx + y * dy) / np.maximum(d2, 1.0), 0.0)
    steps[d2 < _STILL_MM**2] = 0.0
    return np.rint(np.hypot(x + steps * dx, y + steps * dy)).astype(np.int64), steps


def _neighbours(pair: _I64, t: _I64, slot_us: int) -> tuple[_I64, _I64]:
    """Row number of the same pair one step before and one after each row, or -1."""
    n = len(t)
    follows = np.zeros(n + 1, np.bool_)
    follows[1:-1] = (pair[1:] == pair[:-1]) & (np.diff(t) == slot_us)
    rows = np.arange(n)
    return np.where(follows[:-1], rows - 1, -1), np.where(follows[1:], rows + 1, -1)

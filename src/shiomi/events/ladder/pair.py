"""S4, pair class: meetings that are the ordinary work of the two, by what they are and how they move.

A tug beside a tanker is not among them: tank barges that are pushed lighten tankers at sea, and their
tugs are what is heard of them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import numpy_of
from shiomi.events.ladder.context import (
    APART,
    UNTOLD,
    Context,
    Said,
    by_rule,
    ends_of,
    measure_of,
    nothing_said,
    off_shore_m,
    tracks_of,
)
from shiomi.events.ladder.shape import PARTING_DKN, measured
from shiomi.events.ladder.vessel import Sides, claimed_classes, sides_of
from shiomi.findings import UNKNOWN
from shiomi.geo import distance_m
from shiomi.units import SECOND, hours, knots, minutes, nautical_miles

__all__ = ["MATRIX", "ONE_HULL", "PAIR_CLASS", "PAIR_TRAWL", "pair"]

PAIR_CLASS, ONE_HULL, PAIR_TRAWL, BUNKERING = "pair_class", "one_hull_or_tow", "pair_trawl", "bunkering"

_WITH_ANY = ("pilot", "rescue", "port_tender", "antipollution", "law_enforcement", "medical", "diving")
MATRIX = frozenset(
    {
        frozenset(p)
        for p in (("tug",), ("tug", "dredger"), ("dredger",), ("pleasure",), ("pleasure", "passenger"))
    }
)
"""Pairs of classes, one class for two of it, whose meetings are ordinary wherever they are. Analyst-set:
tugs with one tow, dredgers and their tenders, pleasure craft among themselves. Pilots, rescuers, guards
and such are it beside anyone."""

_BUNKER_SHORE_M = nautical_miles(12)
"""A small tanker beside a ship that is none, nearer to shore than this, is taken to be bunkering it.
Analyst-set: bunkers are delivered in or off ports."""
_BUNKER_LENGTH_M = 120
"""Longest tanker that is taken for a bunker tanker. Analyst-set."""
_BUNKERED = ("cargo", "passenger", "dredger", "fishing", "other", "high_speed")

_TRAWL_DKN = knots(1)
_STEADY_M = 300
"""Two fishing vessels that move, and whose distance changes by no more than this: one net between them.
Analyst-set."""

_TOGETHER_M = 500
_TOGETHER_S = hours(2)
_MOVED_M = nautical_miles(2)
"""Two tracks that begin, end and turn north and south at one place and time, and went at least this far
north or south, are one hull or a tow. Analyst-set."""
_ALONE_S = minutes(30)
"""Unless one of them lay there alone this much longer: one hull comes and goes with itself. Analyst-set:
more than the slots of a meeting and the reports around them are apart."""
_E7_PER_M = 1 / 0.011119508
_I64 = npt.NDArray[np.int64]


def pair(events: pa.Table, context: Context) -> Said:
    """Reason `pair_class:WHAT` for meetings whose pair makes them ordinary."""
    rules, rule = by_rule(events, context.ladder)
    asked = np.array([r.is_meeting for r in rules], np.bool_)[rule]
    said = nothing_said(asked)
    rows = np.flatnonzero(asked)
    if len(rows) == 0:
        return said
    of_pair = events.drop_columns(["evidence"]).take(pa.array(rows))
    together = _one_hull(of_pair, context)
    flagged = np.flatnonzero(together)
    together[flagged] &= ~_are_two(events.take(pa.array(rows[flagged])), context)
    sides = sides_of(of_pair["subjects"], claimed_classes(context.particulars))
    off_m = off_shore_m(events, context)[rows]
    pace, low, high = (measure_of(of_pair, m) for m in ("pace_max_dkn", "distance_min_m", "distance_max_m"))
    is_steady = (pace >= _TRAWL_DKN) & (high - low <= _STEADY_M)
    what, of = _ordinary_each(sides, off_m, is_steady)
    of[together] = len(what)
    what.append(ONE_HULL)
    found = np.flatnonzero(np.array([bool(w) for w in what], np.bool_)[of])
    said.state[rows[~sides.all_told]] = UNTOLD
    said.state[rows[found]] = APART
    return Said(said.state, [(rows[found], [f"{PAIR_CLASS}:{what[k]}" for k in of[found].tolist()])], {})


def _ordinary_each(sides: Sides, off_m: _I64, is_steady: npt.NDArray[np.bool_]) -> tuple[list[str], _I64]:
    """What makes meetings ordinary, once for all that are alike, and the number of each meeting in it."""
    most = int(np.diff(sides.edges).max())
    alike = np.full((len(off_m), 2 * most + 2), -1, np.int64)
    nth = np.arange(len(sides.code)) - np.repeat(sides.edges[:-1], np.diff(sides.edges))
    event = np.repeat(np.arange(len(off_m)), np.diff(sides.edges))
    is_small = (sides.length_m > 0) & (sides.length_m <= _BUNKER_LENGTH_M)
    alike[event, nth] = sides.code
    alike[event, most + nth] = is_small
    alike[:, -2], alike[:, -1] = off_m < _BUNKER_SHORE_M, is_steady
    key = np.zeros(len(off_m), np.int64)
    for column in alike.T:
        _, key = np.unique(key * (len(sides.classes) + 2) + column + 1, return_inverse=True)
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    what = []
    for i in first.tolist():
        mine = slice(int(sides.edges[i]), int(sides.edges[i + 1]))
        claims = zip(sides.code[mine].tolist(), sides.length_m[mine].tolist(), strict=True)
        named = [(sides.classes[k], length_m) for k, length_m in claims]
        what.append(_ordinary(named, int(off_m[i]), bool(is_steady[i])))
    return what, np.asarray(of, np.int64)


def _ordinary(sides: list[tuple[str, int]], off_m: int, is_steady: bool) -> str:
    """What makes the meeting of these classes (and lengths) ordinary; empty for nothing."""
    classes = [c for c, _ in sides]
    with_any = next((c for c in _WITH_ANY if c in classes), None)
    if with_any:
        return f"{with_any}+any"
    if not all(classes) or len(classes) != 2:
        return ""
    if frozenset(classes) in MATRIX:
        return "+".join(sorted(classes))
    if classes == ["fishing", "fishing"] and is_steady:
        return PAIR_TRAWL
    if off_m < _BUNKER_SHORE_M:
        for (mine, length_m), (other, _) in (sides, sides[::-1]):
            if mine == "tanker" and 0 < length_m <= _BUNKER_LENGTH_M and other in _BUNKERED:
                return BUNKERING
    return ""


def _one_hull(events: pa.Table, context: Context) -> npt.NDArray[np.bool_]:
    """Whether the two tracks of each event went the same way all their life, and did go."""
    a, b = (tracks_of(events, context.tracks, i) for i in (0, 1))
    near = np.rint(_TOGETHER_M * _E7_PER_M)
    same = a["known"] & b["known"]
    same &= distance_m(a["lat_e7"], a["lon_e7"], b["lat_e7"], b["lon_e7"]) <= _TOGETHER_M
    for name in ("lat_e7_min", "lat_e7_max"):
        same &= np.abs(a[name] - b[name]) <= near
    for name in ("t_first", "t_last"):
        same &= np.abs(a[name] - b[name]) <= _TOGETHER_S * SECOND
    far = np.minimum(a["lat_e7_max"] - a["lat_e7_min"], b["lat_e7_max"] - b["lat_e7_min"])
    return np.asarray(same & (far >= _MOVED_M * _E7_PER_M), np.bool_)


def _are_two(events: pa.Table, context: Context) -> npt.NDArray[np.bool_]:
    """Whether the two of each event came to each other or left each other, however alike their ways.

    Where the reports cited do not show how it began and how it ended, it is asked who lay there alone.
    """
    found = measured(events, context)
    closing, parting = found["closing_dkn"], found["parting_dkn"]
    moved = (closing >= PARTING_DKN) | (parting >= PARTING_DKN)
    told = (closing != UNKNOWN) & (parting != UNKNOWN)
    return np.asarray(moved | (~told & _came_alone(events, context)), np.bool_)


def _came_alone(events: pa.Table, context: Context) -> npt.NDArray[np.bool_]:
    """Whether one of the two was slow there before the other came, or after it had left."""
    out = np.zeros(events.num_rows, np.bool_)
    if context.events is None or events.num_rows == 0:
        return out
    slow = context.events.filter(pc.is_in(context.events["kind"], pa.array(["loitering", "stop"])))
    slow = slow.filter(pc.not_equal(slow["status"], "withdrawn"))
    alone = _spans(events).join(_spans(slow).drop("row"), on="track", suffix="_slow")
    before = pl.col("t0") - pl.col("t0_slow")
    after = pl.col("t1_slow") - pl.col("t1")
    overlaps = (pl.col("t0_slow") <= pl.col("t1")) & (pl.col("t0") <= pl.col("t1_slow"))
    longer = pl.max_horizontal(before, after) >= _ALONE_S * SECOND
    out[alone.filter(overlaps & longer)["row"].to_numpy()] = True
    return out


def _spans(events: pa.Table) -> pl.DataFrame:
    """One row for each track of each event, and its time from start to end."""
    frame = pl.DataFrame(
        {
            "row": np.arange(events.num_rows),
            "track": pl.from_arrow(events["subjects"]),
            "t0": numpy_of(events, "t_start"),
            "t1": ends_of(events),
        },
        schema_overrides={"track": pl.List(pl.Int64)},
    )
    return frame.explode("track").drop_nulls("track")

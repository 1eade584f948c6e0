"""How two met: who came, who left, how they lay, from the reports that the meeting cites and nothing else.

A transfer has a shape: one lies or drifts, the other comes, they lie along each other, one leaves. Neighbours
at anchor and two transmitters on one hull have none. These are measures and no reasons; what was not heard is
left out. Asked only of meetings off shore: the others are shown apart for their place, and are many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import NULL, numpy_of
from shiomi.events.ladder.context import Context, Said, by_rule, nothing_said
from shiomi.events.ladder.hulls import Hull, claimed_hulls, hulls_apart_m
from shiomi.findings import UNKNOWN
from shiomi.geo import wrap_e7
from shiomi.places.land import shore_m
from shiomi.schema import mmsi_of
from shiomi.units import SECOND, knots, minutes

__all__ = ["MEASURES", "PARTING_DKN", "measured", "shape"]

MEASURES = (
    "closing_dkn",
    "parting_dkn",
    "came_vessels",
    "came_mmsi",
    "left_vessels",
    "left_mmsi",
    "relative_pace_dkn",
    "heading_gap_deg",
    "hull_least_m",
    "hull_most_m",
)

_MOVING_DKN = knots(1) // 2
"""Who moves at least this fast against the other, and against the drift of both, comes or leaves.
Analyst-set: two that lie together move at less."""
PARTING_DKN = knots(1)
"""Two that move as fast against each other when they begin or end to be together are no one hull.
Analyst-set: twice that, since a tow is slow to follow."""
_NEAR_S = minutes(30)
"""Reports further from the start or the end of the meeting say nothing of who came or left. Analyst-set."""
_AT_ONCE_S = minutes(2)
"""Speeds of two that are reported no further apart in time are compared. Analyst-set: a ship takes longer to
get under way."""
_STEP_S = minutes(10)
"""How they move against each other is taken over at least this long, so that 10 m of error make 0.03 knot."""
_FIX_M = 10
"""Error of a place with GNSS (SOLAS: 10 m, IMO resolution MSC.112(73))."""
_M_PER_E7 = 0.011119508
_DKN_PER_M_S = 36_000 / 1852
_I64 = npt.NDArray[np.int64]
_F64 = npt.NDArray[np.float64]
_Side = dict[str, npt.NDArray[Any]]


def shape(events: pa.Table, context: Context) -> Said:
    """Measures of meetings off shore; nothing of other events."""
    rules, rule = by_rule(events, context.ladder)
    asked = np.array([r.is_meeting for r in rules], np.bool_)[rule]
    said = nothing_said(np.zeros_like(asked))
    said.measures.update({m: np.full(len(asked), UNKNOWN) for m in MEASURES})
    rows = np.flatnonzero(asked)
    if len(rows) == 0 or context.cited is None:
        return said
    off_m = shore_m(numpy_of(events, "lat_e7")[rows], numpy_of(events, "lon_e7")[rows])
    least = np.array([r.near_shore_m for r in rules], np.int64)[rule][rows]
    rows = rows[off_m >= least]
    far = events.take(pa.array(rows))
    hulls = claimed_hulls(context.particulars, far)
    for i, found in zip(rows.tolist(), measured(far, context, hulls), strict=True):
        for name, value in found.items():
            said.measures[name][i] = value
    return said


def measured(
    events: pa.Table, context: Context, hulls: Mapping[int, Hull] | None = None
) -> list[dict[str, int]]:
    """What could be measured of each meeting; nothing where its reports are not at hand."""
    if context.cited is None or events.num_rows == 0:
        return [{} for _ in range(events.num_rows)]
    cited = context.cited(events)
    of = np.asarray(pc.index_in(cited["event_id"], events["event_id"].combine_chunks()).to_numpy())
    edges = np.searchsorted(of, np.arange(events.num_rows + 1))
    names = ("track_id", "t", "lat_e7", "lon_e7", "pace_dkn", "cog_ddeg", "heading_deg", "bridge_s")
    columns = {n: numpy_of(cited, n) for n in names} | {"prev_t": numpy_of(cited, "prev_t", -1)}
    out: list[dict[str, int]] = []
    plain = events.select(["subjects", "t_start", "t_end", "measures"]).to_pylist()
    for event, start, stop in zip(plain, edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        mine = {n: c[start:stop] for n, c in columns.items()}
        sides = [{n: c[mine["track_id"] == track] for n, c in mine.items()} for track in event["subjects"]]
        if len(sides) != 2 or min(len(s["t"]) for s in sides) < 2:
            out.append({})
            continue
        out.append(_of_pair(event, sides[0], sides[1]) | _hulls(event, sides[0], sides[1], hulls or {}))
    return out


def _of_pair(event: dict[str, Any], a: _Side, b: _Side) -> dict[str, int]:
    t_start, t_end = event["t_start"], event["t_end"]
    out: dict[str, int] = {}
    last = t_end if t_end is not None else min(a["t"][-1], b["t"][-1])
    drift = (_made_good(a, t_start, last) + _made_good(b, t_start, last)) / 2
    ends = [("came", "closing", t_start, max(a["t"][0], b["t"][0]))]
    if t_end is not None:
        ends.append(("left", "parting", t_end, min(a["t"][-1], b["t"][-1])))
    for what, how, edge, at in ends:
        # A meeting is bounded by reports before its start and after its end, where there are any.
        if abs(at - edge) > _NEAR_S * SECOND or (what == "left" and at < edge):
            continue
        speeds = [_velocity(s, at) for s in (a, b)]
        if speeds[0] is None or speeds[1] is None:
            continue
        out[f"{how}_dkn"] = round(float(np.hypot(*(speeds[0] - speeds[1]))))
        # Two that move as one come from nowhere to each other.
        apart = out[f"{how}_dkn"] >= _MOVING_DKN
        moved = [apart and float(np.hypot(*(v - drift))) >= _MOVING_DKN for v in speeds if v is not None]
        out[f"{what}_vessels"] = sum(moved)
        if sum(moved) == 1:
            out[f"{what}_mmsi"] = mmsi_of(event["subjects"][moved.index(True)])
    return out | _relative(a, b, t_start, last) | _headings(a, b, t_start, last)


def _velocity(side: _Side, at: int) -> _F64 | None:
    """East and north in 0.1 knot at the report nearest in time, or None where it is not near or not told."""
    k = int(np.argmin(np.abs(side["t"] - at)))
    pace, cog = int(side["pace_dkn"][k]), int(side["cog_ddeg"][k])
    if abs(int(side["t"][k]) - at) > _AT_ONCE_S * SECOND or pace == NULL or (cog == NULL and pace > 0):
        return None
    turn = np.radians(max(cog, 0) / 10)
    return np.array([pace * np.sin(turn), pace * np.cos(turn)])


def _made_good(side: _Side, t_start: int, t_end: int) -> _F64:
    """Mean velocity between its first and its last report within the meeting; 0.1 knot."""
    k = np.flatnonzero((side["t"] >= t_start) & (side["t"] <= t_end))
    if len(k) < 2:
        return np.zeros(2)
    i, j = k[0], k[-1]
    from_place = int(side["lat_e7"][i]), int(side["lon_e7"][i])
    way = _metres(side["lat_e7"][[i, j]], side["lon_e7"][[i, j]], *from_place)
    return np.asarray((way[:, 1] - way[:, 0]) / (side["t"][j] - side["t"][i]) * SECOND * _DKN_PER_M_S)


def _metres(lat_e7: Any, lon_e7: Any, from_lat_e7: int, from_lon_e7: int) -> _F64:
    """East and north of a place near by, in metres."""
    east = wrap_e7(np.asarray(lon_e7, np.int64) - from_lon_e7) * np.cos(np.radians(from_lat_e7 / 1e7))
    return np.stack([east, np.asarray(lat_e7, np.float64) - from_lat_e7]) * _M_PER_E7


def _at(side: _Side, t: _I64, from_lat_e7: int, from_lon_e7: int) -> tuple[_F64, npt.NDArray[np.bool_]]:
    """Places at instants, and whether they lie between reports that follow each other."""
    k = np.clip(np.searchsorted(side["t"], t), 1, len(side["t"]) - 1)
    before, after = side["t"][k - 1], side["t"][k]
    follows = (side["prev_t"][k] == before) & (after - before <= side["bridge_s"][k - 1] * SECOND)
    inside = ((before <= t) & (t <= after) & follows) | (t == before) | (t == after)
    places = _metres(side["lat_e7"], side["lon_e7"], from_lat_e7, from_lon_e7)
    share = (t - before) / np.maximum(after - before, 1)
    return places[:, k - 1] + (places[:, k] - places[:, k - 1]) * share, inside


def _relative(a: _Side, b: _Side, t_start: int, t_end: int) -> dict[str, int]:
    """Median speed of one against the other between instants at least `_STEP_S` apart."""
    t = np.union1d(a["t"], b["t"])
    t = t[(t >= t_start) & (t <= t_end)]
    from_place = int(a["lat_e7"][0]), int(a["lon_e7"][0])
    (of_a, in_a), (of_b, in_b) = (_at(s, t, *from_place) for s in (a, b))
    t, apart = t[in_a & in_b], (of_b - of_a)[:, in_a & in_b]
    if len(t) == 0:
        return {}
    _, first = np.unique((t - t[0]) // (_STEP_S * SECOND), return_index=True)
    # The first of every second step: two picked so lie one whole step apart at least.
    picked = first[::2]
    if len(picked) < 2:
        return {}
    way_m = np.hypot(*np.diff(apart[:, picked]))
    return {"relative_pace_dkn": round(float(np.median(way_m / np.diff(t[picked]) * SECOND) * _DKN_PER_M_S))}


def _headings(a: _Side, b: _Side, t_start: int, t_end: int) -> dict[str, int]:
    """Median angle between the two bows, where both tell their heading at once."""
    told = []
    for s in (a, b):
        keep = (s["heading_deg"] != NULL) & (s["t"] >= t_start) & (s["t"] <= t_end)
        told.append((s["t"][keep], s["heading_deg"][keep].astype(np.int64)))
    (t, mine), (other_t, theirs) = told
    if len(t) == 0 or len(other_t) == 0:
        return {}
    near = _nearest(other_t, t)
    at_once = np.abs(other_t[near] - t) <= _STEP_S * SECOND
    if not at_once.any():
        return {}
    gap = np.abs((mine - theirs[near] + 180) % 360 - 180)[at_once]
    return {"heading_gap_deg": round(float(np.median(gap)))}


def _hulls(event: dict[str, Any], a: _Side, b: _Side, hulls: Mapping[int, Hull]) -> dict[str, int]:
    """Between which bounds the least distance of the two hulls lies, where both say how long they are.

    Where the antennas stand and how the bows lie is known, the outlines are compared; else all that is known
    is that an antenna is nowhere further from any part of its hull than the length.
    """
    mine, theirs = (hulls.get(mmsi_of(track)) for track in event["subjects"])
    antennas_m = dict(event["measures"]).get("distance_min_m")
    if antennas_m is None or mine is None or theirs is None:
        return {}
    error_m = 2 * _FIX_M
    if mine.is_whole and theirs.is_whole:
        t_end = event["t_end"] if event["t_end"] is not None else min(a["t"][-1], b["t"][-1])
        apart, bows = _lying(a, b, event["t_start"], t_end)
        if apart.shape[1]:
            least_m = hulls_apart_m(mine, theirs, apart, bows)
            return {
                "hull_least_m": max(0, int(np.floor(least_m)) - error_m),
                "hull_most_m": int(np.ceil(least_m)) + error_m,
            }
    reach_m = mine.length_m + theirs.length_m
    return {"hull_least_m": max(0, antennas_m - reach_m - error_m), "hull_most_m": antennas_m + error_m}


def _lying(a: _Side, b: _Side, t_start: int, t_end: int) -> tuple[_F64, _F64]:
    """Where the second antenna is from the first and how both bows lie, when both are told."""
    t = np.union1d(a["t"], b["t"])
    t = t[(t >= t_start) & (t <= t_end)]
    from_place = int(a["lat_e7"][0]), int(a["lon_e7"][0])
    (of_a, in_a), (of_b, in_b) = (_at(s, t, *from_place) for s in (a, b))
    told, bows = in_a & in_b, []
    for s in (a, b):
        at, heading = s["t"][s["heading_deg"] != NULL], s["heading_deg"][s["heading_deg"] != NULL]
        if len(at) == 0:
            return np.zeros((2, 0)), np.zeros((2, 0))
        near = _nearest(at, t)
        told = told & (np.abs(at[near] - t) <= _STEP_S * SECOND)
        bows.append(heading[near].astype(np.float64))
    return (of_b - of_a)[:, told], np.stack(bows)[:, told]


def _nearest(at: _I64, t: _I64) -> _I64:
    """Which of the ascending times `at` is nearest to each of `t`; the earlier of two."""
    right = np.minimum(np.searchsorted(at, t), len(at) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(np.abs(at[left] - t) <= np.abs(at[right] - t), left, right)

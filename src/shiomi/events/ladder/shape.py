"""How two met: who came, who left, how they lay, from the reports that the meeting cites and nothing else.

A transfer has a shape: one lies or drifts, the other comes, they lie along each other, one leaves. Neighbours
at anchor and two transmitters on one hull have none. These are measures and no reasons; what was not heard is
left out. Asked only of meetings off shore: the others are shown apart for their place, and are many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shiomi.columns import NULL, numpy_of
from shiomi.events.ladder.context import Context, Said, by_rule, measure_of, nothing_said, off_shore_m
from shiomi.events.ladder.hulls import Hull, claimed_hulls, hulls_apart_m
from shiomi.findings import UNKNOWN
from shiomi.geo import wrap_e7
from shiomi.kernels.meetings import ASKED, Limits, how_met
from shiomi.kernels.still import fixed
from shiomi.schema import TRACK_SHIFT, mmsi_of
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
_LIMITS = Limits(
    near_us=_NEAR_S * SECOND,
    at_once_us=_AT_ONCE_S * SECOND,
    step_us=_STEP_S * SECOND,
    moving_dkn=_MOVING_DKN,
    no_heading=NULL,
)
_I64 = npt.NDArray[np.int64]
_F64 = npt.NDArray[np.float64]


def shape(events: pa.Table, context: Context) -> Said:
    """Measures of meetings off shore; nothing of other events."""
    rules, rule = by_rule(events, context.ladder)
    asked = np.array([r.is_meeting for r in rules], np.bool_)[rule]
    said = nothing_said(np.zeros_like(asked))
    said.measures.update({m: np.full(len(asked), UNKNOWN) for m in MEASURES})
    rows = np.flatnonzero(asked)
    if len(rows) == 0 or context.cited is None:
        return said
    off_m = off_shore_m(events, context)[rows]
    least = np.array([r.near_shore_m for r in rules], np.int64)[rule][rows]
    rows = rows[off_m >= least]
    far = events.take(pa.array(rows))
    for name, values in measured(far, context, claimed_hulls(context.particulars, far)).items():
        said.measures[name][rows] = values
    return said


def measured(events: pa.Table, context: Context, hulls: Mapping[int, Hull] | None = None) -> dict[str, _I64]:
    """What could be measured of each meeting, UNKNOWN where its reports are not at hand or do not show it."""
    n = events.num_rows
    out = {m: np.full(n, UNKNOWN) for m in MEASURES}
    if context.cited is None or n == 0:
        return out
    cited = context.cited(events)
    of = np.asarray(pc.index_in(cited["event_id"], events["event_id"].combine_chunks()).to_numpy())
    edges, reports = np.searchsorted(of, np.arange(n + 1)), _reports(cited)
    first, second = _two(events["subjects"])
    t_start, t_end = numpy_of(events, "t_start"), numpy_of(events, "t_end", UNKNOWN)
    found, sides = how_met(
        fixed(edges, np.int64), first, second, fixed(t_start, np.int64), fixed(t_end, np.int64),
        *reports, _LIMITS,
    )  # fmt: skip
    told = dict(zip(ASKED, found.T, strict=True))
    for what in ("came", "left"):
        side = told.pop(f"{what}_side")
        mmsi = np.where(side == 0, first, second) >> TRACK_SHIFT
        out[f"{what}_mmsi"] = np.where(side == UNKNOWN, UNKNOWN, mmsi)
    out |= told
    if hulls:
        _add_hulls(out, events, reports, sides, hulls)
    return out


class _Reports(NamedTuple):
    """Reports as `how_met` takes them."""

    track: _I64
    t: _I64
    lat: _I64
    lon: _I64
    east_dkn: _F64
    north_dkn: _F64
    has_velocity: npt.NDArray[np.bool_]
    heading: _I64
    prev_t: _I64
    bridge_us: _I64
    cos_lat: _F64


def _reports(cited: pa.Table) -> _Reports:
    lat, pace, cog = (numpy_of(cited, c).astype(np.int64) for c in ("lat_e7", "pace_dkn", "cog_ddeg"))
    turn = np.radians(np.maximum(cog, 0) / 10)
    return _Reports(
        track=fixed(numpy_of(cited, "track_id"), np.int64),
        t=fixed(numpy_of(cited, "t"), np.int64),
        lat=fixed(lat, np.int64),
        lon=fixed(numpy_of(cited, "lon_e7"), np.int64),
        east_dkn=fixed(pace * np.sin(turn), np.float64),
        north_dkn=fixed(pace * np.cos(turn), np.float64),
        has_velocity=fixed((pace != NULL) & ((cog != NULL) | (pace <= 0)), np.bool_),
        heading=fixed(numpy_of(cited, "heading_deg"), np.int64),
        prev_t=fixed(numpy_of(cited, "prev_t", -1), np.int64),
        bridge_us=fixed(numpy_of(cited, "bridge_s").astype(np.int64) * SECOND, np.int64),
        cos_lat=fixed(np.cos(np.radians(lat / 1e7)), np.float64),
    )


def _two(subjects: pa.ChunkedArray) -> tuple[_I64, _I64]:
    """The tracks of events that are about two; -1 for others."""
    lists = subjects.combine_chunks()
    offsets, tracks = lists.offsets.to_numpy(), lists.values.to_numpy()
    is_two = np.diff(offsets) == 2
    out = np.full((2, len(lists)), -1, np.int64)
    out[:, is_two] = tracks[offsets[:-1][is_two]], tracks[offsets[:-1][is_two] + 1]
    return fixed(out[0], np.int64), fixed(out[1], np.int64)


def _add_hulls(
    out: dict[str, _I64], events: pa.Table, reports: _Reports, sides: _I64, hulls: Mapping[int, Hull]
) -> None:
    """Between which bounds the least distance of the two hulls lies, where both say how long they are.

    Where the antennas stand and how the bows lie is known, the outlines are compared; else all that is known
    is that an antenna is nowhere further from any part of its hull than the length.
    """
    antennas = measure_of(events, "distance_min_m")
    t_start, t_end = numpy_of(events, "t_start"), numpy_of(events, "t_end", UNKNOWN)
    error_m = 2 * _FIX_M
    for i in np.flatnonzero((sides[:, 0] >= 0) & (antennas != UNKNOWN)).tolist():
        edges, antennas_m = sides[i].tolist(), int(antennas[i])
        mine, theirs = (hulls.get(mmsi_of(int(reports.track[k]))) for k in (edges[0], edges[2]))
        if mine is None or theirs is None:
            continue
        reach_m = mine.length_m + theirs.length_m
        least_m, most_m = antennas_m - reach_m - error_m, antennas_m + error_m
        if mine.is_whole and theirs.is_whole:
            a, b = (_Reports._make(c[lo:hi] for c in reports) for lo, hi in (edges[:2], edges[2:]))
            last = int(t_end[i]) if t_end[i] != UNKNOWN else min(int(a.t[-1]), int(b.t[-1]))
            apart, bows = _lying(a, b, int(t_start[i]), last)
            if apart.shape[1]:
                apart_m = hulls_apart_m(mine, theirs, apart, bows)
                least_m, most_m = int(np.floor(apart_m)) - error_m, int(np.ceil(apart_m)) + error_m
        out["hull_least_m"][i], out["hull_most_m"][i] = max(0, least_m), most_m


def _lying(a: _Reports, b: _Reports, t_start: int, t_end: int) -> tuple[_F64, _F64]:
    """Where the second antenna is from the first and how both bows lie, when both are told."""
    t = np.union1d(a.t, b.t)
    t = t[(t >= t_start) & (t <= t_end)]
    from_place = int(a.lat[0]), int(a.lon[0])
    (of_a, in_a), (of_b, in_b) = (_at(s, t, *from_place) for s in (a, b))
    told, bows = in_a & in_b, []
    for s in (a, b):
        at, heading = s.t[s.heading != NULL], s.heading[s.heading != NULL]
        if len(at) == 0:
            return np.zeros((2, 0)), np.zeros((2, 0))
        near = _nearest(at, t)
        told = told & (np.abs(at[near] - t) <= _STEP_S * SECOND)
        bows.append(heading[near].astype(np.float64))
    return (of_b - of_a)[:, told], np.stack(bows)[:, told]


def _at(side: _Reports, t: _I64, from_lat_e7: int, from_lon_e7: int) -> tuple[_F64, npt.NDArray[np.bool_]]:
    """Places at instants, and whether they lie between reports that follow each other."""
    k = np.clip(np.searchsorted(side.t, t), 1, len(side.t) - 1)
    before, after = side.t[k - 1], side.t[k]
    follows = (side.prev_t[k] == before) & (after - before <= side.bridge_us[k - 1])
    inside = ((before <= t) & (t <= after) & follows) | (t == before) | (t == after)
    places = _metres(side.lat, side.lon, from_lat_e7, from_lon_e7)
    share = (t - before) / np.maximum(after - before, 1)
    return places[:, k - 1] + (places[:, k] - places[:, k - 1]) * share, inside


def _metres(lat_e7: Any, lon_e7: Any, from_lat_e7: int, from_lon_e7: int) -> _F64:
    """East and north of a place near by, in metres."""
    east = wrap_e7(np.asarray(lon_e7, np.int64) - from_lon_e7) * np.cos(np.radians(from_lat_e7 / 1e7))
    return np.stack([east, np.asarray(lat_e7, np.float64) - from_lat_e7]) * _M_PER_E7


def _nearest(at: _I64, t: _I64) -> _I64:
    """Which of the ascending times `at` is nearest to each of `t`; the earlier of two."""
    right = np.minimum(np.searchsorted(at, t), len(at) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(np.abs(at[left] - t) <= np.abs(at[right] - t), left, right)

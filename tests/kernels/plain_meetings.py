"""How two met, meeting by meeting: the slow way that `kernels/meetings.py` must agree with."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from shiomi.geo import wrap_e7
from shiomi.kernels.meetings import Limits

__all__ = ["Side", "met"]

_M_PER_E7 = 0.011119508
_DKN_PER_M_S = 36_000 / 1852
_US = 1_000_000


class Side(NamedTuple):
    """The reports of one vessel, in order of time; a course that is not told is negative."""

    t: Any
    lat: Any
    lon: Any
    pace: Any
    cog: Any
    heading: Any
    prev_t: Any
    bridge_us: Any


def met(a: Side, b: Side, t_start: int, t_end: int | None, limits: Limits) -> dict[str, int]:
    """What could be measured, by the names of `ASKED`."""
    out: dict[str, int] = {}
    last = t_end if t_end is not None else min(a.t[-1], b.t[-1])
    drift = (_made_good(a, t_start, last) + _made_good(b, t_start, last)) / 2
    ends = [("came", "closing", t_start, max(a.t[0], b.t[0]))]
    if t_end is not None:
        ends.append(("left", "parting", t_end, min(a.t[-1], b.t[-1])))
    for what, how, edge, at in ends:
        if abs(at - edge) > limits.near_us or (what == "left" and at < edge):
            continue
        speeds = [_velocity(s, at, limits) for s in (a, b)]
        if speeds[0] is None or speeds[1] is None:
            continue
        out[f"{how}_dkn"] = round(float(np.hypot(*(speeds[0] - speeds[1]))))
        apart = out[f"{how}_dkn"] >= limits.moving_dkn
        moved = [apart and float(np.hypot(*(v - drift))) >= limits.moving_dkn for v in speeds]
        out[f"{what}_vessels"] = sum(moved)
        if sum(moved) == 1:
            out[f"{what}_side"] = moved.index(True)
    return out | _relative(a, b, t_start, last, limits) | _headings(a, b, t_start, last, limits)


def _velocity(side: Side, at: int, limits: Limits) -> Any:
    k = int(np.argmin(np.abs(side.t - at)))
    pace, cog = int(side.pace[k]), int(side.cog[k])
    if abs(int(side.t[k]) - at) > limits.at_once_us or pace < 0 or (cog < 0 and pace > 0):
        return None
    turn = np.radians(max(cog, 0) / 10)
    return np.array([pace * np.sin(turn), pace * np.cos(turn)])


def _made_good(side: Side, t_start: int, t_end: int) -> Any:
    k = np.flatnonzero((side.t >= t_start) & (side.t <= t_end))
    if len(k) < 2:
        return np.zeros(2)
    i, j = k[0], k[-1]
    way = _metres(side.lat[[i, j]], side.lon[[i, j]], int(side.lat[i]), int(side.lon[i]))
    return (way[:, 1] - way[:, 0]) / (side.t[j] - side.t[i]) * _US * _DKN_PER_M_S


def _metres(lat: Any, lon: Any, from_lat: int, from_lon: int) -> Any:
    east = wrap_e7(lon - from_lon) * np.cos(np.radians(from_lat / 1e7))
    return np.stack([east, np.asarray(lat - from_lat, np.float64)]) * _M_PER_E7


def _at(side: Side, t: Any, from_lat: int, from_lon: int) -> Any:
    k = np.clip(np.searchsorted(side.t, t), 1, len(side.t) - 1)
    before, after = side.t[k - 1], side.t[k]
    follows = (side.prev_t[k] == before) & (after - before <= side.bridge_us[k - 1])
    inside = ((before <= t) & (t <= after) & follows) | (t == before) | (t == after)
    places = _metres(side.lat, side.lon, from_lat, from_lon)
    share = (t - before) / np.maximum(after - before, 1)
    return places[:, k - 1] + (places[:, k] - places[:, k - 1]) * share, inside


def _relative(a: Side, b: Side, t_start: int, t_end: int, limits: Limits) -> dict[str, int]:
    t = np.union1d(a.t, b.t)
    t = t[(t >= t_start) & (t <= t_end)]
    (of_a, in_a), (of_b, in_b) = (_at(s, t, int(a.lat[0]), int(a.lon[0])) for s in (a, b))
    t, apart = t[in_a & in_b], (of_b - of_a)[:, in_a & in_b]
    if len(t) == 0:
        return {}
    _, first = np.unique((t - t[0]) // limits.step_us, return_index=True)
    picked = first[::2]
    if len(picked) < 2:
        return {}
    way_m = np.hypot(*np.diff(apart[:, picked]))
    return {"relative_pace_dkn": round(float(np.median(way_m / np.diff(t[picked]) * _US) * _DKN_PER_M_S))}


def _headings(a: Side, b: Side, t_start: int, t_end: int, limits: Limits) -> dict[str, int]:
    told = [s.t[(s.heading >= 0) & (s.t >= t_start) & (s.t <= t_end)] for s in (a, b)]
    bows = [s.heading[(s.heading >= 0) & (s.t >= t_start) & (s.t <= t_end)] for s in (a, b)]
    gaps = []
    for t, bow in zip(told[0], bows[0], strict=True):
        away = np.abs(told[1] - t)
        if len(away) and away.min() <= limits.step_us:
            gaps.append(abs((bow - bows[1][int(np.argmin(away))] + 180) % 360 - 180))
    return {"heading_gap_deg": round(float(np.median(gaps)))} if gaps else {}

"""How two met: who came, who left and how they lay, from the reports that each meeting cites.

One pass over the reports of each meeting; the two lie one after the other in them, each in order of time.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import wrap

__all__ = ["ASKED", "Limits", "how_met"]

ASKED = (
    "closing_dkn", "came_vessels", "came_side", "parting_dkn", "left_vessels", "left_side",
    "relative_pace_dkn", "heading_gap_deg",
)  # fmt: skip
"""The columns of what `how_met` measures; a side is 0 for the first vessel and 1 for the second."""

_NONE = np.iinfo(np.int64).min
_M_PER_E7 = 0.011119508
_US_PER_S = 1_000_000
_DKN_PER_M_S = 36_000 / 1852


class Limits(NamedTuple):
    """What `how_met` goes by; see `events/ladder/shape.py`."""

    near_us: int
    at_once_us: int
    step_us: int
    moving_dkn: int
    no_heading: int


@njit(cache=True, nogil=True)
def _made_good(lo: int, hi: int, start: int, last: int, t: Any, lat: Any, lon: Any, cos_lat: Any) -> Any:
    """East and north mean velocity between the first and the last report within the meeting; 0.1 knot."""
    i = lo
    while i < hi and t[i] < start:
        i += 1
    j = hi - 1
    while j > i and t[j] > last:
        j -= 1
    if j <= i:
        return 0.0, 0.0
    us = t[j] - t[i]
    east_m = wrap(lon[j] - lon[i]) * cos_lat[i] * _M_PER_E7
    north_m = float(lat[j] - lat[i]) * _M_PER_E7
    if us == 0:
        return east_m * np.inf, north_m * np.inf
    return east_m / us * _US_PER_S * _DKN_PER_M_S, north_m / us * _US_PER_S * _DKN_PER_M_S


@njit(cache=True, nogil=True)
def _soonest(lo: int, hi: int, t: Any, at: int) -> int:
    """The first of the reports nearest in time."""
    best = lo
    for i in range(lo + 1, hi):
        if abs(t[i] - at) < abs(t[best] - at):
            best = i
    return best


@njit(cache=True, nogil=True)
def _inside(k: int, at: int, t: Any, prev_t: Any, bridge_us: Any) -> bool:
    """Whether an instant lies between reports k - 1 and k, and these follow each other, or at one of them."""
    before = t[k - 1]
    after = t[k]
    if at == before or at == after:
        return True
    return bool(before < at < after and prev_t[k] == before and after - before <= bridge_us[k - 1])


@njit(cache=True, nogil=True)
def _side(lo: int, hi: int, track: Any, of: int) -> Any:
    """Where the reports of one track begin and end."""
    while lo < hi and track[lo] != of:
        lo += 1
    end = lo
    while end < hi and track[end] == of:
        end += 1
    return lo, end


@njit(cache=True, nogil=True)
def _place(k: int, at: int, t: Any, lat: Any, lon: Any, lat0: int, lon0: int, cos0: float) -> Any:
    """East and north of a place near by at an instant, on the straight way from report k - 1 to k; metres."""
    share = (at - t[k - 1]) / max(t[k] - t[k - 1], 1)
    east = wrap(lon[k - 1] - lon0) * cos0 * _M_PER_E7
    north = float(lat[k - 1] - lat0) * _M_PER_E7
    to_east = wrap(lon[k] - lon0) * cos0 * _M_PER_E7
    to_north = float(lat[k] - lat0) * _M_PER_E7
    return east + (to_east - east) * share, north + (to_north - north) * share


@njit(cache=True, nogil=True)
def _median(values: Any) -> float:
    values.sort()
    n = len(values)
    if n % 2:
        return float(values[n // 2])
    return (float(values[n // 2 - 1]) + float(values[n // 2])) / 2.0


@njit(cache=True, nogil=True)
def _relative(
    a: int, b: int, c: int, end: int, start: int, last: int, step_us: int,
    t: Any, lat: Any, lon: Any, prev_t: Any, bridge_us: Any, cos_lat: Any, paces: Any,
) -> int:  # fmt: skip
    """Median speed of one against the other between instants at least a step apart; 0.1 knot."""
    i = a
    j = c
    first_t = _NONE
    step = np.int64(-1)
    n_steps = 0
    n = 0
    seen_t = np.int64(0)
    east0 = 0.0
    north0 = 0.0
    while i < b or j < end:
        at = min(t[i] if i < b else t[j], t[j] if j < end else t[i])
        # The reports around the instant: the first not before it and the one before that.
        ka = min(max(i, a + 1), b - 1)
        kb = min(max(j, c + 1), end - 1)
        while i < b and t[i] == at:
            i += 1
        while j < end and t[j] == at:
            j += 1
        if at < start:
            continue
        if at > last:
            break
        if not (_inside(ka, at, t, prev_t, bridge_us) and _inside(kb, at, t, prev_t, bridge_us)):
            continue
        if first_t == _NONE:
            first_t = at
        if (at - first_t) // step_us == step:
            continue
        step = (at - first_t) // step_us
        n_steps += 1
        # The first of every second step: two picked so lie one whole step apart at least.
        if n_steps % 2 == 0:
            continue
        east_a, north_a = _place(ka, at, t, lat, lon, lat[a], lon[a], cos_lat[a])
        east_b, north_b = _place(kb, at, t, lat, lon, lat[a], lon[a], cos_lat[a])
        east = east_b - east_a
        north = north_b - north_a
        if n_steps > 1:
            paces[n] = math.hypot(east - east0, north - north0) / (at - seen_t) * _US_PER_S
            n += 1
        seen_t = at
        east0 = east
        north0 = north
    if n == 0:
        return _NONE
    return int(np.rint(_median(paces[:n]) * _DKN_PER_M_S))


@njit(cache=True, nogil=True)
def _headings(
    a: int, b: int, c: int, end: int, start: int, last: int, limits: Limits, t: Any, heading: Any,
    gaps: Any, told: Any,
) -> int:  # fmt: skip
    """Median angle between the two bows, where both tell their heading at once; degrees."""
    m = 0
    for j in range(c, end):
        if heading[j] != limits.no_heading and start <= t[j] <= last:
            told[m] = j
            m += 1
    n = 0
    at = 0
    if m:
        for i in range(a, b):
            if heading[i] == limits.no_heading or t[i] < start or t[i] > last:
                continue
            while at < m and t[told[at]] < t[i]:
                at += 1
            right = told[min(at, m - 1)]
            left = told[max(min(at, m - 1) - 1, 0)]
            near = left if abs(t[left] - t[i]) <= abs(t[right] - t[i]) else right
            if abs(t[near] - t[i]) <= limits.step_us:
                gaps[n] = abs((heading[i] - heading[near] + 180) % 360 - 180)
                n += 1
    return int(np.rint(_median(gaps[:n]))) if n else _NONE


@njit(cache=True, nogil=True)
def how_met(
    edges: Any, first: Any, second: Any, t_start: Any, t_end: Any,
    track: Any, t: Any, lat: Any, lon: Any, east_dkn: Any, north_dkn: Any, has_velocity: Any,
    heading: Any, prev_t: Any, bridge_us: Any, cos_lat: Any, limits: Limits,
) -> Any:  # fmt: skip
    """What the reports of each meeting show of it.

    Args:
        edges: meeting i cites the reports from edges[i] to edges[i + 1], in order of (track, t).
        first, second: the tracks of the two; -1 where these are not two.
        t_end: the least int64 while it goes on.
        east_dkn, north_dkn, has_velocity: of each report, and whether these are told.
        prev_t: when the report before it in its track was made.
        bridge_us: how long after a report the next may be, for the vessel to have gone straight there.
        cos_lat: cosine of the latitude.

    Returns:
        measures: the columns `ASKED` as (n, 8) int64; the least where nothing could be measured.
        sides: where the reports of the first and of the second begin and end, as (n, 4); -1 where one of the
            two has fewer than two.
    """
    n = len(first)
    measures = np.full((n, 8), _NONE, np.int64)
    sides = np.full((n, 4), -1, np.int64)
    most = 0
    for i in range(n):
        most = max(most, edges[i + 1] - edges[i])
    paces = np.empty(most)
    gaps = np.empty(most, np.int64)
    told = np.empty(most, np.int64)
    for i in range(n):
        a, b = _side(edges[i], edges[i + 1], track, first[i])
        c, end = _side(edges[i], edges[i + 1], track, second[i])
        if first[i] < 0 or b - a < 2 or end - c < 2:
            continue
        sides[i] = (a, b, c, end)
        start = t_start[i]
        is_open = t_end[i] == _NONE
        last = min(t[b - 1], t[end - 1]) if is_open else t_end[i]
        east_a, north_a = _made_good(a, b, start, last, t, lat, lon, cos_lat)
        east_b, north_b = _made_good(c, end, start, last, t, lat, lon, cos_lat)
        east = (east_a + east_b) / 2
        north = (north_a + north_b) / 2
        for leaves in range(1 if is_open else 2):
            edge = t_end[i] if leaves else start
            at = min(t[b - 1], t[end - 1]) if leaves else max(t[a], t[c])
            # A meeting is bounded by reports before its start and after its end, where there are any.
            if abs(at - edge) > limits.near_us or (leaves and at < edge):
                continue
            k = _soonest(a, b, t, at)
            m = _soonest(c, end, t, at)
            if not (has_velocity[k] and has_velocity[m]):
                continue
            if abs(t[k] - at) > limits.at_once_us or abs(t[m] - at) > limits.at_once_us:
                continue
            against = np.rint(math.hypot(east_dkn[k] - east_dkn[m], north_dkn[k] - north_dkn[m]))
            # Two that move as one come from nowhere to each other.
            apart = against >= limits.moving_dkn
            mine = apart and math.hypot(east_dkn[k] - east, north_dkn[k] - north) >= limits.moving_dkn
            theirs = apart and math.hypot(east_dkn[m] - east, north_dkn[m] - north) >= limits.moving_dkn
            measures[i, 3 * leaves] = int(against)
            measures[i, 3 * leaves + 1] = int(mine) + int(theirs)
            if mine != theirs:
                measures[i, 3 * leaves + 2] = int(theirs)
        measures[i, 6] = _relative(
            a, b, c, end, start, last, limits.step_us, t, lat, lon, prev_t, bridge_us, cos_lat, paces
        )
        measures[i, 7] = _headings(a, b, c, end, start, last, limits, t, heading, gaps, told)
    return measures, sides

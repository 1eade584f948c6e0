"""Tracks cut into legs of one step of a coarse clock, with the reports that each leg rests on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import wrap

__all__ = ["cut_legs", "legs_written"]

_MM_PER_E7 = 6_371_008_800.0 * math.pi / 180e7
_RAD = math.pi / 180e7


@njit(cache=True, nogil=True)
def _at(lat1: int, lon1: int, lat2: int, lon2: int, part: int, whole: int) -> tuple[int, int]:
    """The point `part / whole` of the way; straight on the map, which over a few miles is near enough."""
    f = part / whole
    return lat1 + round((lat2 - lat1) * f), wrap(lon1 + round(wrap(lon2 - lon1) * f))


@njit(cache=True, nogil=True)
def _most_legs(t: Any, max_silence_us: int, step_us: int) -> int:
    """No fewer than there are ends of steps between rows that may follow each other."""
    n = 0
    for i in range(1, len(t)):
        silence = t[i] - t[i - 1]
        if 0 <= silence <= max_silence_us:
            n += int(silence / step_us) + 2
    return n


@njit(cache=True, nogil=True)
def cut_legs(
    track: Any,
    t: Any,
    lat: Any,
    lon: Any,
    prev_t: Any,
    bridge_s: Any,
    seen: Any,
    step_us: int,
    min_way_mm: int,
    max_silence_us: int,
    heard_since: int,
) -> Any:
    """Legs [end - step, end] over which a track was heard without a break, of `min_way_mm` or more.

    Args:
        track, t: rows sorted by them; int64.
        lat, lon: 1e-7 degree.
        prev_t: time of the report before in the track, which need not be among the rows.
        bridge_s: longest silence after a row that may be interpolated; none longer than `max_silence_us` is.
        seen: rows of an earlier step, whose legs are written.
        heard_since: of a track whose last row is older, nothing later can rest on it.

    Returns:
        first, last row of each leg.
        end: t of its end.
        place: (n, 4) int32: latitude and longitude at the end, at the beginning.
        way_mm of each leg.
        keep: per row, whether a later leg may rest on it.
    """
    n = len(t)
    # Counted first: a loop that may let its arrays grow runs many times slower.
    most = _most_legs(t, max_silence_us, step_us)
    rows = np.empty((2, most), np.int64)
    ends = np.empty(most, np.int64)
    place = np.empty((most, 4), np.int32)
    ways = np.empty(most, np.int64)
    keep = np.zeros(n, np.bool_)
    m = 0
    chain = 0
    first = 0
    end = np.int64(0)
    known = np.int64(-(1 << 63))
    y2 = np.int64(0)
    x2 = np.int64(0)
    for i in range(n):
        # Whether it follows the row before in its track, with nothing between and within the bridge.
        silence = t[i] - t[i - 1]
        if (
            i == 0
            or track[i] != track[i - 1]
            or prev_t[i] != t[i - 1]
            or silence > max_silence_us
            or silence > bridge_s[i - 1] * 1_000_000
        ):
            chain = i
            first = i
            # The end of which y2 and x2 are the place; where a row is at it, the next begins at its last.
            known = np.int64(-(1 << 63))
            end = t[i] // step_us * step_us + step_us
        else:
            while end <= t[i]:
                start = end - step_us
                while first < i - 1 and t[first + 1] <= start:
                    first += 1
                if t[first] <= start and not seen[i]:
                    if known != start or t[first] == start:
                        y2, x2 = _at(
                            lat[first],
                            lon[first],
                            lat[first + 1],
                            lon[first + 1],
                            start - t[first],
                            t[first + 1] - t[first],
                        )
                    y1 = y2
                    x1 = x2
                    y2, x2 = _at(lat[i - 1], lon[i - 1], lat[i], lon[i], end - t[i - 1], t[i] - t[i - 1])
                    known = end
                    east = wrap(x2 - x1) * _MM_PER_E7 * math.cos(0.5 * (y1 + y2) * _RAD)
                    north = (y2 - y1) * _MM_PER_E7
                    way = round(math.sqrt(east * east + north * north))
                    if way >= min_way_mm:
                        rows[0, m] = first
                        rows[1, m] = i
                        ends[m] = end
                        place[m, 0] = y2
                        place[m, 1] = x2
                        place[m, 2] = y1
                        place[m, 3] = x1
                        ways[m] = way
                        m += 1
                end += step_us
        if t[i] >= heard_since and (i == n - 1 or track[i + 1] != track[i]):
            # The next leg ends at the first whole step after this row, and begins one step before.
            start = end - step_us
            k = i
            while k > chain and t[k] > start:
                k -= 1
            for j in range(k, i + 1):
                keep[j] = True
    return rows[0, :m], rows[1, :m], ends[:m], place[:m], ways[:m], keep


@njit(cache=True, nogil=True)
def legs_written(
    order: Any, first: Any, last: Any, end: Any, place: Any, way: Any,
    track: Any, mmsi: Any, ids: Any, t: Any, lat: Any, lon: Any,
) -> Any:  # fmt: skip
    """The columns of PATROLS for legs in some order, with the reports of each, its rows `first` to `last`.

    Args:
        order: leg numbers.
        first, last, end, place, way: of each leg as `cut_legs` gives them.
        track, mmsi, ids, t, lat, lon: of each row.

    Returns:
        track, mmsi, end, place (4, n), way of each leg; edges of the lists of its reports.
        ids of the reports, laid end to end.
        us: time of each less the end of its leg.
        north, east: place of each less that at the end of its leg, 1e-7 degree, int32.
    """
    n = len(order)
    tracks = np.empty(n, track.dtype)
    mmsis = np.empty(n, mmsi.dtype)
    ends = np.empty(n, np.int64)
    places = np.empty((4, n), np.int32)
    ways = np.empty(n, np.int64)
    edges = np.empty(n + 1, np.int64)
    edges[0] = 0
    for k in range(n):
        leg = order[k]
        edges[k + 1] = edges[k] + last[leg] - first[leg] + 1
    n_fixes = edges[-1]
    fix_ids = np.empty(n_fixes, np.int64)
    us = np.empty(n_fixes, np.int64)
    north = np.empty(n_fixes, np.int32)
    east = np.empty(n_fixes, np.int32)
    for k in range(n):
        leg = order[k]
        tracks[k] = track[last[leg]]
        mmsis[k] = mmsi[last[leg]]
        ends[k] = end[leg]
        ways[k] = way[leg]
        for c in range(4):
            places[c, k] = place[leg, c]
        to = edges[k]
        for i in range(first[leg], last[leg] + 1):
            fix_ids[to] = ids[i]
            us[to] = t[i] - end[leg]
            north[to] = lat[i] - place[leg, 0]
            east[to] = wrap(lon[i] - place[leg, 1])
            to += 1
    return tracks, mmsis, ends, places, ways, edges, fix_ids, us, north, east

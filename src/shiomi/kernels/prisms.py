"""Space-time prisms: where two vessels could have been together while neither, or only one, was heard.

A vessel last heard at one place and time and heard again at another can meanwhile have been wherever its
speed allows: it arrives at a place no earlier than the way from the first allows, and must leave it no later
than the way to the second asks (Hagerstrand 1970; Miller 1991). How long two of them can have lain together
at a place is a concave function of the place, whose greatest value is found here.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import distance_mm, wrap

__all__ = ["could_meet", "longest_together"]

_R_MM = 6_371_008_800.0
_RAD = math.pi / 180e7
_SHARE = (math.sqrt(5.0) - 1.0) / 2.0


@njit(cache=True, nogil=True)
def could_meet(
    order: Any, begin: Any, end: Any, lost_t: Any, again_t: Any, lat0: Any, lon0: Any, lat1: Any,
    lon1: Any, speed_mm: Any, mmsi: Any, is_slow: Any, t: Any, is_new: Any, min_us: int, max_us: int,
) -> Any:  # fmt: skip
    """Pairs of rows that share a cell and that no two of their four ends forbid to have lain together.

    Args:
        order, begin, end: rows in `order[begin[c]:end[c]]` reach into cell c.
        lost_t, again_t, lat0, lon0, lat1, lon1: where and when each row begins and ends.
        speed_mm: greatest speed, millimetres a second.
        is_new: at least one row of a pair is new.
        min_us: how long they must have been able to lie together.
        max_us: rows known further apart than this are not compared.

    Returns:
        first, second: row numbers, once for every cell that they share.
    """
    first = np.empty(64, np.int64)
    second = np.empty(64, np.int64)
    n = 0
    for c in range(len(begin)):
        for a in range(begin[c], end[c]):
            i = order[a]
            for b in range(a + 1, end[c]):
                j = order[b]
                if not (is_new[i] or is_new[j]) or mmsi[i] == mmsi[j] or (is_slow[i] and is_slow[j]):
                    continue
                if abs(t[i] - t[j]) >= max_us:
                    continue
                if min(again_t[i], again_t[j]) - max(lost_t[i], lost_t[j]) < min_us:
                    continue
                fastest = max(speed_mm[i], speed_mm[j]) / 1e6
                way = distance_mm(lat0[i], lon0[i], lat1[j], lon1[j])
                if again_t[j] - lost_t[i] - way / fastest < min_us:
                    continue
                way = distance_mm(lat0[j], lon0[j], lat1[i], lon1[i])
                if again_t[i] - lost_t[j] - way / fastest < min_us:
                    continue
                if n == len(first):
                    first = np.concatenate((first, np.empty_like(first)))
                    second = np.concatenate((second, np.empty_like(second)))
                first[n] = min(i, j)
                second[n] = max(i, j)
                n += 1
    return first[:n], second[:n]


@njit(cache=True, nogil=True)
def _together(x: float, y: float, at: Any) -> float:
    """Microseconds that the two can have lain together at a place of the plane; negative if not at all."""
    arrive = -math.inf
    leave = math.inf
    for k in range(4):
        dx = x - at[k, 0]
        dy = y - at[k, 1]
        way_us = math.sqrt(dx * dx + dy * dy) / at[k, 3]
        if k % 2 == 0:
            arrive = max(arrive, at[k, 2] + way_us)
        else:
            leave = min(leave, at[k, 2] - way_us)
    return leave - arrive


@njit(cache=True, nogil=True)
def _best_y(x: float, low: float, high: float, at: Any, steps: int) -> tuple[float, float]:
    a = high - _SHARE * (high - low)
    b = low + _SHARE * (high - low)
    fa = _together(x, a, at)
    fb = _together(x, b, at)
    for _ in range(steps):
        if fa >= fb:
            high, b, fb = b, a, fa
            a = high - _SHARE * (high - low)
            fa = _together(x, a, at)
        else:
            low, a, fa = a, b, fb
            b = low + _SHARE * (high - low)
            fb = _together(x, b, at)
    return (a, fa) if fa >= fb else (b, fb)


@njit(cache=True, nogil=True)
def longest_together(lat: Any, lon: Any, t: Any, speed_mm: Any, steps: int) -> tuple[int, int, int]:
    """Longest time two vessels can have lain together at one place, and that place.

    Args:
        lat, lon, t: four ends: the first's last report before and first after, then the second's.
        speed_mm: millimetres a second of the first and of the second.
        steps: of the golden section; each narrows the search by a factor of 0.62.

    Returns:
        microseconds, rounded down, negative if they cannot have met; latitude and longitude.
    """
    # A plane that keeps distances and directions from the first end: near it, and that is where they meet.
    at = np.empty((4, 4))
    for k in range(4):
        way = distance_mm(lat[0], lon[0], lat[k], lon[k])
        o = wrap(lon[k] - lon[0]) * _RAD
        a = lat[0] * _RAD
        b = lat[k] * _RAD
        bearing = math.atan2(
            math.sin(o) * math.cos(b), math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(o)
        )
        at[k, 0] = way * math.sin(bearing)
        at[k, 1] = way * math.cos(bearing)
        at[k, 2] = float(t[k] - t[0])
        at[k, 3] = speed_mm[k // 2] / 1e6
    low_x = at[:, 0].min() - 1.0
    high_x = at[:, 0].max() + 1.0
    low_y = at[:, 1].min() - 1.0
    high_y = at[:, 1].max() + 1.0
    # The best place lies within the box of the four ends: outside, every way is longer than from its edge.
    a = high_x - _SHARE * (high_x - low_x)
    b = low_x + _SHARE * (high_x - low_x)
    ya, fa = _best_y(a, low_y, high_y, at, steps)
    yb, fb = _best_y(b, low_y, high_y, at, steps)
    for _ in range(steps):
        if fa >= fb:
            high_x, b, yb, fb = b, a, ya, fa
            a = high_x - _SHARE * (high_x - low_x)
            ya, fa = _best_y(a, low_y, high_y, at, steps)
        else:
            low_x, a, ya, fa = a, b, yb, fb
            b = low_x + _SHARE * (high_x - low_x)
            yb, fb = _best_y(b, low_y, high_y, at, steps)
    x, y, f = (a, ya, fa) if fa >= fb else (b, yb, fb)
    arc = math.sqrt(x * x + y * y) / _R_MM
    bearing = math.atan2(x, y)
    a1 = lat[0] * _RAD
    s = math.sin(a1) * math.cos(arc) + math.cos(a1) * math.sin(arc) * math.cos(bearing)
    a2 = math.asin(min(1.0, max(-1.0, s)))
    o2 = math.atan2(math.sin(bearing) * math.sin(arc) * math.cos(a1), math.cos(arc) - math.sin(a1) * s)
    return math.floor(f), round(a2 / _RAD), wrap(lon[0] + round(o2 / _RAD))

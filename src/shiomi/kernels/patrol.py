"""Tracks cut into legs of one step of a coarse clock, with the reports that each leg rests on."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import wrap

__all__ = ["cut_legs"]

_MM_PER_E7 = 6_371_008_800.0 * math.pi / 180e7
_RAD = math.pi / 180e7


@njit(cache=True, nogil=True)
def _at(lat1: int, lon1: int, lat2: int, lon2: int, part: int, whole: int) -> tuple[int, int]:
    """The point `part / whole` of the way; straight on the map, which over a few miles is near enough."""
    f = part / whole
    return lat1 + round((lat2 - lat1) * f), wrap(lon1 + round(wrap(lon2 - lon1) * f))


@njit(cache=True, inline="always")
def _follows(track: Any, t: Any, prev_t: Any, bridge_s: Any, i: int) -> bool:
    """Whether row i follows the row before in its track, with nothing between and within the bridge."""
    return bool(
        track[i] == track[i - 1] and prev_t[i] == t[i - 1] and t[i] - t[i - 1] <= bridge_s[i - 1] * 1_000_000
    )


@njit(cache=True, nogil=True)
def _count(track: Any, t: Any, prev_t: Any, bridge_s: Any, step_us: int) -> int:
    """How many ends of steps lie within the legs between rows."""
    n = 0
    end = np.int64(0)
    for i in range(len(t)):
        if i == 0 or not _follows(track, t, prev_t, bridge_s, i):
            end = t[i] // step_us * step_us + step_us
        while end <= t[i]:
            end += step_us
            n += 1
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
) -> Any:
    """Legs [end - step, end] over which a track was heard without a break, of `min_way_mm` or more.

    Args:
        track, t: rows sorted by them; int64.
        lat, lon: int64 1e-7 degree.
        prev_t: time of the report before in the track, which need not be among the rows.
        bridge_s: longest silence after a row that may be interpolated.
        seen: rows of an earlier step, whose legs are written.

    Returns:
        legs: (n, 7) int64: first row, last row, t of the end, latitude and longitude at the end,
            at the beginning; without the way.
        way_mm of each leg.
        keep: per row, whether a later leg may rest on it.
    """
    n = len(t)
    # Counted first: a loop that may let its arrays grow runs many times slower.
    most = _count(track, t, prev_t, bridge_s, step_us)
    legs = np.empty((most, 7), np.int64)
    ways = np.empty(most, np.int64)
    keep = np.zeros(n, np.bool_)
    m = 0
    chain = 0
    first = 0
    end = np.int64(0)
    for i in range(n):
        if i == 0 or not _follows(track, t, prev_t, bridge_s, i):
            chain = i
            first = i
            end = t[i] // step_us * step_us + step_us
        else:
            while end <= t[i]:
                start = end - step_us
                while first < i - 1 and t[first + 1] <= start:
                    first += 1
                if t[first] <= start and not seen[i]:
                    y2, x2 = _at(lat[i - 1], lon[i - 1], lat[i], lon[i], end - t[i - 1], t[i] - t[i - 1])
                    y1, x1 = _at(
                        lat[first],
                        lon[first],
                        lat[first + 1],
                        lon[first + 1],
                        start - t[first],
                        t[first + 1] - t[first],
                    )
                    east = wrap(x2 - x1) * _MM_PER_E7 * math.cos(0.5 * (y1 + y2) * _RAD)
                    north = (y2 - y1) * _MM_PER_E7
                    way = round(math.sqrt(east * east + north * north))
                    if way >= min_way_mm:
                        legs[m, 0] = first
                        legs[m, 1] = i
                        legs[m, 2] = end
                        legs[m, 3] = y2
                        legs[m, 4] = x2
                        legs[m, 5] = y1
                        legs[m, 6] = x1
                        ways[m] = way
                        m += 1
                end += step_us
        if i == n - 1 or track[i + 1] != track[i]:
            # The next leg ends at the first whole step after this row, and begins one step before.
            start = end - step_us
            k = i
            while k > chain and t[k] > start:
                k -= 1
            for j in range(k, i + 1):
                keep[j] = True
    return legs[:m], ways[:m], keep

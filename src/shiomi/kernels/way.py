"""How far each track went, and between which latitudes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import wrap

__all__ = ["ways_m"]

_R_M = 6_371_008.8
_RAD = math.pi / 180e7
_SMALL = 5e-4
"""Up to this angle, 6 km of half a leg, the first two terms of a series are as good as the function: what
they leave out is less than a millionth of a millimetre."""


@njit(cache=True, nogil=True)
def _sin(x: float) -> float:
    return x * (1.0 - x * x / 6.0) if abs(x) < _SMALL else math.sin(x)


@njit(cache=True, nogil=True)
def ways_m(
    edges: Any, lat: Any, lon: Any, is_known: Any, known_lat: Any, known_lon: Any
) -> tuple[Any, Any, Any]:
    """For each track the sum of its legs, each in whole metres, and its least and greatest latitude.

    Args:
        edges: track g has the rows from edges[g] to edges[g + 1], in order of time.
        is_known, known_lat, known_lon: whether a track was heard before these rows, and where last.
    """
    n = len(edges) - 1
    way, south, north = np.zeros(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    for g in range(n):
        a = np.int64(known_lat[g] if is_known[g] else lat[edges[g]])
        o = np.int64(known_lon[g] if is_known[g] else lon[edges[g]])
        cos_a = math.cos(a * _RAD)
        low = high = np.int64(lat[edges[g]])
        metres = np.int64(0)
        for i in range(edges[g], edges[g + 1]):
            b, p = np.int64(lat[i]), np.int64(lon[i])
            if b == a and p == o:
                continue
            cos_b = math.cos(b * _RAD) if b != a else cos_a
            half_north = _sin((b - a) * _RAD * 0.5)
            half_east = _sin(wrap(p - o) * _RAD * 0.5)
            chord = math.sqrt(half_north * half_north + cos_a * cos_b * half_east * half_east)
            if chord < _SMALL:
                arc = chord * (1.0 + chord * chord / 6.0)
            else:
                arc = math.asin(min(1.0, chord))
            metres += np.int64(np.rint(2.0 * _R_M * arc))
            low, high = min(low, b), max(high, b)
            a, o, cos_a = b, p, cos_b
        way[g], south[g], north[g] = metres, low, high
    return way, south, north

"""Who was nearest at an instant."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import distance_mm

__all__ = ["nearest_other"]

_R_MM = 6_371_008_800.0
_RAD = math.pi / 180e7


_HALF = 1_800_000_000
_BITS = 33
_BAND = 1 << _BITS


@njit(cache=True, nogil=True)
def nearest_other(edges: Any, lat: Any, lon: Any, group: Any, max_mm: int) -> Any:
    """The nearest row of the same slot and another group within `max_mm`, for every row; -1 where none.

    Rows of a slot lie in bands of latitude as high as `max_mm`, from west to east: who is near is in the
    same band or the next, and not far along it.

    Args:
        edges: group edges of the slots.
        group: rows of equal group are not each other's neighbours (two tracks of one MMSI).

    Returns:
        row numbers, and distances in millimetres.
    """
    n = len(lat)
    other = np.full(n, -1, np.int64)
    least = np.full(n, max_mm + 1, np.int64)
    reach_e7 = int(max_mm / (_R_MM * _RAD)) + 2
    for g in range(len(edges) - 1):
        lo = edges[g]
        m = edges[g + 1] - lo
        key = np.empty(m, np.int64)
        for k in range(m):
            key[k] = (lat[lo + k] + _HALF) // reach_e7 * _BAND + lon[lo + k] + _HALF
        order = np.argsort(key, kind="mergesort")
        key = key[order]
        for a in range(m):
            i = lo + order[a]
            far = abs(lat[i]) + reach_e7
            # Ways to the east are shortest at the latitude nearest to a pole; beyond 89 degrees, anywhere.
            per_mm = 1.001 / (_R_MM * _RAD * math.cos(far * _RAD)) if far < 890_000_000 else math.inf
            wide = min(2.0 * _HALF, least[i] * per_mm + 2)
            for band in range((key[a] >> _BITS) - 1, (key[a] >> _BITS) + 2):
                west = band * _BAND
                here = west + lon[i] + _HALF
                over = here - wide < west or here + wide >= west + 2 * _HALF  # 180 degrees: the whole band
                middle = a if here == key[a] else np.searchsorted(key, here)
                for step in (-1, 1):
                    b = middle if step > 0 else middle - 1
                    while 0 <= b < m and key[b] >> _BITS == band and (over or abs(key[b] - here) <= wide):
                        j = lo + order[b]
                        b += step
                        if group[i] != group[j]:
                            d = distance_mm(lat[i], lon[i], lat[j], lon[j])
                            if d < least[i]:
                                least[i] = d
                                other[i] = j
                                wide = min(2.0 * _HALF, d * per_mm + 2)
    return other, least

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
_MM_PER_E7 = _R_MM * _RAD


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
    least = np.empty(n, np.int64)
    reach_e7 = int(max_mm / _MM_PER_E7) + 2
    for g in range(len(edges) - 1):
        lo = edges[g]
        m = edges[g + 1] - lo
        key = np.empty(m, np.int64)
        for k in range(m):
            key[k] = (lat[lo + k] + _HALF) // reach_e7 * _BAND + lon[lo + k] + _HALF
        order = np.argsort(key, kind="mergesort")
        key = key[order]
        order += lo
        y, x, who = lat[order], lon[order], group[order]  # side by side, as they are compared
        middles = np.zeros(3, np.int64)  # of each of the three bands: they only go on, as the rows do
        for a in range(m):
            i = order[a]
            far = abs(y[a]) + reach_e7
            # Ways to the east are shortest at the latitude nearest to a pole; beyond 89 degrees, anywhere.
            per_mm = 1.001 / (_MM_PER_E7 * math.cos(far * _RAD)) if far < 890_000_000 else math.inf
            nearest = max_mm + 1
            wide = min(2.0 * _HALF, nearest * per_mm + 2)
            for k in range(3):
                band = (key[a] >> _BITS) + k - 1
                west = band * _BAND
                here = west + x[a] + _HALF
                over = here - wide < west or here + wide >= west + 2 * _HALF  # 180 degrees: the whole band
                while middles[k] < m and key[middles[k]] < here:
                    middles[k] += 1
                middle = a if k == 1 else middles[k]
                for step in (-1, 1):
                    b = middle if step > 0 else middle - 1
                    while 0 <= b < m and key[b] >> _BITS == band and (over or abs(key[b] - here) <= wide):
                        # No nearer than along the meridian, whatever the rounding.
                        if who[a] != who[b] and abs(y[a] - y[b]) * _MM_PER_E7 <= nearest + 1:
                            d = distance_mm(y[a], x[a], y[b], x[b])
                            if d < nearest:
                                nearest = d
                                other[i] = order[b]
                                wide = min(2.0 * _HALF, d * per_mm + 2)
                        b += step
            least[i] = nearest
    return other, least

"""Close pairs at one instant, on a grid in space: no seam at 180 degrees, no crowding at the poles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from shiomi.kernels.room import fixed
from shiomi.kernels.sphere import distance_mm

__all__ = ["apart", "close_pairs", "same_slot"]

NOBODY = np.zeros(0, np.bool_)
"""No row is settled."""
_RAD = math.pi / 180e7
_R_MM = 6_371_008_800.0


@njit(cache=True, nogil=True)
def _bucket(x: int, y: int, z: int, mask: int) -> int:
    return (x * 73_856_093 ^ y * 19_349_663 ^ z * 83_492_791) & mask


def close_pairs(
    edges: Any, lat: Any, lon: Any, group: Any, max_mm: int, settled: Any = NOBODY, well_within_mm: int = 0
) -> Any:  # fmt: skip
    """Pairs of rows of one slot within `max_mm`, except those of one `group`.

    Points become cells of a cube grid of side 2 * max_mm; a partner lies in one of the eight cells
    around the corner of the cell that is nearest to the point.

    Args:
        edges: group edges of the slots.
        group: rows of equal group never pair (two tracks of one MMSI).
        settled: rows that do not pair with each other either where they lie within `well_within_mm`.

    Returns:
        first, second: row numbers, first < second, sorted; distance in millimetres.
    """
    return _close_pairs(
        fixed(edges, np.int64), fixed(lat, np.int32), fixed(lon, np.int32), fixed(group, np.int64),
        max_mm, fixed(settled, np.bool_), well_within_mm,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _close_pairs(
    edges: Any, lat: Any, lon: Any, group: Any, max_mm: int, settled: Any, well_within_mm: int
) -> Any:  # fmt: skip
    side = 2.0 * max_mm
    cap = 1024
    first = np.empty(cap, np.int64)
    second = np.empty(cap, np.int64)
    dist = np.empty(cap, np.int64)
    n = 0
    most = 0
    for g in range(len(edges) - 1):
        most = max(most, edges[g + 1] - edges[g])
    size = 1
    while size < 2 * most:
        size *= 2
    start = np.zeros(size + 1, np.int64)
    cell = np.empty((most, 3), np.int64)
    corner = np.empty((most, 3), np.int64)
    inside = np.empty(most, np.int64)
    at = np.empty(size, np.int64)
    chord2 = (max_mm * 1.001 + 1.0) ** 2
    within2 = float(well_within_mm) ** 2 if len(settled) else -1.0
    xyz = np.empty((most, 3), np.float64)
    for g in range(len(edges) - 1):
        lo = edges[g]
        m = edges[g + 1] - lo
        buckets = 1
        while buckets < 2 * m:
            buckets *= 2
        mask = buckets - 1
        start[: buckets + 1] = 0
        for i in range(m):
            a = lat[lo + i] * _RAD
            o = lon[lo + i] * _RAD
            c = math.cos(a)
            xyz[i, 0] = _R_MM * c * math.cos(o)
            xyz[i, 1] = _R_MM * c * math.sin(o)
            xyz[i, 2] = _R_MM * math.sin(a)
            for k in range(3):
                q = xyz[i, k] / side
                f = math.floor(q)
                cell[i, k] = np.int64(f)
                corner[i, k] = np.int64(f) - (1 if q - f < 0.5 else 0)
            start[_bucket(cell[i, 0], cell[i, 1], cell[i, 2], mask) + 1] += 1
        for b in range(buckets):
            start[b + 1] += start[b]
            at[b] = start[b]
        for i in range(m):
            b = _bucket(cell[i, 0], cell[i, 1], cell[i, 2], mask)
            inside[at[b]] = i
            at[b] += 1
        for i in range(m):
            n_before = n
            for dx in range(2):
                for dy in range(2):
                    for dz in range(2):
                        x = corner[i, 0] + dx
                        y = corner[i, 1] + dy
                        z = corner[i, 2] + dz
                        b = _bucket(x, y, z, mask)
                        for q in range(start[b], start[b + 1]):
                            j = inside[q]
                            if j <= i or cell[j, 0] != x or cell[j, 1] != y or cell[j, 2] != z:
                                continue
                            ex = xyz[i, 0] - xyz[j, 0]
                            ey = xyz[i, 1] - xyz[j, 1]
                            ez = xyz[i, 2] - xyz[j, 2]
                            e2 = ex * ex + ey * ey + ez * ez
                            if e2 > chord2 or group[lo + i] == group[lo + j]:
                                continue
                            if e2 <= within2 and settled[lo + i] and settled[lo + j]:
                                continue
                            d = distance_mm(lat[lo + i], lon[lo + i], lat[lo + j], lon[lo + j])
                            if d > max_mm:
                                continue
                            if n == cap:
                                cap *= 2
                                first = np.concatenate((first, np.empty_like(first)))
                                second = np.concatenate((second, np.empty_like(second)))
                                dist = np.concatenate((dist, np.empty_like(dist)))
                            first[n] = lo + i
                            second[n] = lo + j
                            dist[n] = d
                            n += 1
            for k in range(n_before + 1, n):  # a few partners: sort them where they stand
                j = second[k]
                d = dist[k]
                m = k - 1
                while m >= n_before and second[m] > j:
                    second[m + 1] = second[m]
                    dist[m + 1] = dist[m]
                    m -= 1
                second[m + 1] = j
                dist[m + 1] = d
    return first[:n], second[:n], dist[:n]


@njit(cache=True, nogil=True)
def apart(first: Any, second: Any, lat: Any, lon: Any) -> Any:
    """Distance of each pair of rows in millimetres."""
    out = np.empty(len(first), np.int64)
    for k in range(len(first)):
        out[k] = distance_mm(lat[first[k]], lon[first[k]], lat[second[k]], lon[second[k]])
    return out


@njit(cache=True, nogil=True)
def same_slot(group: Any, t: Any) -> Any:
    """Pairs of rows of one group at one instant; rows sorted by (group, t)."""
    out = np.empty((64, 2), np.int64)
    n = 0
    for i in range(len(t)):
        j = i + 1
        while j < len(t) and group[j] == group[i] and t[j] == t[i]:
            if n == len(out):
                out = np.concatenate((out, np.empty_like(out)))
            out[n, 0] = i
            out[n, 1] = j
            n += 1
            j += 1
    return out[:n]

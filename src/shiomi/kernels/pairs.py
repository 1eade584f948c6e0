"""Close pairs at one instant, on a grid in space: no seam at 180 degrees, no crowding at the poles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from shiomi.kernels.room import fixed, room
from shiomi.kernels.sphere import distance_mm

__all__ = ["apart", "close_pairs", "same_slot"]

NOBODY = np.zeros(0, np.bool_)
"""No row is settled."""
_RAD = math.pi / 180e7
_R_MM = 6_371_008_800.0


_SHIFT_X, _SHIFT_Y = 42, 21
"""A cell is one number: its three coordinates in 21 bits each, so that a step to a neighbour is a sum."""
_MIDDLE = 1 << 20
_LEAST_SIDE_MM = 10_000
"""Cells no smaller than this: the globe is then within 21 bits of them in every direction."""
_FORWARD = np.array(
    [
        (dx << _SHIFT_X) + (dy << _SHIFT_Y) + dz
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
        for dz in (-1, 0, 1)
        if (dx, dy, dz) > (0, 0, 0)
    ]
)
"""Steps to one of each two opposite neighbours: every pair of cells is met once."""


@njit(cache=True, nogil=True)
def _bucket(cell: int, mask: int) -> int:
    return int(((np.uint64(cell) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & np.uint64(mask))


@njit(cache=True, nogil=True)
def _by_cell(cell: Any, start: Any, inside: Any, buckets: int) -> None:
    """Rows of each bucket of cells, equal cells together: bucket b is inside[start[b]:start[b + 1]]."""
    m = len(cell)
    mask = buckets - 1
    start[: buckets + 1] = 0
    for i in range(m):
        start[_bucket(cell[i], mask) + 1] += 1
    for b in range(buckets):
        start[b + 1] += start[b]
    for i in range(m - 1, -1, -1):  # each bucket from its end, which then becomes its beginning
        b = _bucket(cell[i], mask) + 1
        start[b] -= 1
        inside[start[b]] = i
    for b in range(buckets):
        start[b] = start[b + 1]
    start[buckets] = m
    for b in range(buckets):
        for q in range(start[b] + 1, start[b + 1]):
            i = inside[q]
            r = q - 1
            while r >= start[b] and cell[inside[r]] > cell[i]:
                inside[r + 1] = inside[r]
                r -= 1
            inside[r + 1] = i


def close_pairs(
    edges: Any, lat: Any, lon: Any, group: Any, max_mm: int, settled: Any = NOBODY, well_within_mm: int = 0
) -> Any:  # fmt: skip
    """Pairs of rows of one slot within `max_mm`, except those of one `group`.

    Points become cells of a cube grid of side `max_mm`; a partner lies in the same cell or in one of the
    26 around it, of which half are asked.

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
    side = float(max(max_mm, _LEAST_SIDE_MM))
    most = 0
    for g in range(len(edges) - 1):
        most = max(most, edges[g + 1] - edges[g])
    size = 1
    while size < 2 * most:
        size *= 2
    start = np.zeros(size + 1, np.int64)
    cells = np.empty(most, np.int64)
    inside = np.empty(most, np.int64)
    begin = np.empty(most + 1, np.int64)
    filled = np.empty(most, np.int64)
    xyz = np.empty((most, 3), np.float64)
    chord2 = (max_mm * 1.001 + 1.0) ** 2
    within2 = float(well_within_mm) ** 2 if len(settled) else -1.0
    met = np.empty((1024, 3), np.int64)
    out = np.empty((1024, 3), np.int64)
    n_out = 0
    for g in range(len(edges) - 1):
        lo = edges[g]
        m = edges[g + 1] - lo
        cell = cells[:m]
        for i in range(m):
            a = lat[lo + i] * _RAD
            o = lon[lo + i] * _RAD
            c = math.cos(a)
            xyz[i, 0] = _R_MM * c * math.cos(o)
            xyz[i, 1] = _R_MM * c * math.sin(o)
            xyz[i, 2] = _R_MM * math.sin(a)
            cell[i] = (
                (np.int64(math.floor(xyz[i, 0] / side)) + _MIDDLE << _SHIFT_X)
                + (np.int64(math.floor(xyz[i, 1] / side)) + _MIDDLE << _SHIFT_Y)
                + np.int64(math.floor(xyz[i, 2] / side))
                + _MIDDLE
            )
        buckets = 1
        while buckets < 2 * m:
            buckets *= 2
        _by_cell(cell, start, inside, buckets)
        n = 0
        p = 0
        while p < m:
            here = cell[inside[p]]
            q = p + 1
            while q < m and cell[inside[q]] == here:
                q += 1
            for way in range(-1, len(_FORWARD)):
                p2 = p
                q2 = q
                if way >= 0:
                    there = here + _FORWARD[way]
                    b = _bucket(there, buckets - 1)
                    p2 = start[b]
                    while p2 < start[b + 1] and cell[inside[p2]] != there:
                        p2 += 1
                    q2 = p2
                    while q2 < start[b + 1] and cell[inside[q2]] == there:
                        q2 += 1
                for u in range(p, q):
                    i = inside[u]
                    for v in range(u + 1 if way < 0 else p2, q2):
                        j = inside[v]
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
                        met = room(met, n + 1)
                        met[n, 0] = min(i, j)
                        met[n, 1] = max(i, j)
                        met[n, 2] = d
                        n += 1
            p = q
        out = room(out, n_out + n)
        _in_order(met[:n], lo, begin[: m + 1], filled[:m], out[n_out : n_out + n])
        n_out += n
    return out[:n_out, 0].copy(), out[:n_out, 1].copy(), out[:n_out, 2].copy()


@njit(cache=True, nogil=True)
def _in_order(met: Any, lo: int, begin: Any, filled: Any, out: Any) -> None:
    """The pairs of one slot sorted, with row numbers counted from the first of all slots."""
    begin[:] = 0
    filled[:] = 0
    for k in range(len(met)):
        begin[met[k, 0] + 1] += 1
    for i in range(1, len(begin)):
        begin[i] += begin[i - 1]
    for k in range(len(met)):
        first = met[k, 0]
        second = met[k, 1] + lo
        at = begin[first] + filled[first]
        filled[first] += 1
        while at > begin[first] and out[at - 1, 1] > second:
            out[at] = out[at - 1]
            at -= 1
        out[at, 0] = first + lo
        out[at, 1] = second
        out[at, 2] = met[k, 2]


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

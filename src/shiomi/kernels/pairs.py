"""Close pairs at one instant, on a grid in space: no seam at 180 degrees, no crowding at the poles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.room import room
from shiomi.kernels.sphere import distance_mm
from shiomi.kernels.still import fixed

__all__ = ["apart", "close_pairs", "no_longer_close", "same_slot", "slots_after"]

NOBODY = np.zeros(0, np.bool_)
"""No row is settled."""
_RAD = math.pi / 180e7
_R_MM = 6_371_008_800.0
_SHIFT_X, _SHIFT_Y = 42, 21
"""A cell is one number: its three coordinates in 21 bits each, so that a step to a neighbour is a sum."""
_MIDDLE = 1 << 20
_LEAST_SIDE_MM = 10_000
"""Cells no smaller than this: the globe is then within 21 bits of them in every direction."""
_STEPS = [
    (dx << _SHIFT_X) + (dy << _SHIFT_Y) + dz for dx in (-1, 0, 1) for dy in (-1, 0, 1) for dz in (-1, 0, 1)
]
_NEIGHBOURS = np.array(sorted(s for s in _STEPS if s > 0) + sorted(s for s in _STEPS if s < 0))
"""Steps to the 26 cells around one. One of each two opposite ones is among the first half: where all cells
ask, every pair of cells is met once by these."""
_HALF = len(_NEIGHBOURS) // 2


@njit(cache=True, nogil=True)
def _hashed(cell: int) -> int:
    return int((np.uint64(cell) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(33))


@njit(cache=True, nogil=True)
def _by_cell(cell: Any, settled: Any, start: Any, inside: Any, taken: Any, buckets: int) -> None:
    """Rows of each bucket of cells, bucket b in inside[start[b]:start[b + 1]]; equal cells together, the
    rows that are not settled first.

    Args:
        taken: eight bits a bucket; one is set for every cell that holds a row, so that most of the empty
            ones are known by a look at few bytes.
    """
    m = len(cell)
    mask = buckets - 1
    start[: buckets + 1] = 0
    taken[:buckets] = 0
    for i in range(m):
        h = _hashed(cell[i])
        start[(h & mask) + 1] += 1
        taken[(h >> 3) & mask] |= np.uint8(1 << (h & 7))
    for b in range(buckets):
        start[b + 1] += start[b]
    for i in range(m - 1, -1, -1):  # each bucket from its end, which then becomes its beginning
        b = (_hashed(cell[i]) & mask) + 1
        start[b] -= 1
        inside[start[b]] = i
    for b in range(buckets):
        start[b] = start[b + 1]
    start[buckets] = m
    for b in range(buckets):
        for q in range(start[b] + 1, start[b + 1]):
            i = inside[q]
            r = q - 1
            while r >= start[b]:
                j = inside[r]
                if cell[j] < cell[i] or (cell[j] == cell[i] and settled[j] <= settled[i]):
                    break
                inside[r + 1] = j
                r -= 1
            inside[r + 1] = i


def close_pairs(
    edges: Any, lat: Any, lon: Any, group: Any, max_mm: int, settled: Any = NOBODY
) -> Any:  # fmt: skip
    """Pairs of rows of one slot within `max_mm`, except those of one `group`.

    Points become cells of a cube grid of side `max_mm`; a partner lies in the same cell or in one of the
    26 around it. Only cells that hold a row not settled ask at all.

    Args:
        edges: group edges of the slots.
        group: rows of equal group never pair (two tracks of one MMSI).
        settled: rows that do not pair with each other either; nobody where it is empty.

    Returns:
        first, second: row numbers, first < second, sorted; distance in millimetres.
    """
    return _close_pairs(
        fixed(edges, np.int64), fixed(lat, np.int32), fixed(lon, np.int32), fixed(group, np.int64),
        max_mm, fixed(settled, np.bool_) if len(settled) else fixed(np.zeros(len(lat)), np.bool_),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _close_pairs(
    edges: Any, lat: Any, lon: Any, group: Any, max_mm: int, settled: Any
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
    taken = np.empty(size, np.uint8)
    begin = np.empty(most + 1, np.int64)
    filled = np.empty(most, np.int64)
    xyz = np.empty((most, 3), np.float64)
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
        _by_cell(cell, settled[lo : lo + m], start, inside, taken, buckets)
        mask = buckets - 1
        n = _meet(
            cell, xyz, lat[lo:], lon[lo:], group[lo:], settled[lo:], start, inside, taken, mask, max_mm, met
        )
        if n > len(met):
            met = np.empty((2 * n, 3), np.int64)
            _meet(
                cell,
                xyz,
                lat[lo:],
                lon[lo:],
                group[lo:],
                settled[lo:],
                start,
                inside,
                taken,
                mask,
                max_mm,
                met,
            )
        out = room(out, n_out + n)
        _in_order(met[:n], lo, begin[: m + 1], filled[:m], out[n_out : n_out + n])
        n_out += n
    return out[:n_out, 0].copy(), out[:n_out, 1].copy(), out[:n_out, 2].copy()


@njit(cache=True, nogil=True)
def _meet(
    cell: Any, xyz: Any, lat: Any, lon: Any, group: Any, settled: Any, start: Any, inside: Any, taken: Any,
    mask: int, max_mm: int, met: Any,
) -> int:  # fmt: skip
    """Pairs of one slot into `met`, as many as it has room for; how many there are."""
    m = len(cell)
    chord2 = (max_mm * 1.001 + 1.0) ** 2
    all_ask = not settled[: len(cell)].any()
    n = 0
    q = 0
    while q < m:
        p = q
        here = cell[inside[p]]
        while q < m and cell[inside[q]] == here:
            q += 1
        if settled[inside[p]]:
            continue
        for way in range(-1, _HALF if all_ask else len(_NEIGHBOURS)):
            p2 = p
            q2 = q
            if way >= 0:
                there = here + _NEIGHBOURS[way]
                h = _hashed(there)
                if not taken[(h >> 3) & mask] & (1 << (h & 7)):
                    continue
                b = h & mask
                p2 = start[b]
                while p2 < start[b + 1] and cell[inside[p2]] != there:
                    p2 += 1
                q2 = p2
                while q2 < start[b + 1] and cell[inside[q2]] == there:
                    q2 += 1
                if p2 == q2 or (way >= _HALF and not settled[inside[p2]]):
                    continue  # nobody there, or they ask themselves
            for u in range(p, q):
                i = inside[u]
                for v in range(u + 1 if way < 0 else p2, q2):
                    j = inside[v]
                    if settled[i] and settled[j]:
                        break
                    ex = xyz[i, 0] - xyz[j, 0]
                    ey = xyz[i, 1] - xyz[j, 1]
                    ez = xyz[i, 2] - xyz[j, 2]
                    if ex * ex + ey * ey + ez * ez > chord2 or group[i] == group[j]:
                        continue
                    d = distance_mm(lat[i], lon[i], lat[j], lon[j])
                    if d > max_mm:
                        continue
                    met = room(met, n + 1)
                    met[n, 0] = min(i, j)
                    met[n, 1] = max(i, j)
                    met[n, 2] = d
                    n += 1
    return n


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
def slots_after(
    edges: Any, track: Any, lat: Any, lon: Any, pace: Any, prev_lat: Any, prev_lon: Any, prev_pace: Any,
    max_pace: int,
) -> Any:  # fmt: skip
    """Row of each track at the next instant that says of the one before it what the row itself says.

    Args:
        edges: group edges of the instants; rows of one are sorted by `track`.
        prev_lat, prev_lon, prev_pace: what a row says of the slot before.
        max_pace: rows that were faster there are not asked for.

    Returns:
        row numbers, -1 where there is none; the rows of instants at which some row has none before it.
    """
    after = np.full(len(track), -1, np.int64)
    alone = np.zeros(len(track), np.bool_)
    for g in range(len(edges) - 1):
        before = i = edges[max(g - 1, 0)]
        here = edges[g]
        is_whole = True
        for k in range(here, edges[g + 1]):
            if not 0 <= prev_pace[k] <= max_pace:
                continue
            while i < here and track[i] < track[k]:
                i += 1
            is_same = i < here and track[i] == track[k] and pace[i] == prev_pace[k]
            if not (is_same and lat[i] == prev_lat[k] and lon[i] == prev_lon[k]):
                is_whole = False
                break
            after[i] = k
            i += 1
        if not is_whole:
            after[before:here] = -1
            alone[here : edges[g + 1]] = True
    return after, alone


@njit(cache=True, nogil=True)
def no_longer_close(first: Any, second: Any, after: Any, settled: Any) -> Any:
    """Pairs of rows one slot after a pair of rows, where these are no pair themselves.

    Args:
        first, second: the pairs of all instants, sorted.
        after: row one slot after each row, or -1.
        settled: rows that are not asked of each other.
    """
    out = np.empty((len(first), 2), np.int64)
    n = q = 0
    for p in range(len(first)):
        a, b = after[first[p]], after[second[p]]
        if a < 0 or b < 0 or (settled[a] and settled[b]):
            continue
        while q < len(first) and (first[q] < a or (first[q] == a and second[q] < b)):
            q += 1
        if q == len(first) or first[q] != a or second[q] != b:
            out[n, 0], out[n, 1] = a, b
            n += 1
    return out[:n, 0].copy(), out[:n, 1].copy()


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

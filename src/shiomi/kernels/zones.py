"""Which reports lie near which zone, and how long a track stayed: two passes over plain arrays.

Most reports of the world lie in no zone. The first pass looks up one cell of a coarse grid a report and
is done with them; only what is left meets a distance.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.room import room

__all__ = [
    "CELLS_EAST",
    "CELLS_NORTH",
    "CELL_BITS",
    "FAR",
    "SURE",
    "UNSURE",
    "find_stays",
    "keys_near",
    "near_pairs",
]

CELL_BITS = 21
CELLS_NORTH, CELLS_EAST = (1_800_000_000 >> CELL_BITS) + 1, (3_600_000_000 >> CELL_BITS) + 1
"""Cells of 2^21 x 1e-7 degree, a fifth of a degree or 23 km: narrow against a belt of 24 miles, and found
by a shift, which is several times faster than a division."""

_LAST_TRACK = np.iinfo(np.int64).max

FAR, UNSURE, SURE = 0, 1, 2
"""Of a report and a zone: the track has left it far behind; a distance must tell; surely inside."""


@njit(cache=True, nogil=True)
def near_pairs(
    track: Any, lat: Any, lon: Any, cells: Any, list_start: Any, list_zone: Any, list_sure: Any,
    active_track: Any, active_zone: Any,
) -> Any:  # fmt: skip
    """Every report with every zone that its cell is near to; and the first far report after such.

    Args:
        track, lat, lon: reports, those of a track together, tracks in ascending order.
        cells: per cell of the grid, which list of zones it has; 0 for none.
        list_start, list_zone, list_sure: the lists; sure where the whole cell lies inside.
        active_track, active_zone: what earlier steps left open, by track.

    Returns:
        Rows (report, zone, FAR | UNSURE | SURE), in order of report.
    """
    n = len(track)
    out = np.empty((256, 3), np.int64)
    n_out = 0
    active = np.empty(16, np.int64)
    n_active = 0
    k = 0
    i = -1
    before = -1
    while True:
        i += 1
        if n_active == 0:
            upto = active_track[k] if k < len(active_track) else _LAST_TRACK
            i = _next_near(track, lat, lon, cells, i, upto)
        if i >= n:
            break
        if track[i] != before:
            before = track[i]
            n_active = 0
            while k < len(active_track) and active_track[k] < before:
                k += 1
            while k < len(active_track) and active_track[k] == before:
                active = room(active, n_active + 1)
                active[n_active] = active_zone[k]
                n_active += 1
                k += 1
        here = cells[_cell(lat[i], lon[i])]
        lo = list_start[here]
        hi = list_start[here + 1]
        out = room(out, n_out + n_active + hi - lo)
        for a in range(n_active):
            is_near = False
            for j in range(lo, hi):
                is_near = is_near or list_zone[j] == active[a]
            if is_near:
                continue
            out[n_out, 0] = i
            out[n_out, 1] = active[a]
            out[n_out, 2] = 0
            n_out += 1
        active = room(active, hi - lo)
        for j in range(lo, hi):
            out[n_out, 0] = i
            out[n_out, 1] = list_zone[j]
            out[n_out, 2] = 2 if list_sure[j] else 1
            n_out += 1
            active[j - lo] = list_zone[j]
        n_active = hi - lo
    return out[:n_out]


@njit(cache=True, inline="always")
def _cell(lat: Any, lon: Any) -> Any:
    # Unsigned, so that no negative index has to be thought of: this is asked of every report there is.
    north = np.uint64(np.int64(lat) + 900_000_000) >> np.uint64(CELL_BITS)
    east = np.uint64(np.int64(lon) + 1_800_000_000) >> np.uint64(CELL_BITS)
    return north * np.uint64(CELLS_EAST) + east


@njit(cache=True, nogil=True)
def _next_near(track: Any, lat: Any, lon: Any, cells: Any, i: int, upto: int) -> int:
    """The first report from `i` on whose cell is near a zone, or whose track is `upto` or later."""
    n = len(track)
    while i < n and cells[_cell(lat[i], lon[i])] == 0 and track[i] < upto:
        i += 1
    return i


@njit(cache=True, nogil=True)
def keys_near(key: Any, lat: Any, lon: Any, cells: Any) -> Any:
    """Every key, of rows in ascending order of key, with a row whose cell is near a zone."""
    out = np.empty(16, np.int64)
    n_out = 0
    i = 0
    while i < len(key):
        i = _next_near(key, lat, lon, cells, i, _LAST_TRACK)
        if i < len(key):
            out = room(out, n_out + 1)
            out[n_out] = key[i]
            n_out += 1
            while i < len(key) and key[i] == out[n_out - 1]:
                i += 1
    return out[:n_out]


@njit(cache=True, nogil=True)
def find_stays(
    edges: Any, t: Any, side: Any, told: Any, watermark: int, rest_us: int, break_us: int, keep_us: int
) -> Any:
    """Stays among reports grouped by `edges` (a track and a zone) and sorted by t within a group.

    Args:
        side: 0 surely inside, 1 too near the line to tell, 2 outside by little, 3 outside.
        told: whether the open stay that this report belongs to was told already.
        rest_us: a stay ends when its track is not heard for longer.
        break_us: a stay ends when its track was outside by little for longer; by more, at once.
        keep_us: at least one report is kept as evidence in every stretch this long, if there is one.

    Returns:
        stays: (n, 8) int64: 1 if closed; first report inside or too near to tell; first and last surely
            inside, or -1; last inside or too near; first outside, or -1; time from which it could be
            known; group.
        evidence: edges and report numbers.
        keep, told: per report, whether to carry it, and whether its stay has been told.
    """
    n = len(t)
    stays = np.empty((64, 8), np.int64)
    ev_edges = np.zeros(66, np.int64)
    ev = np.empty(1024, np.int64)
    n_stays = 0
    n_ev = 0
    keep = np.zeros(n, np.bool_)
    told_now = np.zeros(n, np.bool_)
    kept = np.empty(64, np.int64)
    for g in range(len(edges) - 1):
        hi = edges[g + 1]
        i = edges[g]
        first = -1
        n_kept = 0
        last = -1
        first_sure = -1
        last_sure = -1
        broke = -1
        opened = -1
        already = False
        while True:
            if first >= 0:
                known = t[last] + rest_us if broke < 0 else max(t[broke], t[last] + break_us)
                ended = t[i] > known if i < hi else watermark > known
                closer = -1
                if not ended and i < hi and side[i] == 3:
                    ended = True
                    closer = i
                    known = t[i]
                    if broke < 0:
                        broke = i
                if ended:
                    if opened >= 0:
                        # Opened and closed within this step: only the whole stay is told.
                        n_stays = opened
                        n_ev = ev_edges[n_stays]
                    stays = room(stays, n_stays + 1)
                    ev_edges = room(ev_edges, n_stays + 2)
                    ev = room(ev, n_ev + n_kept + 3)
                    stays[n_stays, 0] = 1
                    stays[n_stays, 1] = first
                    stays[n_stays, 2] = first_sure
                    stays[n_stays, 3] = last_sure
                    stays[n_stays, 4] = last
                    stays[n_stays, 5] = broke
                    stays[n_stays, 6] = known
                    stays[n_stays, 7] = g
                    for k in range(n_kept):
                        ev[n_ev] = kept[k]
                        n_ev += 1
                    if kept[n_kept - 1] != last:
                        ev[n_ev] = last
                        n_ev += 1
                    if broke >= 0:
                        ev[n_ev] = broke
                        n_ev += 1
                    if closer >= 0 and closer != broke:
                        ev[n_ev] = closer
                        n_ev += 1
                    n_stays += 1
                    ev_edges[n_stays] = n_ev
                    first = -1
                    opened = -1
                    if closer >= 0:
                        i += 1
                    continue
            if i >= hi:
                break
            if first < 0 and side[i] <= 1:
                first = i
                last = i
                broke = -1
                first_sure = -1
                last_sure = -1
                kept[0] = i
                n_kept = 1
                already = told[i]
            elif first >= 0 and side[i] <= 1:
                kept = room(kept, n_kept + 2)
                changes = side[i] != side[last]
                if kept[n_kept - 1] != last and (changes or t[i] - t[kept[n_kept - 1]] > keep_us):
                    kept[n_kept] = last
                    n_kept += 1
                if changes:
                    # Both sides of a change stay, so that the edges of what is sure are evidence.
                    kept[n_kept] = i
                    n_kept += 1
                last = i
                broke = -1
            elif first >= 0 and broke < 0:
                broke = i
            if first >= 0 and side[i] == 0:
                last_sure = i
                if first_sure < 0:
                    first_sure = i
                    if not already:
                        stays = room(stays, n_stays + 1)
                        ev_edges = room(ev_edges, n_stays + 2)
                        ev = room(ev, n_ev + n_kept)
                        stays[n_stays, 0] = 0
                        stays[n_stays, 1] = first
                        stays[n_stays, 2] = i
                        stays[n_stays, 3] = i
                        stays[n_stays, 4] = i
                        stays[n_stays, 5] = -1
                        stays[n_stays, 6] = t[i]
                        stays[n_stays, 7] = g
                        for k in range(n_kept):
                            ev[n_ev] = kept[k]
                            n_ev += 1
                        opened = n_stays
                        n_stays += 1
                        ev_edges[n_stays] = n_ev
            i += 1
        if first >= 0:
            reported = already or opened >= 0
            for k in range(n_kept):
                keep[kept[k]] = True
                told_now[kept[k]] = reported
            keep[last] = True
            told_now[last] = reported
            if broke >= 0:
                keep[broke] = True
                told_now[broke] = reported
    return stays[:n_stays], ev_edges[: n_stays + 1], ev[:n_ev], keep, told_now

"""Visits: a vessel comes near a place, rests or falls silent there, and leaves.

The distance to the nearest place is worked out only in cells that a place reaches into, and there only
where the vessel may have crossed a limit since it was last worked out: nothing moves farther than the way
between two reports, so most rows cost an addition.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.nearest import DEPTH, nearest_disc
from shiomi.kernels.room import room
from shiomi.kernels.sphere import wrap

__all__ = ["CELL_E7", "find_visits"]

CELL_E7 = 1_000_000
"""Side of a cell in latitude and longitude: 0.1 degree."""

_R_MM = 6_371_008_800.0
_RAD = math.pi / 180e7
_MM_PER_E7 = _R_MM * _RAD


@njit(cache=True, nogil=True)
def _edge_mm(
    lat: int, lon: int, centres: Any, radius: Any, row: Any, widest: float, boxes: Any, stack: Any
) -> float:  # fmt: skip
    """Millimetres to the edge of the nearest disc, negative inside."""
    a = lat * _RAD
    o = lon * _RAD
    c = math.cos(a)
    x, y, z = c * math.cos(o), c * math.sin(o), math.sin(a)
    return float(nearest_disc(x, y, z, centres, radius, row, widest, boxes, stack)[2] * _R_MM)


@njit(cache=True, nogil=True)
def _first_reached(lat: Any, lon: Any, i: int, hi: int, reached: Any) -> int:
    """First row from i on that lies in a cell that a place reaches into, or nowhere on the earth."""
    while i < hi:
        a = (np.int64(lat[i]) + 900_000_000) // CELL_E7
        o = (np.int64(lon[i]) + 1_800_000_000) // CELL_E7
        if a < 0 or a >= reached.shape[0] or o < 0 or o >= reached.shape[1] or reached[a, o]:
            break
        i += 1
    return i


@njit(cache=True, inline="always")
def _moved_mm(dlat: int, dlon: int, cos_lat: float) -> float:
    """No less than the distance to a point so far off in 1e-7 degree, from one at a latitude of this cosine.

    The way that is straight in latitude and longitude is no shorter than the great circle, and no cosine on
    it exceeds the first by more than the difference of latitude.
    """
    east = dlon * min(1.0, cos_lat + abs(dlat) * _RAD)
    return _MM_PER_E7 * math.sqrt(float(dlat) * dlat + east * east) + 1.0


@njit(cache=True, nogil=True)
def _cite(out: Any, n: int, rows: Any, chain: Any, n_chain: int) -> tuple[Any, int]:
    """Append row numbers, those that are -1 left out, in order and each once."""
    cited = np.sort(np.concatenate((rows[rows >= 0], chain[:n_chain])))
    out = room(out, n + len(cited))
    before = -1
    for i in cited:
        if i != before:
            out[n] = i
            n += 1
        before = i
    return out, n


@njit(cache=True, nogil=True)
def _first_beyond(lat: Any, lon: Any, i: int, hi: int, lat0: int, lon0: int, spare_e7: int) -> int:
    """First row from i on that has moved by more than `spare_e7`."""
    while i < hi and abs(lat[i] - lat0) + abs(lon[i] - lon0) <= spare_e7:
        i += 1
    return i


@njit(cache=True, nogil=True)
def _first_noted(
    t: Any, lat: Any, lon: Any, pace: Any, i: int, hi: int, lat0: int, lon0: int, spare_e7: int,
    quiet_us: int, keep_t: int, rest_pace: int, rest_last: int,
) -> tuple[int, int]:  # fmt: skip
    """First row from i on that has moved so far, follows a silence or is due to be kept; last at rest."""
    while (
        i < hi
        and abs(lat[i] - lat0) + abs(lon[i] - lon0) <= spare_e7
        and t[i] - t[i - 1] <= quiet_us
        and t[i] <= keep_t
    ):
        if pace[i] >= 0 and pace[i] <= rest_pace:
            rest_last = i
        i += 1
    return i, rest_last


@njit(cache=True, nogil=True)
def find_visits(
    edges: Any, t: Any, lat: Any, lon: Any, pace: Any, prev_t: Any, told: Any, watermark: int,
    centres: Any, radius: Any, row: Any, boxes: Any, reached: Any,
    enter_mm: int, leave_mm: int, rest_pace: int, gap_us: int, silence_us: int, keep_us: int,
    min_confidence: int,
) -> Any:  # fmt: skip
    """Visits in rows grouped by track through `edges` and sorted by t within a track.

    Args:
        pace: negative is unknown.
        prev_t: time of the report before in the track; what is thinned still says how long it was silent.
        told: whether the open visit that a row belongs to was reported already.
        centres, radius, row, boxes: the tree of places, as `nearest_disc` takes it.
        reached: by row and column of cells, whether a place is within `enter_mm` of any point of a cell.
        enter_mm, leave_mm: distance to the edge at which a visit begins, inclusive, and beyond which it ends.
        rest_pace: a report no faster is one at rest.
        gap_us: two reports of a visit this far apart, inclusive, are a gap.
        silence_us: a visit ends at its last report when nothing is heard for longer.
        keep_us: at least one row is kept as evidence in every stretch this long, if there is one.
        min_confidence: visits of less are not reported.

    Returns:
        visits: (n, 11) int64: confidence, entry row, row outside before it or -1, first and last row at
            rest or -1, last row, row outside after it or -1, time from which it could be known, whether
            it has ended, how long its longest gap was, row before that gap or -1.
        evidence: edges and row numbers.
        keep, told: per row, whether to carry it, and whether its visit has been reported.
    """
    n = len(t)
    visits = np.empty((64, 11), np.int64)
    ev_edges = np.zeros(65, np.int64)
    ev = np.empty(1024, np.int64)
    chain = np.empty(16, np.int64)
    role = np.empty(8, np.int64)
    stack = np.empty(DEPTH, np.int64)
    widest = radius.max()
    n_visits = 0
    n_ev = 0
    keep = np.zeros(n, np.bool_)
    told_now = np.zeros(n, np.bool_)
    for g in range(len(edges) - 1):
        lo = edges[g]
        hi = edges[g + 1]
        outside = -1
        entry = -1
        rest_first = -1
        rest_last = -1
        gap_before = -1
        gap_after = -1
        longest_us = 0
        n_chain = 0
        is_told = False
        open_visit = -1
        seen_at = -1  # row at which the distance was last worked out
        edge_mm = 0.0
        cos_seen = 1.0
        spare_e7 = 0
        i = lo
        while True:
            # Most rows change nothing; what follows here looks only at the others.
            if entry < 0:
                ahead = i
                if seen_at >= 0:
                    ahead = _first_beyond(lat, lon, i, hi, lat[seen_at], lon[seen_at], spare_e7)
                ahead = _first_reached(lat, lon, ahead, hi, reached)
                if ahead > i:
                    i = ahead
                    outside = i - 1
            elif seen_at >= 0 and rest_first >= 0:
                c = chain[n_chain - 1] if n_chain else entry
                i, rest_last = _first_noted(
                    t, lat, lon, pace, i, hi, lat[seen_at], lon[seen_at], spare_e7,
                    min(gap_us - 1, silence_us), t[c] + keep_us, rest_pace, rest_last,
                )  # fmt: skip
            silent = entry >= 0 and (t[i] if i < hi else watermark) - t[i - 1] > silence_us
            if i == hi and not silent:
                break
            leaves = False
            if i < hi and not silent:
                near = entry >= 0
                must = seen_at < 0
                if not must:
                    dlat = abs(lat[i] - lat[seen_at])
                    dlon = abs(lon[i] - lon[seen_at])
                    if dlat + dlon > spare_e7:
                        moved_mm = _moved_mm(dlat, wrap(dlon), cos_seen)
                        must = edge_mm + moved_mm > leave_mm if near else edge_mm - moved_mm <= enter_mm
                if must:
                    edge_mm = _edge_mm(lat[i], lon[i], centres, radius, row, widest, boxes, stack)
                    seen_at = i
                    cos_seen = math.cos(lat[i] * _RAD)
                    near = edge_mm <= (leave_mm if entry >= 0 else enter_mm)
                    # Within so much of change no limit is crossed, whatever the latitude.
                    spare_mm = leave_mm - edge_mm if near else edge_mm - enter_mm
                    spare_e7 = int(spare_mm / _MM_PER_E7) - 2
                leaves = entry >= 0 and not near
            if silent or leaves:
                sure = 1 + (outside >= 0) + leaves if rest_first >= 0 or longest_us > 0 else 0
                if sure + 1 >= min_confidence:
                    if open_visit >= 0:
                        # Opened and closed within this step: only the whole visit is told.
                        n_visits = open_visit
                        n_ev = ev_edges[n_visits]
                    visits = room(visits, n_visits + 1)
                    ev_edges = room(ev_edges, n_visits + 2)
                    last = i - 1
                    left = i if leaves else -1
                    role[:] = (outside, entry, rest_first, rest_last, gap_before, gap_after, last, left)
                    ev, n_ev = _cite(ev, n_ev, role, chain, n_chain)
                    known = t[i] if leaves else t[last] + silence_us
                    visits[n_visits, 0] = sure + 1
                    visits[n_visits, 1] = entry
                    visits[n_visits, 2] = outside
                    visits[n_visits, 3] = rest_first
                    visits[n_visits, 4] = rest_last
                    visits[n_visits, 5] = last
                    visits[n_visits, 6] = left
                    visits[n_visits, 7] = known
                    visits[n_visits, 8] = 1
                    visits[n_visits, 9] = longest_us
                    visits[n_visits, 10] = gap_before
                    n_visits += 1
                    ev_edges[n_visits] = n_ev
                entry = -1
                outside = -1
                open_visit = -1
                if i == hi:
                    break
                if silent:
                    seen_at = -1  # not heard for so long, it begins anew
                    continue
            if not near:
                outside = i
                i += 1
                continue
            if entry < 0:
                entry = i
                rest_first = -1
                rest_last = -1
                gap_before = -1
                gap_after = -1
                longest_us = 0
                n_chain = 0
                is_told = told[i]
            else:
                c = chain[n_chain - 1] if n_chain else entry
                if t[i] - t[c] > keep_us and c != i - 1:
                    chain = room(chain, n_chain + 1)
                    chain[n_chain] = i - 1
                    n_chain += 1
                gap = t[i] - t[i - 1]
                if gap >= gap_us and gap > longest_us and prev_t[i] == t[i - 1]:
                    longest_us = gap
                    gap_before = i - 1
                    gap_after = i
            if pace[i] >= 0 and pace[i] <= rest_pace:
                rest_last = i
                if rest_first < 0:
                    rest_first = i
            sure = 1 + (outside >= 0) if rest_first >= 0 or longest_us > 0 else 0
            if not is_told and sure + 1 >= min_confidence:
                is_told = True
                open_visit = n_visits
                visits = room(visits, n_visits + 1)
                ev_edges = room(ev_edges, n_visits + 2)
                role[:] = (outside, entry, rest_first, rest_last, gap_before, gap_after, i, -1)
                ev, n_ev = _cite(ev, n_ev, role, chain, n_chain)
                visits[n_visits, 0] = sure + 1
                visits[n_visits, 1] = entry
                visits[n_visits, 2] = outside
                visits[n_visits, 3] = rest_first
                visits[n_visits, 4] = rest_last
                visits[n_visits, 5] = i
                visits[n_visits, 6] = -1
                visits[n_visits, 7] = t[i]
                visits[n_visits, 8] = 0
                visits[n_visits, 9] = longest_us
                visits[n_visits, 10] = gap_before
                n_visits += 1
                ev_edges[n_visits] = n_ev
            i += 1
        if entry >= 0:
            role[:] = (outside, entry, rest_first, rest_last, gap_before, gap_after, hi - 1, -1)
            for r in role:
                if r >= 0:
                    keep[r] = True
                    told_now[r] = is_told
            for k in range(n_chain):
                keep[chain[k]] = True
                told_now[chain[k]] = is_told
        elif outside >= 0:
            keep[outside] = True
    return visits[:n_visits], ev_edges[: n_visits + 1], ev[:n_ev], keep, told_now

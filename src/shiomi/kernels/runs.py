"""Runs: how long something held, without a clock hour, a day or the end of the data in sight.

A run begins at a row that may begin one, goes on while rows keep its condition, and ends once it
has not been kept for longer than it may rest. The rows kept as its evidence are so chosen that the
same pass over them alone finds the same run: the state carried between steps and the evidence of
the event are one thing.

A run that fell silent may have gone on unheard. Where the next report takes it up again, the new
run cites the two rows that lead to it, the first and the last of what was seen before the silence:
it may have begun as early as the first of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from shiomi.kernels.room import room
from shiomi.kernels.sphere import distance_mm

__all__ = ["BASE", "CLOSED", "LEAD", "OPEN", "find_runs"]

OPEN, CLOSED = 0, 1
LEAD, BASE = 1, 2
"""Marks of carried rows: leads to the run after it; the first of its run that nothing contradicts since."""


@njit(cache=True, nogil=True)
def _near(lat: Any, lon: Any, a: int, b: int, radius_mm: int) -> bool:
    return radius_mm == 0 or distance_mm(lat[a], lon[a], lat[b], lon[b]) <= radius_mm


@njit(cache=True, nogil=True)
def _told(
    runs: Any, edges: Any, ev: Any, at: int, what: Any, lead: Any, kept: Any, n_kept: int
) -> Any:  # fmt: skip
    """Run number `at`, its columns (see `find_runs`) and its evidence written down."""
    n = edges[at]
    runs = room(runs, at + 1)
    edges = room(edges, at + 2)
    ev = room(ev, n + n_kept + 4)
    last = what[2]
    runs[at, :6] = what
    runs[at, 6] = 0
    for k in range(2):
        if lead[k] >= 0 and (k == 0 or lead[1] != lead[0]):
            ev[n] = lead[k]
            runs[at, 6] += 1
            n += 1
    ev[n : n + n_kept] = kept[:n_kept]
    n += n_kept
    if kept[n_kept - 1] != last:
        ev[n] = last
        n += 1
    if what[3] >= 0:
        ev[n] = what[3]
        n += 1
    edges[at + 1] = n
    return runs, edges, ev


def _fixed(a: Any, dtype: Any) -> Any:
    """Of one type, and not to be written to: so the loop is compiled once, whatever a column comes from."""
    out = np.ascontiguousarray(a, dtype).view()
    out.flags.writeable = False
    return out


def find_runs(
    edges: Any, t: Any, lat: Any, lon: Any, pace: Any, rest_s: Any, value: Any, told: Any, mark: Any,
    watermark: int, start_pace: int, stay_pace: int, radius_mm: int,
    break_us: int, keep_us: int, min_us: int, silence_us: int,
) -> Any:  # fmt: skip
    """Runs in rows grouped by `edges` and sorted by t within a group.

    Args:
        pace: a row may begin a run at or below `start_pace`, and keeps it at or below `stay_pace`;
            negative is unknown, which keeps a run and begins none.
        rest_s: seconds a run may rest after this row when nothing at all is heard.
        value: besides the rows that time asks for, each new minimum of this is kept as evidence.
        told: whether the open run that this row belongs to was reported already.
        mark: 0, or what a row was carried for: LEAD, BASE.
        radius_mm: rows keep the run within this distance of its first row; 0 for any distance.
        break_us: how long rows may break the condition, microseconds.
        keep_us: at least one row is kept as evidence in every stretch this long, if there is one.
        min_us: runs shorter than this are not reported.
        silence_us: a run may have gone on through a silence up to this long, and what was seen before
            it leads to the next run if it was no longer than this; 0 for never.

    Returns:
        runs: (n, 7) int64: status, first row, last row, first row that broke it or -1, time from
            which it could be known, group, how many rows lead to it.
        evidence: edges and row numbers, (leading..., first, kept..., last, break).
        keep, told, mark: per row, whether to carry it, whether its run has been reported, its mark.
    """
    return _find_runs(
        *(_fixed(a, np.int64) for a in (edges, t)),
        *(_fixed(a, np.int32) for a in (lat, lon, pace, rest_s)),
        _fixed(value, np.int64), _fixed(told, np.bool_), _fixed(mark, np.int8),
        watermark, start_pace, stay_pace, radius_mm, break_us, keep_us, min_us, silence_us,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _find_runs(
    edges: Any, t: Any, lat: Any, lon: Any, pace: Any, rest_s: Any, value: Any, told: Any, mark: Any,
    watermark: int, start_pace: int, stay_pace: int, radius_mm: int,
    break_us: int, keep_us: int, min_us: int, silence_us: int,
) -> Any:  # fmt: skip
    n = len(t)
    runs = np.empty((64, 7), np.int64)
    n_runs = 0
    ev_edges = np.zeros(65, np.int64)
    ev = np.empty(1024, np.int64)
    keep = np.zeros(n, np.bool_)
    told_now = np.zeros(n, np.bool_)
    mark_now = np.zeros(n, np.int8)
    kept = np.empty(64, np.int64)
    lead = np.empty(2, np.int64)
    what = np.empty(6, np.int64)
    for g in range(len(edges) - 1):
        lo = edges[g]
        hi = edges[g + 1]
        i = lo
        first = -1
        n_kept = 0
        last = -1
        broke = -1
        base = lo
        lowest = value[lo] if hi > lo else 0
        open_run = -1
        already = False
        lead[:] = -1
        while i < hi and mark[i] == LEAD:
            if lead[0] < 0:
                lead[0] = i
            lead[1] = i
            i += 1
        while True:
            if first >= 0:
                # Does the run end before row i, or, after the last row, before the watermark?
                if broke < 0:
                    known = t[last] + rest_s[last] * 1_000_000
                else:
                    known = max(t[broke], t[last] + break_us)
                # A row at that very instant would still have kept it; only later ones are too late.
                ended = t[i] > known if i < hi else watermark > known
                if ended:
                    if t[last] - t[first] >= min_us:
                        # Opened and closed within this step: only the whole run is told.
                        at = n_runs if open_run < 0 else open_run
                        what[:] = (CLOSED, first, last, broke, known, g)
                        runs, ev_edges, ev = _told(runs, ev_edges, ev, at, what, lead, kept, n_kept)
                        n_runs = at + 1
                    since = -1
                    calm = 0 <= pace[base] <= start_pace and 0 <= pace[last] <= start_pace
                    if silence_us > 0 and broke < 0 and calm:
                        if lead[0] >= 0 and t[last] - t[lead[0]] <= silence_us and base == first:
                            since = lead[0] if _near(lat, lon, lead[0], last, radius_mm) else -1
                        if since < 0 and t[last] - t[base] <= silence_us:
                            since = base if _near(lat, lon, base, last, radius_mm) else -1
                    lead[0] = since
                    lead[1] = last if since >= 0 else -1
                    if broke >= 0:
                        i = broke  # what broke this run may begin the next
                    first = -1
                    open_run = -1
                    already = False
                    continue
            if i >= hi:
                break
            if first < 0:
                begins = 0 <= pace[i] <= start_pace
                if lead[0] >= 0 and pace[i] >= 0:
                    unheard = t[i] - t[lead[1]] <= silence_us
                    if not (begins and unheard and _near(lat, lon, lead[0], i, radius_mm)):
                        lead[:] = -1  # it was seen otherwise
                if begins:
                    first = i
                    last = i
                    broke = -1
                    base = i
                    kept[0] = i
                    n_kept = 1
                    lowest = value[i]
                    already = told[i]
                i += 1
                continue
            if pace[i] <= stay_pace and _near(lat, lon, first, i, radius_mm):
                kept = room(kept, n_kept + 2)
                if t[i] - t[kept[n_kept - 1]] > keep_us and kept[n_kept - 1] != last:
                    kept[n_kept] = last
                    n_kept += 1
                if value[i] < lowest:
                    lowest = value[i]
                    kept[n_kept] = i
                    n_kept += 1
                before = t[last] - t[first]
                if broke >= 0 or mark[i] == BASE:
                    base = i
                last = i
                broke = -1
                if not already and open_run < 0 and before < min_us and t[last] - t[first] >= min_us:
                    what[:] = (OPEN, first, last, -1, t[last], g)
                    runs, ev_edges, ev = _told(runs, ev_edges, ev, n_runs, what, lead, kept, n_kept)
                    open_run = n_runs
                    n_runs += 1
            elif broke < 0:
                broke = i
            i += 1
        if first >= 0:
            reported = already or open_run >= 0
            for k in range(n_kept):
                keep[kept[k]] = True
            keep[last] = True
            if broke >= 0:
                for k in range(broke, hi):
                    keep[k] = True
            for k in range(first, last + 1):
                told_now[k] = reported
            if silence_us > 0:
                keep[base] = True
                mark_now[base] = BASE
        if lead[0] >= 0 and (first >= 0 or watermark - t[lead[1]] <= silence_us):
            for k in range(2):
                keep[lead[k]] = True
                mark_now[lead[k]] = LEAD
    return runs[:n_runs], ev_edges[: n_runs + 1], ev[: ev_edges[n_runs]], keep, told_now, mark_now

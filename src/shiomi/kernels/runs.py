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

from shiomi.kernels.compiled import njit
from shiomi.kernels.sphere import at_most_mm, distance_mm
from shiomi.kernels.still import fixed

__all__ = ["BASE", "CLOSED", "LEAD", "OPEN", "find_runs"]

OPEN, CLOSED = 0, 1
LEAD, BASE = 1, 2
"""Marks of carried rows: leads to the run after it; the first of its run that nothing contradicts since."""


@njit(cache=True, nogil=True)
def _near(lat1: int, lon1: int, lat2: int, lon2: int, radius_mm: int) -> bool:
    # Of numbers, as all that is called for every row: handing on an array counts its references.
    if at_most_mm(lat1, lon1, lat2, lon2) <= radius_mm:
        return True
    far: int = distance_mm(lat1, lon1, lat2, lon2)
    return far <= radius_mm


@njit(cache=True, nogil=True)
def _told(
    runs: Any, edges: Any, ev: Any, at: int, what: Any, lead0: int, lead1: int, kept: Any, n_kept: int
) -> None:
    """Run number `at`, its columns (see `find_runs`) and its evidence written down."""
    n = edges[at]
    last = what[2]
    runs[at, :6] = what
    runs[at, 6] = 0
    for k in range(2):
        lead = lead0 if k == 0 else lead1
        if lead >= 0 and (k == 0 or lead1 != lead0):
            ev[n] = lead
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
        lat, lon: may be empty where `radius_mm` is 0.
        value: besides the rows that time asks for, each new minimum of this is kept as evidence; or empty.
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
        *(fixed(a, np.int64) for a in (edges, t)),
        *(fixed(a, np.int32) for a in (lat, lon, pace, rest_s)),
        fixed(value, np.int64), fixed(told, np.bool_), fixed(mark, np.int8),
        watermark, start_pace, stay_pace, radius_mm, break_us, keep_us, min_us, silence_us,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _find_runs(
    edges: Any, t: Any, lat: Any, lon: Any, pace: Any, rest_s: Any, value: Any, told: Any, mark: Any,
    watermark: int, start_pace: int, stay_pace: int, radius_mm: int,
    break_us: int, keep_us: int, min_us: int, silence_us: int,
) -> Any:  # fmt: skip
    n = len(t)
    # As large as they could ever become: an array that may be another one at the next turn of a loop costs
    # the counting of its references at every turn. No row is a member of two runs, each of those told lasts
    # `min_us`, and cites at most four rows besides.
    most = np.int64(0)
    for g in range(len(edges) - 1):
        lo, hi = edges[g], edges[g + 1]
        most += min(hi - lo, (t[hi - 1] - t[lo]) // min_us) if min_us > 0 and hi > lo else hi - lo
    runs = np.empty((most, 7), np.int64)
    n_runs = np.int64(0)
    ev_edges = np.empty(most + 1, np.int64)
    ev_edges[0] = 0
    ev = np.empty(n + 4 * most, np.int64)
    keep = np.zeros(n, np.bool_)
    told_now = np.zeros(n, np.bool_)
    mark_now = np.zeros(n, np.int8)
    kept = np.empty(n, np.int64)
    what = np.empty(6, np.int64)
    has_value = len(value) == n
    lowest = np.int64(0)
    for g in range(len(edges) - 1):
        lo = edges[g]
        hi = edges[g + 1]
        i = lo
        first = last = broke = open_run = lead0 = lead1 = np.int64(-1)
        base = lo
        n_kept = 0
        known = t_first = t_last = t_kept = lat_first = lon_first = np.int64(0)
        already = False
        while i < hi and mark[i] == LEAD:
            if lead0 < 0:
                lead0 = i
            lead1 = i
            i += 1
        while True:
            # Does the run end before row i, or, after the last row, before the watermark? A row at that very
            # instant would still have kept it; only later ones are too late.
            if first >= 0 and (t[i] if i < hi else watermark) > known:
                if t_last - t_first >= min_us:
                    # Opened and closed within this step: only the whole run is told.
                    at = n_runs if open_run < 0 else open_run
                    what[:] = (CLOSED, first, last, broke, known, g)
                    _told(runs, ev_edges, ev, at, what, lead0, lead1, kept, n_kept)
                    n_runs = at + 1
                since = np.int64(-1)
                calm = 0 <= pace[base] <= start_pace and 0 <= pace[last] <= start_pace
                if silence_us > 0 and broke < 0 and calm:
                    if lead0 >= 0 and t_last - t[lead0] <= silence_us and base == first:
                        since = lead0
                        if radius_mm and not _near(lat[lead0], lon[lead0], lat[last], lon[last], radius_mm):
                            since = np.int64(-1)
                    if since < 0 and t_last - t[base] <= silence_us:
                        since = base
                        if radius_mm and not _near(lat[base], lon[base], lat[last], lon[last], radius_mm):
                            since = np.int64(-1)
                lead0 = since
                lead1 = last if since >= 0 else np.int64(-1)
                if broke >= 0:
                    i = broke  # what broke this run may begin the next
                first = open_run = np.int64(-1)
                already = False
                continue
            if first < 0 and lead0 < 0:
                while i < hi and not 0 <= pace[i] <= start_pace:
                    i += 1
            if i >= hi:
                break
            if first < 0:
                begins = 0 <= pace[i] <= start_pace
                if lead0 >= 0 and pace[i] >= 0:
                    goes_on = begins and t[i] - t[lead1] <= silence_us
                    if goes_on and radius_mm:
                        goes_on = _near(lat[lead0], lon[lead0], lat[i], lon[i], radius_mm)
                    if not goes_on:
                        lead0 = lead1 = np.int64(-1)  # it was seen otherwise
                if begins:
                    first = last = base = kept[0] = i
                    broke = np.int64(-1)
                    n_kept = 1
                    t_first = t_last = t_kept = t[i]
                    known = t_last + rest_s[i] * 1_000_000
                    if has_value:
                        lowest = value[i]
                    if radius_mm:
                        lat_first, lon_first = np.int64(lat[i]), np.int64(lon[i])
                    already = told[i]
                i += 1
                continue
            if pace[i] <= stay_pace and (
                radius_mm == 0 or _near(lat_first, lon_first, lat[i], lon[i], radius_mm)
            ):
                t_this = t[i]
                if t_this - t_kept > keep_us and kept[n_kept - 1] != last:
                    kept[n_kept] = last
                    n_kept += 1
                    t_kept = t_last
                if has_value and value[i] < lowest:
                    lowest = value[i]
                    kept[n_kept] = i
                    n_kept += 1
                    t_kept = t_this
                becomes_long = t_last - t_first < min_us <= t_this - t_first
                if broke >= 0 or mark[i] == BASE:
                    base = i
                last = i
                t_last = t_this
                known = t_this + rest_s[i] * 1_000_000
                broke = np.int64(-1)
                if becomes_long and not already and open_run < 0:
                    what[:] = (OPEN, first, last, -1, t_last, g)
                    _told(runs, ev_edges, ev, n_runs, what, lead0, lead1, kept, n_kept)
                    open_run = n_runs
                    n_runs += 1
            elif broke < 0:
                broke = i
                known = max(t[i], t_last + break_us)
            i += 1
        if first >= 0:
            reported = already or open_run >= 0
            for k in range(n_kept):
                keep[kept[k]] = True
            keep[last] = True
            if broke >= 0:
                keep[broke:hi] = True
            if reported:
                told_now[first : last + 1] = True
            if silence_us > 0:
                keep[base] = True
                mark_now[base] = BASE
        if lead0 >= 0 and (first >= 0 or watermark - t[lead1] <= silence_us):
            keep[lead0] = keep[lead1] = True
            mark_now[lead0] = mark_now[lead1] = LEAD
    found, cited = runs[:n_runs].copy(), ev[: ev_edges[n_runs]].copy()
    return found, ev_edges[: n_runs + 1].copy(), cited, keep, told_now, mark_now

"""Runs: how long something held, without a clock hour, a day or the end of the data in sight.

A run begins at a row that may begin one, goes on while rows keep its condition, and ends once it
has not been kept for longer than it may rest. The rows kept as its evidence are so chosen that the
same pass over them alone finds the same run: the state carried between steps and the evidence of
the event are one thing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from shiomi.kernels.sphere import distance_mm

__all__ = ["CLOSED", "OPEN", "find_runs"]

OPEN, CLOSED = 0, 1


@njit(cache=True, nogil=True)
def _grow(a: Any, need: int) -> Any:
    if need <= len(a):
        return a
    bigger = np.empty((max(need, 2 * len(a)),) + a.shape[1:], a.dtype)  # noqa: RUF005 - Numba has no star
    bigger[: len(a)] = a
    return bigger


@njit(cache=True, nogil=True)
def find_runs(
    edges: Any, t: Any, lat: Any, lon: Any, pace: Any, rest_s: Any, value: Any, told: Any,
    watermark: int, start_pace: int, stay_pace: int, radius_mm: int,
    break_us: int, keep_us: int, min_us: int,
) -> Any:  # fmt: skip
    """Runs in rows grouped by `edges` and sorted by t within a group.

    Args:
        pace: a row may begin a run at or below `start_pace`, and keeps it at or below `stay_pace`;
            negative is unknown, which keeps a run and begins none.
        rest_s: seconds a run may rest after this row when nothing at all is heard.
        value: besides the rows that time asks for, each new minimum of this is kept as evidence.
        told: whether the open run that this row belongs to was reported already.
        radius_mm: rows keep the run within this distance of its first row; 0 for any distance.
        break_us: how long rows may break the condition, microseconds.
        keep_us: at least one row is kept as evidence in every stretch this long, if there is one.
        min_us: runs shorter than this are not reported.

    Returns:
        runs: (n, 6) int64: status, first row, last row, first row that broke it or -1, time from
            which it could be known, group.
        evidence: edges and row numbers, (first, kept..., last, break).
        keep, told: per row, whether to carry it, and whether its run has been reported.
    """
    n = len(t)
    runs = np.empty((64, 6), np.int64)
    n_runs = 0
    ev_edges = np.zeros(65, np.int64)
    ev = np.empty(1024, np.int64)
    n_ev = 0
    keep = np.zeros(n, np.bool_)
    told_now = np.zeros(n, np.bool_)
    kept = np.empty(64, np.int64)
    for g in range(len(edges) - 1):
        lo = edges[g]
        hi = edges[g + 1]
        i = lo
        first = -1
        n_kept = 0
        last = -1
        broke = -1
        lowest = value[lo] if hi > lo else 0
        open_runs = -1
        already = False
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
                        if open_runs >= 0:
                            # Opened and closed within this step: only the whole run is told.
                            n_runs = open_runs
                            n_ev = ev_edges[n_runs]
                        runs = _grow(runs, n_runs + 1)
                        ev_edges = _grow(ev_edges, n_runs + 2)
                        ev = _grow(ev, n_ev + n_kept + 2)
                        runs[n_runs, 0] = 1
                        runs[n_runs, 1] = first
                        runs[n_runs, 2] = last
                        runs[n_runs, 3] = broke
                        runs[n_runs, 4] = known
                        runs[n_runs, 5] = g
                        for k in range(n_kept):
                            ev[n_ev] = kept[k]
                            n_ev += 1
                        if kept[n_kept - 1] != last:
                            ev[n_ev] = last
                            n_ev += 1
                        if broke >= 0:
                            ev[n_ev] = broke
                            n_ev += 1
                        n_runs += 1
                        ev_edges[n_runs] = n_ev
                    if broke >= 0:
                        i = broke  # what broke this run may begin the next
                    first = -1
                    open_runs = -1
                    already = False
                    continue
            if i >= hi:
                break
            if first < 0:
                if pace[i] >= 0 and pace[i] <= start_pace:
                    first = i
                    last = i
                    broke = -1
                    kept[0] = i
                    n_kept = 1
                    lowest = value[i]
                    already = told[i]
                i += 1
                continue
            good = pace[i] <= stay_pace
            if good and radius_mm > 0:
                good = distance_mm(lat[first], lon[first], lat[i], lon[i]) <= radius_mm
            if good:
                kept = _grow(kept, n_kept + 2)
                if t[i] - t[kept[n_kept - 1]] > keep_us and kept[n_kept - 1] != last:
                    kept[n_kept] = last
                    n_kept += 1
                if value[i] < lowest:
                    lowest = value[i]
                    kept[n_kept] = i
                    n_kept += 1
                before = t[last] - t[first]
                last = i
                broke = -1
                if not already and open_runs < 0 and before < min_us and t[last] - t[first] >= min_us:
                    runs = _grow(runs, n_runs + 1)
                    ev_edges = _grow(ev_edges, n_runs + 2)
                    ev = _grow(ev, n_ev + n_kept + 1)
                    runs[n_runs, 0] = 0
                    runs[n_runs, 1] = first
                    runs[n_runs, 2] = last
                    runs[n_runs, 3] = -1
                    runs[n_runs, 4] = t[last]
                    runs[n_runs, 5] = g
                    for k in range(n_kept):
                        ev[n_ev] = kept[k]
                        n_ev += 1
                    if kept[n_kept - 1] != last:
                        ev[n_ev] = last
                        n_ev += 1
                    open_runs = n_runs
                    n_runs += 1
                    ev_edges[n_runs] = n_ev
            elif broke < 0:
                broke = i
            i += 1
        if first >= 0:
            reported = already or open_runs >= 0
            for k in range(n_kept):
                keep[kept[k]] = True
            keep[last] = True
            if broke >= 0:
                for k in range(broke, hi):
                    keep[k] = True
            for k in range(first, last + 1):
                told_now[k] = reported
    return runs[:n_runs], ev_edges[: n_runs + 1], ev[:n_ev], keep, told_now

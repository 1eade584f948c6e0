"""Silences of tracks, unless their MMSI speaks from elsewhere meanwhile."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit
from shiomi.kernels.room import room

__all__ = ["find_silences"]


@njit(cache=True, nogil=True)
def find_silences(
    edges: Any, t: Any, track: Any, fix_no: Any, limit_us: Any, told: Any, elsewhere: Any,
    watermark: int, min_fixes: int,
) -> Any:  # fmt: skip
    """Silences of at least `limit_us` of the row before, in rows grouped by MMSI and sorted by t.

    A silence does not count if within its limit another track of the MMSI, of at least `min_fixes`
    reports, is heard: the transmitter may be there.

    Args:
        limit_us: per row, the silence after it that counts; negative where none does.
        told, elsewhere: what was known of each row in the step before; False on new rows.

    Returns:
        closed: row numbers (before, after) of silences that a report ended; opened: rows whose
            silence has just become long enough; keep: the newest row of every track;
            told, elsewhere: what is now known of those.
    """
    n = len(t)
    closed = np.empty((64, 2), np.int64)
    opened = np.empty(64, np.int64)
    n_closed = 0
    n_opened = 0
    keep = np.zeros(n, np.bool_)
    told_now = told.copy()
    elsewhere_now = elsewhere.copy()
    heads = np.empty(64, np.int64)
    for g in range(len(edges) - 1):
        # Room for all that a vessel could give: arrays that may move within the loop slow every turn of it.
        most = edges[g + 1] - edges[g]
        closed = room(closed, n_closed + most)
        opened = room(opened, n_opened + most)
        heads = room(heads, most)
        n_heads = 0
        for i in range(edges[g], edges[g + 1]):
            mine = -1
            for k in range(n_heads):
                j = heads[k]
                if track[j] == track[i]:
                    mine = k
                elif fix_no[i] >= min_fixes - 1 and t[i] <= t[j] + limit_us[j]:
                    elsewhere_now[j] = True
            if mine < 0:
                heads[n_heads] = i
                n_heads += 1
                continue
            j = heads[mine]
            if limit_us[j] >= 0 and t[i] - t[j] >= limit_us[j] and t[i] > t[j] and not elsewhere_now[j]:
                closed[n_closed, 0] = j
                closed[n_closed, 1] = i
                n_closed += 1
            heads[mine] = i
        for k in range(n_heads):
            j = heads[k]
            keep[j] = True
            long_enough = limit_us[j] >= 0 and watermark - 1 - t[j] >= limit_us[j]
            if long_enough and not told_now[j] and not elsewhere_now[j]:
                told_now[j] = True
                opened[n_opened] = j
                n_opened += 1
    return closed[:n_closed], opened[:n_opened], keep, told_now, elsewhere_now

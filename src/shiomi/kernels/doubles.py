"""Several tracks behind one MMSI: which rows they are, and when the others were heard."""

from __future__ import annotations

from typing import Any

import numpy as np

from shiomi.kernels.compiled import njit

__all__ = ["newest_of_each", "of_several", "others_heard"]


@njit(cache=True, nogil=True)
def of_several(edges: Any, track: Any) -> Any:
    """Row numbers of the groups that hold more than one track."""
    out = np.empty(1024, np.int64)
    n = 0
    for g in range(len(edges) - 1):
        lo = edges[g]
        hi = edges[g + 1]
        several = False
        for i in range(lo + 1, hi):
            if track[i] != track[lo]:
                several = True
                break
        if not several:
            continue
        if n + hi - lo > len(out):
            bigger = np.empty(2 * (n + hi - lo), np.int64)
            bigger[:n] = out[:n]
            out = bigger
        for i in range(lo, hi):
            out[n] = i
            n += 1
    return out[:n]


@njit(cache=True, nogil=True)
def newest_of_each(edges: Any, track: Any) -> Any:
    """Whether a row is the last of its track in its group."""
    newest = np.zeros(len(track), np.bool_)
    for g in range(len(edges) - 1):
        lo = edges[g]
        newest[edges[g + 1] - 1] = True
        for i in range(edges[g + 1] - 2, lo - 1, -1):
            if track[i] == track[i + 1]:
                continue
            again = False
            for j in range(i + 1, edges[g + 1]):
                if newest[j] and track[j] == track[i]:
                    again = True
                    break
            newest[i] = not again
    return newest


@njit(cache=True, nogil=True)
def others_heard(edges: Any, track: Any, t: Any) -> Any:
    """Time of the newest earlier row of its group and another track; the least int64 where there is none."""
    heard = np.full(len(t), np.iinfo(np.int64).min, np.int64)
    for g in range(len(edges) - 1):
        for i in range(edges[g] + 1, edges[g + 1]):
            heard[i] = t[i - 1] if track[i] != track[i - 1] else heard[i - 1]
    return heard
